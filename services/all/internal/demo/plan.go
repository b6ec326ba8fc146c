package demo

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"time"

	"example.org/waypost/deploy/sample"
	"example.org/waypost/pkg/authn"
	"example.org/waypost/schemas/terms"
)

// Practice is where people come; Who sits at the desk.
type Practice struct {
	ID, Name string
	Patients int    // registered with it
	Team     string // the link worker team that serves it, or ""
	Postcode string // where the invented patients live, too
	Who      authn.Identity
}

// Receiver is an organisation with a tray; Who works there.
type Receiver struct {
	Kind terms.ReceiverKind
	ID   string
	Name string
	Who  authn.Identity
}

// Setting is where a play happens: its organisations, each with somebody to act, and the services that take referrals.
type Setting struct {
	Practices []Practice
	Receivers []Receiver
	Services  map[terms.Need][]string
	Office    authn.Identity // a coordinator
	Privacy   authn.Identity // a privacy officer of the same office
	Chairs    []Chair
	People    []authn.Identity // everybody who can be played in a meeting, each in one role
}

// Ending is how a visit to the desk ends.
type Ending string

// The endings.
const (
	Referred   Ending = "referred"
	Signposted Ending = "signposted"
	Declined   Ending = "declined"
)

// Visit is somebody who comes to a practice's desk.
type Visit struct {
	N        int
	At       time.Time
	Practice int // index into the setting's
	Patient  Patient
	Need     terms.Need
	Urgent   bool
	Ends     Ending
	ToTeam   bool
	Again    bool   // it doubles the visit before it: the same person and need through another door
	Unknown  bool   // … which does not know the person's number
	Another  bool   // the same person as the visit before it, with another need
	Until    string // the last day on which what they agreed to holds, or ""
}

// Plan draws the visits of five working days from the Monday at monday. The same seed, setting and rates give the same plan.
func Plan(seed uint64, s Setting, rates map[string]sample.Rate, monday time.Time, times float64) []Visit {
	total := 0
	for _, p := range s.Practices {
		total += p.Patients
	}
	referrals := float64(total) / 1000 * rates["referrals_per_1000_patients_per_week"].Value * times
	r := chance(seed, 0, "plan")
	var out []Visit
	for n, sent := 0, 0; sent < int(referrals); n++ {
		v := aVisit(chance(seed, n, "visit"), n, s, rates, monday)
		out = append(out, v)
		if v.Ends != Referred {
			continue
		}
		sent++
		if r.Float64() < rates["duplicate"].Value {
			again := v
			again.N, again.Again = n+1, true
			if again.At = WorkingTime(v.At, between(r, 0.2, 3)); !again.At.Before(monday.AddDate(0, 0, 5)) {
				again.At = v.At.Add(time.Minute)
			}
			if again.Unknown = r.Float64() < rates["second_door_has_no_number"].Value; again.Unknown {
				again.Practice = (v.Practice + 1) % len(s.Practices)
				if r.Float64() < rates["second_door_misspells"].Value {
					again.Patient.GivenName += "e"
				}
			}
			n, sent = n+1, sent+1
			out = append(out, again)
		}
		if r.Float64() < rates["another_need_in_the_week"].Value {
			if more, ok := s.another(r, v, n+1, monday); ok {
				n, sent = n+1, sent+1
				out = append(out, more)
			}
		}
	}
	slices.SortStableFunc(out, func(a, b Visit) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.N, b.N)) })
	return out
}

// aVisit draws somebody who comes to some desk in the week of monday.
func aVisit(r *rand.Rand, n int, s Setting, rates map[string]sample.Rate, monday time.Time) Visit {
	v := Visit{
		N: n, At: WorkingTime(monday, between(r, 0, 5*(closes-opens)-0.1)), Practice: s.somePractice(r),
		Need: s.someNeed(r), Urgent: r.Float64() < rates["urgent"].Value, Ends: Referred, ToTeam: r.Float64() < rates["to_link_worker"].Value,
	}
	v.Patient = invent(r, n, rates["women"].Value)
	// Who only wants to know where something is declines no referral: the published rate is of those who were offered one.
	at, informed := r.Float64(), rates["signposted_only"].Value
	switch {
	case at < informed:
		v.Ends = Signposted
	case at < informed+(1-informed)*rates["patient_declines"].Value:
		v.Ends = Declined
	}
	return v
}

// another is the same person coming again with another need, a day or two later; ok is false when the week is over by then.
func (s Setting) another(r *rand.Rand, v Visit, n int, monday time.Time) (more Visit, ok bool) {
	more = v
	more.N, more.Another, more.Need, more.At = n, true, s.someNeed(r), WorkingTime(v.At, between(r, 8, 20))
	return more, more.Need != v.Need && more.At.Before(monday.AddDate(0, 0, 5))
}

// somePractice draws one, a large one more often.
func (s Setting) somePractice(r *rand.Rand) int {
	total := 0
	for _, p := range s.Practices {
		total += p.Patients
	}
	at := r.IntN(max(total, 1))
	for i, p := range s.Practices {
		if at -= p.Patients; at < 0 {
			return i
		}
	}
	return len(s.Practices) - 1
}

// someNeed draws one that some service meets; link workers take all of them.
func (s Setting) someNeed(r *rand.Rand) terms.Need {
	var all []terms.Need
	for _, n := range terms.Needs {
		if len(s.Services[n.Code]) > 0 && !n.Sensitive {
			all = append(all, n.Code)
		}
	}
	if len(all) == 0 {
		return terms.NeedLoneliness
	}
	return all[r.IntN(len(all))]
}
