package domain

import (
	"cmp"
	"slices"

	"example.org/waypost/schemas/terms"
)

// What came of a referral that was held as a possible duplicate, or that overlapped with help that is there.
const (
	ChoseJoin     = "joined"
	ChoseSend     = "sent"      // with a reason
	ChoseStop     = "stopped"   // nothing was sent
	ChoseSendMute = "sent_mute" // the overlap was not shown, or nothing was said of it
	ChoseWithdraw = "withdrawn" // while it was held
	ChoseNothing  = "waiting"   // it is still held
	WentOn        = "went_on"   // what it doubled ended first, so nobody had to choose
)

// Chosen is how many referrals of one need came to one end.
type Chosen struct {
	Held   bool // as a possible duplicate; otherwise it overlapped
	Need   terms.Need
	Choice string
	Reason string // a send or withdrawal reason
	N      int
}

// Count is one number of those that are shown.
type Count struct {
	Need   terms.Need
	Choice string
	Reason string
	N      int
	Few    bool // too few to tell; N is 0 then
}

// Counted adds up by need or by choice, the most first.
func Counted(all []Chosen, held, byNeed bool) (out []Count) {
	for _, c := range all {
		if c.Held != held {
			continue
		}
		k := Count{Choice: c.Choice, Reason: c.Reason}
		if byNeed {
			k = Count{Need: c.Need}
		}
		i := slices.IndexFunc(out, func(o Count) bool { return o.Need == k.Need && o.Choice == k.Choice && o.Reason == k.Reason })
		if i < 0 {
			i, out = len(out), append(out, k)
		}
		out[i].N += c.N
	}
	slices.SortFunc(out, mostFirst)
	return out
}

// fewest is the smallest number that is told beyond the area's office, and roundedTo what it is rounded to there: what is left out of one
// table can not be found by taking another from it.
const fewest, roundedTo = 8, 5

// CameBack is how many referrals of one need came back to their practices by one way, in one month.
type CameBack struct {
	Need  terms.Need
	Way   terms.ReturnWay
	Month string // 2026-11, in London
	N     int
}

// CountedBack adds up by what as makes of each, the most first.
func CountedBack(all []CameBack, as func(CameBack) Count) (out []Count) {
	for _, c := range all {
		k := as(c)
		i := slices.IndexFunc(out, func(o Count) bool { return o.Need == k.Need && o.Choice == k.Choice })
		if i < 0 {
			i, out = len(out), append(out, k)
		}
		out[i].N += c.N
	}
	slices.SortFunc(out, mostFirst)
	return out
}

func mostFirst(a, b Count) int {
	return cmp.Or(cmp.Compare(b.N, a.N), cmp.Compare(a.Need, b.Need), cmp.Compare(a.Choice, b.Choice), cmp.Compare(a.Reason, b.Reason))
}

// Beyond is the counts as they are shown beyond the office, in an order that tells no more than they do.
func Beyond(counts []Count) []Count {
	out := slices.Clone(counts)
	for i, c := range out {
		if c.N < fewest {
			out[i].Few, out[i].N = c.N > 0, 0
			continue
		}
		out[i].N = (c.N + roundedTo/2) / roundedTo * roundedTo
	}
	slices.SortFunc(out, mostFirst)
	return out
}
