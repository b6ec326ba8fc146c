package domain

import (
	"strings"
	"time"
	"unicode/utf8"

	"example.org/waypost/pkg/fault"
	"example.org/waypost/schemas/terms"
)

// Identity is how a person is recognised when they sign in.
type Identity struct {
	PersonID string
	Issuer   string
	Subject  string
}

// Issuer is a way to sign in.
type Issuer struct{ Code, Label, Subject string }

// Issuers are the ways to sign in that the register knows: what the subject is called at each.
var Issuers = []Issuer{
	{"waypost", "Waypost account", "work email address"},
	{"nhs-cis2", "NHS smartcard or passkey (CIS2)", "user id on the smartcard"},
}

// Role is what a person does at an organisation, from one day to another. It ends early when somebody ends it.
type Role struct {
	ID string
	Identity
	Name           string // as the organisation knows them
	OrganisationID string
	Role           terms.Role
	From           string // yyyy-mm-dd
	Until          string // the last day, or ""
	GrantedBy      string
	GrantedAt      time.Time
	EndedAt        time.Time
	EndedBy        string // "" when its time had come
	Simulated      bool
	Version        int
}

// Stands tells whether the role can be acted in on that day.
func (r Role) Stands(today string) bool {
	return r.EndedAt.IsZero() && r.From <= today && (r.Until == "" || r.Until >= today)
}

// RunOut means that its last day is over and nobody has said so yet.
func (r Role) RunOut(today string) bool {
	return r.EndedAt.IsZero() && r.Until != "" && r.Until < today
}

// Check tells everything that is wrong with a role to be granted at an organisation of this kind.
func (r Role) Check(kind terms.OrganisationKind, today string) error {
	var f fault.Fields
	text := func(path, value, missing string, most int) {
		switch {
		case strings.TrimSpace(value) == "":
			f.Add(path, missing)
		case utf8.RuneCountInString(value) > most:
			f.Add(path, "Shorten this to 200 characters or fewer")
		}
	}
	text("display_name", r.Name, "Enter the person's name", MaxName)
	text("subject", r.Subject, "Enter what they sign in with, such as their work email address", MaxName)
	if strings.ContainsAny(r.Subject, " \t\n") {
		f.Add("subject", "Enter this without spaces")
	}
	if !knownIssuer(r.Issuer) {
		f.Add("issuer", "Select how they sign in")
	}
	if !roleAt(kind, r.Role) {
		f.Add("role", "Select a role that people have at this kind of organisation")
	}
	checkDates(&f, r.From, r.Until)
	if !f.Has("until_on") && r.Until != "" && r.Until < today {
		f.Add("until_on", "The last day must be today or later")
	}
	return f.Err()
}

// checkDates wants a first day, and a last day that is none or not before it.
func checkDates(f *fault.Fields, from, until string) {
	if !date(from) {
		f.Add("from_on", "Enter the first day")
	}
	switch {
	case until == "":
	case !date(until):
		f.Add("until_on", "Enter a real date")
	case until < from:
		f.Add("until_on", "The last day must be the first day or later")
	}
}

func date(s string) bool {
	_, err := time.Parse(time.DateOnly, s)
	return err == nil
}

func knownIssuer(code string) bool {
	for _, i := range Issuers {
		if i.Code == code {
			return true
		}
	}
	return false
}

func roleAt(kind terms.OrganisationKind, role terms.Role) bool {
	for _, r := range terms.RolesAt(kind) {
		if r.Code == role {
			return true
		}
	}
	return false
}

// End ends the role now. by is "" when its time has come.
func (r Role) End(at time.Time, by string) (Role, error) {
	if !r.EndedAt.IsZero() {
		return r, ErrEnded
	}
	r.EndedAt, r.EndedBy = at, by
	r.Version++
	return r, nil
}

// Competency is something a person was trained in and may do until a day.
type Competency struct {
	ID             string
	PersonID       string
	Competency     terms.Competency
	Tier           terms.Tier // "" where the competency has none
	From           string
	Until          string
	OrganisationID string
	RecordedBy     string
	RecordedAt     time.Time
	ExpiredAt      time.Time
}

// longest is for how many years a training can be recorded at once.
const longest = 5

// Check tells everything that is wrong with a competency to be recorded.
func (c Competency) Check(today string) error {
	var f fault.Fields
	if !c.Competency.Known() {
		f.Add("competency", "Select what they were trained in")
	}
	if c.Tier != "" && !c.Tier.Known() {
		f.Add("tier", "Select a tier from the list")
	}
	if c.Until == "" {
		f.Add("until_on", "Enter the day on which it runs out")
	}
	checkDates(&f, c.From, c.Until)
	if err := f.Err(); err != nil {
		return err
	}
	from, _ := time.Parse(time.DateOnly, c.From)
	switch {
	case c.From > today:
		f.Add("from_on", "The day of the training must be today or earlier")
	case c.Until < today:
		f.Add("until_on", "It has run out already: enter a day that is today or later")
	case c.Until > from.AddDate(longest, 0, 0).Format(time.DateOnly):
		f.Add("until_on", "A training counts for 5 years at most")
	}
	return f.Err()
}

// Stands tells whether the competency counts on that day.
func (c Competency) Stands(today string) bool {
	return c.ExpiredAt.IsZero() && c.From <= today && c.Until >= today
}
