package ods

import (
	"strings"
	"unicode"
)

// ODS writes everything in capitals. A screen reader spells capitals out and people find them hard to read, so names
// and addresses are put into ordinary case. What is a name and what an abbreviation can not be known for certain: a
// part without a vowel stays as it is, and the lists below hold what that rule gets wrong.

// written holds words that have one way to be written, wherever they stand.
var written = wordList(`Dr Drs Mr Mrs Ms St Rd Rds Ctr Ctrs Ltd Gt Hlth Hth Clnc Srgy Srgry Ptnr Ptnrs Ptnrshp Svc Svcs Grp Prmy Mgmt Psych Sch Wst Nth Sth Bldg Cwm Ty Pk Ln Sq Crt Cntr
	GPs PLC CIC LLP GP NHS PCN ICB ICS CCG HMP HMYOI YOI MIU UTC OOH UPCC APMS PMS ARC IRC SARC CAMHS IAPT AIC ICC ICH IHSS II III IV VI VII
	ENT AQP UCC EMC EPCT IUC CASH IDT A&E AF ADHD ASD CDAT EDT CIT`)

// small are the words that stand in lower case inside a name.
var small = wordList(`and of the at in on for with by to under upon next le la de en cum super y`)

func wordList(words string) map[string]string {
	out := map[string]string{}
	for _, w := range strings.Fields(words) {
		out[strings.ToUpper(w)] = w
	}
	return out
}

// Decent puts text in capitals into ordinary case: "THE DENSHAM SURGERY" becomes "The Densham Surgery". Text that has
// small letters already is only tidied of spaces.
func Decent(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	if strings.ToUpper(s) != s {
		return s
	}
	var b strings.Builder
	rest := s
	for rest != "" {
		word, gap := cut(rest)
		b.WriteString(decentWord(word, b.String()))
		b.WriteString(gap)
		rest = rest[len(word)+len(gap):]
	}
	return b.String()
}

// cut takes the first word (letters, digits, apostrophes, and & between letters) and what stands before the next one.
func cut(s string) (word, gap string) {
	inWord := func(i int) bool {
		c := s[i]
		switch c {
		case '&', '\'':
			return i > 0 && i+1 < len(s) && isLetter(s[i-1]) && isLetter(s[i+1])
		default:
			return isLetter(c) || c >= '0' && c <= '9' || c >= 0x80
		}
	}
	i := 0
	for i < len(s) && inWord(i) {
		i++
	}
	j := i
	for j < len(s) && !inWord(j) {
		j++
	}
	return s[:i], s[i:j]
}

func isLetter(c byte) bool { return c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' }

// decentWord writes one word; before is what stands in front of it.
func decentWord(w, before string) string {
	first := strings.TrimLeft(before, "0123456789- ") == "" || strings.HasSuffix(before, "(") || strings.HasSuffix(before, ": ")
	if as, ok := small[w]; ok && !first {
		return as
	}
	if as, ok := written[w]; ok {
		return as
	}
	switch {
	case strings.ContainsRune(w, '&'):
		if len(w) > 6 {
			a, b, _ := strings.Cut(w, "&")
			return decentWord(a, before) + "&" + decentWord(b, a)
		}
		return w // H&W, C&RH: initials
	case strings.IndexFunc(w, unicode.IsDigit) >= 0:
		return numbered(w)
	case len(w) > 3 && strings.HasPrefix(w, "MC") && strings.ContainsAny(w[3:], "AEIOUY"):
		return "Mc" + title(w[2:])
	case len(w) > 1 && !strings.ContainsAny(w, "AEIOUY") && isLetter(w[0]) && w[1] != '\'':
		return w
	}
	if before, after, ok := strings.Cut(w, "'"); ok && len(before) == 1 && len(after) > 1 {
		return before + "'" + title(after) // O'Brien, D'Arcy
	}
	return title(w)
}

// numbered writes a word with figures: 1ST becomes 1st, PRACTICE2 becomes Practice2, LS25 and NHS111 stay.
func numbered(w string) string {
	if letters := strings.TrimRight(w, "0123456789"); len(letters) > 3 && strings.ContainsAny(letters, "AEIOU") {
		return title(w)
	}
	digits := strings.TrimRight(w, "ABCDEFGHIJKLMNOPQRSTUVWXYZ")
	switch w[len(digits):] {
	case "ST", "ND", "RD", "TH":
		return strings.ToLower(w)
	}
	return w
}

func title(w string) string {
	r := []rune(strings.ToLower(w))
	if len(r) > 0 {
		r[0] = unicode.ToUpper(r[0])
	}
	return string(r)
}

// lines joins the lines of an address, each in ordinary case, and leaves out the empty and the repeated ones.
func lines(parts ...string) string {
	var out []string
	for _, p := range parts {
		for _, q := range strings.Split(p, ",") {
			q = Decent(q)
			if q != "" && (len(out) == 0 || out[len(out)-1] != q) {
				out = append(out, q)
			}
		}
	}
	return strings.Join(out, ", ")
}
