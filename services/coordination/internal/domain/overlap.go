package domain

import (
	"slices"
	"time"

	"example.org/waypost/schemas/terms"
)

// Overlap is help that is there already and may cover what is asked for: an open referral of another need with somebody who helps with
// that too, or a person who works with the patient whatever the need.
type Overlap struct {
	ReferralID string     // "" for a person
	Need       terms.Need // what they help with now
	With       Receiver
	Taken      bool // they said yes: they can be asked to do this too
	Worker     Worker
}

// Worker is a person who holds a case, or stays in touch with the patient.
type Worker struct {
	Person       string
	Organisation string
	Role         terms.Role
	Stays        bool // the key worker
	Since        time.Time
	MayNot       bool // by their role or training they take no referral of the need that is asked about
}

// Overlaps finds them among the referrals of a case, for somebody of the organisation that asks: that one helps itself is no news to it.
// directory knows what each receiver that has one in hand helps with. The same need is no overlap: it is a duplicate, which is held. A sensitive referral is not told of to anybody.
func Overlaps(need terms.Need, asks string, all []Referral, directory []Candidate, workers []Worker) (found []Overlap) {
	for _, r := range all {
		o := r.Live()
		if o == nil || r.Need == need || !r.State.Open() || r.Sensitive || asks != "" && o.Receiver.Organisation == asks {
			continue
		}
		covers := slices.ContainsFunc(directory, func(c Candidate) bool {
			return c.Same(o.Receiver) && slices.Contains(c.Needs, need) && !slices.Contains(c.Refuses, need)
		})
		if covers {
			found = append(found, Overlap{ReferralID: r.ID, Need: r.Need, With: o.Receiver, Taken: r.Taken() != nil})
		}
	}
	for _, w := range workers {
		if w.Helps() && (asks == "" || w.Organisation != asks) {
			found = append(found, Overlap{Worker: w})
		}
	}
	return found
}

// Helps tells whether somebody works with the patient whatever the need: whoever stays in touch, and a case-holder whose role is that.
// A doctor who answers for a case is no other help.
func (w Worker) Helps() bool {
	info, ok := terms.RoleByCode(w.Role)
	return w.Stays || ok && info.WholePerson
}

// Joinable tells whether who helps can be asked to do this too: whoever said yes to a referral, and the key worker, who said yes to the
// person. A case-holder answers for the case; what they take on is agreed at the meeting.
func (o Overlap) Joinable() bool { return o.Taken || o.Worker.Stays && !o.Worker.MayNot }

// ToJoin is the overlap that a sender asked to be joined to, or the first that can be. A sensitive need is told to nobody who was not
// chosen for it, and a sensitive referral to nobody at all.
func ToJoin(r Referral, overlaps []Overlap) (o Overlap, found bool) {
	if r.OverlapChoice != terms.OverlapJoin || r.Sensitive || r.Need.Sensitive() || !r.ConsentGiven {
		return o, false
	}
	joinable := func(o Overlap) bool {
		at := o.With.Organisation
		if o.ReferralID == "" {
			at = o.Worker.Organisation
		}
		return o.Joinable() && (len(r.ConsentWith) == 0 || slices.Contains(r.ConsentWith, at))
	}
	chosen := r.JoinWith != "" || r.JoinPerson != ""
	i := slices.IndexFunc(overlaps, func(o Overlap) bool {
		return joinable(o) && (!chosen || o.ReferralID != "" && o.ReferralID == r.JoinWith || o.Worker.Person != "" && o.Worker.Person == r.JoinPerson)
	})
	if i < 0 {
		return o, false
	}
	return overlaps[i], true
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
