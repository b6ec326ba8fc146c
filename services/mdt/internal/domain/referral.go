package domain

import (
	"strings"
	"time"
	"unicode/utf8"

	"example.org/waypost/pkg/fault"
	"example.org/waypost/schemas/terms"
)

// Referral is one that this organisation sent. What coordination says of it moves it, and nothing else.
type Referral struct {
	ID             string
	OrganisationID string
	PatientRef     string
	Reference      string
	Need           terms.Need
	Urgency        terms.Urgency
	Sensitive      bool
	ReceiverKind   terms.ReceiverKind // whom the sender would like, "" when coordination is to choose
	ReceiverID     string
	ConsentID      string
	Narrative      string
	Safeguarding   string
	Codes          []terms.SafeguardingCode
	Accessibility  []terms.Accessibility
	RequestedBy    string
	RequestedAt    time.Time

	AnsweredQuestion string // the question that we have answered; coordination has not said so yet
	WithdrawnBy      string
	WithdrawnAt      time.Time
	WithdrawalReason terms.WithdrawalReason

	Progress
	EscalatedTo string
	JoinedInto  string
	Outcome     terms.Outcome
	Notice      terms.NoticeState // how far the e-mail to whoever is asked got, where it has not gone out
	ChangedBy   string
	ChangedAt   time.Time
	Did         string
	Version     int64
}

// Progress is what coordination last said of a referral.
type Progress struct {
	Heard       int // its version
	CaseID      string
	State       terms.ReferralState
	Reason      string
	Owes        terms.Party
	DueAt       time.Time
	OfferID     string
	ReachedKind terms.ReceiverKind
	ReachedID   string
	Bounces     int
	QuestionID  string
	Message     string
}

// Open tells whether somebody still owes a step.
func (r Referral) Open() bool { return r.State.Open() && r.WithdrawnAt.IsZero() }

// Asked tells whether somebody waits for our answer.
func (r Referral) Asked() bool {
	return r.Open() && r.State == terms.ReferralInformationAsked && r.QuestionID != "" && r.AnsweredQuestion != r.QuestionID
}

// Held tells whether we have to say if it is a duplicate.
func (r Referral) Held() bool { return r.Open() && r.State == terms.ReferralHeld }

// Take takes coordination's word; changed is false when it is older than what we know.
func (r *Referral) Take(p Progress, at time.Time) (changed bool) {
	if p.Heard <= r.Heard {
		return false
	}
	if r.State == terms.ReferralClosed && p.State.Open() { // it was another person who had died or moved away
		r.Outcome = ""
	}
	r.Progress = p
	r.ChangedAt, r.ChangedBy, r.Did = at, "", ""
	r.Version++
	return true
}

// Answer checks an answer to what was asked.
func (r *Referral) Answer(text string, version int64, by string, now time.Time) error {
	switch n := utf8.RuneCountInString(strings.TrimSpace(text)); {
	case !r.Asked():
		return ErrNoQuestion
	case r.Version != version:
		return ErrChanged
	case n == 0:
		return fault.Invalid("answer", "Enter your answer")
	case n > MaxText:
		return fault.Invalid("answer", "Shorten this to 2000 characters or fewer")
	}
	r.AnsweredQuestion = r.QuestionID
	r.ChangedBy, r.ChangedAt, r.Did = by, now, "answered"
	return nil
}

// Withdraw takes the referral back.
func (r *Referral) Withdraw(reason terms.WithdrawalReason, note string, version int64, by string, now time.Time) error {
	var f fault.Fields
	info, ok := terms.WithdrawalReasonByCode(reason)
	if !ok {
		f.Add("reason", "Select why you withdraw it")
	}
	if info.NeedsText && strings.TrimSpace(note) == "" {
		f.Add("note", "Enter why you withdraw it")
	}
	if utf8.RuneCountInString(note) > MaxNote {
		f.Add("note", "Shorten this to 500 characters or fewer")
	}
	switch err := f.Err(); {
	case !r.Open():
		return ErrNotOpen
	case r.Version != version:
		return ErrChanged
	case err != nil:
		return err
	}
	r.WithdrawnBy, r.WithdrawnAt, r.WithdrawalReason = by, now, reason
	r.ChangedBy, r.ChangedAt, r.Did = by, now, "withdrew this"
	return nil
}

// Actions are what one can do with it now, as pages and programs show it.
func (r Referral) Actions() []string {
	out := []string{}
	if r.Asked() {
		out = append(out, "give_information")
	}
	if r.Held() {
		out = append(out, "choose")
	}
	if r.Open() {
		out = append(out, "withdraw")
	}
	return out
}

// Standing is the tag on our page: whose turn it is, in words.
func (r Referral) Standing() string {
	info, ok := terms.ReferralStateByCode(r.State)
	switch {
	case !r.WithdrawnAt.IsZero():
		return "Withdrawn"
	case r.State == terms.ReferralInformationAsked && !r.Asked():
		return "Answer sent"
	case r.Heard == 0:
		return "Sent – Waypost is checking"
	case !ok:
		return string(r.State)
	}
	return info.Sender
}
