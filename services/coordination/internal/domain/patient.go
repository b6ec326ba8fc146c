package domain

import (
	"strings"
	"time"

	"example.org/waypost/schemas/terms"
)

// Patient is the person helped, as the newest of their senders described them.
type Patient struct {
	Ref               string
	MergedInto        string // another ref that is the same person, "" for most
	Status            terms.PatientStatus
	ErasedAt          time.Time // when everything about them was destroyed; nothing more is done or kept under this ref
	ContactAt         time.Time // when the newest of what follows was said
	GivenName         string
	FamilyName        string
	DateOfBirth       string // 2006-01-02
	NHSNumber         string
	Sex               terms.Sex
	Phone             string
	Email             string
	AddressLines      []string
	Postcode          string
	Language          string
	InterpreterNeeded bool
	Accessibility     []terms.Accessibility
	SafePhone         bool
	SafeText          bool
	SafeEmail         bool
	SafeLetter        bool
	SafeNote          string
	NextOfKin         string
}

// Name is how the person is called.
func (p Patient) Name() string { return strings.TrimSpace(p.GivenName + " " + p.FamilyName) }

// Initials stand for the person in titles.
func (p Patient) Initials() string {
	out := ""
	for _, name := range []string{p.GivenName, p.FamilyName} {
		for _, r := range name {
			out += string(r)
			break
		}
	}
	return out
}

// Age in whole years at now, negative when the date of birth is not known.
func (p Patient) Age(now time.Time) int {
	born, err := time.Parse(time.DateOnly, p.DateOfBirth)
	if err != nil || born.After(now) {
		return -1
	}
	years := now.Year() - born.Year()
	if now.Month() < born.Month() || now.Month() == born.Month() && now.Day() < born.Day() {
		years--
	}
	return years
}
