package domain

import "example.org/waypost/schemas/terms"

// failedOffers is how many offers of one referral may fail, by bounce or by silence, before it is a named person's work.
const failedOffers = 3

// begin takes a request in. Nothing is offered before matching ran.
func begin(s *step) error {
	s.move(Requested, "", s.office(), ClockCheck)
	return nil
}

// holdPerson waits for the area's office to say who this is. It is not said of whom it may be a double: the sender may not
// learn of another's patient.
func holdPerson(s *step) error {
	s.r.HeldWhy, s.r.MayBe = HeldSamePerson, s.e.Existing
	s.move(Held, HeldSamePerson, s.office(), terms.ClockDuplicateChoice)
	return nil
}

// holdLate is holdPerson a moment later: what was offered meanwhile is taken back, since nobody has answered it. Who has answered keeps it.
func holdLate(s *step) error {
	s.takeBack(terms.OfferWithdrawalNotSettled)
	return holdPerson(s)
}

// holdUnasked is holdPerson for what is with the office because there was nobody to offer it to.
func holdUnasked(s *step) error {
	if len(s.was.Offers) > 0 {
		return nil
	}
	s.r.Escalation = ""
	return holdPerson(s)
}

// holdNext asks the same of the next who it may be, when it is known that it is not, or is one with, the one it was asked of.
func holdNext(s *step) error {
	switch {
	case s.was.HeldWhy != HeldSamePerson:
		return ErrChecked
	case s.was.MayBe == s.e.Existing:
		return nil
	}
	return holdPerson(s)
}

// holdNeed waits for the sender to choose: join what exists, confirm with a reason, or withdraw.
func holdNeed(s *step) error {
	if s.was.HeldWhy == HeldSameNeed && s.was.DuplicateOf == s.e.Existing {
		return nil
	}
	s.r.HeldWhy, s.r.DuplicateOf, s.r.MayBe = HeldSameNeed, s.e.Existing, ""
	s.move(Held, HeldSameNeed, s.sender(), terms.ClockDuplicateChoice)
	s.say(Fact{Name: SayHeld, Why: HeldSameNeed})
	return nil
}

// goOn looks for the first receiver, once it is known that this is no duplicate.
func goOn(s *step) error {
	switch {
	case !s.r.ConsentGiven:
		s.end(Withdrawn, ReasonNoConsent, terms.OfferWithdrawalConsentWithdrawn)
	case s.f.AwaitReceiver && s.was.State == Checked:
		return nil
	case s.f.AwaitReceiver:
		s.settled()
		s.move(Checked, "", s.office(), ClockReceiver)
	default:
		s.next("", terms.EscalationNoReceiver)
	}
	return nil
}

// joinHelp ends a referral whose sender asked that whoever helps already does this too: the one they took on carries it, or the person
// who works with the patient.
func joinHelp(s *step) error {
	switch {
	case s.r.ConsentGiven && s.e.Worker.Person != "":
		s.end(Joined, "", terms.OfferWithdrawalJoined)
		s.r.JoinedPerson = s.e.Worker.Person
		s.say(Fact{Name: SayJoined})
		return nil
	case !s.r.ConsentGiven:
		s.end(Withdrawn, ReasonNoConsent, terms.OfferWithdrawalConsentWithdrawn)
		return nil
	case !s.f.ExistingOpen:
		return ErrExistingEnded
	}
	s.end(Joined, "", terms.OfferWithdrawalJoined)
	s.r.DuplicateOf = s.e.Existing
	s.say(Fact{Name: SayJoined, Why: s.e.Existing})
	return nil
}

// mayChoose tells whether whoever acts may make the duplicate choice: the sender always, the area's office once the
// sender's time ran out.
func (s *step) mayChoose() error {
	switch {
	case s.e.By == Sender && s.e.Organisation == s.was.SenderOrganisation:
		return nil
	case s.e.By == Coordinator && s.was.Owes.Party == Coordinator:
		return nil
	}
	return ErrNotYours
}

// join ends a duplicate: the work goes on in the referral that was there first.
func join(s *step) error {
	switch {
	case s.was.HeldWhy == HeldSamePerson:
		return ErrWhoFirst
	case s.mayChoose() != nil:
		return s.mayChoose()
	case !s.f.ExistingOpen:
		return ErrExistingEnded
	}
	into := s.was.DuplicateOf
	s.end(Joined, "", terms.OfferWithdrawalJoined)
	s.r.DuplicateOf = into
	s.say(Fact{Name: SayJoined, Why: into})
	return nil
}

// confirm sends a second referral of the same need on, with the reason a person gave.
func confirm(s *step) error {
	switch {
	case s.was.HeldWhy == HeldSamePerson:
		return ErrWhoFirst
	case s.mayChoose() != nil:
		return s.mayChoose()
	case s.e.Reason == "":
		return ErrNoReason
	}
	s.r.Confirmed = s.e.Reason
	s.say(Fact{Name: SayConfirmed, Why: s.e.Reason})
	return goOn(s)
}

// withdraw takes the referral back from any open state: by its sender, or by the office where it owes the choice.
func withdraw(s *step) error {
	switch {
	case s.e.By == Coordinator && s.was.State == Held && s.was.Owes.Party == Coordinator:
	case s.e.Organisation != s.was.SenderOrganisation:
		return nil // said by somebody who did not send it: it changes nothing
	}
	reason := s.e.Reason
	if reason == "" {
		reason = string(terms.WithdrawalOther)
	}
	s.end(Withdrawn, reason, backFor(reason))
	return nil
}

// backFor is what the receiver is told of a withdrawal.
func backFor(reason string) terms.OfferWithdrawalReason {
	switch terms.WithdrawalReason(reason) {
	case terms.WithdrawalPatientDied:
		return terms.OfferWithdrawalPatientDied
	case terms.WithdrawalPatientMovedAway:
		return terms.OfferWithdrawalPatientMovedAway
	}
	return terms.OfferWithdrawalReferralWithdrawn
}
