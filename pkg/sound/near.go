package sound

import (
	"strings"
	"unicode"

	"github.com/adrg/strutil/metrics"
	"golang.org/x/text/unicode/norm"
)

// Words are the words of a name as they count: no case, no marks, no hyphens or apostrophes.
func Words(name string) []string {
	return strings.FieldsFunc(strings.Map(func(r rune) rune {
		switch {
		case unicode.Is(unicode.Mn, r), r == '\'', r == '’', r == '.':
			return -1
		case unicode.IsLetter(r), unicode.IsDigit(r):
			return unicode.ToLower(r)
		}
		return ' '
	}, norm.NFD.String(name)), unicode.IsSpace)
}

// jaroWinkler at which two names may be one mistyped.
const jaroWinkler = 0.9

// Near tells whether two names, as Words gives them, may be one: mistyped, or heard and not seen.
func Near(a, b string) bool {
	if a == "" || b == "" {
		return false
	}
	return oneSlip(a, b) || metrics.NewJaroWinkler().Compare(a, b) >= jaroWinkler || Alike(a, b)
}

// oneSlip tells whether one letter is another, missing, or has changed its place with the next: Jaro and Winkler take the first
// letters for right.
func oneSlip(a, b string) bool {
	if len(a) > len(b) {
		a, b = b, a
	}
	i := 0
	for i < len(a) && a[i] == b[i] {
		i++
	}
	switch {
	case len(b) < 3 || len(b)-len(a) > 1:
		return false
	case len(a) < len(b):
		return a[i:] == b[i+1:]
	case i+1 >= len(a):
		return true
	}
	return a[i+1:] == b[i+1:] || a[i] == b[i+1] && a[i+1] == b[i] && a[i+2:] == b[i+2:]
}
