package canary

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode/utf16"

	"example.org/waypost/pkg/nhsnumber"
)

// Everything that is planted has this in it, or is one of the values below: a name nobody has, so that one search finds all.
const stem = "qzvxjkwyqh"

// word is a canary of its own for one field, so that what is found says from where it came.
func word(field string) string { return "Q" + stem[1:] + field }

// What can not hold a word.
const (
	planted  = 740001 // its NHS number is in the 999 range
	replaced = 740002
	bornOn   = "1913-02-17"
	postcode = "BL9 9ZQ"
	phone    = "07700 900987"
)

var number, second = nhsnumber.Test(planted), nhsnumber.Test(replaced)

// needle is one form of one secret.
type needle struct {
	what   string
	form   []byte
	folded bool // whatever the case
}

// needles are the forms in which a secret could stand somewhere: as it is, in other cases, escaped, encoded, in wide characters.
var needles = func() []needle {
	var all []needle
	add := func(what, form string, folded bool) {
		if folded {
			form = strings.ToLower(form)
		}
		n := needle{what, []byte(form), folded}
		if !slices.ContainsFunc(all, func(o needle) bool { return bytes.Equal(o.form, n.form) && o.folded == n.folded }) {
			all = append(all, n)
		}
	}
	every := func(what string, spellings ...string) {
		for _, s := range spellings {
			add(what, s, true)
			add(what+", escaped", url.QueryEscape(s), true)
			add(what+", in hex", hex.EncodeToString([]byte(s)), true)
			add(what+", in wide characters", wide(s), false)
			for _, in64 := range base64Of(s) {
				add(what+", in base64", in64, false)
			}
		}
	}
	every("a planted word", stem, "Q"+stem[1:], strings.ToUpper(stem))
	for _, n := range []string{number, second} {
		every("an NHS number", n, nhsnumber.Format(n), n[:3]+"-"+n[3:6]+"-"+n[6:])
	}
	every("a date of birth", bornOn, "17 February 1913", "17/02/1913")
	every("a telephone number", phone, strings.ReplaceAll(phone, " ", ""))
	every("a postcode", postcode)
	return all
}()

func wide(s string) string {
	var b strings.Builder
	for _, u := range utf16.Encode([]rune(s)) {
		b.WriteByte(byte(u))
		b.WriteByte(byte(u >> 8))
	}
	return b.String()
}

// base64Of gives what of an encoded text does not depend on what stands before and after, for each of the three places it can
// begin at in a group. Both alphabets are alike for what is planted.
func base64Of(s string) (all []string) {
	for before := range 3 {
		in64 := base64.RawStdEncoding.EncodeToString(append(make([]byte, before), s...))
		from := []int{0, 2, 3}[before]
		whole := (before + len(s)) / 3 * 4
		all = append(all, in64[from:whole])
	}
	return all
}

// find tells what of the planted stands in b, with the words around it.
func find(b []byte) (found []string) {
	lower := bytes.ToLower(b)
	for _, n := range needles {
		in := b
		if n.folded {
			in = lower
		}
		if at := bytes.Index(in, n.form); at >= 0 {
			found = append(found, fmt.Sprintf("%s: …%q…", n.what, in[max(0, at-60):min(len(in), at+len(n.form)+40)]))
		}
	}
	return found
}

// addresses are what a page leads to or sends to.
var addresses = regexp.MustCompile(`(?i)(?:href|src|action|formaction|content|data-[a-z-]+|hx-[a-z-]+)="([^"]*)"`)
