package domain

import "example.org/waypost/schemas/terms"

// support is the accepted offer that contact or the end of support is about, or nil when it is about another.
func (s *step) support() *Offer {
	o := s.r.Taken()
	if o == nil || o.ID != s.e.OfferID || o.Receiver.Organisation != s.e.Organisation {
		return nil
	}
	return o
}

// start notes that the person is being helped, and that something was heard.
func start(s *step) error {
	o := s.support()
	if o == nil {
		return nil
	}
	if o.StartedAt.IsZero() {
		o.StartedAt = s.f.Now
	}
	s.move(UnderWay, "", Owes{Party: ReceiverSide, Organisation: o.Receiver.Organisation}, terms.ClockUnderWay)
	return nil
}

// finish ends support. A referral with open onward referrals waits for them: all close before it does.
func finish(s *step) error {
	o := s.support()
	if o == nil {
		return nil
	}
	if s.e.Outcome == "" {
		return nil // the schema asks for one; without it nothing is known of how it ended
	}
	o.State = terms.OfferEnded
	if s.f.OpenOnward > 0 {
		s.r.EndedWith = s.e.Outcome
		s.move(UnderWay, "", Owes{Party: ReceiverSide, Organisation: o.Receiver.Organisation}, terms.ClockUnderWay)
		return nil
	}
	s.close(terms.Outcome(s.e.Outcome), "", terms.OfferWithdrawalReferralClosed)
	return nil
}

// finishWaiting closes a referral whose support ended before its onward referrals did.
func finishWaiting(s *step) error {
	if s.was.EndedWith == "" || s.f.OpenOnward > 0 {
		return nil
	}
	s.close(terms.Outcome(s.was.EndedWith), "", terms.OfferWithdrawalReferralClosed)
	return nil
}

// endOnward ends an onward referral because what it came from is ending.
func endOnward(s *step) error {
	reason := s.e.Reason
	if reason == "" {
		reason = ReasonParentEnded
	}
	s.end(Withdrawn, reason, backFor(reason))
	return nil
}

// died, movedAway, noConsent and erased end everything; whoever has the referral in hand is told to stand down.

func died(s *step) error {
	s.close(terms.OutcomePatientDied, string(terms.OutcomePatientDied), terms.OfferWithdrawalPatientDied)
	return nil
}

func movedAway(s *step) error {
	s.close(terms.OutcomePatientMovedAway, string(terms.OutcomePatientMovedAway), terms.OfferWithdrawalPatientMovedAway)
	return nil
}

func noConsent(s *step) error {
	s.end(Withdrawn, string(terms.OutcomeConsentWithdrawn), terms.OfferWithdrawalConsentWithdrawn)
	return nil
}

func erased(s *step) error {
	s.end(Withdrawn, string(terms.OfferWithdrawalPatientErased), terms.OfferWithdrawalPatientErased)
	return nil
}
