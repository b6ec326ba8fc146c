package domain

import (
	"time"

	"example.org/waypost/schemas/terms"
)

// How long things that were begun or asked still count.
const (
	DraftTime = 7 * 24 * time.Hour // without a change, then it is deleted
	FlagsTime = 12 * time.Hour     // the red-flag answers: a person may be worse tomorrow
)

// Draft is a referral or signpost that somebody has begun. Its tasks are saved one by one.
type Draft struct {
	ID           string
	PracticeID   string
	Ref          string
	StartedBy    string
	StartedAt    time.Time
	ChangedBy    string
	ChangedAt    time.Time
	ExpiresAt    time.Time
	FlagsClearAt time.Time // when all red-flag questions were answered with no
	FlagsAskedBy string
	FlagID       string // the red flag that stopped it
	Consent      Consent
	DescribedAt  time.Time
	Request
	DoneAs   string
	DoneKind string // referral or signpost
	Version  int64
	Flag     Flag // the one that stopped it, as it stands
}

// Done tells whether it was sent.
func (d Draft) Done() bool { return d.DoneAs != "" }

// Stopped tells whether a red flag stops it.
func (d Draft) Stopped() bool { return d.FlagID != "" && !d.Flag.MayGoOn() }

// FlagsClear tells whether the red-flag questions were asked lately, and all answered with no, or a clinician said it may go on.
func (d Draft) FlagsClear(now time.Time) bool {
	if d.FlagID != "" {
		return d.Flag.MayGoOn() && now.Sub(d.Flag.EndedAt) <= FlagsTime
	}
	return !d.FlagsClearAt.IsZero() && now.Sub(d.FlagsClearAt) <= FlagsTime
}

// Task is one part of a draft.
type Task string

// The tasks.
const (
	TaskFlags    Task = "red-flags"
	TaskConsent  Task = "consent"
	TaskNeed     Task = "need"
	TaskReceiver Task = "services"
	TaskDetails  Task = "details"
	TaskSend     Task = "check"
)

// Tasks in the order of the page. Need, services and details may be done in any order once the first two are.
var Tasks = []Task{TaskFlags, TaskConsent, TaskNeed, TaskReceiver, TaskDetails, TaskSend}

// TaskState is how far a task is.
type TaskState string

// The states of a task.
const (
	TaskToDo    TaskState = "to_do"
	TaskDone    TaskState = "done"
	TaskBlocked TaskState = "blocked"
)

// Task tells how far a task is, and why it can not be started yet.
func (d Draft) Task(t Task, now time.Time) (state TaskState, why string) {
	asked := d.FlagsClear(now)
	switch {
	case t == TaskFlags && d.Stopped():
		return TaskBlocked, "A red flag was raised. The duty clinician decides whether this may go on"
	case t == TaskFlags && asked:
		return TaskDone, ""
	case t == TaskFlags && !d.FlagsClearAt.IsZero():
		return TaskToDo, "They were last asked more than 12 hours ago: ask again"
	case t == TaskFlags:
		return TaskToDo, ""
	case !asked:
		return TaskBlocked, "Ask the red-flag questions first"
	case t == TaskConsent && d.Consent.Stands():
		return TaskDone, ""
	case t == TaskConsent && d.Consent.ID != "":
		return TaskDone, "They did not agree to sharing: you can give information only"
	case t == TaskConsent:
		return TaskToDo, ""
	case d.Consent.ID == "":
		return TaskBlocked, "Ask for consent first, before you write anything down about the person's needs"
	}
	return d.laterTask(t)
}

func (d Draft) laterTask(t Task) (TaskState, string) {
	switch {
	case t == TaskNeed && d.Need != "":
		return TaskDone, ""
	case t == TaskNeed:
		return TaskToDo, ""
	case t == TaskReceiver && len(d.Receivers) > 0:
		return TaskDone, ""
	case t == TaskReceiver && d.Need == "":
		return TaskBlocked, "Say first what they need help with"
	case t == TaskReceiver:
		return TaskToDo, "If you choose none, Waypost finds who can help"
	case t == TaskDetails && !d.Consent.Stands():
		return TaskBlocked, "Nothing is passed on without consent"
	case t == TaskDetails && !d.DescribedAt.IsZero():
		return TaskDone, ""
	case t == TaskDetails:
		return TaskToDo, ""
	case !d.Consent.Stands():
		return TaskBlocked, "Without consent you can give information only: choose a service"
	case d.Need == "" || d.DescribedAt.IsZero():
		return TaskBlocked, "Do the tasks above first"
	}
	return TaskToDo, ""
}

// Ready is nil when the draft can be sent as a referral.
func (d Draft) Ready(now time.Time) error {
	switch {
	case d.Stopped():
		return ErrStopped
	case !d.FlagsClear(now):
		return ErrAskFlags
	case !d.Consent.Stands():
		return ErrNoConsent
	case d.Need == "" || d.DescribedAt.IsZero():
		return ErrNotReady
	}
	return nil
}

// Signpost is information that was given; nobody takes charge, but somebody may ask how it went.
type Signpost struct {
	ID         string
	PracticeID string
	Ref        string
	Need       terms.Need
	ServiceID  string
	Sensitive  bool
	By         string
	At         time.Time
	FollowUpOn time.Time // zero: nobody asks
	Result     terms.SignpostResult
	FollowedBy string
	FollowedAt time.Time
	Version    int64
}

// Due tells whether somebody should ask now how it went.
func (s Signpost) Due(today time.Time) bool {
	return s.Result == "" && !s.FollowUpOn.IsZero() && !s.FollowUpOn.After(today)
}

// Agreed is an action that a meeting gave to somebody at the practice.
type Agreed struct {
	ID        string
	Ref       string
	CaseID    string
	MeetingID string
	OwnerID   string
	DueOn     time.Time
	What      string
	AgreedAt  time.Time
	Result    terms.ActionResult
}
