package domain

import (
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"example.org/waypost/pkg/fault"
	"example.org/waypost/schemas/terms"
)

// ItemState is where a case on an agenda stands.
type ItemState string

// The states.
const (
	ItemWaiting   ItemState = "waiting"
	ItemDiscussed ItemState = "discussed"
	ItemRemoved   ItemState = "removed"
)

// Why is who or what put a case on an agenda.
type Why string

// The reasons: a person, or one of the rules in Returning, or a merge.
const (
	WhyPerson     Why = "person"
	WhyAction     Why = "action"
	WhyDecision   Why = "decision"
	WhyWaiting    Why = "waiting"
	WhyMerged     Why = "merged"
	WhyLeft       Why = "holder_left"
	WhyUnanswered Why = "unanswered"
	WhyReopened   Why = "reopened"
	WhyUnheld     Why = "unheld"
)

// Words say on the page why it is there.
func (w Why) Words() string {
	switch w {
	case WhyAction:
		return "An action is not done yet"
	case WhyDecision:
		return "The last meeting kept it on"
	case WhyWaiting:
		return "The last meeting did not get to it"
	case WhyMerged:
		return "Two cases turned out to be one person's"
	case WhyLeft:
		return "The case-holder has left. Somebody else must hold it"
	case WhyUnanswered:
		return "Somebody was asked to hold it and has not answered in time"
	case WhyReopened:
		return "The case was closed and is open again"
	case WhyUnheld:
		return "Somebody was asked to hold it and does not. Nobody else was asked"
	}
	return ""
}

// Item is one case on one agenda.
type Item struct {
	ID             string
	MeetingID      string
	OrganisationID string
	SeriesID       string
	PatientRef     string
	Reason         terms.MDTReason
	Need           terms.Need
	Why            Why
	PutBy          string
	PutByOrg       string
	PutAt          time.Time
	RequestID      string // of case_requested, "" for what a rule put there
	State          ItemState
	Decision       terms.MDTDecision
	DiscussedBy    string
	DiscussedAt    time.Time
	Present        []string
	Apologies      []string
	Invited        []string // organisations
	People         []string // who was asked to hold the case or be key worker
	ChangedBy      string
	ChangedAt      time.Time
	Did            string // "recorded the decision": for whoever comes second
	Version        int64
	WithdrawnAt    time.Time // the person does not agree to be discussed any more
	Narrative      string    // why they are on the agenda
	Note           string    // what was said
}

// Withdrawn tells whether the person does not agree to be discussed any more.
func (i Item) Withdrawn() bool { return !i.WithdrawnAt.IsZero() }

// Tells tells whether somebody may read what a case is about and what was said of it: the meeting's organisation, whoever put it there, and who
// holds the case, is asked to or is its key worker. To the others who are invited it is a reference.
func (i Item) Tells(organisation, person string) bool {
	return i.OrganisationID == organisation || i.PutByOrg == organisation || slices.Contains(i.People, person)
}

// Discuss records what the meeting decided. A decision can be put right while the meeting is not closed: after that its minutes stand.
func (i *Item) Discuss(m Meeting, decision terms.MDTDecision, note string, version int64, by string, now time.Time) error {
	var f fault.Fields
	if !decision.Known() {
		f.Add("decision", "Select what the meeting decided")
	}
	i.Note = strings.TrimSpace(note)
	if utf8.RuneCountInString(i.Note) > MaxText {
		f.Add("note", "Shorten this to 2000 characters or fewer")
	}
	if decision == terms.MDTEscalate && i.Note == "" {
		f.Add("note", "Enter to whom it is escalated and why")
	}
	switch err := f.Err(); {
	case i.Withdrawn():
		return ErrNotDiscussed
	case i.State == ItemRemoved:
		return ErrItemGone
	case i.Version != version:
		return ErrChanged
	case m.Status == terms.MeetingCancelled:
		return ErrMeetingOver
	case !m.Planned():
		return ErrDecided
	case err != nil:
		return err
	}
	i.State, i.Decision, i.DiscussedBy, i.DiscussedAt = ItemDiscussed, decision, by, now
	i.ChangedBy, i.ChangedAt, i.Did = by, now, "recorded a decision"
	return nil
}

// Remove takes it off the agenda before it was discussed.
func (i *Item) Remove(m Meeting, version int64, by string, now time.Time) error {
	switch {
	case i.Version != version:
		return ErrChanged
	case i.State == ItemRemoved:
		return ErrItemGone
	case i.State == ItemDiscussed:
		return ErrItemDiscussed
	case !m.Planned():
		return ErrMeetingOver
	}
	i.State = ItemRemoved
	i.ChangedBy, i.ChangedAt, i.Did = by, now, "took this off the agenda"
	return nil
}

// Standing is how a case stands in a series of meetings, for the next agenda.
type Standing struct {
	PatientRef string
	Last       Item // the newest on an agenda of a meeting that is over
	LastHeld   bool // that meeting was held, not cancelled
	Actions    int  // still open, agreed in this series
	CaseClosed bool
	OnNext     bool // on the next agenda already, or taken off it by a person
	HolderLeft bool // of the open case
	Unanswered bool // somebody was asked to hold it, and their time is over
	Reopened   bool // since the last agenda it was on
	Unheld     bool // since they were last discussed somebody who was asked to hold the open case does not, and nobody else holds it or is asked
}

// Return is a case that comes back.
type Return struct {
	Last Item
	Why  Why
}

// Returning is the rule for the next agenda: what has an action that is not done, what the last meeting kept on, and what it
// did not get to; before these, a case that waits for a case-holder or was opened again. A closed case stays away unless somebody
// still owes an action, and nothing brings back whoever does not agree to be discussed any more.
func Returning(all []Standing) []Return {
	var out []Return
	for _, s := range all {
		why := Why("")
		decision, _ := terms.MDTDecisionByCode(s.Last.Decision)
		switch {
		case s.OnNext, s.Last.Withdrawn():
		case s.HolderLeft:
			why = WhyLeft
		case s.Reopened:
			why = WhyReopened
		case s.Unanswered:
			why = WhyUnanswered
		case s.Unheld:
			why = WhyUnheld
		case s.Actions > 0:
			why = WhyAction
		case s.CaseClosed:
		case s.Last.State == ItemWaiting:
			why = WhyWaiting
		case s.Last.State == ItemDiscussed && decision.Returns:
			why = WhyDecision
		}
		if why != "" {
			out = append(out, Return{Last: s.Last, Why: why})
		}
	}
	return out
}
