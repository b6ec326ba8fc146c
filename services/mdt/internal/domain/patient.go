package domain

import (
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"example.org/waypost/pkg/fault"
	"example.org/waypost/pkg/geo"
	"example.org/waypost/pkg/nhsnumber"
	"example.org/waypost/schemas/terms"
)

// Contact is who somebody is and how they can be reached; the names are those of sealed contact fields.
type Contact struct {
	GivenName         string                `json:"given_name"`
	FamilyName        string                `json:"family_name"`
	DateOfBirth       string                `json:"date_of_birth"`
	NHSNumber         string                `json:"nhs_number,omitempty"`
	Sex               terms.Sex             `json:"sex,omitempty"`
	Phone             string                `json:"phone,omitempty"`
	Email             string                `json:"email,omitempty"`
	AddressLines      []string              `json:"address_lines,omitempty"`
	Postcode          string                `json:"postcode,omitempty"`
	Language          string                `json:"language,omitempty"`
	InterpreterNeeded bool                  `json:"interpreter_needed,omitempty"`
	Accessibility     []terms.Accessibility `json:"accessibility,omitempty"`
	SafeWays          SafeWays              `json:"safe_ways"`
	SafeNote          string                `json:"safe_note,omitempty"`
	NextOfKin         string                `json:"next_of_kin,omitempty"`
}

// SafeWays are by which ways the person may be contacted. None means: they will contact you.
type SafeWays struct {
	Phone  bool `json:"phone"`
	Text   bool `json:"text"`
	Email  bool `json:"email"`
	Letter bool `json:"letter"`
}

// Words are the ways for a page.
func (w SafeWays) Words() string {
	var all []string
	for _, x := range []struct {
		ok   bool
		word string
	}{{w.Phone, "Phone"}, {w.Text, "text message"}, {w.Email, "email"}, {w.Letter, "letter"}} {
		if x.ok {
			all = append(all, x.word)
		}
	}
	if len(all) == 0 {
		return "No way is safe: wait until they contact you"
	}
	s := strings.Join(all, ", ")
	return strings.ToUpper(s[:1]) + s[1:]
}

// Patient is somebody as one organisation knows them.
type Patient struct {
	OrganisationID string
	PatientRef     string
	Contact        Contact
	AddedBy        string
	AddedAt        time.Time
	ChangedAt      time.Time
	HeardAt        time.Time // as of when, by coordination's clock, the newest is that it said of how to reach them; zero before it said anything
	RemovedAt      time.Time
	RemovedWhy     terms.RemovalCause
	Version        int64
}

// Removed tells whether the details are gone.
func (p Patient) Removed() bool { return !p.RemovedAt.IsZero() }

// Name is how they are called.
func (p Patient) Name() string {
	if p.Removed() {
		return "Details removed"
	}
	return p.Contact.Name()
}

// Name is given name first.
func (c Contact) Name() string { return strings.TrimSpace(c.GivenName + " " + c.FamilyName) }

// Initials are what may stand in a page's title.
func (c Contact) Initials() string {
	var b strings.Builder
	for _, w := range []string{c.GivenName, c.FamilyName} {
		if r, n := utf8.DecodeRuneInString(w); n > 0 {
			b.WriteRune(unicode.ToUpper(r))
		}
	}
	return b.String()
}

// Born is the date of birth; zero when it is not known.
func (c Contact) Born() time.Time {
	t, err := time.Parse(time.DateOnly, c.DateOfBirth)
	if err != nil {
		return time.Time{}
	}
	return t
}

var email = regexp.MustCompile(`^[^@\s]+@[^@\s]+\.[^@\s]+$`)

// Holder is whom an NHS number is typed for.
func (c Contact) Holder() nhsnumber.Holder {
	return nhsnumber.Holder{GivenName: c.GivenName, DateOfBirth: c.DateOfBirth}
}

// Checked puts details into the form in which they are kept. The error names every field that is wrong, never what stood there.
func (c Contact) Checked(now time.Time, policy nhsnumber.Policy) (Contact, error) {
	var f fault.Fields
	c.GivenName, c.FamilyName = strings.Join(strings.Fields(c.GivenName), " "), strings.Join(strings.Fields(c.FamilyName), " ")
	if c.GivenName == "" {
		f.Add("given_name", "Enter their given name")
	}
	if c.FamilyName == "" {
		f.Add("family_name", "Enter their family name")
	}
	for _, x := range []struct {
		path, value string
		max         int
		short       string
	}{
		{"given_name", c.GivenName, MaxName, "100"},
		{"family_name", c.FamilyName, MaxName, "100"},
		{"email", c.Email, 254, "254"},
		{"phone", c.Phone, 30, "30"},
		{"address", strings.Join(c.AddressLines, "\n"), MaxNote, "500"},
		{"safe_note", c.SafeNote, MaxNote, "500"},
		{"next_of_kin", c.NextOfKin, MaxNote, "500"},
	} {
		if utf8.RuneCountInString(x.value) > x.max {
			f.Add(x.path, "Shorten this to "+x.short+" characters or fewer")
		}
	}
	born := c.Born()
	switch {
	case born.IsZero():
		f.Add("date_of_birth", "Enter their date of birth")
	case born.After(now):
		f.Add("date_of_birth", "Enter a date of birth in the past")
	case born.Before(now.AddDate(-125, 0, 0)):
		f.Add("date_of_birth", "Enter a date of birth within the last 125 years")
	}
	c.checkCodes(&f, policy)
	return c, f.Err()
}

func (c *Contact) checkCodes(f *fault.Fields, policy nhsnumber.Policy) {
	if c.NHSNumber != "" {
		number, err := nhsnumber.Parse(c.NHSNumber, policy)
		if e, ok := fault.Of(err); ok {
			f.Add("nhs_number", e.Message)
		}
		c.NHSNumber = number
	}
	if c.Postcode != "" {
		p, err := geo.ParsePostcode(c.Postcode)
		if e, ok := fault.Of(err); ok {
			f.Add("postcode", e.Message)
		} else {
			c.Postcode = p.String()
		}
	}
	if c.Email != "" && !email.MatchString(c.Email) {
		f.Add("email", "Enter an email address, like name@example.org")
	}
	if strings.ContainsFunc(c.Phone, unicode.IsLetter) {
		f.Add("phone", "Enter a phone number, like 0161 496 0000")
	}
	if c.SafeWays.Phone && c.Phone == "" || c.SafeWays.Text && c.Phone == "" {
		f.Add("phone", "Enter the number to ring or text, or say that this is not safe")
	}
	if c.SafeWays.Email && c.Email == "" {
		f.Add("email", "Enter the address to write to, or say that this is not safe")
	}
	if c.Sex != "" && !c.Sex.Known() {
		f.Add("sex", "Select one of the options")
	}
	if slices.ContainsFunc(c.Accessibility, func(a terms.Accessibility) bool { return !a.Known() }) {
		f.Add("accessibility", "Select from the list")
	}
}
