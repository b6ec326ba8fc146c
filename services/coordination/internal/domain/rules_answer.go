package domain

import "example.org/waypost/schemas/terms"

// refuse tells the receiver that its answer could not be honoured; the referral stays as it was.
func (s *step) refuse(why terms.AnswerRefusal) error {
	s.say(Fact{Name: SayAnswerRefused, OfferID: s.e.OfferID, Why: string(why), StandDown: true})
	return nil
}

// answered finds the offer that an answer is about; when the answer can not be honoured it has refused it and is nil.
func (s *step) answered() *Offer {
	o := s.r.Offer(s.e.OfferID)
	switch {
	case o == nil || o.Receiver.Organisation != s.e.Organisation:
		_ = s.refuse(terms.RefusalNotTheReceiver)
	case !s.was.State.Open():
		_ = s.refuse(terms.RefusalReferralClosed)
	default:
		return o
	}
	return nil
}

// accept honours an acceptance, also a late or crossing one, when nobody else has accepted and the referral is open: not one of who takes nobody
// any more, for nobody would come to help, nor of who had to forget the person, and would not know whom to ring.
func accept(s *step) error {
	if o := s.r.Offer(s.e.OfferID); o != nil && o.Receiver.Organisation == s.e.Organisation &&
		(o.State == terms.OfferAccepted || o.State == terms.OfferEnded) {
		return nil // it is so already
	}
	o := s.answered()
	switch {
	case o == nil:
		return nil
	case o.State == terms.OfferBounced:
		return s.refuse(terms.RefusalAlreadyAnswered)
	case s.f.Gone, o.State == terms.OfferWithdrawn && (o.Reason == string(terms.OfferWithdrawalReceiverClosed) || stoodDown(*o)):
		return s.refuse(terms.RefusalOfferWithdrawn)
	case s.was.Taken() != nil || s.was.EndedWith != "":
		return s.refuse(terms.RefusalAcceptedElsewhere)
	}
	if newer := s.r.Live(); newer != nil && newer.ID != o.ID {
		s.takeBack(terms.OfferWithdrawalAcceptedElsewhere)
	}
	s.asksNothing()
	o.answer(terms.OfferAccepted, s.f.Now)
	o.Reason = ""
	s.move(Accepted, "", Owes{Party: ReceiverSide, Organisation: o.Receiver.Organisation}, terms.ClockFirstContact)
	s.until(s.e.DueAt)
	return nil
}

// inHand is the offer a waiting list, bounce or question is about; only an offer that still waits for an answer takes
// one. Acceptance alone may come late: it helps the patient, the others would only undo what happened since.
func (s *step) inHand() *Offer {
	o := s.answered()
	switch {
	case o == nil:
	case o.State == terms.OfferAccepted || o.State == terms.OfferBounced || o.State == terms.OfferEnded:
		_ = s.refuse(terms.RefusalAlreadyAnswered)
	case !o.State.Open():
		_ = s.refuse(terms.RefusalOfferWithdrawn)
	default:
		return o
	}
	return nil
}

// waitlist keeps the person's place; the receiver owes the next word by the date it gave, or by the review clock.
func waitlist(s *step) error {
	o := s.inHand()
	if o == nil {
		return nil
	}
	o.answer(terms.OfferWaitlisted, s.f.Now)
	o.QuestionID = ""
	s.move(Waitlisted, "", Owes{Party: ReceiverSide, Organisation: o.Receiver.Organisation}, terms.ClockWaitlist)
	s.until(s.e.DueAt)
	return nil
}

// ask moves the clock to the sender.
func ask(s *step) error {
	o := s.inHand()
	if o == nil {
		return nil
	}
	o.answer(terms.OfferInformationAsked, s.f.Now)
	o.QuestionID = s.e.QuestionID
	s.move(InformationAsked, "", s.sender(), terms.ClockInformation)
	return nil
}

// bounce counts a refusal and takes the next step that its reason proposes; it never goes back to a GP by default.
func bounce(s *step) error {
	o := s.inHand()
	if o == nil {
		return nil
	}
	o.answer(terms.OfferBounced, s.f.Now)
	o.Reason, o.QuestionID = s.e.Reason, ""
	s.r.Bounces++
	s.d.Changed = true
	reason, _ := terms.BounceReasonByCode(terms.BounceReason(s.e.Reason))
	switch reason.Next {
	case terms.NextRedFlag:
		s.escalate(terms.EscalationCrisis, s.e.Reason)
	case terms.NextEscalate:
		s.escalate(terms.EscalationSafeguarding, s.e.Reason)
	case terms.NextJoinExisting:
		s.joinHelp()
	default:
		s.nextAfterBounce(reason.Next)
	}
	return nil
}

// nextAfterBounce goes to the next receiver or back to the sender with a question, but after the third failed offer to a
// named person.
func (s *step) nextAfterBounce(next terms.NextStep) {
	switch {
	case s.r.Bounces >= failedOffers:
		s.escalate(terms.EscalationBounced, s.e.Reason)
	case s.r.Bounces+s.r.Silences >= failedOffers:
		s.escalate(terms.EscalationNoReceiver, s.e.Reason)
	case next == terms.NextSenderDecides:
		// The sender asks the person, then gives what is missing (and it goes on) or withdraws. The bounced offer carries
		// the question, so that the answer can name it.
		s.r.Offer(s.e.OfferID).QuestionID = s.f.NewID
		s.move(InformationAsked, s.e.Reason, s.sender(), terms.ClockInformation)
	default:
		s.next(s.e.Reason, terms.EscalationNoReceiver)
	}
}

// joinHelp ends a referral whose receiver already helps with it: joined to the referral it helps on, where there is one.
func (s *step) joinHelp() {
	if s.e.Existing != "" && s.f.ExistingOpen {
		s.end(Joined, s.e.Reason, terms.OfferWithdrawalJoined)
		s.r.DuplicateOf = s.e.Existing
		s.say(Fact{Name: SayJoined, Why: s.e.Existing})
		return
	}
	s.close(terms.OutcomeNoLongerNeeded, s.e.Reason, terms.OfferWithdrawalReferralClosed)
}

// inform gives the clock back to the receiver; after a bounce that left the step to the sender, it sends the referral on.
func inform(s *step) error {
	o := s.question()
	if o == nil || s.e.Organisation != s.was.SenderOrganisation {
		return nil // answered, withdrawn or overtaken meanwhile
	}
	o.QuestionID = ""
	if o.State == terms.OfferBounced {
		s.next(s.was.Reason, terms.EscalationNoReceiver)
		return nil
	}
	o.State = terms.OfferOffered
	s.move(Offered, "", Owes{Party: ReceiverSide, Organisation: o.Receiver.Organisation}, o.Receiver.answerClock())
	o.AnswerDueAt = s.r.DueAt
	return nil
}

// question is the offer whose question is being answered, if it still waits.
func (s *step) question() *Offer {
	if s.e.QuestionID == "" {
		return nil
	}
	for i := range s.r.Offers {
		if s.r.Offers[i].QuestionID == s.e.QuestionID {
			return &s.r.Offers[i]
		}
	}
	return nil
}
