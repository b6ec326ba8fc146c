package domain

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"example.org/waypost/pkg/sound"
	"example.org/waypost/schemas/terms"
)

// Likeness is the answer to "are these two one person?".
type Likeness int

// The three answers. One person is said by the machine alone only where nothing at all speaks against it, or where the NHS number says so
// and the rest is as alike as it must be for a person to look.
const (
	TwoPeople Likeness = iota
	Unsure             // a person must look
	OnePerson
)

// What agreement and disagreement weigh, in bits: how much more often it is met with one person than with two (Fellegi and
// Sunter, 1969), as far as it can be told without knowing the area. Home is what a household shares.
const (
	familyExact, familyAlike, familyPart, familyDiffers = 9, 6, 6, -5
	givenExact, givenShort, givenAlike, givenInitial    = 7, 6, 4, 2
	givenDiffers                                        = -20 // twins
	namesSwapped                                        = -2
	bornExact, bornSwapped, bornSlip, bornYear          = 13, 9, 8, 2
	bornNear, bornDiffers                               = -9, -16 // father and son
	homePostcode, homePhone, homeBoth, homeDistrict     = 9, 9, 12, 2
	homeDiffers                                         = -2
	sexSame, sexDiffers                                 = 1, -6
	enough                                              = 16 // for a person to look
)

// Compare tells how alike two patients are, whoever of them came first.
func Compare(a, b Patient) Likeness {
	sameNumber := a.NHSNumber != "" && a.NHSNumber == b.NHSNumber
	switch {
	case a.NHSNumber != "" && b.NHSNumber != "" && !sameNumber:
		return TwoPeople
	case identical(a, b):
		return OnePerson
	case sameNumber && weigh(a, b) >= enough:
		return OnePerson
	case sameNumber: // one number on two people: somebody typed another's, a twin's or a father's
		return Unsure
	case weigh(a, b) >= enough:
		return Unsure
	}
	return TwoPeople
}

// Recognised is by what somebody is recognised: while none of it changes, nobody is more or less like them than before.
func (p Patient) Recognised() [7]string {
	return [...]string{p.GivenName, p.FamilyName, p.DateOfBirth, p.NHSNumber, string(p.Sex), p.Phone, p.Postcode}
}

// Match is somebody who is, or may be, the same person as somebody else.
type Match struct {
	Patient
	Is     Likeness
	weight int
}

// Matches are those of others who are or may be the same as p, the likeliest first.
func Matches(p Patient, others []Patient) (found []Match) {
	for _, o := range others {
		if is := Compare(p, o); is != TwoPeople {
			found = append(found, Match{o, is, weigh(p, o)})
		}
	}
	slices.SortFunc(found, func(a, b Match) int {
		return cmp.Or(cmp.Compare(b.Is, a.Is), cmp.Compare(b.weight, a.weight), cmp.Compare(a.Ref, b.Ref))
	})
	return found
}

// identical is what the machine may call one person: names and date of birth to the letter, at one address or phone, and
// nothing against it. Twins have two given names, father and son two dates.
func identical(a, b Patient) bool {
	return plain(a.GivenName) != "" && plain(a.GivenName) == plain(b.GivenName) && plain(a.FamilyName) != "" && plain(a.FamilyName) == plain(b.FamilyName) &&
		a.DateOfBirth != "" && a.DateOfBirth == b.DateOfBirth && sex(a, b) >= 0 &&
		(both(plain(a.Postcode), plain(b.Postcode)) || both(digits(a.Phone), digits(b.Phone)))
}

func both(a, b string) bool { return a != "" && a == b }

func weigh(a, b Patient) int {
	return names(a, b) + born(a.DateOfBirth, b.DateOfBirth) + home(a, b) + sex(a, b)
}

// names compares them as they stand, and the other way round, as they are typed at times.
func names(a, b Patient) int {
	return max(given(a.GivenName, b.GivenName)+family(a.FamilyName, b.FamilyName), given(a.GivenName, b.FamilyName)+family(a.FamilyName, b.GivenName)+namesSwapped)
}

func family(a, b string) int {
	pa, pb := plain(a), plain(b)
	switch {
	case pa == "" || pb == "":
		return 0
	case pa == pb:
		return familyExact
	case slices.ContainsFunc(sound.Words(a), func(x string) bool { return slices.Contains(sound.Words(b), x) }): // Smith and Smith-Jones
		return familyPart
	case sound.Near(pa, pb):
		return familyAlike
	}
	return familyDiffers
}

func given(a, b string) int {
	pa, pb := plain(a), plain(b)
	if pa == "" || pb == "" {
		return 0
	}
	fa, fb := sound.Words(a)[0], sound.Words(b)[0]
	switch {
	case pa == pb:
		return givenExact
	case fa == fb, slices.ContainsFunc(fullNames[fa], func(n string) bool { return slices.Contains(fullNames[fb], n) }):
		return givenShort
	case sound.Near(pa, pb), sound.Near(fa, fb):
		return givenAlike
	case len(fa) == 1 && strings.HasPrefix(fb, fa), len(fb) == 1 && strings.HasPrefix(fa, fb):
		return givenInitial
	}
	return givenDiffers
}

// born compares dates with the slips that are usual: day and month the other way round, one digit, the first of January for
// who knows the year only.
func born(a, b string) int {
	if a == "" || b == "" {
		return 0
	}
	da, errA := time.Parse(time.DateOnly, a)
	db, errB := time.Parse(time.DateOnly, b)
	switch {
	case errA != nil || errB != nil:
		return 0
	case a == b:
		return bornExact
	case swapped(a) == b:
		return bornSwapped
	case slips(a, b) == 1:
		return bornSlip
	case da.Year() == db.Year() && (da.YearDay() == 1 || db.YearDay() == 1):
		return bornYear
	case max(da.Year(), db.Year())-min(da.Year(), db.Year()) > 10:
		return bornDiffers
	}
	return bornNear
}

// swapped is the date with day and month the other way round, "" when there is none.
func swapped(date string) string {
	other := date[:5] + date[8:] + "-" + date[5:7]
	if _, err := time.Parse(time.DateOnly, other); err != nil || other == date {
		return ""
	}
	return other
}

// slips is in how many digits two dates differ.
func slips(a, b string) (n int) {
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			n++
		}
	}
	return n
}

func home(a, b Patient) int {
	pa, pb := plain(a.Postcode), plain(b.Postcode)
	post, phone := both(pa, pb), both(digits(a.Phone), digits(b.Phone))
	switch {
	case post && phone:
		return homeBoth
	case phone:
		return homePhone
	case pa == "" || pb == "":
		return 0
	case post:
		return homePostcode
	case both(district(pa), district(pb)):
		return homeDistrict
	}
	return homeDiffers
}

// district is the outward part: M14 of M14 5RL. pc is plain.
func district(pc string) string { return pc[:max(0, len(pc)-3)] }

func sex(a, b Patient) int {
	binary := func(s terms.Sex) bool { return s == terms.SexMale || s == terms.SexFemale }
	switch {
	case !binary(a.Sex) || !binary(b.Sex):
		return 0
	case a.Sex == b.Sex:
		return sexSame
	}
	return sexDiffers
}

// plain is what counts of a typed name or postcode: no case, no marks, no spaces, hyphens or apostrophes.
func plain(s string) string { return strings.Join(sound.Words(s), "") }

// digits of a phone number, its last ten: +44 161 and 0161 are one.
func digits(s string) string {
	d := strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, s)
	if len(d) < 7 {
		return ""
	}
	return d[max(0, len(d)-10):]
}
