package httpx

import (
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"example.org/waypost/pkg/fault"
	"example.org/waypost/pkg/id"
)

// maxFields is how many values a form may have.
const maxFields = 500

// Form is what a person typed. Its methods return cleaned values and collect what is wrong; Typed gives back the text as it was, for the page.
type Form struct {
	fault.Fields
	values url.Values
}

// FormOf is a form in which this was entered, for a storybook.
func FormOf(values url.Values) *Form { return &Form{values: values} }

// ParseForm reads an HTML form. Text that is not UTF-8, holds NUL, or has too many fields is refused as a whole.
func ParseForm(r *http.Request) (*Form, error) {
	if x := exchangeOf(r.Context()); x.form != nil {
		return &Form{values: x.form}, nil
	}
	r.Body = http.MaxBytesReader(nil, r.Body, DefaultMaxBody)
	if err := r.ParseForm(); err != nil {
		return nil, unread(err)
	}
	if err := goodForm(r.PostForm); err != nil {
		return nil, err
	}
	return &Form{values: r.PostForm}, nil
}

func formBody(r *http.Request, body []byte) (url.Values, error) {
	if len(body) == 0 {
		return url.Values{}, nil
	}
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/x-www-form-urlencoded" {
		return nil, unsupported("Send this as a form")
	}
	v, err := url.ParseQuery(string(body))
	if err != nil {
		return nil, malformed("The form could not be read")
	}
	return v, goodForm(v)
}

func goodForm(v url.Values) error {
	n := 0
	for name, list := range v {
		n += len(list)
		if !clean(name) || slices.ContainsFunc(list, func(s string) bool { return !clean(s) }) {
			return malformed("The form has characters in it that can not be read. Go back and type them again")
		}
	}
	if n > maxFields {
		return errTooBig
	}
	return nil
}

// Typed is what was typed, unchanged.
func (f *Form) Typed(name string) string { return f.values.Get(name) }

// TypedAll is every value of a field that may be ticked more than once.
func (f *Form) TypedAll(name string) []string { return f.values[name] }

// Values are all fields as they came, for showing the form again.
func (f *Form) Values() url.Values { return f.values }

// Text is one line of at most max characters. required is the instruction when it is empty ("Enter the person's name"), or "" when it may be.
func (f *Form) Text(name string, max int, required string) string {
	return f.text(name, max, required, func(c rune) bool { return unicode.IsControl(c) })
}

// Area is text of several lines.
func (f *Form) Area(name string, max int, required string) string {
	return f.text(name, max, required, func(c rune) bool { return unicode.IsControl(c) && c != '\n' && c != '\t' })
}

func (f *Form) text(name string, max int, required string, bad func(rune) bool) string {
	s := strings.TrimSpace(strings.ReplaceAll(f.values.Get(name), "\r\n", "\n"))
	switch {
	case s == "" && required != "":
		f.Add(name, required)
	case strings.ContainsFunc(s, bad):
		f.Add(name, "Remove the characters that can not be seen, such as tabs")
	case utf8.RuneCountInString(s) > max:
		f.Add(name, fmt.Sprintf("Shorten this to %d characters or fewer", max))
	}
	return s
}

// Choice is one of allowed. required is the instruction when nothing was chosen ("Select a reason"), or "" when that is fine.
func (f *Form) Choice(name, required string, allowed ...string) string {
	s := f.values.Get(name)
	switch {
	case s == "" && required != "":
		f.Add(name, required)
	case s != "" && !slices.Contains(allowed, s):
		f.Add(name, "Select one of the answers on the page")
		return ""
	}
	return s
}

// Choices are those ticked, each once, in the order of allowed.
func (f *Form) Choices(name, required string, allowed ...string) []string {
	typed := f.values[name]
	var out []string
	for _, a := range allowed {
		if slices.Contains(typed, a) {
			out = append(out, a)
		}
	}
	if slices.ContainsFunc(typed, func(s string) bool { return s != "" && !slices.Contains(allowed, s) }) {
		f.Add(name, "Select from the answers on the page")
	} else if len(out) == 0 && required != "" {
		f.Add(name, required)
	}
	return out
}

// YesNo is a question with two radios, yes and no.
func (f *Form) YesNo(name, required string) bool {
	return f.Choice(name, required, "yes", "no") == "yes"
}

// Ticked tells whether a single checkbox was sent.
func (f *Form) Ticked(name string) bool { return f.values.Get(name) != "" }

// ID is a hidden or chosen identifier. One that is not an identifier was not on our page.
func (f *Form) ID(name, required string) string {
	s := f.values.Get(name)
	switch {
	case s == "" && required != "":
		f.Add(name, required)
	case s != "" && !id.Valid(s):
		f.Add(name, "Select one of the answers on the page")
		return ""
	}
	return s
}

// Int is a whole number from low to high. required is the instruction when it is empty; then, or when optional, 0 comes back.
func (f *Form) Int(name string, low, high int, required string) int {
	s := strings.TrimSpace(f.values.Get(name))
	if s == "" {
		if required != "" {
			f.Add(name, required)
		}
		return 0
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < low || n > high {
		f.Add(name, fmt.Sprintf("Enter a whole number from %d to %d", low, high))
		return 0
	}
	return n
}

// Date reads the three boxes name-day, name-month and name-year. The zero time comes back when they are empty or wrong.
func (f *Form) Date(name, required string) time.Time {
	var part [3]int
	empty, wrong := 0, false
	for i, box := range []string{"-day", "-month", "-year"} {
		s := strings.TrimSpace(f.values.Get(name + box))
		if s == "" {
			empty++
			continue
		}
		n, err := strconv.Atoi(s)
		part[i], wrong = n, wrong || err != nil
	}
	if empty == 3 {
		if required != "" {
			f.Add(name, required)
		}
		return time.Time{}
	}
	d := time.Date(part[2], time.Month(part[1]), part[0], 0, 0, 0, 0, time.UTC)
	if wrong || empty > 0 || part[2] < 1000 || part[2] > 9999 || d.Day() != part[0] || int(d.Month()) != part[1] {
		f.Add(name, "Enter a real date with a day, a month and a year, such as 27 3 1984")
		return time.Time{}
	}
	return d
}

// VersionField is the hidden field that says which version of a thing the form was made from.
const VersionField = "version"

// Version is the version the page showed; without one the form is not ours.
func (f *Form) Version() (int64, error) {
	n, err := strconv.ParseInt(f.values.Get(VersionField), 10, 64)
	if err != nil || n < 0 {
		return 0, fault.PreconditionRequired().With("This form does not say which version it was made from. Go back, load the page again and send it once more")
	}
	return n, nil
}
