package domain

import (
	"slices"
	"time"

	"example.org/waypost/schemas/terms"
)

// Receipt is how far our answer to an offer got.
type Receipt string

// The receipts.
const (
	ReceiptNone      Receipt = ""          // nothing was answered
	ReceiptSent      Receipt = "sent"      // said, and not confirmed yet
	ReceiptConfirmed Receipt = "confirmed" // coordination has taken it
	ReceiptRefused   Receipt = "refused"   // coordination could not honour it
)

// Offer is a referral put to one of a provider's services, as the provider holds it.
type Offer struct {
	ID                 string
	Organisation       string
	ServiceID          string
	ReferralID         string
	CaseID             string
	PatientRef         string
	Reference          string
	Attempt            int
	SenderOrganisation string
	SenderKind         terms.OrganisationKind
	RequestedBy        string // "" when not told
	Need               terms.Need
	Also               []terms.Need // what they were asked to help with too, after they had accepted
	Urgency            terms.Urgency
	Sensitive          bool
	Accessibility      []terms.Accessibility
	OfferedAt          time.Time
	AnswerDueAt        time.Time

	State      terms.OfferState
	Answer     terms.Answer // the last one; "" before there was any
	Receipt    Receipt
	AnsweredAt time.Time
	AnsweredBy string
	Reason     string // of a bounce, a withdrawal or a refused answer, as the state has it
	Criterion  string
	UntilOn    string
	WhoseRole  terms.Role
	QuestionID string

	FirstContactByOn string
	ExpectedByOn     string
	WaitingSince     time.Time
	AssignedTo       string
	OwedBy           time.Time // what coordination's clock says is due from us; zero when nothing is
	ExpiredAt        time.Time

	StandDownDueAt time.Time
	StoodDownAt    time.Time
	StoodDownBy    string

	Outcome       terms.Outcome
	EndedAt       time.Time
	EndedBy       string
	ClosedOutcome terms.Outcome // how the whole referral ended

	ProgressVersion int
	RemovedAt       time.Time
	RemovedWhy      terms.RemovalCause
	Last            Act

	Contact      Contact
	Safeguarding Safeguarding
	Version      int64
}

// Act is who did what, when. By is "" when it was not a person of ours.
type Act struct {
	By  string
	At  time.Time
	Did string // "accepted this": completes a sentence that begins with a name
}

// Action is something that can be done with an offer now; pages and the API show the same.
type Action string

// The actions.
const (
	ActionAccept    Action = "accept"
	ActionAsk       Action = "ask"
	ActionWaitlist  Action = "waitlist"
	ActionBounce    Action = "bounce"
	ActionAttend    Action = "attend"
	ActionEnd       Action = "end"
	ActionAssign    Action = "assign"
	ActionStandDown Action = "stand_down"
)

// actions is the one table of what may be done in which state. A late acceptance may still be honoured, so an expired
// offer can be accepted and nothing else.
var actions = map[terms.OfferState][]Action{
	terms.OfferOffered:          {ActionAccept, ActionAsk, ActionWaitlist, ActionBounce, ActionAssign},
	terms.OfferInformationAsked: {ActionAccept, ActionWaitlist, ActionBounce, ActionAssign},
	terms.OfferWaitlisted:       {ActionAccept, ActionWaitlist, ActionBounce, ActionAssign},
	terms.OfferAccepted:         {ActionAttend, ActionEnd, ActionAssign},
	terms.OfferExpired:          {ActionAccept},
	terms.OfferBounced:          {},
	terms.OfferWithdrawn:        {},
	terms.OfferEnded:            {},
}

// MustStandDown tells whether somebody still has to say that they stopped.
func (o Offer) MustStandDown() bool { return !o.StandDownDueAt.IsZero() && o.StoodDownAt.IsZero() }

// Actions lists what may be done now.
func (o Offer) Actions() []Action {
	if o.MustStandDown() {
		return []Action{ActionStandDown}
	}
	return actions[o.State]
}

// May tells whether the action is possible now.
func (o Offer) May(a Action) bool { return slices.Contains(o.Actions(), a) }

func (o Offer) allow(a Action) error {
	switch {
	case o.May(a):
		return nil
	case o.MustStandDown():
		return ErrStandDown
	}
	return ErrNotNow
}

// YoursToAnswer tells whether the provider owes the answer now.
func (o Offer) YoursToAnswer() bool { return o.State == terms.OfferOffered }

// Due is by when the provider owes its next step; zero when it owes none.
func (o Offer) Due() time.Time {
	switch {
	case o.MustStandDown():
		return o.StandDownDueAt
	case o.State == terms.OfferOffered:
		return o.AnswerDueAt
	case o.State == terms.OfferAccepted || o.State == terms.OfferWaitlisted:
		return o.OwedBy
	}
	return time.Time{}
}

// Progress is what coordination says of the referral an offer belongs to.
type Progress struct {
	OfferID    string // the offer it is about; "" when it is about none
	State      terms.ReferralState
	OursToDo   bool // the receiver owes the next step
	DueAt      time.Time
	QuestionID string
	Bounces    int
	Version    int
	At         time.Time
}

// Progress takes note of what coordination says. It tells whether anything changed; what is older than what was heard
// before changes nothing.
func (o *Offer) Progress(p Progress) bool {
	if p.OfferID != o.ID {
		return o.passedOn(p)
	}
	if p.Version <= o.ProgressVersion {
		return false
	}
	o.ProgressVersion = p.Version
	o.OwedBy = time.Time{}
	if p.OursToDo {
		o.OwedBy = p.DueAt
	}
	switch p.State {
	case terms.ReferralAccepted, terms.ReferralUnderWay:
		// Also when the offer had expired or been taken back meanwhile: a late acceptance that was honoured.
		if o.Answer == terms.AnswerAccepted && o.State != terms.OfferEnded {
			o.State, o.Receipt, o.Reason = terms.OfferAccepted, ReceiptConfirmed, ""
			o.StandDownDueAt, o.StoodDownAt, o.StoodDownBy = time.Time{}, time.Time{}, ""
		}
	case terms.ReferralWaitlisted:
		o.confirm(terms.AnswerWaitlisted)
	case terms.ReferralInformationAsked:
		o.confirm(terms.AnswerAsked)
		o.confirm(terms.AnswerBounced) // the sender decides after some bounces
	case terms.ReferralOffered:
		o.informed(p)
		o.confirm(terms.AnswerBounced)
	default:
		o.confirm(terms.AnswerBounced)
	}
	return true
}

func (o *Offer) confirm(a terms.Answer) {
	if o.Answer == a && o.Receipt == ReceiptSent {
		o.Receipt = ReceiptConfirmed
	}
}

// informed opens the offer again once our question was answered.
func (o *Offer) informed(p Progress) {
	if o.State != terms.OfferInformationAsked || p.QuestionID == "" || p.QuestionID != o.QuestionID {
		return
	}
	o.State, o.Answer, o.Receipt = terms.OfferOffered, "", ReceiptNone
	if !p.DueAt.IsZero() {
		o.AnswerDueAt = p.DueAt
	}
}

// passedOn confirms a bounce: coordination has gone on to somebody else.
func (o *Offer) passedOn(p Progress) bool {
	if o.Answer != terms.AnswerBounced || o.Receipt != ReceiptSent || p.Bounces == 0 || p.At.Before(o.AnsweredAt) {
		return false
	}
	o.Receipt = ReceiptConfirmed
	return true
}
