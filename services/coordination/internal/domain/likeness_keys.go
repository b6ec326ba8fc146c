package domain

import (
	"slices"
	"time"

	"example.org/waypost/pkg/sound"
)

// LikenessKeys are what a patient is found by when somebody like them comes: each who may be the same shares one with what
// SearchKeys gives, but for those who share so little that nobody could say.
func (p Patient) LikenessKeys() (keys []string) {
	family, first := sounds(p.FamilyName), sounds(firstOf(p.GivenName))
	if d := digits(p.Phone); d != "" {
		keys = append(keys, "t "+d)
	}
	for _, place := range []string{key("b ", p.DateOfBirth), key("p ", plain(p.Postcode))} {
		if place == "" {
			continue
		}
		for _, s := range slices.Concat(family, first) {
			keys = append(keys, place+" "+s)
		}
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}

// LikenessKeysOf are those of a person with all their records.
func LikenessKeysOf(p Patient, others []Patient) []string {
	return keysOf(Patient.LikenessKeys, p, others)
}

// SearchKeysOf are those of a person with all their records.
func SearchKeysOf(p Patient, others []Patient) []string {
	return keysOf(Patient.SearchKeys, p, others)
}

func keysOf(of func(Patient) []string, p Patient, others []Patient) []string {
	keys := of(p)
	if len(others) == 0 {
		return keys
	}
	for _, o := range others {
		keys = append(keys, of(o)...)
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}

// SearchKeys are those that somebody like this patient may have: the patient's own, and those of a date of birth with a slip.
func (p Patient) SearchKeys() (keys []string) {
	keys = p.LikenessKeys()
	spoken := slices.Concat(sounds(p.FamilyName), sounds(firstOf(p.GivenName)))
	for _, date := range slipped(p.DateOfBirth) {
		for _, s := range spoken {
			keys = append(keys, key("b ", date)+" "+s)
		}
	}
	return keys
}

// HoldKeys are what two patients who are the same have in common, unless every detail of one has a slip in it: requests that
// share one are looked at one after the other.
func (p Patient) HoldKeys() (keys []string) {
	if p.NHSNumber != "" {
		keys = append(keys, key("n ", p.NHSNumber))
	}
	for _, k := range []string{key("b ", p.DateOfBirth), key("p ", plain(p.Postcode)), key("t ", digits(p.Phone))} {
		if k != "" && (p.GivenName != "" || p.FamilyName != "") {
			keys = append(keys, k)
		}
	}
	return keys
}

func key(kind, value string) string {
	if value == "" {
		return ""
	}
	return kind + value
}

func firstOf(given string) string {
	if p := sound.Words(given); len(p) > 0 {
		return p[0]
	}
	return ""
}

// sounds are how a name is spoken, and how the names it is short for are; what has no Latin letter stands for itself.
func sounds(name string) (keys []string) {
	for _, p := range sound.Words(name) {
		for _, n := range append([]string{p}, fullNames[p]...) {
			if k := sound.Keys(n); len(k) > 0 {
				keys = append(keys, k...)
			} else {
				keys = append(keys, n)
			}
		}
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}

// slipped are the dates that one wrong digit, or day and month the other way round, make of one.
func slipped(date string) (dates []string) {
	if _, err := time.Parse(time.DateOnly, date); err != nil {
		return nil
	}
	if s := swapped(date); s != "" {
		dates = append(dates, s)
	}
	for i := range len(date) {
		if date[i] == '-' {
			continue
		}
		for d := byte('0'); d <= '9'; d++ {
			other := date[:i] + string(d) + date[i+1:]
			if born, err := time.Parse(time.DateOnly, other); d != date[i] && err == nil && born.Year() >= 1900 && born.Year() < 2100 {
				dates = append(dates, other)
			}
		}
	}
	return dates
}
