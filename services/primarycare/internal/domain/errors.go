package domain

import "example.org/waypost/pkg/fault"

// What the desk refuses, with words for the person who asked.
var (
	ErrNoPatient  = fault.NotFound("patient")
	ErrNoReferral = fault.NotFound("referral")
	ErrNoSignpost = fault.NotFound("signpost")
	ErrNoFlag     = fault.NotFound("red flag")
	ErrNoDraft    = fault.NotFound("started referral").With("There is no such started referral. It may have expired, or somebody may have deleted it. Start again from the patient's page")
	ErrNoService  = fault.NotFound("service")

	ErrNotAPractice = fault.Forbidden("These pages are for GP practices. Your role is at another kind of organisation: choose another of your roles, or ask the service lead of your practice to add you")
	ErrMayNotRefer  = fault.Forbidden("Your practice can not refer: the register has it as closed, or has not told us of it yet. Your practice manager can ask the area's office to put it right in the register")

	ErrDied        = fault.Conflict("patient_died", "This person is recorded as having died, so nothing new can be started for them")
	ErrMovedAway   = fault.Conflict("patient_moved_away", "This person is recorded as having moved away, so nothing new can be started for them here")
	ErrErased      = fault.Conflict("patient_erased", "This person's record was erased, so nothing more can be recorded here")
	ErrSamePerson  = fault.Conflict("same_name", "There is already a patient with this name and date of birth. Open their record, or say below that this is another person")
	ErrNumberTaken = fault.Conflict("nhs_number_taken", "A patient of this practice has this NHS number and another first name or date of birth. Find them by the number, and check which is right")
	ErrNoChange    = fault.Invalid("", "You have not changed anything").With("You have not changed anything")
	ErrNotOpen     = fault.Conflict("referral_not_open", "This referral has ended, so this can not be done any more")
	ErrNotNow      = fault.Conflict("action_not_available", "This can not be done now: the referral has moved on. Look at its page for what can be done")
	ErrNoQuestion  = fault.Conflict("nothing_asked", "Nobody is waiting for information on this referral now")
	ErrFlagEnded   = fault.Conflict("red_flag_ended", "This red flag has been dealt with already")
	ErrFollowedUp  = fault.Conflict("signpost_followed_up", "This has been followed up already")
	ErrStopped     = fault.Conflict("red_flag_open", "A red flag stops this until the duty clinician says that it may go on")
	ErrAskFlags    = fault.Conflict("red_flags_not_asked", "Ask the red-flag questions first")
	ErrConsentOver = fault.Conflict("consent_over", "They agreed until a day that is over. Ask them again before anything is shared")
	ErrNoConsent   = fault.Conflict("no_consent", "Nothing can be shared without the person's consent. You can give them information instead")
	ErrNotReady    = fault.Conflict("not_ready", "Some tasks are not done yet, so this can not be sent")
	ErrAlreadySent = fault.Conflict("already_sent", "This was sent already")
)
