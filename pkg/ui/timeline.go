package ui

import "time"

// Timeline is what happened, newest first. It is only ever added to: what was wrong stays, struck through, with what
// was said about it.
type Timeline struct{ Entries []TimelineEntry }

// TimelineEntry is one thing that happened, or a note.
type TimelineEntry struct {
	ID     string // so that it can be linked to
	Title  string
	At     time.Time
	When   string // as the page says it: Moment(at, now)
	Author string
	Role   string // of the author, as a badge: "Link worker"
	Body   Component
	Struck string // why it was wrong and who said so; empty while it stands
	New    bool   // since this person last looked
}

// Template names html/timeline.html.
func (Timeline) Template() string { return "timeline" }

// DateTime is the time for programs.
func (e TimelineEntry) DateTime() string { return e.At.UTC().Format(time.RFC3339) }
