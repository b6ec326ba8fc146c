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

// Asks is who asks about help that is there, and for what.
type Asks struct {
	Need         terms.Need
	Organisation string
	Onward       bool   // what they are about to send comes of a referral that they took on
	Parent       string // that one, "" where it is not known which
}

// Asks is the question that a referral itself puts.
func (r Referral) Asks() Asks {
	return Asks{Need: r.Need, Organisation: r.SenderOrganisation, Onward: !r.Root, Parent: r.ParentID}
}

// Doubles tells whether what is about to be sent would be held because of an open referral.
func (a Asks) Doubles(o Referral) bool {
	switch {
	case !o.State.Open() || o.State == Held || o.State == Requested || o.Need != a.Need || o.Root == a.Onward:
		return false
	case !a.Onward:
		return true
	case a.Parent == "":
		return o.SenderOrganisation == a.Organisation
	}
	return o.ParentID == a.Parent
}

// Overlaps finds them among the referrals of a case: that an organisation helps itself is no news to it. directory knows what each receiver that has one
// in hand helps with. What doubles another is no overlap: it is held, and the sender asked then. The same need in another's hands, of whom a practice
// or a link worker asked it for a purpose of their own, is. A sensitive referral is not told of to anybody.
func Overlaps(a Asks, all []Referral, directory []Candidate, workers []Worker) (found []Overlap) {
	held := slices.ContainsFunc(all, a.Doubles)
	for _, r := range all {
		o := r.Live()
		if o == nil || !r.State.Open() || r.Sensitive || r.ID == a.Parent || a.Organisation != "" && o.Receiver.Organisation == a.Organisation {
			continue
		}
		covers := r.Need == a.Need && !held
		if r.Need != a.Need {
			covers = slices.ContainsFunc(directory, func(c Candidate) bool {
				return c.Same(o.Receiver) && slices.Contains(c.Needs, a.Need) && !slices.Contains(c.Refuses, a.Need)
			})
		}
		if covers {
			found = append(found, Overlap{ReferralID: r.ID, Need: r.Need, With: o.Receiver, Taken: r.Taken() != nil})
		}
	}
	for _, w := range workers {
		if w.Helps() && (a.Organisation == "" || w.Organisation != a.Organisation) {
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
