package domain

import "example.org/waypost/pkg/fault"

// What can be wrong with what somebody wants to do.
var (
	ErrNoService = fault.NotFound("service")
	ErrNoOffer   = fault.NotFound("offer")
	ErrNoClaim   = fault.NotFound("claim")
	ErrNoNote    = fault.NotFound("note")

	ErrNotNow       = fault.Conflict("not_now", "This step is not possible any more. Look at the page again: it shows what happened")
	ErrStandDown    = fault.Conflict("stand_down", "Stand down first: somebody else is helping, or the referral has ended")
	ErrChanged      = fault.Stale("This was changed by somebody else. Nothing was changed by you: look at it again")
	ErrAttended     = fault.Conflict("already_recorded", "That session is recorded already. Nothing was changed by you")
	ErrClaimed      = fault.Conflict("already_claimed", "Another provider answers for this listing. Ask the area's office if that is wrong")
	ErrAsked        = fault.Conflict("already_asked", "Your organisation has asked for this listing already. The area's office decides")
	ErrDecided      = fault.Conflict("already_decided", "This claim was decided by somebody else. Nothing was changed by you")
	ErrOwnClaim     = fault.Forbidden("Your own organisation asked for this listing, so somebody else must decide")
	ErrNotOurs      = fault.Forbidden("Only the provider that answers for this service can change it. If that is your organisation, claim the listing first")
	ErrWithdrawn    = fault.Conflict("withdrawn", "This service has left the directory")
	ErrOpenOffers   = fault.Conflict("open_offers", "There are open offers or people you are helping. Answer or end those first")
	ErrNotAProvider = fault.Forbidden("Only providers have services here. If your organisation is one, ask the area's office to register it as a provider")
	ErrNotOffice    = fault.Forbidden("Claims are decided by a coordinator or a service lead at the area's office")
)
