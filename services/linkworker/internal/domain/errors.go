package domain

import "example.org/waypost/pkg/fault"

// What the rules refuse. app puts names and references into the words where it knows them.
var (
	ErrNoOffer            = fault.NotFound("offer")
	ErrNoPerson           = fault.NotFound("person")
	ErrNoReferral         = fault.NotFound("referral")
	ErrAnswered           = fault.Conflict("already_answered", "This offer has been answered already. Nothing was changed by you")
	ErrAsked              = fault.Conflict("already_asked", "A question has been asked already and waits for the sender. Nothing was changed by you")
	ErrNumberTaken        = fault.Conflict("nhs_number_taken", "Your team has somebody with this NHS number and another first name or date of birth. Find them by the number, and check which is right")
	ErrExpired            = fault.Conflict("expired", "This offer was not answered in time. You can still accept it: if nobody else has, it is yours")
	ErrTakenBack          = fault.Conflict("taken_back", "This offer was taken back. There is nothing to do")
	ErrChanged            = fault.Stale("This changed while you were reading. Nothing was changed by you. Read it again, then send your answer")
	ErrNotSupported       = fault.Conflict("not_supported", "Your team does not support this person now, so this can not be recorded")
	ErrNothingToStandDown = fault.Conflict("nothing_to_stand_down", "There is nothing to stop here")
	ErrStoodDown          = fault.Conflict("stood_down", "A colleague has confirmed already that your team stood down. Nothing was changed by you")
	ErrOnwardOpen         = fault.Conflict("onward_open", "An onward referral is still open. Withdraw it or wait until it has ended")
	ErrNotColleague       = fault.Invalid("assign_to", "Select a colleague of your team")
	ErrNotLead            = fault.Forbidden("Only the team's service lead can change this. Ask them to do it, or to give you the role")
	ErrClosed             = fault.Conflict("referral_over", "This referral has ended, so it can not be changed. Nothing was changed by you")
	ErrNoQuestion         = fault.Conflict("no_question", "No question is open on this referral. A colleague may have answered it. Nothing was changed by you")
	ErrRemoved            = fault.Conflict("removed", "The person no longer agrees to sharing. What was shared with your team was removed")
)
