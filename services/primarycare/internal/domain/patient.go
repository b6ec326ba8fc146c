// Package domain is what is true at a practice's desk, without any input or output: patients, red flags, referrals.
package domain

import (
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

// Patient is somebody as this practice knows them.
type Patient struct {
	PracticeID string
	Ref        string
	Details
	Status    terms.PatientStatus
	Version   int64
	AddedBy   string
	AddedAt   time.Time
	ChangedBy string
	ChangedAt time.Time
	HeardAt   time.Time // as of when, by coordination's clock, the newest is that it said of how to reach them; zero before it said anything
	ErasedAt  time.Time
}

// Details are what the practice writes down about a patient.
type Details struct {
	GivenName         string
	FamilyName        string
	DateOfBirth       time.Time // midnight UTC
	NHSNumber         string    // ten digits, "" with a reason
	NoNumberReason    NoNumberReason
	Sex               terms.Sex
	Phone             string
	Email             string
	Address           string // lines
	Postcode          string
	Language          string // BCP 47, "" is English
	InterpreterNeeded bool
	Accessibility     []terms.Accessibility
	Safe              SafeWays
	SafeNote          string
	NextOfKin         string
}

// SafeWays is by which ways it is safe to contact somebody.
type SafeWays struct{ Phone, Text, Email, Letter bool }

// Any tells whether there is a safe way at all.
func (w SafeWays) Any() bool { return w.Phone || w.Text || w.Email || w.Letter }

// Words are the ways for a page: "Phone and text message".
func (w SafeWays) Words() string {
	var all []string
	for _, x := range []struct {
		ok   bool
		word string
	}{{w.Phone, "phone"}, {w.Text, "text message"}, {w.Email, "email"}, {w.Letter, "letter"}} {
		if x.ok {
			all = append(all, x.word)
		}
	}
	if len(all) == 0 {
		return "No way is safe: wait until they contact you"
	}
	s := strings.Join(all, ", ")
	if i := strings.LastIndex(s, ", "); i >= 0 {
		s = s[:i] + " and " + s[i+2:]
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

// NoNumberReason is why a patient has no NHS number.
type NoNumberReason string

// The reasons for having no number.
const (
	NoNumberNotKnown      NoNumberReason = "not_known"
	NoNumberNotRegistered NoNumberReason = "not_registered_yet"
	NoNumberNotSaid       NoNumberReason = "would_not_say"
)

// NoNumberReasons is every reason, with the words for it.
var NoNumberReasons = []struct {
	Code  NoNumberReason
	Label string
}{
	{NoNumberNotKnown, "They do not know it and it was not found"},
	{NoNumberNotRegistered, "They are not registered with the NHS yet"},
	{NoNumberNotSaid, "They would rather not say"},
}

// Label is the reason in plain English.
func (r NoNumberReason) Label() string {
	for _, x := range NoNumberReasons {
		if x.Code == r {
			return x.Label
		}
	}
	return string(r)
}

// Known tells whether the list has the code.
func (r NoNumberReason) Known() bool { return r.Label() != string(r) }

// Language is one of those a form offers; any other BCP 47 tag is kept as it is.
type Language struct{ Code, Label string }

// Languages are the languages most spoken in England beside English.
var Languages = []Language{
	{"", "English"},
	{"ar", "Arabic"},
	{"bfi", "British Sign Language"},
	{"bn", "Bengali"},
	{"zh", "Chinese"},
	{"fa", "Farsi"},
	{"fr", "French"},
	{"gu", "Gujarati"},
	{"hi", "Hindi"},
	{"it", "Italian"},
	{"ku", "Kurdish"},
	{"lt", "Lithuanian"},
	{"ps", "Pashto"},
	{"pl", "Polish"},
	{"pt", "Portuguese"},
	{"pa", "Panjabi"},
	{"ro", "Romanian"},
	{"so", "Somali"},
	{"es", "Spanish"},
	{"ta", "Tamil"},
	{"tr", "Turkish"},
	{"uk", "Ukrainian"},
	{"ur", "Urdu"},
	{"vi", "Vietnamese"},
}

// LanguageLabel is the name of a language, or its tag when the list does not have it.
func LanguageLabel(code string) string {
	for _, l := range Languages {
		if l.Code == code {
			return l.Label
		}
	}
	return code
}

// Name is how the person is called.
func (d Details) Name() string { return strings.TrimSpace(d.GivenName + " " + d.FamilyName) }

// Initials are for page titles, which browsers keep.
func (d Details) Initials() string {
	var b strings.Builder
	for _, w := range []string{d.GivenName, d.FamilyName} {
		if r, n := utf8.DecodeRuneInString(w); n > 0 {
			b.WriteRune(unicode.ToUpper(r))
		}
	}
	return b.String()
}

// How long texts may be.
const (
	MaxName      = 100
	MaxNote      = 500
	MaxNarrative = 2000
)

// oldest is how long ago somebody alive may have been born.
const oldest = 125

// Holder is whom an NHS number is typed for.
func (d Details) Holder() nhsnumber.Holder {
	return nhsnumber.Holder{GivenName: d.GivenName, DateOfBirth: d.DateOfBirth.Format(time.DateOnly)}
}

// Checked puts details into the form in which they are kept. The error names every field that is wrong, never what stood there.
func (d Details) Checked(now time.Time, policy nhsnumber.Policy) (Details, error) {
	var f fault.Fields
	for _, x := range []struct{ path, value, ask string }{
		{"given_name", d.GivenName, "Enter their given name"}, {"family_name", d.FamilyName, "Enter their family name"},
	} {
		if strings.TrimSpace(x.value) == "" {
			f.Add(x.path, x.ask)
		}
	}
	d.GivenName, d.FamilyName = strings.Join(strings.Fields(d.GivenName), " "), strings.Join(strings.Fields(d.FamilyName), " ")
	d.checkLengths(&f)
	switch {
	case d.DateOfBirth.IsZero():
		f.Add("date_of_birth", "Enter their date of birth")
	case d.DateOfBirth.After(now):
		f.Add("date_of_birth", "Enter a date of birth in the past")
	case d.DateOfBirth.Before(now.AddDate(-oldest, 0, 0)):
		f.Add("date_of_birth", "Enter a date of birth within the last 125 years")
	}
	d.checkNumber(&f, policy)
	d.checkContact(&f)
	d.checkCodes(&f)
	return d, f.Err()
}

func (d Details) checkLengths(f *fault.Fields) {
	for _, x := range []struct {
		path, value string
		max         int
		short       string
	}{
		{"given_name", d.GivenName, MaxName, "100"},
		{"family_name", d.FamilyName, MaxName, "100"},
		{"email", d.Email, 254, "254"},
		{"address", d.Address, MaxNote, "500"},
		{"safe_note", d.SafeNote, MaxNote, "500"},
		{"next_of_kin", d.NextOfKin, MaxNote, "500"},
	} {
		if utf8.RuneCountInString(x.value) > x.max && !f.Has(x.path) {
			f.Add(x.path, "Shorten this to "+x.short+" characters or fewer")
		}
	}
}

func (d *Details) checkNumber(f *fault.Fields, policy nhsnumber.Policy) {
	if strings.TrimSpace(d.NHSNumber) == "" {
		d.NHSNumber = ""
		if !d.NoNumberReason.Known() {
			f.Add("nhs_number", "Enter their NHS number, or say why there is none")
		}
		return
	}
	d.NoNumberReason = ""
	number, err := nhsnumber.Parse(d.NHSNumber, policy)
	if why, refused := fault.Of(err); refused {
		f.Add("nhs_number", why.Message)
		return
	}
	d.NHSNumber = number
}

func (d *Details) checkContact(f *fault.Fields) {
	d.Phone = strings.TrimSpace(d.Phone)
	if d.Phone != "" && !phone(d.Phone) {
		f.Add("phone", "Enter a phone number, such as 0161 496 0000")
	}
	d.Email = strings.TrimSpace(d.Email)
	if at := strings.LastIndexByte(d.Email, '@'); d.Email != "" && (at < 1 || at == len(d.Email)-1 || strings.ContainsAny(d.Email, " \t\n,;<>")) {
		f.Add("email", "Enter an email address, such as name@example.com")
	}
	if strings.TrimSpace(d.Postcode) == "" {
		d.Postcode = ""
	} else if p, err := geo.ParsePostcode(d.Postcode); err != nil {
		f.Add("postcode", "Enter a whole postcode, such as M14 5TQ")
	} else {
		d.Postcode = p.String()
	}
	switch {
	case (d.Safe.Phone || d.Safe.Text) && d.Phone == "" && !f.Has("phone"):
		f.Add("phone", "Enter a phone number, because phone or text is a safe way to contact them")
	case d.Safe.Email && d.Email == "" && !f.Has("email"):
		f.Add("email", "Enter an email address, because email is a safe way to contact them")
	case d.Safe.Letter && (d.Address == "" || d.Postcode == "") && !f.Has("postcode"):
		f.Add("address", "Enter an address and postcode, because a letter is a safe way to contact them")
	}
}

func phone(s string) bool {
	digits := 0
	for _, r := range s {
		switch {
		case r >= '0' && r <= '9':
			digits++
		case !strings.ContainsRune(" +()-.", r):
			return false
		}
	}
	return digits >= 7 && digits <= 15
}

func (d *Details) checkCodes(f *fault.Fields) {
	if d.Sex == "" {
		d.Sex = terms.SexUnknown
	}
	if !d.Sex.Known() {
		f.Add("sex", "Select one of the answers on the page")
	}
	if len(d.Language) > 35 || strings.ContainsFunc(d.Language, func(r rune) bool {
		return r != '-' && (r > unicode.MaxASCII || !unicode.IsLetter(r) && !unicode.IsDigit(r))
	}) {
		f.Add("language", "Select a language")
	}
	if slices.ContainsFunc(d.Accessibility, func(a terms.Accessibility) bool { return !a.Known() }) {
		f.Add("accessibility", "Select from the answers on the page")
	}
}

// Changes names the fields in which two details differ, as the forms call them.
func Changes(was, is Details) []string {
	var out []string
	differ := func(name string, d bool) {
		if d {
			out = append(out, name)
		}
	}
	differ("given_name", was.GivenName != is.GivenName)
	differ("family_name", was.FamilyName != is.FamilyName)
	differ("date_of_birth", !was.DateOfBirth.Equal(is.DateOfBirth))
	differ("nhs_number", was.NHSNumber != is.NHSNumber || was.NoNumberReason != is.NoNumberReason)
	differ("sex", was.Sex != is.Sex)
	differ("phone", was.Phone != is.Phone)
	differ("email", was.Email != is.Email)
	differ("address", was.Address != is.Address || was.Postcode != is.Postcode)
	differ("language", was.Language != is.Language || was.InterpreterNeeded != is.InterpreterNeeded)
	differ("accessibility", !slices.Equal(was.Accessibility, is.Accessibility))
	differ("safe_ways", was.Safe != is.Safe || was.SafeNote != is.SafeNote)
	differ("next_of_kin", was.NextOfKin != is.NextOfKin)
	return out
}

// fieldWords are what a change's fields are called on a page.
var fieldWords = map[string]string{
	"given_name": "given name", "family_name": "family name", "date_of_birth": "date of birth", "nhs_number": "NHS number", "sex": "sex",
	"phone": "phone", "email": "email", "address": "address", "language": "language", "accessibility": "accessibility needs",
	"safe_ways": "how it is safe to contact them", "next_of_kin": "next of kin", "status": "status", "added": "added",
}

// FieldWords names a changed field in plain English.
func FieldWords(name string) string {
	if w, ok := fieldWords[name]; ok {
		return w
	}
	return name
}

// MayStart tells whether something new may be begun for the patient.
func (p Patient) MayStart() error {
	switch {
	case !p.ErasedAt.IsZero():
		return ErrErased
	case p.Status == terms.PatientDied:
		return ErrDied
	case p.Status == terms.PatientMovedAway:
		return ErrMovedAway
	}
	return nil
}

// Change is one entry of a patient's log of changes.
type Change struct {
	At     time.Time
	By     string // person id, "" when another service told us
	Fields []string
}
