package domain

import (
	"strings"
	"time"
	"unicode/utf8"

	"example.org/waypost/pkg/fault"
	"example.org/waypost/schemas/terms"
)

// How long things that were begun or asked still count.
const (
	DraftTime = 7 * 24 * time.Hour // without a change, then it is deleted
	FlagsTime = 12 * time.Hour     // the red-flag answers: a person may be worse tomorrow
)

// DraftKind is what a draft becomes.
type DraftKind string

// The kinds.
const (
	DraftReferral DraftKind = "referral"
	DraftAgenda   DraftKind = "agenda"
)

// Consent is what the person was asked and said.
type Consent struct {
	ID      string
	Purpose terms.ConsentPurpose
	Given   bool
	How     terms.ConsentHow
	AskedBy string
	AskedAt time.Time
	UntilOn string // the last day on which it holds, as 2006-01-02; "" for most
}

// Over tells whether the day until which it was given is over. today is the day in London.
func (c Consent) Over(today string) bool { return c.UntilOn != "" && c.UntilOn < today }

// Check judges the answer as a form gives it; the error names what is missing. today is the day in London.
func (c Consent) Check(today string) error {
	var f fault.Fields
	if wrong := terms.CheckConsentUntil(c.UntilOn, today, c.Purpose, c.Given); wrong != "" {
		f.Add("until_on", wrong)
	}
	if !c.How.Known() {
		f.Add("how", "Select how you asked")
	}
	return f.Err()
}

// Draft is a referral, or a case for an agenda, that somebody has begun.
type Draft struct {
	ID             string
	OrganisationID string
	Kind           DraftKind
	MeetingID      string
	PatientRef     string
	FlagsClearAt   time.Time
	FlagsAskedBy   string
	Consent        Consent
	Need           terms.Need
	Urgency        terms.Urgency
	ReceiverKind   terms.ReceiverKind
	ReceiverID     string
	Reason         terms.MDTReason
	Narrative      string
	Safeguarding   string
	Codes          []terms.SafeguardingCode
	Accessibility  []terms.Accessibility
	Overlap        terms.OverlapAnswer // what was shown of who helps already, and what is to be done about them; asked when it is sent
	DescribedAt    time.Time
	StartedBy      string
	StartedAt      time.Time
	ChangedAt      time.Time
	ExpiresAt      time.Time
	DoneAs         string
	Version        int64
}

// Task is one part of a draft.
type Task string

// The tasks.
const (
	TaskFlags   Task = "red-flags"
	TaskConsent Task = "consent"
	TaskPatient Task = "patient"
	TaskDetails Task = "details"
	TaskSend    Task = "check"
)

// Tasks in the order of the page: what keeps people safe and what they agreed to comes before who they are.
func (d Draft) Tasks() []Task {
	if d.Kind == DraftAgenda {
		return []Task{TaskConsent, TaskPatient, TaskDetails, TaskSend}
	}
	return []Task{TaskFlags, TaskConsent, TaskPatient, TaskDetails, TaskSend}
}

// TaskState is how far a task is.
type TaskState string

// The states of a task.
const (
	TaskToDo    TaskState = "to_do"
	TaskDone    TaskState = "done"
	TaskBlocked TaskState = "blocked"
)

// FlagsClear tells whether the red-flag questions were asked lately and all answered with no. An agenda does not ask them.
func (d Draft) FlagsClear(now time.Time) bool {
	return d.Kind == DraftAgenda || !d.FlagsClearAt.IsZero() && now.Sub(d.FlagsClearAt) <= FlagsTime
}

// Agreed tells whether the person agreed to what the draft is for.
func (d Draft) Agreed() bool { return d.Consent.ID != "" && d.Consent.Given }

// Task tells how far a task is, and why it can not be started yet.
func (d Draft) Task(t Task, now time.Time) (state TaskState, why string) {
	done := func(ok bool) (TaskState, string) {
		if ok {
			return TaskDone, ""
		}
		return TaskToDo, ""
	}
	clear := d.FlagsClear(now)
	switch {
	case t == TaskFlags && !clear && !d.FlagsClearAt.IsZero():
		return TaskToDo, "They were last asked more than 12 hours ago: ask again"
	case t == TaskFlags:
		return done(clear)
	case !clear:
		return TaskBlocked, "Ask the red-flag questions first"
	case t == TaskConsent:
		return done(d.Agreed())
	case !d.Agreed():
		return TaskBlocked, "Ask for consent first, before you write anything down about the person"
	case t == TaskPatient:
		return done(d.PatientRef != "")
	case t == TaskDetails:
		return done(!d.DescribedAt.IsZero())
	case d.PatientRef == "" || d.DescribedAt.IsZero():
		return TaskBlocked, "Do the tasks above first"
	}
	return TaskToDo, ""
}

// Ready is nil when it can be sent.
func (d Draft) Ready(now time.Time) error {
	switch {
	case !d.FlagsClear(now):
		return ErrAskFlags
	case !d.Agreed():
		return ErrNoConsent
	case d.PatientRef == "" || d.DescribedAt.IsZero():
		return ErrNotReady
	case d.Kind == DraftReferral && d.Need.Sensitive() && d.Consent.Purpose != terms.ConsentShareSensitive:
		return ErrSensitive
	}
	return nil
}

// Describe checks what a referral or an agenda says about the person, and takes it in.
func (d *Draft) Describe(in Draft, now time.Time) error {
	var f fault.Fields
	if d.Kind == DraftReferral && !in.Need.Known() {
		f.Add("need", "Select what they need help with")
	}
	if d.Kind == DraftReferral && in.Urgency != terms.UrgencyRoutine && in.Urgency != terms.UrgencyUrgent {
		f.Add("urgency", "Select how soon help is needed")
	}
	if d.Kind == DraftAgenda && !in.Reason.Known() {
		f.Add("reason", "Select why the meeting should talk about them")
	}
	if in.Need != "" && !in.Need.Known() && !f.Has("need") {
		f.Add("need", "Select from the list")
	}
	in.Narrative, in.Safeguarding = strings.TrimSpace(in.Narrative), strings.TrimSpace(in.Safeguarding)
	if in.Narrative == "" {
		f.Add("narrative", "Enter what the others need to know")
	}
	if utf8.RuneCountInString(in.Narrative) > MaxText {
		f.Add("narrative", "Shorten this to 2000 characters or fewer")
	}
	if utf8.RuneCountInString(in.Safeguarding) > MaxText {
		f.Add("safeguarding", "Shorten this to 2000 characters or fewer")
	}
	if len(in.Codes) > 0 && in.Safeguarding == "" {
		f.Add("safeguarding", "Enter what keeps the person and the worker safe")
	}
	if err := f.Err(); err != nil {
		return err
	}
	d.Need, d.Urgency, d.ReceiverKind, d.ReceiverID, d.Reason = in.Need, in.Urgency, in.ReceiverKind, in.ReceiverID, in.Reason
	d.Narrative, d.Safeguarding, d.Codes, d.Accessibility, d.DescribedAt = in.Narrative, in.Safeguarding, in.Codes, in.Accessibility, now
	return nil
}
