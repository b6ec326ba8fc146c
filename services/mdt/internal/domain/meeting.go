// Package domain is what is true of meetings, case-holders, agreed actions and other organisations' referrals, without any
// input or output.
package domain

import (
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"example.org/waypost/pkg/fault"
	"example.org/waypost/schemas/terms"
)

// How long texts may be.
const (
	MaxName = 100
	MaxText = 2000
	MaxNote = 500
)

// longest is how long one meeting may last.
const longest = 8 * time.Hour

// Meeting is one multidisciplinary meeting.
type Meeting struct {
	ID             string
	OrganisationID string
	SeriesID       string
	Name           string
	StartsAt       time.Time
	EndsAt         time.Time
	Place          string
	Status         terms.MeetingStatus
	Weekly         bool
	NextID         string   // the one scheduled after it, "" while there is none
	Invited        []string // organisations that somebody was invited from, beside our own
	ChangedBy      string
	ChangedAt      time.Time
	Version        int64
}

// Check puts the meeting into the form in which it is kept; the error names every field that is wrong.
func (m *Meeting) Check(now time.Time) error {
	var f fault.Fields
	m.Name, m.Place = strings.Join(strings.Fields(m.Name), " "), strings.Join(strings.Fields(m.Place), " ")
	switch {
	case m.Name == "":
		f.Add("name", "Enter what the meeting is called")
	case utf8.RuneCountInString(m.Name) > MaxName:
		f.Add("name", "Shorten this to 100 characters or fewer")
	}
	if utf8.RuneCountInString(m.Place) > MaxNote {
		f.Add("place", "Shorten this to 500 characters or fewer")
	}
	switch {
	case m.StartsAt.IsZero():
		f.Add("starts_at", "Enter when it starts")
	case m.StartsAt.Before(now):
		f.Add("starts_at", "Enter a time in the future")
	case m.StartsAt.After(now.AddDate(2, 0, 0)):
		f.Add("starts_at", "Enter a time within the next two years")
	}
	switch {
	case m.EndsAt.IsZero():
		f.Add("ends_at", "Enter when it ends")
	case !m.EndsAt.After(m.StartsAt):
		f.Add("ends_at", "Enter a time after the start")
	case m.EndsAt.Sub(m.StartsAt) > longest:
		f.Add("ends_at", "Enter a time within 8 hours of the start")
	}
	return f.Err()
}

// Planned tells whether it is still to come or going on.
func (m Meeting) Planned() bool { return m.Status == terms.MeetingPlanned }

// Change is nil when the meeting may still be changed.
func (m Meeting) Change(version int64) error {
	if m.Version != version {
		return ErrChanged
	}
	if !m.Planned() {
		return ErrMeetingOver
	}
	return nil
}

// Attend is nil while it may still be said who comes or was there.
func (m Meeting) Attend() error {
	switch m.Status {
	case terms.MeetingHeld:
		return ErrRoomStands
	case terms.MeetingCancelled:
		return ErrMeetingOver
	}
	return nil
}

// Hold records that it took place. day is today at midnight in the meeting's zone: a meeting can be closed on its day, even early.
func (m *Meeting) Hold(version int64, endOfToday time.Time) error {
	if err := m.Change(version); err != nil {
		return err
	}
	if m.StartsAt.After(endOfToday) {
		return ErrMeetingEarly
	}
	m.Status = terms.MeetingHeld
	return nil
}

// Cancel records that it will not take place.
func (m *Meeting) Cancel(version int64) error {
	if err := m.Change(version); err != nil {
		return err
	}
	m.Status = terms.MeetingCancelled
	return nil
}

// Next is the same meeting a week later by the clocks of zone, or the first one after now; nobody has answered an invitation to it.
func (m Meeting) Next(id string, zone *time.Location, now time.Time) Meeting {
	n := m
	n.ID, n.Status, n.NextID, n.Version = id, terms.MeetingPlanned, "", 1
	for {
		n.StartsAt, n.EndsAt = n.StartsAt.In(zone).AddDate(0, 0, 7).UTC(), n.EndsAt.In(zone).AddDate(0, 0, 7).UTC()
		if n.StartsAt.After(now) {
			return n
		}
	}
}

// Attendance is whether somebody comes, or was there.
type Attendance string

// The attendances.
const (
	AttendanceUnknown   Attendance = ""
	AttendanceComing    Attendance = "coming"
	AttendanceApologies Attendance = "apologies"
	AttendancePresent   Attendance = "present"
	AttendanceAbsent    Attendance = "absent"
)

// Attendances is every attendance with its words.
var Attendances = []struct {
	Code  Attendance
	Label string
}{
	{AttendanceUnknown, "Not answered"},
	{AttendanceComing, "Coming"},
	{AttendanceApologies, "Apologies"},
	{AttendancePresent, "Present"},
	{AttendanceAbsent, "Absent"},
}

// Label is the attendance in plain English.
func (a Attendance) Label() string {
	for _, x := range Attendances {
		if x.Code == a {
			return x.Label
		}
	}
	return string(a)
}

// Invitation is that somebody is asked to a meeting: a person, or an organisation that is to send somebody.
type Invitation struct {
	ID         string
	MeetingID  string
	GuestID    string // their organisation
	PersonID   string // "" for whoever the organisation sends
	Role       terms.Role
	Must       bool // the meeting is not complete without them
	Attendance Attendance
	SaidBy     string
	SaidAt     time.Time
}

// Missing lists who must be in the room and has apologised or was not there.
func Missing(all []Invitation) []Invitation {
	return slices.DeleteFunc(slices.Clone(all), func(i Invitation) bool {
		return !i.Must || i.Attendance != AttendanceApologies && i.Attendance != AttendanceAbsent
	})
}

// Room tells who is in the room and who has apologised, of the persons invited.
func Room(all []Invitation) (present, apologies []string) {
	for _, i := range all {
		switch {
		case i.PersonID == "":
		case i.Attendance == AttendancePresent:
			present = append(present, i.PersonID)
		case i.Attendance == AttendanceApologies:
			apologies = append(apologies, i.PersonID)
		}
	}
	return present, apologies
}
