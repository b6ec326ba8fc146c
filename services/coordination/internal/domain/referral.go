// Package domain is what is true of a case, its referrals and their offers; it reads no clock, database or network.
package domain

import (
	"slices"
	"time"

	"example.org/waypost/schemas/terms"
)

// State is where a referral stands.
type State = terms.ReferralState

// The states of a referral, in the order of its life. New is a referral that has not arrived yet; it is never stored.
const (
	New              State = "new"
	Requested              = terms.ReferralRequested
	Checked                = terms.ReferralChecked
	Held                   = terms.ReferralHeld
	Offered                = terms.ReferralOffered
	InformationAsked       = terms.ReferralInformationAsked
	Waitlisted             = terms.ReferralWaitlisted
	Accepted               = terms.ReferralAccepted
	UnderWay               = terms.ReferralUnderWay
	Escalated              = terms.ReferralEscalated
	Joined                 = terms.ReferralJoined
	Withdrawn              = terms.ReferralWithdrawn
	Closed                 = terms.ReferralClosed
)

// OfferState is where one offer stands.
type OfferState = terms.OfferState

// Party is a side that can owe the next step.
type Party = terms.Party

// The parties. Nobody owes anything on a referral that has ended.
const (
	Sender       = terms.PartySender
	ReceiverSide = terms.PartyReceiver
	Coordinator  = terms.PartyCoordinator
	Nobody       = terms.PartyNobody
)

// Owes says who owes the next step; Organisation and Person may be empty when nobody is named yet.
type Owes struct {
	Party        Party
	Organisation string
	Person       string
}

// Receiver is who an offer can be put to: a provider's service, or a link worker team.
type Receiver struct {
	Kind         terms.ReceiverKind
	ID           string // the service's id, or the team's
	Organisation string // the provider's id, or the team's again
}

// Same tells whether two receivers are one door.
func (r Receiver) Same(o Receiver) bool { return r.Kind == o.Kind && r.ID == o.ID }

// answerClock is by which it answers: a team triages, a service answers.
func (r Receiver) answerClock() terms.Clock {
	if r.Kind == terms.ReceiverTeam {
		return terms.ClockTriage
	}
	return terms.ClockOffer
}

// Offer is a referral put to one receiver.
type Offer struct {
	ID          string
	Attempt     int
	Receiver    Receiver
	State       OfferState
	OfferedAt   time.Time
	AnswerDueAt time.Time
	AnsweredAt  time.Time // of the last answer, zero until the receiver gave one
	RepliedAt   time.Time // of the first
	StartedAt   time.Time // zero until the person was met
	QuestionID  string    // the question that waits for an answer
	Reason      string    // why it bounced or was withdrawn

	NoticeKind terms.NoticeKind  // what the receiver was last told of by e-mail, "" when nothing is known of that
	Notice     terms.NoticeState // how far that got
	NoticeAt   time.Time         // and when
}

// Why a referral is held.
const (
	HeldSameNeed   = "same_need"   // another open referral asks for the same
	HeldSamePerson = "same_person" // it may be somebody we know under another ref
)

// Referral is a request that someone takes charge of a need.
type Referral struct {
	ID         string
	CaseID     string
	PatientRef string
	FirstRef   string // the ref it came under, which a merge does not change
	Reference  string
	State      State

	SenderOrganisation string
	SenderKind         terms.OrganisationKind
	RequestedBy        string
	RequestedAt        time.Time
	Need               terms.Need
	Urgency            terms.Urgency
	Accessibility      []terms.Accessibility
	Sensitive          bool
	Wanted             []Receiver // the sender's choice, best first
	ConsentID          string
	ConsentGiven       bool
	ConsentWith        []string // the organisations it was given for; none means those who help
	SeenHelping        *int     // how many the sender was shown as helping already
	SendReason         string
	SeenOverlaps       *int                // how many of them, or who work with the person, were shown as able to do this too
	OverlapChoice      terms.OverlapChoice // what the sender chose then
	JoinWith           string              // the referral whose receiver is asked to do this too, "" leaves it to us
	JoinPerson         string              // or who works with the person, and is
	SignedBy           string              // who signed it for a trainee
	Narrative          string
	Safeguarding       string
	SafeguardingCodes  []string

	ParentID     string
	Root         bool   // no open parent: it stands for itself in the case
	HeldWhy      string // HeldSameNeed or HeldSamePerson while held
	MayBe        string // the patient ref this may be the same as, while HeldSamePerson
	DuplicateOf  string // the referral this may double, while that question is open
	JoinedPerson string // who works with the person and was asked to do this too, where no referral carries it
	Confirmed    string // the reason a person gave for a second one of the same need

	Offers     []Offer
	Bounces    int
	Silences   int
	Owes       Owes
	DueAt      time.Time
	Overdue    bool                   // told once that DueAt passed
	Escalation terms.EscalationReason // why it last came to the area's office
	EndedWith  string                 // the outcome, when support ended before the onward referrals did
	Outcome    string
	Reason     string    // why it stands where it stands: a code for the sender
	Since      time.Time // of this state
	Version    int
}

// Live returns the offer the receiver has in hand, or nil. There is never more than one.
func (r *Referral) Live() *Offer {
	for i := range r.Offers {
		if r.Offers[i].State.Open() {
			return &r.Offers[i]
		}
	}
	return nil
}

// Taken returns the accepted offer, or nil. There is never more than one.
func (r *Referral) Taken() *Offer {
	if o := r.Live(); o != nil && o.State == terms.OfferAccepted {
		return o
	}
	return nil
}

// Offer returns the offer with this id, or nil.
func (r *Referral) Offer(id string) *Offer {
	for i := range r.Offers {
		if r.Offers[i].ID == id {
			return &r.Offers[i]
		}
	}
	return nil
}

// NotAgainWithin is how long the same receiver is left alone after it had an offer of one referral.
const NotAgainWithin = 30 * 24 * time.Hour

// answer is what the receiver says of it now.
func (o *Offer) answer(state OfferState, at time.Time) {
	o.State, o.AnsweredAt = state, at
	if o.RepliedAt.IsZero() {
		o.RepliedAt = at
	}
}

// hadUntil is when the receiver last had it: a place on a waiting list may be refused months after it was given.
func (o Offer) hadUntil() time.Time {
	switch {
	case o.State == terms.OfferExpired && o.AnswerDueAt.After(o.OfferedAt):
		return o.AnswerDueAt
	case o.AnsweredAt.After(o.OfferedAt):
		return o.AnsweredAt
	}
	return o.OfferedAt
}

// TriedLately tells whether this receiver had this referral within thirty days. One that had to stand down because of what was said of the
// person, and of another person as it turned out, has not failed them.
func (r *Referral) TriedLately(to Receiver, now time.Time) bool {
	return slices.ContainsFunc(r.Offers, func(o Offer) bool {
		return o.Receiver.Same(to) && now.Sub(o.hadUntil()) < NotAgainWithin && !stoodDown(o)
	})
}

// clone copies what a decision may change, so that the referral decided on stays as it was.
func (r *Referral) clone() Referral {
	c := *r
	c.Offers = slices.Clone(r.Offers)
	c.Wanted = slices.Clone(r.Wanted)
	return c
}
