package domain

import (
	"strings"
	"time"

	"example.org/waypost/pkg/nhsnumber"
	"example.org/waypost/schemas/terms"
)

// Person is a patient as our team may know them: a copy that is removed when we are told so.
type Person struct {
	OrganisationID, Ref                        string
	GivenName, FamilyName                      string
	DateOfBirth                                string // 2006-01-02
	NHSNumber, Phone, Email, Address           string
	Postcode, Language                         string
	InterpreterNeeded                          bool
	Accessibility                              []terms.Accessibility
	SafePhone, SafeText, SafeEmail, SafeLetter bool
	SafeNote, NextOfKin                        string
	ChangedAt, RemovedAt                       time.Time
	WaysAt                                     time.Time // as of when, by coordination's clock, the safe ways are
}

// Name is how they are called, given name first.
func (p Person) Name() string {
	if name := strings.TrimSpace(p.GivenName + " " + p.FamilyName); name != "" {
		return name
	}
	return "Details removed"
}

// Holder is whom an NHS number is typed for.
func (p Person) Holder() nhsnumber.Holder {
	return nhsnumber.Holder{GivenName: p.GivenName, DateOfBirth: p.DateOfBirth}
}

// Initials are what may stand in a page's title.
func (p Person) Initials() string {
	var b strings.Builder
	for _, word := range []string{p.GivenName, p.FamilyName} {
		for _, r := range word {
			b.WriteRune(r)
			break
		}
	}
	if b.Len() == 0 {
		return "–"
	}
	return b.String()
}

// SafeWays are by which ways somebody may be contacted.
type SafeWays struct{ Phone, Text, Email, Letter bool }

// SafeWays are the person's.
func (p Person) SafeWays() SafeWays {
	return SafeWays{p.SafePhone, p.SafeText, p.SafeEmail, p.SafeLetter}
}

// Reachable are the number and the address that may be used; "" for one that is not safe.
func (p Person) Reachable() (phone, email string) {
	if p.SafePhone || p.SafeText {
		phone = p.Phone
	}
	if p.SafeEmail {
		email = p.Email
	}
	return phone, email
}

// Reached is the person with other ways that are safe, and another note.
func (p Person) Reached(by SafeWays, note string) Person {
	p.SafePhone, p.SafeText, p.SafeEmail, p.SafeLetter, p.SafeNote = by.Phone, by.Text, by.Email, by.Letter, note
	return p
}

// SafeAny tells whether there is a safe way to reach them at all.
func (p Person) SafeAny() bool { return p.SafePhone || p.SafeText || p.SafeEmail || p.SafeLetter }

// Born is the date of birth; the zero time when it is not known.
func (p Person) Born() time.Time {
	t, err := time.Parse(time.DateOnly, p.DateOfBirth)
	if err != nil {
		return time.Time{}
	}
	return t
}

// Crisis is that somebody was in danger, and whom we rang.
type Crisis struct {
	ID, OrganisationID, PatientRef, OfferID, ReferralID, PracticeID string
	Rung                                                            terms.CrisisRung
	RungAt                                                          time.Time
	Note, By                                                        string
	At                                                              time.Time
}

// KeyWorker is that somebody of ours stays in touch with the patient of a case.
type KeyWorker struct {
	CaseID, PatientRef, PersonID, OrganisationID, By string
	At, ReleasedAt                                   time.Time
	Also                                             []terms.Need // what they were asked to help with too
}

// Action is what a meeting agreed that somebody of ours does.
type Action struct {
	ID, OrganisationID, PersonID, PatientRef, CaseID, MeetingID string
	DueOn, What, By                                             string
	At, DoneAt                                                  time.Time
	Result                                                      terms.ActionResult
}

// Passed is that somebody was given from one colleague to another.
type Passed struct {
	ID, OrganisationID, OfferID, From, To, By, Why string
	At, SeenAt                                     time.Time
}
