package domain

import (
	"cmp"
	"strings"
	"time"

	"example.org/waypost/schemas/terms"
)

// Patient is the person helped, as the newest of their senders described them.
type Patient struct {
	Ref               string
	MergedInto        string    // another ref that is the same person, "" for most
	OneSince          time.Time // when the last of the refs that were merged into this one was; zero for most
	Status            terms.PatientStatus
	Said              terms.PatientStatus // what was said of this record; Status is of the person, who may have several
	ErasedAt          time.Time           // when everything about them was destroyed; nothing more is done or kept under this ref
	ContactAt         time.Time           // when the newest of what follows was said
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
	WaysAt            time.Time // by our clock, when the safe ways and the note became what they are
	WaysBy            string    // whose word that was, "" where words that had not heard of each other were put together
	Unsafe            []string  // ways that another record of the same person says are not safe: SafeWay
	Notes             int       // how many different safe notes the records of the same person have; 0 where there is one record
	NotWith           []string  // organisations that they do not want to know of them
	SaidNo            bool      // they once said no to sharing: what each may see is worked out anew
}

// Whole is what is known of a person of whom there are several records: the newest of them, under this one's ref, and an NHS number
// that any of them has. It is for matching; what an organisation may see of it is another question.
func (p Patient) Whole(others []Patient) Patient {
	whole := p
	for _, o := range others {
		number := whole.NHSNumber
		if o.ContactAt.After(whole.ContactAt) {
			whole = o
		}
		whole.NHSNumber = cmp.Or(whole.NHSNumber, number, o.NHSNumber)
	}
	whole.Ref, whole.MergedInto, whole.OneSince, whole.Status, whole.ErasedAt = p.Ref, p.MergedInto, p.OneSince, p.Status, p.ErasedAt
	return whole
}

// StatusOf is what was said of a person under all their refs: a death counts whoever knows of it, and whoever is somebody's patient has not moved away.
func StatusOf(records ...Patient) terms.PatientStatus {
	is := terms.PatientMovedAway
	for _, p := range records {
		switch p.Said {
		case terms.PatientDied:
			return p.Said
		case terms.PatientMovedAway:
		default:
			is = terms.PatientActive
		}
	}
	return is
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
