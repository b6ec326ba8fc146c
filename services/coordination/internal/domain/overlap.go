package domain

import (
	"slices"

	"example.org/waypost/schemas/terms"
)

// Overlap is one open referral of another need that may cover what is asked for: whoever has it in hand helps with that too.
type Overlap struct {
	ReferralID string
	Need       terms.Need // what they help with now
	With       Receiver
}

// Overlaps finds them among the referrals of a case. directory knows what each receiver that has one in hand helps with. The same
// need is no overlap: it is a duplicate, which is held.
func Overlaps(need terms.Need, all []Referral, directory []Candidate) (found []Overlap) {
	for _, r := range all {
		o := r.Live()
		if o == nil || r.Need == need || !r.State.Open() {
			continue
		}
		covers := slices.ContainsFunc(directory, func(c Candidate) bool {
			return c.Same(o.Receiver) && slices.Contains(c.Needs, need) && !slices.Contains(c.Refuses, need)
		})
		if covers {
			found = append(found, Overlap{r.ID, r.Need, o.Receiver})
		}
	}
	return found
}

// InHand lists the receivers that have something of a case in hand, each once, in the order of the referrals.
func InHand(all []Referral) (receivers []Receiver) {
	for _, r := range all {
		if o := r.Live(); o != nil && r.State.Open() && !slices.ContainsFunc(receivers, o.Receiver.Same) {
			receivers = append(receivers, o.Receiver)
		}
	}
	return receivers
}
