package domain

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"example.org/waypost/schemas/terms"
)

// Contact is who somebody is and how to reach them, in the shape it travels in.
type Contact struct {
	GivenName         string                `json:"given_name"`
	FamilyName        string                `json:"family_name"`
	DateOfBirth       string                `json:"date_of_birth"` // yyyy-mm-dd
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

// SafeWays is by which ways the person may be contacted. None means: do not contact them, they will come.
type SafeWays struct {
	Phone  bool `json:"phone"`
	Text   bool `json:"text"`
	Email  bool `json:"email"`
	Letter bool `json:"letter"`
}

// Any tells whether there is a safe way at all.
func (w SafeWays) Any() bool { return w.Phone || w.Text || w.Email || w.Letter }

// Safeguarding is what may put somebody at risk.
type Safeguarding struct {
	Text  string                   `json:"text"`
	Codes []terms.SafeguardingCode `json:"codes,omitempty"`
	Need  terms.Need               `json:"need,omitempty"` // what is asked for, when even that would tell too much
}

// Empty tells whether nothing was told.
func (s Safeguarding) Empty() bool { return s.Text == "" && len(s.Codes) == 0 && s.Need == "" }

// Known tells whether the details are here: they may not be ours to open, or were removed.
func (c Contact) Known() bool { return c.GivenName != "" || c.FamilyName != "" }

// Reachable is the contact without a number or an address that it is not safe to use.
func (c Contact) Reachable() Contact {
	if !c.SafeWays.Phone && !c.SafeWays.Text {
		c.Phone = ""
	}
	if !c.SafeWays.Email {
		c.Email = ""
	}
	return c
}

// Name is how the person is called.
func (c Contact) Name() string { return strings.TrimSpace(c.GivenName + " " + c.FamilyName) }

// Initials stand for the name where it must not stand, such as a page's title.
func (c Contact) Initials() string {
	var out []rune
	for _, word := range []string{c.GivenName, c.FamilyName} {
		if r, _ := utf8.DecodeRuneInString(word); unicode.IsLetter(r) {
			out = append(out, unicode.ToUpper(r))
		}
	}
	return string(out)
}

// Needs puts together what the person needs to take part, from the offer and from their details.
func (o Offer) Needs() []terms.Accessibility {
	all := slices.Concat(o.Accessibility, o.Contact.Accessibility)
	var out []terms.Accessibility
	for _, a := range all {
		if !slices.Contains(out, a) {
			out = append(out, a)
		}
	}
	return out
}
