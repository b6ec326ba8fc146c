// Package domain holds what is true of organisations, people and their roles, whoever asks and wherever it is kept.
package domain

import (
	"regexp"
	"strings"
	"time"
	"unicode/utf8"

	"example.org/waypost/pkg/fault"
	"example.org/waypost/pkg/geo"
	"example.org/waypost/schemas/terms"
)

// Network is a primary care network (PCN): practices that share link workers. The code is its ODS code.
type Network struct{ Code, Name string }

// Organisation is a practice, a link worker team, a provider or another care organisation.
type Organisation struct {
	ID            string
	Kind          terms.OrganisationKind
	Name          string
	ODSCode       string
	CharityNumber string
	Status        terms.OrganisationStatus
	MayRefer      bool
	Network       Network
	Address       string
	Postcode      string
	Phone         string
	Email         string
	ListSize      int    // registered patients; 0 when not known
	ClosedOn      string // yyyy-mm-dd, or ""
	Simulated     bool   // invented for the demonstration
	Version       int
}

// How long the texts of an organisation may be, in characters. The longest in ODS are 50 and 99.
const (
	MaxName    = 200
	MaxAddress = 400
	MaxContact = 100
)

// Check tells everything that is wrong with the organisation's own fields, as a national file has them.
func (o Organisation) Check() error {
	var f fault.Fields
	o.check(&f)
	return f.Err()
}

// CheckTyped is Check for what a person or program enters: what is looked up or clicked must also be what it says it is.
func (o Organisation) CheckTyped() error {
	var f fault.Fields
	o.check(&f)
	o.checkShapes(&f)
	return f.Err()
}

func (o Organisation) check(f *fault.Fields) {
	switch {
	case strings.TrimSpace(o.Name) == "":
		f.Add("name", "Give the organisation's name")
	case utf8.RuneCountInString(o.Name) > MaxName:
		f.Add("name", "The name can have 200 characters at most")
	}
	if !o.Kind.Known() {
		f.Add("kind", "Choose what kind of organisation it is")
	}
	if !o.Status.Known() {
		f.Add("status", "Choose active, closed, dormant or proposed")
	}
	if o.MayRefer && o.Status != terms.OrganisationActive {
		f.Add("may_refer", "Only an active organisation can refer")
	}
	if o.ListSize < 0 {
		f.Add("list_size", "The list size can not be less than nothing")
	}
	if utf8.RuneCountInString(o.Address) > MaxAddress {
		f.Add("address", "The address can have 400 characters at most")
	}
	for _, c := range []struct{ path, text string }{
		{"postcode", o.Postcode}, {"phone", o.Phone}, {"email", o.Email}, {"ods_code", o.ODSCode}, {"charity_number", o.CharityNumber},
	} {
		if utf8.RuneCountInString(c.text) > MaxContact {
			f.Add(c.path, "This can have 100 characters at most")
		}
	}
	if o.ClosedOn != "" {
		if _, err := time.Parse(time.DateOnly, o.ClosedOn); err != nil {
			f.Add("closed_on", "Give the date as year-month-day, such as 2026-03-31")
		}
	}
}

// ODS codes are capital letters and digits: three to ten of them, mostly five or six.
var odsCode = regexp.MustCompile(`^[A-Z0-9]{3,10}$`)

func (o Organisation) checkShapes(f *fault.Fields) {
	if o.ODSCode != "" && !odsCode.MatchString(o.ODSCode) {
		f.Add("ods_code", "Enter an ODS code of capital letters and digits, such as B86044")
	}
	if o.Postcode != "" {
		if _, err := geo.ParsePostcode(o.Postcode); err != nil {
			f.Add("postcode", geo.ErrPostcode.Message)
		}
	}
	if o.Email != "" && !emailAddress(o.Email) {
		f.Add("email", "Enter an email address, such as name@example.org")
	}
}

// CheckReach is what is wrong with how it is reached. A phone number is for people to ring: it may be written as they write it, in one line.
func (o Organisation) CheckReach() error {
	var f fault.Fields
	if o.Email != "" && (!emailAddress(o.Email) || utf8.RuneCountInString(o.Email) > MaxContact) {
		f.Add("email", "Enter an email address, such as name@example.org")
	}
	if !phone.MatchString(o.Phone) {
		f.Add("phone", "Enter a phone number, such as 0161 496 0000")
	}
	return f.Err()
}

var phone = regexp.MustCompile(`^$|^[0-9+(][0-9 ()+-]{4,29}( ?(ext|x)\.? ?[0-9]{1,6})?$`)

// emailAddress tells whether text has the form of one address, without a name or brackets around it. Whether anybody reads it, nobody knows.
func emailAddress(s string) bool { return email.MatchString(s) }

var email = regexp.MustCompile(`^[A-Za-z0-9.!#$%&'*+/=?^_{|}~-]+@[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)+$`)

// From lays what a source says over what is known, and tells whether anything changed. A source that says nothing of
// the network or the list size does not take them away: they come in files of their own.
func (o Organisation) From(source Organisation) (next Organisation, changed bool) {
	next = source
	next.ID, next.Version, next.Simulated = o.ID, o.Version, o.Simulated || source.Simulated
	if next.Network == (Network{}) {
		next.Network = o.Network
	}
	if next.ListSize == 0 {
		next.ListSize = o.ListSize
	}
	if next.Email == "" {
		next.Email = o.Email
	}
	return next, next != o
}
