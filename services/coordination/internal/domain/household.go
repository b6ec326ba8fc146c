package domain

import (
	"slices"
	"strings"
	"unicode"

	"example.org/waypost/schemas/terms"
)

// Home is what two people who live together have in common: every line of the address, and the postcode. It is "" where one is missing:
// half an address is a whole street.
func (p Patient) Home() string {
	lines := strings.Join(p.AddressLines, "")
	if squeezed(lines) == "" || squeezed(p.Postcode) == "" {
		return ""
	}
	return squeezed(lines) + "|" + squeezed(p.Postcode)
}

// squeezed leaves letters and digits, in small letters.
func squeezed(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, s)
}

// HouseholdHow tells whether an answer about the household counts: somebody must have agreed. What others decided in a person's best
// interests is no consent to tell the people they live with.
func HouseholdHow(how terms.ConsentHow) bool {
	return how.Known() && how != terms.ConsentBestInterest
}

// MayTellHousehold tells whether anything of a case may be told of in a household. Where something is sensitive, or somebody must be kept
// safe, the people one lives with may be whom one must be kept safe from: nothing is told.
func MayTellHousehold(all []Referral) bool {
	return !slices.ContainsFunc(all, func(r Referral) bool {
		return r.Sensitive || r.Need.Sensitive() || r.Safeguarding != "" || len(r.SafeguardingCodes) > 0
	})
}

// HelpsAtHome are the receivers that have said yes to something of a case that may be told of in its household.
func HelpsAtHome(all []Referral) (out []Receiver) {
	if !MayTellHousehold(all) {
		return nil
	}
	for _, r := range all {
		if o := r.Taken(); o != nil && r.State.Open() && !slices.ContainsFunc(out, o.Receiver.Same) {
			out = append(out, o.Receiver)
		}
	}
	return out
}
