package domain

import (
	"time"

	"example.org/waypost/schemas/terms"
)

// Rung is who is to answer a red flag now.
type Rung string

// The rungs of the ladder.
const (
	RungDuty   Rung = "duty"
	RungDeputy Rung = "deputy"
	RungNobody Rung = "nobody" // nobody answered in time: 999 or 111 stands on the screen
)

// RedFlagTime is how long one rung has, day and night.
var RedFlagTime = func() time.Duration {
	c, _ := terms.ClockByCode(terms.ClockRedFlag)
	return c.Elapsed
}()

// Flag is a red flag: somebody may be in danger, and one person must say that they have it.
type Flag struct {
	ID         string
	PracticeID string
	Ref        string
	About      string // the ref that everything said of the flag is about: before a merge, or beside it, that may be another
	Source     terms.RedFlagSource
	Questions  []terms.RedFlagQuestion
	Note       string
	Who        string // name and how to reach somebody who is no patient here yet
	RaisedBy   string
	RaisedAt   time.Time
	CrisisID   string
	ReferralID string
	OfferID    string
	DutyID     string // clinician on duty when it was raised, "" when nobody was set
	DeputyID   string
	Rung       Rung
	DueAt      time.Time
	ActedBy    string
	ActedAt    time.Time
	Action     terms.RedFlagAction
	EndedAt    time.Time
	Version    int64
	Steps      []FlagStep
}

// FlagStep is one thing that happened to a red flag.
type FlagStep struct {
	At     time.Time
	By     string
	What   string // raised, deputy, nobody, acted, told_again
	Action terms.RedFlagAction
}

// Raise begins the ladder: the duty clinician has 15 minutes. With nobody on duty it begins with the deputy, with neither at once with 999 or 111.
func Raise(f Flag, d Duty, now time.Time) Flag {
	f.RaisedAt, f.DutyID, f.DeputyID, f.DueAt, f.Version = now, d.ClinicianID, d.DeputyID, now.Add(RedFlagTime), 1
	switch {
	case f.DutyID != "":
		f.Rung = RungDuty
	case f.DeputyID != "":
		f.Rung = RungDeputy
	default:
		f.Rung = RungNobody
	}
	return f
}

// Open tells whether somebody still has to deal with it.
func (f Flag) Open() bool { return f.EndedAt.IsZero() }

// At is the flag as the clock has moved it by now, whether or not the clock's own program ran. moved tells whether it did.
func (f Flag) At(now time.Time) (_ Flag, moved bool) {
	for f.Open() && f.Rung != RungNobody && now.After(f.DueAt) {
		moved = true
		if f.Rung == RungDuty && f.DeputyID != "" {
			f.Rung, f.DueAt = RungDeputy, f.DueAt.Add(RedFlagTime)
			continue
		}
		f.Rung = RungNobody
	}
	return f, moved
}

// Acted records what a clinician did. One who could not reach the person yet keeps the clock going.
func (f Flag) Acted(by string, action terms.RedFlagAction, now time.Time) (Flag, error) {
	if !f.Open() {
		return f, ErrFlagEnded
	}
	f.ActedBy, f.ActedAt, f.Action = by, now, action
	if i, _ := terms.RedFlagActionByCode(action); i.Ends {
		f.EndedAt = now
		return f, nil
	}
	f.DueAt = now.Add(RedFlagTime)
	if f.Rung == RungNobody {
		f.Rung = RungDuty
		if f.DutyID == "" {
			f.Rung = RungDeputy
		}
	}
	return f, nil
}

// MayGoOn tells whether the clinician said that what was stopped may go on.
func (f Flag) MayGoOn() bool {
	i, ok := terms.RedFlagActionByCode(f.Action)
	return ok && !f.Open() && i.MayGoOn
}

// Ring999 tells whether any of the answers means that an ambulance or the police come first.
func (f Flag) Ring999() bool {
	for _, q := range f.Questions {
		if i, ok := terms.RedFlagQuestionByCode(q); ok && i.Ring999 {
			return true
		}
	}
	return false
}

// Duty is who answers red flags on one day.
type Duty struct {
	PracticeID     string
	Day            string // 2006-01-02 in London
	ClinicianID    string
	ClinicianPhone string
	DeputyID       string
	DeputyPhone    string
	SetBy          string
	SetAt          time.Time
	Version        int64
}

// Set tells whether anybody is on duty.
func (d Duty) Set() bool { return d.ClinicianID != "" }
