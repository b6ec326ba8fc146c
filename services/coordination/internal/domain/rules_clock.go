package domain

import "example.org/waypost/schemas/terms"

// ranOut tells whether the clock really ran out: it may have been moved since the clock worker looked.
func (s *step) ranOut() bool { return !s.was.DueAt.After(s.f.Now) }

// late marks, once, that a coordinator's step is overdue; it is theirs already. When nobody was there to be named before
// and somebody is now, the step is handed to that person with its time anew.
func late(s *step) error {
	if s.ranOut() && !s.was.Overdue {
		s.r.Overdue, s.d.Changed = true, true
	}
	return nil
}

// nameOffice gives what the area's office owes to who answers for it now, where nobody did: they have the whole time that is allowed.
func nameOffice(s *step) error {
	switch {
	case s.was.Owes.Party != Coordinator || s.was.Owes.Person != "" || s.f.Coordinator.Person == "":
	case s.was.Escalation != "":
		s.handOver(s.was.State, s.was.Reason, s.was.Escalation)
	default:
		s.move(s.was.State, s.was.Reason, s.office(), terms.ClockDuplicateChoice)
	}
	return nil
}

// lateReceiver stops waiting for the receiver the sender chose.
func lateReceiver(s *step) error {
	if s.ranOut() {
		s.next("", terms.EscalationNoReceiver)
	}
	return nil
}

// lateChoice hands the duplicate choice to the area's office; the referral stays held until somebody has said.
func lateChoice(s *step) error {
	if s.was.Owes.Party == Coordinator {
		return late(s)
	}
	if !s.ranOut() {
		return nil
	}
	s.handOver(Held, s.was.Reason, terms.EscalationSilent)
	return nil
}

// expire ends an offer that was not answered, and goes to the next receiver unless three offers have failed.
func expire(s *step) error {
	if !s.ranOut() {
		return nil
	}
	o := s.r.Live()
	o.State = terms.OfferExpired
	s.r.Silences++
	s.d.Changed = true
	s.say(Fact{Name: SayOfferExpired, OfferID: o.ID})
	if s.r.Bounces+s.r.Silences >= failedOffers {
		s.escalate(terms.EscalationSilent, ReasonSilent)
		return nil
	}
	s.next(ReasonSilent, terms.EscalationSilent)
	return nil
}

// silent makes somebody's silence a named person's work. The offer stays with its receiver, and keeps its place.
func silent(s *step) error {
	if s.ranOut() {
		s.escalate(terms.EscalationSilent, ReasonSilent)
	}
	return nil
}

// leave moves on from a receiver that takes nobody any more. Where support was agreed, a person decides what comes next.
func leave(s *step) error {
	o := s.r.Live()
	if o == nil || !o.Receiver.Same(s.e.Receiver) {
		return nil
	}
	taken := o.State == terms.OfferAccepted
	s.takeBack(terms.OfferWithdrawalReceiverClosed)
	reason := string(terms.OfferWithdrawalReceiverClosed)
	switch {
	case s.was.State == Escalated:
		s.r.Reason = reason
	case taken:
		s.escalate(terms.EscalationNoReceiver, reason)
	default:
		s.next(reason, terms.EscalationNoReceiver)
	}
	return nil
}
