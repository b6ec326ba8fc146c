package app

import (
	"time"

	"example.org/waypost/schemas"
	"example.org/waypost/services/coordination/internal/domain"
)

// takeContact makes the newest of what is said of a person the one we keep. An NHS number that was known is not lost to a
// sender who does not have it.
func takeContact(p domain.Patient, c schemas.Contact, at time.Time) domain.Patient {
	if at.Before(p.ContactAt) {
		return p
	}
	if c.NHSNumber == "" {
		c.NHSNumber = p.NHSNumber
	}
	p.ContactAt, p.GivenName, p.FamilyName, p.DateOfBirth, p.NHSNumber = at, c.GivenName, c.FamilyName, c.DateOfBirth, c.NHSNumber
	p.Sex, p.Phone, p.Email, p.AddressLines, p.Postcode = c.Sex, c.Phone, c.Email, c.AddressLines, c.Postcode
	p.Language, p.InterpreterNeeded, p.Accessibility = c.Language, c.InterpreterNeeded, c.Accessibility
	p.SafePhone, p.SafeText, p.SafeEmail, p.SafeLetter = c.SafeWays.Phone, c.SafeWays.Text, c.SafeWays.Email, c.SafeWays.Letter
	p.SafeNote, p.NextOfKin = c.SafeNote, c.NextOfKin
	return p
}

func contactOf(p domain.Patient) schemas.Contact {
	return schemas.Contact{
		GivenName: p.GivenName, FamilyName: p.FamilyName, DateOfBirth: p.DateOfBirth, NHSNumber: p.NHSNumber, Sex: p.Sex, Phone: p.Phone,
		Email: p.Email, AddressLines: p.AddressLines, Postcode: p.Postcode, Language: p.Language, InterpreterNeeded: p.InterpreterNeeded,
		Accessibility: p.Accessibility, SafeWays: schemas.SafeWays{Phone: p.SafePhone, Text: p.SafeText, Email: p.SafeEmail, Letter: p.SafeLetter},
		SafeNote: p.SafeNote, NextOfKin: p.NextOfKin,
	}
}
