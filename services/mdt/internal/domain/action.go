package domain

import (
	"strings"
	"time"
	"unicode/utf8"

	"example.org/waypost/pkg/fault"
	"example.org/waypost/schemas/terms"
)

// ActionState is where an action stands.
type ActionState string

// The states.
const (
	ActionOpen    ActionState = "open"
	ActionDone    ActionState = "done"
	ActionDropped ActionState = "dropped"
)

// Label is the state in plain English.
func (s ActionState) Label() string {
	switch s {
	case ActionDone:
		return terms.ActionDone.Label()
	case ActionDropped:
		return terms.ActionDropped.Label()
	}
	return "To do"
}

// Action is something that a meeting agreed somebody does by a day.
type Action struct {
	ID             string
	ItemID         string
	MeetingID      string
	OrganisationID string // whose meeting it was
	SeriesID       string
	PatientRef     string
	CaseID         string // "" while coordination has not said
	CaseReference  string
	OwnerID        string
	OwnerOrg       string
	DueOn          string // 2006-01-02
	What           string
	AgreedBy       string
	AgreedAt       time.Time
	State          ActionState
	Note           string
	EndedBy        string
	EndedAt        time.Time
	Version        int64
}

// Check puts an action that is to be agreed into the form in which it is kept.
func (a *Action) Check(today string) error {
	var f fault.Fields
	a.What = strings.TrimSpace(a.What)
	switch {
	case a.What == "":
		f.Add("what", "Enter what is to be done")
	case utf8.RuneCountInString(a.What) > MaxNote:
		f.Add("what", "Shorten this to 500 characters or fewer")
	}
	if a.OwnerID == "" || a.OwnerOrg == "" {
		f.Add("owner", "Select who does it")
	}
	switch {
	case a.DueOn == "":
		f.Add("due_on", "Enter by when it is to be done")
	case a.DueOn < today:
		f.Add("due_on", "Enter today or a later day")
	}
	a.State = ActionOpen
	return f.Err()
}

// Overdue tells whether its day has passed.
func (a Action) Overdue(today string) bool { return a.State == ActionOpen && a.DueOn < today }

// Give puts somebody else's name on what is still to be done. Its day stays.
func (a *Action) Give(person, organisation string, version int64) error {
	switch {
	case a.State != ActionOpen:
		return ErrActionEnded
	case a.Version != version:
		return ErrChanged
	case person == "" || organisation == "":
		return fault.Invalid("owner", "Select who does it")
	case person == a.OwnerID && organisation == a.OwnerOrg:
		return ErrTheirsAlready
	}
	a.OwnerID, a.OwnerOrg = person, organisation
	return nil
}

// End is the owner's word that it is done, or that nobody needs it any more.
func (a *Action) End(result terms.ActionResult, note string, version int64, by string, now time.Time) error {
	var f fault.Fields
	note = strings.TrimSpace(note)
	if !result.Known() {
		f.Add("result", "Select whether it is done or no longer needed")
	}
	if result == terms.ActionDropped && note == "" {
		f.Add("note", "Enter why it is no longer needed")
	}
	if utf8.RuneCountInString(note) > MaxText {
		f.Add("note", "Shorten this to 2000 characters or fewer")
	}
	switch err := f.Err(); {
	case a.State != ActionOpen:
		return ErrActionEnded
	case a.Version != version:
		return ErrChanged
	case err != nil:
		return err
	}
	a.State, a.Note, a.EndedBy, a.EndedAt = ActionState(result), note, by, now
	return nil
}
