package web

import (
	"html/template"
	"strings"
)

// phone is a number that a telephone rings when it is touched.
type phone struct{ Number, Words string }

// Template names html/phone.html.
func (phone) Template() string { return "phone" }

// Href keeps digits and a leading plus, so that nothing else of what somebody registered gets into the address. Templates refuse
// tel: addresses that they are not told to trust.
func (p phone) Href() template.URL {
	digits := strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' || r == '+' {
			return r
		}
		return -1
	}, p.Number)
	return template.URL("tel:" + digits) //nolint:gosec // digits and plus alone
}
