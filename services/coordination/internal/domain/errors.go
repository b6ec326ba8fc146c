package domain

import (
	"example.org/waypost/pkg/fault"
)

// Refusals a person can meet. What another service says is never refused this way: it is answered by a fact.
var (
	ErrUnknown       = fault.NotFound("referral")
	ErrAgain         = fault.Conflict("already_requested", "This referral has already been sent")
	ErrEnded         = fault.Conflict("referral_ended", "This referral has ended. Nothing was changed")
	ErrNotHeld       = fault.Conflict("not_held", "This referral is not waiting for a duplicate choice any more. Nothing was changed")
	ErrNotYours      = fault.Conflict("not_your_step", "This step is not yours to take")
	ErrWhoFirst      = fault.Conflict("person_not_settled", "The area's office must first say whether this is the same person")
	ErrExistingEnded = fault.Conflict("existing_ended", "The referral you wanted to join has ended. Send this one on, or withdraw it")
	ErrNotEscalated  = fault.Conflict("not_escalated", "This referral is not waiting for the area's office. Nothing was changed")
	ErrTriedLately   = fault.Conflict("offered_lately", "This receiver was asked for this person and need within the last 30 days. Choose another")
	ErrNothingToWait = fault.Conflict("nothing_to_wait_for", "Nobody has this referral in hand, so there is nothing to wait for")
	ErrChecked       = fault.Conflict("already_checked", "This referral has already been checked")
	ErrNobodyNamed   = fault.Invalid("person", "Select who takes the step")
	ErrNoReason      = fault.Invalid("reason", "Select a reason")
	ErrNoOutcome     = fault.Invalid("outcome", "Select how it ended")
	ErrNoReceiver    = fault.Invalid("receiver", "Select who to offer the referral to")
)

// ErrSupportEnded refuses a new receiver for work that is done and only waits for its onward referrals.
var ErrSupportEnded = fault.Conflict("support_ended", "Support has ended; the referral waits for its onward referrals. Close it instead")

// Reasons that only coordination gives.
const (
	ReasonNoConsent   = "no_consent"   // consent to share was not given: signpost only
	ReasonSilent      = "silent"       // nobody answered in time
	ReasonParentEnded = "parent_ended" // the referral this one came from has ended
)
