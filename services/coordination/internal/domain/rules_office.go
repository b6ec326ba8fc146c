package domain

import "example.org/waypost/schemas/terms"

// offerChosen offers to the receiver the area's office chose; what another had in hand is taken back.
func offerChosen(s *step) error {
	to := s.e.Receiver
	switch {
	case to.ID == "":
		return ErrNoReceiver
	case s.was.EndedWith != "":
		return ErrSupportEnded
	case s.tried(to):
		return ErrTriedLately
	}
	s.takeBack(terms.OfferWithdrawalRedirected)
	s.offer(to, "")
	return nil
}

// closeChosen ends the referral with the outcome the area's office gives.
func closeChosen(s *step) error {
	if s.e.Outcome == "" {
		return ErrNoOutcome
	}
	s.close(terms.Outcome(s.e.Outcome), "", terms.OfferWithdrawalReferralClosed)
	return nil
}

// wait gives whoever has the referral in hand the same time again.
func wait(s *step) error {
	o := s.was.Live()
	switch {
	case o == nil && s.was.EndedWith != "":
		s.move(UnderWay, "", s.lastReceiver(), terms.ClockUnderWay)
		return nil
	case o == nil && s.openQuestion():
		s.move(InformationAsked, s.was.Reason, s.sender(), terms.ClockInformation)
		return nil
	case o == nil:
		return ErrNothingToWait
	}
	receiver := Owes{Party: ReceiverSide, Organisation: o.Receiver.Organisation}
	switch o.State {
	case terms.OfferInformationAsked:
		s.move(InformationAsked, "", s.sender(), terms.ClockInformation)
	case terms.OfferWaitlisted:
		s.move(Waitlisted, "", receiver, terms.ClockWaitlist)
	default:
		if o.StartedAt.IsZero() {
			s.move(Accepted, "", receiver, terms.ClockFirstContact)
			return nil
		}
		s.move(UnderWay, "", receiver, terms.ClockUnderWay)
	}
	return nil
}

// reassign names who takes the step that is owed. The time stays: that it is another's now makes it no less late, and nobody is told
// of its being late a second time.
func reassign(s *step) error {
	office := s.was.Owes.Party == Coordinator && s.e.By == Coordinator
	switch {
	case s.e.To.Person == "":
		return ErrNobodyNamed
	case !office && s.e.Organisation != s.was.Owes.Organisation:
		return ErrNotYours
	case s.e.To.Person == s.was.Owes.Person:
		return nil
	}
	s.r.Owes.Person, s.d.Changed = s.e.To.Person, true
	if office {
		s.r.Owes.Organisation = s.e.To.Organisation
	}
	return nil
}

// openQuestion tells whether the sender still owes an answer after a bounce.
func (s *step) openQuestion() bool {
	for _, o := range s.was.Offers {
		if o.QuestionID != "" {
			return true
		}
	}
	return false
}

// lastReceiver is who gave support that has ended while onward referrals are still open.
func (s *step) lastReceiver() Owes {
	owes := Owes{Party: ReceiverSide}
	for _, o := range s.was.Offers {
		if o.State == terms.OfferEnded {
			owes.Organisation = o.Receiver.Organisation
		}
	}
	return owes
}

// askAnew takes up a referral again that was joined to another person's, or to somebody who has left: nobody helps this one yet. Whether somebody asked for the
// same is the next question.
func askAnew(s *step) error {
	s.r.DuplicateOf, s.r.JoinedPerson = "", ""
	s.move(Requested, "", s.office(), ClockCheck)
	return nil
}

// askAfterAll takes up a referral again that ended with what another person said, or with their death or move. What ended in any other way stays so.
func askAfterAll(s *step) error {
	if !endedWithThePerson(*s.was) {
		return nil
	}
	s.r.Outcome, s.r.EndedWith = "", ""
	s.r.ConsentGiven = s.r.ConsentGiven || s.was.Reason == ReasonNoConsent // it was the other's no that came between
	s.r.Root = true                                                        // what it came from goes its own way
	return askAnew(s)
}
