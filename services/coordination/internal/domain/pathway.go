package domain

import (
	"slices"
	"time"

	"example.org/waypost/schemas/terms"
)

// Answered is how one offer to a receiver was answered, for counting.
type Answered struct {
	Patient  string // one person counts once, whatever happened to them
	Sender   string
	Need     terms.Need
	State    OfferState // bounced, accepted, ended, waitlisted or expired
	Reason   terms.BounceReason
	At       time.Time
	Waited   time.Duration // from the offer to its answer, or to the end of its clock
	Withheld bool          // sensitive: counted nowhere
}

// Pathway is how the last referrals for a need to one receiver were answered, from one sender or from all (Sender is "").
type Pathway struct {
	Receiver Receiver
	Need     terms.Need
	Sender   string
	People   int
	CameBack int
	Reason   terms.BounceReason // the one that recurs, or ""
	Same     int
	NewestAt time.Time
}

// What is counted, and from when something is said of it. A small number tells of people, not of a way: below these nothing is said.
const (
	PathwayLast    = 10 // people
	PathwayFewest  = 5  // of a sender's own; it knows them anyway
	PathwaySame    = 3  // with the same reason
	PathwaySenders = 2  // where others' numbers are told, none of them is one practice's own
	PathwayFor     = 180 * 24 * time.Hour
)

// Recurs tells whether there is something to warn of.
func (p Pathway) Recurs() bool { return p.Reason != "" }

// Pathways counts the answers of one receiver, newest first: each need for all senders together, and for each sender by itself.
func Pathways(to Receiver, answers []Answered, now time.Time) []Pathway {
	type way struct {
		need   terms.Need
		sender string
	}
	of := map[way][]Answered{}
	var ways []way
	for _, a := range answers {
		if a.Withheld || now.Sub(a.At) > PathwayFor {
			continue
		}
		for _, w := range []way{{a.Need, ""}, {a.Need, a.Sender}} {
			if of[w] == nil {
				ways = append(ways, w)
			}
			of[w] = append(of[w], a)
		}
	}
	out := make([]Pathway, 0, len(ways))
	for _, w := range ways {
		p := count(of[w], w.sender == "")
		p.Receiver, p.Need, p.Sender = to, w.need, w.sender
		out = append(out, p)
	}
	return out
}

// count looks at the last answers, one for each person. all tells that they are of every sender.
func count(answers []Answered, all bool) Pathway {
	p := Pathway{NewestAt: answers[0].At}
	people, senders := map[string]bool{}, map[string]bool{}
	same := map[terms.BounceReason]int{}
	for _, a := range answers {
		if people[a.Patient] || p.People == PathwayLast {
			continue
		}
		people[a.Patient], senders[a.Sender] = true, true
		p.People++
		if a.State == terms.OfferBounced {
			p.CameBack++
			same[a.Reason]++
		}
	}
	enough := p.People >= PathwayFewest
	if all {
		enough = p.People >= PathwayLast && len(senders) >= PathwaySenders
	}
	if !enough {
		return p
	}
	for _, r := range terms.BounceReasons { // in the order of the list, so that of two alike the same is always named
		if r.Recurs && same[r.Code] >= PathwaySame && same[r.Code] > p.Same {
			p.Reason, p.Same = r.Code, same[r.Code]
		}
	}
	return p
}

// Of how many of the last offers the pace is counted, and from how many on it is known.
const (
	paceOf     = 20
	paceFewest = 3
)

// Pace is within what time half of the last offers to a receiver were answered; an offer that nobody answered took its whole clock twice.
// ok is false when there were too few to tell.
func Pace(answers []Answered) (median time.Duration, of int, ok bool) {
	var took []time.Duration
	for _, a := range answers {
		switch {
		case len(took) == paceOf:
		case a.State == terms.OfferExpired:
			took = append(took, 2*a.Waited)
		default:
			took = append(took, max(a.Waited, time.Second))
		}
	}
	if len(took) < paceFewest {
		return 0, len(took), false
	}
	slices.Sort(took)
	return took[len(took)/2], len(took), true
}

// ToSay picks what a sender must be told of what was counted now, given what was said before: a reason that recurs, its new numbers, and
// once that it does not recur any more. Where all senders are warned, each that has sent enough itself is told its own numbers instead.
func ToSay(said, counted []Pathway, again time.Duration) []Pathway {
	warned := map[terms.Need]bool{}
	for _, p := range counted {
		warned[p.Need] = warned[p.Need] || p.Sender == "" && p.Recurs()
	}
	var out []Pathway
	for _, p := range counted {
		i := slices.IndexFunc(said, func(s Pathway) bool { return s.Need == p.Need && s.Sender == p.Sender })
		switch {
		case i < 0 && !p.Recurs() && (p.Sender == "" || !warned[p.Need] || p.People < PathwayFewest):
		case i >= 0 && p.sameAs(said[i]) && p.NewestAt.Sub(said[i].NewestAt) < again:
		default:
			out = append(out, p)
		}
	}
	return out
}

func (p Pathway) sameAs(o Pathway) bool {
	return p.People == o.People && p.CameBack == o.CameBack && p.Reason == o.Reason && p.Same == o.Same
}
