package domain

import (
	"slices"
	"time"

	"example.org/waypost/pkg/fault"
	"example.org/waypost/schemas/terms"
)

// Refusals of who says that they phoned.
var (
	ErrNoCall     = fault.Conflict("no_call_owed", "Nobody has to be phoned about this offer any more. Nothing was changed")
	ErrCallResult = fault.Invalid("result", "Select what came of the call")
	ErrCallAhead  = fault.Invalid("phoned_at", "The call can not be later than now")
	ErrCallEarly  = fault.Invalid("phoned_at", "The call can not be earlier than what it was about")
)

// CallResults are what can come of phoning a provider. Only no answer leaves the call owed.
var CallResults = []terms.ContactResult{terms.ContactReached, terms.ContactMessageLeft, terms.ContactNotReached}

// Reaches tells whether a call that came to this is not owed any more.
func Reaches(result terms.ContactResult) bool { return result != terms.ContactNotReached }

// ToPhone are the offers of which no e-mail tells the receiver, so that somebody has to.
func (r *Referral) ToPhone() []Offer {
	return slices.DeleteFunc(slices.Clone(r.Offers), func(o Offer) bool { return !o.Notice.Phone() })
}

// CallAt is when a call about the offer was, as the timeline has it. People give it to the minute, and "just now" may be the minute of the offer.
// A call tells of an end only once that is known: of an offer that was taken back or ran out, from the moment the call was owed.
func (o Offer) CallAt(at, now time.Time) (time.Time, error) {
	from := o.OfferedAt
	if o.NoticeKind == terms.NoticeWithdrawn || o.NoticeKind == terms.NoticeExpired {
		from = o.NoticeAt
	}
	switch {
	case at.After(now):
		return at, ErrCallAhead
	case at.Before(from.Truncate(time.Minute)):
		return at, ErrCallEarly
	case at.Before(from):
		return from, nil
	}
	return at, nil
}

// phoned notes that whoever owes the call says that they phoned. The referral stands where it stood: the sender is told nothing new.
func phoned(s *step) error {
	o := s.r.Offer(s.e.OfferID)
	switch {
	case o == nil:
		return ErrUnknown
	case s.e.By != Coordinator && s.e.Organisation != s.was.SenderOrganisation:
		return ErrNotYours
	case !o.Notice.Phone():
		return ErrNoCall
	case !slices.Contains(CallResults, s.e.Result):
		return ErrCallResult
	}
	if Reaches(s.e.Result) {
		o.Notice, o.NoticeAt = terms.NoticePhoned, s.e.CallAt
	}
	s.d.Changed = true
	s.say(Fact{Name: SayPhoned, OfferID: o.ID, Why: string(s.e.Result)})
	return nil
}
