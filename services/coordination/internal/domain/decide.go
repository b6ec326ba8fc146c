package domain

import (
	"fmt"
	"slices"
	"time"

	"example.org/waypost/schemas/terms"
)

// Decide is the life of a referral: what follows from one event, given the facts. It changes nothing and asks nobody.
//
// A step that a person may not take now is an error of package fault. What another service says is never an error: it
// is honoured, or answered by a fact, or it changes nothing.
func Decide(r Referral, e Event, f Facts) (Decision, error) {
	cells, ok := table[e.Kind]
	if !ok {
		return Decision{}, fmt.Errorf("decide: nothing is known of %q", e.Kind)
	}
	cell := cells.in(r.State)
	if cell == nil {
		return Decision{}, fmt.Errorf("decide: no rule for %q in state %q", e.Kind, r.State)
	}
	s := &step{was: &r, e: e, f: f, d: Decision{Next: r.clone()}}
	s.r = &s.d.Next
	if err := cell(s); err != nil {
		return Decision{}, err
	}
	if !s.d.Changed {
		s.d.Next = r
		return s.d, nil
	}
	s.d.Next.Version++
	s.d.Returned = returned(r, s.d.Next, e)
	// The sender knows what they asked for, and what the check finds follows in the same transaction; a call moves nothing.
	if e.Kind != KindRequested && e.Kind != KindProviderPhoned {
		s.d.Say = append(s.d.Say, Fact{Name: SayProgressed, Why: string(s.d.Returned)})
	}
	return s.d, nil
}

// step is one decision being worked out.
type step struct {
	was *Referral
	r   *Referral // becomes Decision.Next
	e   Event
	f   Facts
	d   Decision
}

func (s *step) say(f Fact) { s.d.Say = append(s.d.Say, f) }

// move puts the referral into a state that somebody owes the next step of.
func (s *step) move(to State, reason string, owes Owes, clock terms.Clock) {
	s.r.State, s.r.Reason, s.r.Owes, s.r.Overdue = to, reason, owes, false
	s.r.Since = s.f.Now
	s.r.DueAt = s.f.Due(clock, s.r.Urgency, owes.Organisation)
	s.d.Clock, s.d.Changed = clock, true
}

// until moves the due time to a date the receiver gave, when it gave one that is still to come.
func (s *step) until(at time.Time) {
	if at.After(s.f.Now) {
		s.r.DueAt = at
	}
}

// end puts the referral into a state that nobody owes anything in. What a receiver has in hand is taken back first.
func (s *step) end(to State, reason string, back terms.OfferWithdrawalReason) {
	s.takeBack(back)
	s.r.State, s.r.Reason, s.r.Owes, s.r.DueAt, s.r.Overdue = to, reason, Owes{Party: Nobody}, time.Time{}, false
	s.settled()
	s.r.Since = s.f.Now
	s.d.Changed, s.d.EndOnward = true, s.f.OpenOnward > 0
}

// close ends the referral with an outcome.
func (s *step) close(outcome terms.Outcome, reason string, back terms.OfferWithdrawalReason) {
	s.end(Closed, reason, back)
	s.r.Outcome = string(outcome)
	s.say(Fact{Name: SayClosed, Why: string(outcome)})
}

// takeBack withdraws the offer that is live, if there is one. A receiver that had said yes must stand down.
func (s *step) takeBack(why terms.OfferWithdrawalReason) {
	o := s.r.Live()
	if o == nil {
		return
	}
	agreed := o.State == terms.OfferAccepted
	o.State, o.Reason, o.QuestionID = terms.OfferWithdrawn, string(why), ""
	s.d.Changed = true
	s.say(Fact{Name: SayOfferTaken, OfferID: o.ID, Why: string(why), StandDown: agreed})
}

// settled says that this is known to be no duplicate.
func (s *step) settled() { s.r.HeldWhy, s.r.DuplicateOf, s.r.MayBe = "", "", "" }

// offer puts the referral to one receiver.
func (s *step) offer(to Receiver, reason string) {
	s.settled()
	s.asksNothing()
	s.move(Offered, reason, Owes{Party: ReceiverSide, Organisation: to.Organisation}, to.answerClock())
	s.r.Offers = append(s.r.Offers, Offer{
		ID: s.f.NewID, Attempt: len(s.r.Offers) + 1, Receiver: to, State: terms.OfferOffered,
		OfferedAt: s.f.Now, AnswerDueAt: s.r.DueAt,
	})
	s.say(Fact{Name: SayOffered, OfferID: s.f.NewID})
}

// asksNothing ends the questions of offers that something else went on from: an answer to one would send the referral on a second time.
func (s *step) asksNothing() {
	for i := range s.r.Offers {
		s.r.Offers[i].QuestionID = ""
	}
}

// tried tells whether a receiver was asked for this patient and need within thirty days, by this referral or another.
func (s *step) tried(to Receiver) bool {
	return s.r.TriedLately(to, s.f.Now) || slices.ContainsFunc(s.f.Tried, to.Same)
}

// next offers to the next suitable receiver, or escalates for want of one.
func (s *step) next(reason string, otherwise terms.EscalationReason) {
	if to := s.f.Next; to != nil && !s.tried(*to) {
		s.offer(*to, reason)
		return
	}
	s.escalate(otherwise, reason)
}

// escalate makes it a named person's work. An offer that is live stays with its receiver until that person decides.
func (s *step) escalate(why terms.EscalationReason, reason string) {
	s.settled()
	s.handOver(Escalated, reason, why)
}

// handOver gives the next step to the area's office. While nobody there can be named it is said to nobody; the clock
// asks again.
func (s *step) handOver(to State, reason string, why terms.EscalationReason) {
	s.r.Escalation = why
	s.move(to, reason, s.office(), terms.ClockEscalation)
	if s.f.Coordinator.Person != "" {
		s.say(Fact{Name: SayEscalated, Why: string(why)})
	}
}

func (s *step) office() Owes {
	return Owes{Party: Coordinator, Organisation: s.f.Coordinator.Organisation, Person: s.f.Coordinator.Person}
}

func (s *step) sender() Owes { return Owes{Party: Sender, Organisation: s.r.SenderOrganisation} }

// The cells that refuse or change nothing.

func nothing(*step) error      { return nil }
func unknown(*step) error      { return ErrUnknown }
func again(*step) error        { return ErrAgain }
func checked(*step) error      { return ErrChecked }
func ended(*step) error        { return ErrEnded }
func notHeld(*step) error      { return ErrNotHeld }
func notEscalated(*step) error { return ErrNotEscalated }
