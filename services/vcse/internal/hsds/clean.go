package hsds

import (
	"html"
	"net/mail"
	"net/url"
	"regexp"
	"strings"
	"unicode"
)

// Text turns what a listing holds (HTML, entities, a little Markdown) into plain text: paragraphs by line ends, no
// control characters, no placeholders such as "Not given". What looks like markup after decoding is taken off too,
// because some listings encode twice; what is left is text, and is escaped where it is shown.
func Text(s string) string {
	for range 3 {
		before := s
		if strings.IndexByte(s, '<') >= 0 {
			s = withoutTags(s)
		}
		if strings.IndexByte(s, '&') >= 0 {
			s = html.UnescapeString(s)
		}
		if s == before {
			break
		}
	}
	if strings.IndexByte(s, '<') >= 0 {
		s = withoutTags(s)
	}
	s = markdown(s)
	s = removed(s)
	s = tidy(s)
	if isPlaceholder(s) {
		return ""
	}
	return s
}

// Line is Text on one line.
func Line(s string) string { return strings.Join(strings.Fields(Text(s)), " ") }

// isPlaceholder tells whether a listing wrote something only because it could not leave the field empty.
func isPlaceholder(s string) bool {
	switch strings.ToLower(strings.TrimRight(s, ". ")) {
	case "", "not given", "no information recorded", "not known", "unknown", "none", "n/a", "na", "tbc", "-", "null", "[unknown]":
		return true
	}
	return false
}

// withoutTags takes HTML tags off: block ends become line ends, scripts and styles go with what is in them. A "<" that
// opens no tag stays.
func withoutTags(s string) string {
	var b strings.Builder
	for {
		i := strings.IndexByte(s, '<')
		if i < 0 {
			b.WriteString(s)
			return b.String()
		}
		b.WriteString(s[:i])
		s = s[i:]
		end := strings.IndexByte(s, '>')
		name, ok := tagName(s)
		switch {
		case !ok || end < 0:
			b.WriteByte('<')
			s = s[1:]
			continue
		case strings.HasPrefix(s, "<!--"):
			end = max(end, strings.Index(s, "-->")+2)
		case name == "script" || name == "style":
			if last := strings.Index(strings.ToLower(s), "</"+name); last > 0 {
				s = s[last:]
				continue
			}
		case blocks[name]:
			b.WriteByte('\n')
		}
		s = s[end+1:]
	}
}

// blocks are the tags after which a new line begins.
var blocks = map[string]bool{
	"br": true, "p": true, "div": true, "li": true, "ul": true, "ol": true, "tr": true, "table": true,
	"h1": true, "h2": true, "h3": true, "h4": true, "h5": true, "h6": true,
}

// tagName reads the name of the tag at the beginning of s.
func tagName(s string) (string, bool) {
	s = strings.TrimPrefix(s[1:], "/")
	i := 0
	for i < len(s) && i < 20 && (s[i] >= 'a' && s[i] <= 'z' || s[i] >= 'A' && s[i] <= 'Z' || s[i] >= '0' && s[i] <= '9' && i > 0) {
		i++
	}
	if i == 0 {
		return "", strings.HasPrefix(s, "!")
	}
	return strings.ToLower(s[:i]), true
}

var (
	markdownLink = regexp.MustCompile(`\\?\[([^\[\]]{0,300})\]\\?\(([^()\s]{1,500})\\?\)`)
	markdownMark = regexp.MustCompile(`\*\*|__|\\([\[\]()*_#])`)
)

// markdown writes links as "words (link)" and drops the marks for bold.
func markdown(s string) string {
	if !strings.ContainsAny(s, "[*_\\") {
		return s
	}
	s = markdownLink.ReplaceAllStringFunc(s, func(m string) string {
		p := markdownLink.FindStringSubmatch(m)
		words, link := strings.TrimSpace(p[1]), strings.TrimPrefix(p[2], "mailto:")
		if words == "" || words == link {
			return link
		}
		return words + " (" + link + ")"
	})
	return markdownMark.ReplaceAllString(s, "$1")
}

// Numbers from 07700 900000 to 900999 are kept for fiction, and example.org is nobody's: published copies of listings
// use both to black out private contacts. A number that rings nobody must never be read out to a patient.
var (
	blackedPhone = regexp.MustCompile(`07700[ -]?900[ -]?\d{3}`)
	blackedEmail = regexp.MustCompile(`[A-Za-z0-9._%+-]+@example\.(?:org|com|net)`)
)

func removed(s string) string {
	if strings.Contains(s, "07700") {
		s = blackedPhone.ReplaceAllString(s, "[number removed]")
	}
	if strings.Contains(s, "@example.") {
		s = blackedEmail.ReplaceAllString(s, "[address removed]")
	}
	return s
}

// tidy drops control and invisible characters, joins spaces, and leaves one empty line between paragraphs at most.
func tidy(s string) string {
	var b strings.Builder
	b.Grow(len(s))
	spaces, ends := 0, 0
	for _, r := range s {
		switch {
		case r == '\n':
			ends++
		case unicode.IsSpace(r):
			spaces++
		case unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == unicode.ReplacementChar:
		default:
			if b.Len() > 0 {
				switch {
				case ends > 1:
					b.WriteString("\n\n")
				case ends == 1:
					b.WriteByte('\n')
				case spaces > 0:
					b.WriteByte(' ')
				}
			}
			spaces, ends = 0, 0
			b.WriteRune(r)
		}
	}
	return b.String()
}

// Link is s when it is a web address one may be sent to, "" otherwise. "www.example.net" gets its https.
func Link(s string) string {
	s = strings.TrimSpace(s)
	if strings.HasPrefix(strings.ToLower(s), "www.") {
		s = "https://" + s
	}
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.User != nil || !strings.Contains(u.Hostname(), ".") {
		return ""
	}
	return u.String()
}

// Phone is the number with the words that explain it, "" when no number is left.
func Phone(s string) string {
	s = strings.ReplaceAll(strings.TrimSpace(s), "\n", "; ")
	s = Line(s)
	if strings.Contains(s, "[number removed]") {
		return ""
	}
	digits := 0
	for _, r := range s {
		if r >= '0' && r <= '9' {
			digits++
		}
	}
	if digits < 3 {
		return ""
	}
	return s
}

// Email is the address, "" when it is none or was blacked out.
func Email(s string) string {
	s = strings.TrimPrefix(Line(s), "mailto:")
	a, err := mail.ParseAddress(s)
	if err != nil || a.Address != s || !strings.Contains(s[strings.LastIndexByte(s, '@'):], ".") {
		return ""
	}
	return s
}

// joined puts the parts of an address together, without the empty ones and those said before.
func joined(parts ...string) string {
	out := ""
	for _, p := range parts {
		if p = strings.Trim(p, " ,"); p == "" || strings.HasSuffix(strings.ToLower(out), strings.ToLower(p)) {
			continue
		}
		if out != "" {
			out += ", "
		}
		out += p
	}
	return out
}

func firstOf(list ...string) string {
	for _, s := range list {
		if strings.TrimSpace(s) != "" {
			return s
		}
	}
	return ""
}

// sentences puts remarks together, each once.
func sentences(list []string) string {
	var out []string
	for _, s := range list {
		if s = strings.TrimRight(s, ". "); s != "" && !strings.Contains(strings.Join(out, ". "), s) {
			out = append(out, s)
		}
	}
	return strings.Join(out, ". ")
}
