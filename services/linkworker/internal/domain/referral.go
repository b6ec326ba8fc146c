package domain

import (
	"time"

	"example.org/waypost/pkg/fault"
	"example.org/waypost/schemas/terms"
)

// Receiver is a service or a team that a referral may be offered to.
type Receiver struct {
	Kind terms.ReceiverKind `json:"kind"`
	ID   string             `json:"id"`
}

// Consent is what the person said when they were asked about sharing.
type Consent struct {
	ID      string
	Given   bool
	How     terms.ConsentHow
	AskedBy string
	AskedAt time.Time
	UntilOn string // the last day on which it holds, as 2006-01-02; "" for most
}

// Referral is one that our team sent on: its own words, and what coordination said of it since.
type Referral struct {
	ID, OrganisationID, PatientRef, Reference string
	ParentReferralID, ParentOfferID, CaseID   string
	Need                                      terms.Need
	Urgency                                   terms.Urgency
	Sensitive                                 bool
	Receivers                                 []Receiver
	Narrative, Safeguarding                   string
	SafeguardingCodes                         []terms.SafeguardingCode
	Accessibility                             []terms.Accessibility
	Consent                                   Consent
	RequestedBy                               string
	RequestedAt                               time.Time
	State                                     terms.ReferralState
	Reason                                    string
	Owes                                      terms.Party
	OwesOrganisationID, OwesPersonID          string
	DueAt                                     time.Time
	OfferID                                   string
	ReceiverKind                              terms.ReceiverKind
	ReceiverOrganisationID, ReceiverID        string
	Bounces                                   int
	QuestionID, Message                       string
	Available                                 []string
	AnsweredBy                                string // who of ours gave the information
	AnsweredAt                                time.Time
	WithdrawnBy                               string
	WithdrawnAt                               time.Time
	WithdrawnWhy                              terms.WithdrawalReason
	EscalatedTo                               string
	JoinedInto                                string
	Outcome                                   terms.Outcome
	Notice                                    terms.NoticeState // how far the e-mail to whoever is asked got, where it has not gone out
	ChangedAt                                 time.Time
	Progress                                  int
	Version                                   int64
}

// ReferralStep is one change of a referral, as coordination told it.
type ReferralStep struct {
	ReferralID, OrganisationID, PatientRef string
	Version                                int
	State                                  terms.ReferralState
	Reason, Message, ReceiverID            string
	At                                     time.Time
}

// Open tells whether somebody still owes a step.
func (r *Referral) Open() bool { return r.State.Open() && r.WithdrawnAt.IsZero() }

// Asked tells whether we owe an answer to a question.
func (r *Referral) Asked() bool {
	return r.Open() && r.State == terms.ReferralInformationAsked && r.QuestionID != "" && r.AnsweredAt.IsZero()
}

// Check tells what is missing before it is sent.
func (r *Referral) Check() error {
	var f fault.Fields
	if !r.Need.Known() {
		f.Add("need", "Select what the person needs")
	}
	if !r.Urgency.Known() {
		f.Add("urgency", "Select how soon help is needed")
	}
	if len(r.Receivers) == 0 {
		f.Add("receiver", "Select who should be asked to help, or let Waypost choose")
	}
	if !r.Consent.How.Known() && r.Consent.Given {
		f.Add("consent_how", "Select how they were asked")
	}
	return f.Err()
}

// Progressed takes coordination's word. changed is false when it is older than what we know.
func (r *Referral) Progressed(p Progressed, reason string, owes Owes, to Reached, bounces int, available []string) (changed bool) {
	if p.Version <= r.Progress {
		return false
	}
	if r.State == terms.ReferralClosed && p.State.Open() { // it was another person who had died or moved away
		r.Outcome = ""
	}
	r.Progress, r.State, r.Reason, r.DueAt, r.OfferID, r.Bounces = p.Version, p.State, reason, p.DueAt, p.OfferID, bounces
	r.Owes, r.OwesOrganisationID, r.OwesPersonID = owes.Party, owes.OrganisationID, owes.PersonID
	r.ReceiverKind, r.ReceiverOrganisationID, r.ReceiverID = to.Kind, to.OrganisationID, to.ID
	if p.QuestionID != r.QuestionID {
		r.AnsweredBy, r.AnsweredAt = "", time.Time{}
	}
	r.QuestionID, r.Message, r.Available, r.ChangedAt = p.QuestionID, p.Text, available, p.At
	r.Version++
	return true
}

// Owes is who owes the next step.
type Owes struct {
	Party                    terms.Party
	OrganisationID, PersonID string
}

// Reached is whom the referral is with.
type Reached struct {
	Kind               terms.ReceiverKind
	OrganisationID, ID string
}

// Inform records that we answered the receiver's question.
func (r *Referral) Inform(by string, version int64, now time.Time) error {
	switch {
	case !r.Open():
		return ErrClosed
	case !r.Asked():
		return ErrNoQuestion
	case r.Version != version:
		return ErrChanged
	}
	r.AnsweredBy, r.AnsweredAt, r.ChangedAt = by, now, now
	r.Version++
	return nil
}

// Withdraw takes it back.
func (r *Referral) Withdraw(by string, why terms.WithdrawalReason, note string, version int64, now time.Time) error {
	switch {
	case !r.Open():
		return ErrClosed
	case r.Version != version:
		return ErrChanged
	}
	info, ok := terms.WithdrawalReasonByCode(why)
	if !ok {
		return fault.Invalid("reason", "Select why it is withdrawn")
	}
	if info.NeedsText && note == "" {
		return fault.Invalid("note", "Enter the reason")
	}
	r.WithdrawnBy, r.WithdrawnAt, r.WithdrawnWhy, r.ChangedAt = by, now, why, now
	r.Version++
	return nil
}
