// Package domain is what is true of link work: offers and their answers, support, plans, outcomes and onward referrals.
// It does no I/O; times and ids come from outside.
package domain

import (
	"fmt"
	"time"

	"example.org/waypost/pkg/fault"
	"example.org/waypost/schemas/terms"
)

// Offer is a referral put to our team, and, once accepted, the support that comes of it.
type Offer struct {
	ID, OrganisationID, PatientRef         string
	ReferralID, CaseID, Reference          string
	Attempt                                int
	SenderOrganisationID                   string
	SenderKind                             terms.OrganisationKind
	RequestedBy                            string // "" when coordination did not say
	Need                                   terms.Need
	Also                                   []terms.Need // what they were asked to help with too, after they had accepted
	Urgency                                terms.Urgency
	Sensitive                              bool
	Narrative, Safeguarding                string
	SafeguardingCodes                      []terms.SafeguardingCode
	Accessibility                          []terms.Accessibility
	ParentReferralID                       string
	OfferedAt, AnswerDueAt                 time.Time
	State                                  terms.OfferState
	Answer                                 terms.Answer // "" until somebody answered
	AnsweredBy                             string
	AnsweredAt, ConfirmedAt                time.Time // an answer is sent until coordination confirms it
	Bounce                                 Bounce
	QuestionID, Question, Reply            string
	RepliedAt                              time.Time
	AssignedTo                             string
	AssignedAt                             time.Time
	FirstContactDueAt, StartedAt           time.Time // StartedAt: when the person was first reached
	ReviewOn                               string    // 2006-01-02, "" when none is set
	RefusedWhy                             terms.AnswerRefusal
	TakenBackWhy                           terms.OfferWithdrawalReason
	TakenBackAt, StandDownDueAt, StoodDown time.Time
	StoodDownBy                            string
	Outcome                                terms.Outcome
	EndNote, EndedBy                       string
	EndedAt, ClosedAt, RemovedAt           time.Time
	Version                                int64
	Progress                               int // the newest version of referral_progressed that was heard
}

// Bounce is why we refused, with what its reason asks for.
type Bounce struct {
	Reason    terms.BounceReason
	Criterion string
	UntilOn   string // 2006-01-02
	WhoseRole terms.Role
	Detail    string
}

// Answered is who answered first, for the second of two people. Name is filled in by who knows names.
type Answered struct {
	By, Name string
	Answer   terms.Answer
	At       time.Time
}

// answerable tells why an answer can not be taken now.
func (o *Offer) answerable(version int64, late bool) error {
	switch {
	case o.State == terms.OfferOffered, o.State == terms.OfferInformationAsked, late && o.State == terms.OfferExpired:
	case o.State == terms.OfferExpired:
		return ErrExpired
	case o.State == terms.OfferWithdrawn && o.Answer == "":
		return ErrTakenBack
	default:
		return ErrAnswered
	}
	if o.Version != version {
		return ErrChanged
	}
	return nil
}

// Accept takes the person on. An offer that has expired may still be accepted: coordination honours it when nobody else was faster.
func (o *Offer) Accept(by, assignTo string, version int64, firstContactDue, now time.Time) error {
	if err := o.answerable(version, true); err != nil {
		return err
	}
	o.State, o.Answer, o.AnsweredBy, o.AnsweredAt = terms.OfferAccepted, terms.AnswerAccepted, by, now
	o.AssignedTo, o.AssignedAt, o.FirstContactDueAt = assignTo, now, firstContactDue
	o.Version++
	return nil
}

// Ask puts a question to the sender, whose turn it is then.
func (o *Offer) Ask(by, questionID, question string, version int64, now time.Time) error {
	if err := o.answerable(version, false); err != nil {
		return err
	}
	if o.State == terms.OfferInformationAsked {
		return ErrAsked
	}
	o.State, o.Answer, o.AnsweredBy, o.AnsweredAt, o.ConfirmedAt = terms.OfferInformationAsked, terms.AnswerAsked, by, now, time.Time{}
	o.QuestionID, o.Question, o.Reply, o.RepliedAt = questionID, question, "", time.Time{}
	o.Version++
	return nil
}

// Refuse bounces the offer. failed is how often somebody tried to reach the person in vain.
func (o *Offer) Refuse(by string, b Bounce, failed int, version int64, now time.Time) error {
	if err := o.answerable(version, false); err != nil {
		return err
	}
	if err := b.Check(failed); err != nil {
		return err
	}
	o.State, o.Answer, o.AnsweredBy, o.AnsweredAt, o.ConfirmedAt = terms.OfferBounced, terms.AnswerBounced, by, now, time.Time{}
	o.Bounce = b
	o.Version++
	return nil
}

// Check tells what is missing of a bounce.
func (b Bounce) Check(failed int) error {
	var f fault.Fields
	info, ok := terms.BounceReasonByCode(b.Reason)
	if !ok || !info.MayUse(terms.ReceiverTeam) {
		f.Add("reason", "Select why you can not take this")
		return f.Err()
	}
	if info.NeedsText && b.Detail == "" {
		f.Add("detail", "Enter what the sender must know")
	}
	if info.NeedsCriterion && b.Criterion == "" {
		f.Add("criterion", "Enter which of your criteria is not met")
	}
	if info.NeedsUntil && b.UntilOn == "" {
		f.Add("until", "Enter the date from which there may be room")
	}
	if info.NeedsRole && b.WhoseRole == "" {
		f.Add("whose_role", "Select whose role it is")
	}
	if failed < info.NeedsTries {
		f.Add("reason", fmt.Sprintf("Record %d failed attempts to reach the person first: %d so far", info.NeedsTries, failed))
	}
	return f.Err()
}

// Open tells whether somebody still has something to do on it.
func (o *Offer) Open() bool { return o.State.Open() || o.MustStandDown() }

// MustStandDown tells whether our yes came too late and somebody must stop what they began.
func (o *Offer) MustStandDown() bool { return !o.StandDownDueAt.IsZero() && o.StoodDown.IsZero() }

// Sent tells whether our answer is on its way and not yet confirmed.
func (o *Offer) Sent() bool {
	return o.Answer != "" && o.ConfirmedAt.IsZero() && o.State != terms.OfferWithdrawn
}

// Supported tells whether we help the person now.
func (o *Offer) Supported() bool { return o.State == terms.OfferAccepted }

// StandDown records that we stopped.
func (o *Offer) StandDown(by string, version int64, now time.Time) error {
	switch {
	case o.StandDownDueAt.IsZero():
		return ErrNothingToStandDown
	case !o.StoodDown.IsZero():
		return ErrStoodDown
	case o.Version != version:
		return ErrChanged
	}
	o.StoodDown, o.StoodDownBy = now, by
	o.Version++
	return nil
}

// Actions is what one can do with it now, as pages and programs show it.
func (o *Offer) Actions() []string {
	switch {
	case o.MustStandDown():
		return []string{"stand_down"}
	case o.State == terms.OfferOffered:
		return []string{"accept", "ask_for_information", "bounce", "record_contact"}
	case o.State == terms.OfferInformationAsked:
		return []string{"accept", "bounce", "record_contact"}
	case o.State == terms.OfferExpired:
		return []string{"accept"}
	case o.State == terms.OfferAccepted:
		return []string{"record_contact", "assess", "agree_plan", "refer_on", "assign", "end_support"}
	}
	return []string{}
}
