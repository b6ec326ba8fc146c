package domain

import (
	"strings"
	"time"

	"example.org/waypost/pkg/fault"
	"example.org/waypost/schemas/terms"
)

// Accept says yes. firstContactByOn is by when somebody will be in touch.
func (o *Offer) Accept(by string, at time.Time, firstContactByOn string) error {
	if err := o.allow(ActionAccept); err != nil {
		return err
	}
	o.answer(by, at, terms.AnswerAccepted, terms.OfferAccepted, "accepted this")
	o.FirstContactByOn = firstContactByOn
	return nil
}

// Waitlist keeps the person on the service's list until there is a place.
func (o *Offer) Waitlist(by string, at time.Time, expectedByOn string) error {
	if err := o.allow(ActionWaitlist); err != nil {
		return err
	}
	o.answer(by, at, terms.AnswerWaitlisted, terms.OfferWaitlisted, "put this on the waiting list")
	o.ExpectedByOn, o.WaitingSince = expectedByOn, at
	return nil
}

// Ask moves the clock to the sender until the question is answered.
func (o *Offer) Ask(by string, at time.Time, questionID string) error {
	if err := o.allow(ActionAsk); err != nil {
		return err
	}
	o.answer(by, at, terms.AnswerAsked, terms.OfferInformationAsked, "asked for more information")
	o.QuestionID = questionID
	return nil
}

// Refusal is why an offer is bounced, with what its reason asks for.
type Refusal struct {
	Reason    terms.BounceReason
	Text      string
	Criterion string
	UntilOn   string // yyyy-mm-dd
	WhoseRole terms.Role
}

// MaxText is how long what sender and receiver write to each other may be, in characters.
const MaxText = 2_000

// Check tells what the chosen reason lacks. today is a date in England.
func (r Refusal) Check(today string) error {
	var f fault.Fields
	info, known := terms.BounceReasonByCode(r.Reason)
	if !known || !info.MayUse(terms.ReceiverService) {
		f.Add("reason", "Select why you can not take this")
		return f.Err()
	}
	if info.NeedsText && strings.TrimSpace(r.Text) == "" {
		f.Add("detail", "Say in a few words what the reason is")
	}
	if info.NeedsCriterion && strings.TrimSpace(r.Criterion) == "" {
		f.Add("criterion", "Say which of your criteria is not met")
	}
	if info.NeedsUntil && r.UntilOn == "" {
		f.Add("until", "Enter the day from which there may be room")
	}
	if r.UntilOn != "" && r.UntilOn <= today {
		f.Add("until", "Enter a day after today")
	}
	if info.NeedsRole && !r.WhoseRole.Known() {
		f.Add("whose_role", "Select whose work this is")
	}
	return f.Err()
}

// Only leaves out what the reason does not ask for: something typed under another reason is not sent.
func (r Refusal) Only() Refusal {
	info, _ := terms.BounceReasonByCode(r.Reason)
	if !info.NeedsCriterion {
		r.Criterion = ""
	}
	if !info.NeedsUntil {
		r.UntilOn = ""
	}
	if !info.NeedsRole {
		r.WhoseRole = ""
	}
	return r
}

// Bounce says no, with a coded reason.
func (o *Offer) Bounce(by string, at time.Time, r Refusal) error {
	if err := o.allow(ActionBounce); err != nil {
		return err
	}
	o.answer(by, at, terms.AnswerBounced, terms.OfferBounced, "bounced this")
	o.Reason, o.Criterion, o.UntilOn, o.WhoseRole = string(r.Reason), r.Criterion, r.UntilOn, r.WhoseRole
	return nil
}

func (o *Offer) answer(by string, at time.Time, a terms.Answer, to terms.OfferState, did string) {
	o.State, o.Answer, o.Receipt, o.AnsweredAt, o.AnsweredBy = to, a, ReceiptSent, at, by
	o.Reason, o.OwedBy = "", time.Time{}
	o.Last = Act{by, at, did}
}

// Assign gives the offer to a colleague; "" takes it back from them.
func (o *Offer) Assign(by string, at time.Time, to string) error {
	if err := o.allow(ActionAssign); err != nil {
		return err
	}
	o.AssignedTo = to
	o.Last = Act{by, at, "changed who deals with this"}
	return nil
}

// StandDown confirms that nobody of the provider's goes on with it.
func (o *Offer) StandDown(by string, at time.Time) error {
	if !o.MustStandDown() {
		return ErrNotNow
	}
	o.StoodDownAt, o.StoodDownBy = at, by
	o.Last = Act{by, at, "stood down"}
	return nil
}

// Attend notes a session; the row itself stands elsewhere.
func (o *Offer) Attend(by string, at time.Time) error {
	if err := o.allow(ActionAttend); err != nil {
		return err
	}
	o.Last = Act{by, at, "recorded a session"}
	return nil
}

// End ends support.
func (o *Offer) End(by string, at time.Time, outcome terms.Outcome) error {
	if err := o.allow(ActionEnd); err != nil {
		return err
	}
	info, known := terms.OutcomeByCode(outcome)
	if !known || !info.Receiver {
		return fault.Invalid("outcome", "Select how it ended")
	}
	o.State, o.Outcome, o.EndedAt, o.EndedBy, o.OwedBy = terms.OfferEnded, outcome, at, by, time.Time{}
	o.Last = Act{by, at, "ended this"}
	return nil
}

// TakeBack is coordination taking the offer back.
func (o *Offer) TakeBack(at time.Time, why terms.OfferWithdrawalReason, standDownDueAt time.Time) bool {
	if o.State == terms.OfferEnded || o.State == terms.OfferBounced || o.State == terms.OfferWithdrawn {
		return false
	}
	if !standDownDueAt.IsZero() && o.Answer == terms.AnswerAccepted {
		o.StandDownDueAt = standDownDueAt
	}
	o.State, o.Reason, o.OwedBy = terms.OfferWithdrawn, string(why), time.Time{}
	o.Last = Act{At: at}
	return true
}

// Expire is the answer's time running out. An answer that is on its way may still be honoured, so it stays as it is.
func (o *Offer) Expire(at time.Time) bool {
	if !o.ExpiredAt.IsZero() {
		return false
	}
	o.ExpiredAt = at
	if o.State == terms.OfferOffered || o.State == terms.OfferInformationAsked {
		o.State, o.OwedBy = terms.OfferExpired, time.Time{}
		o.Last = Act{At: at}
	}
	return true
}

// Refuse is coordination not honouring the answer. Who had said yes, or had put the person on a list, must stop.
func (o *Offer) Refuse(at time.Time, answer terms.Answer, why terms.AnswerRefusal, standDownDueAt time.Time) bool {
	if answer != o.Answer || o.Receipt == ReceiptConfirmed {
		return false // overtaken by what we said or heard since
	}
	o.Receipt, o.Reason, o.OwedBy = ReceiptRefused, string(why), time.Time{}
	if answer == terms.AnswerAccepted || answer == terms.AnswerWaitlisted {
		o.StandDownDueAt = standDownDueAt
	}
	o.State = terms.OfferWithdrawn
	o.Last = Act{At: at}
	return true
}

// Close is the end of the whole referral.
func (o *Offer) Close(at time.Time, outcome terms.Outcome) bool {
	if o.ClosedOutcome != "" {
		return false
	}
	o.ClosedOutcome, o.OwedBy = outcome, time.Time{}
	switch o.State {
	case terms.OfferAccepted:
		o.State, o.Outcome, o.EndedAt = terms.OfferEnded, outcome, at
		o.Last = Act{At: at}
	case terms.OfferOffered, terms.OfferInformationAsked, terms.OfferWaitlisted:
		o.State, o.Reason = terms.OfferWithdrawn, string(terms.OfferWithdrawalReferralClosed)
		o.Last = Act{At: at}
	}
	return true
}

// Remove clears what names the person and what was said.
func (o *Offer) Remove(at time.Time, why terms.RemovalCause) {
	o.Contact, o.Safeguarding = Contact{}, Safeguarding{}
	o.RemovedAt, o.RemovedWhy = at, why
}
