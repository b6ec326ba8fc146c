package ui

import (
	"cmp"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// DateInput asks for a date in three parts, posted as <Name>-day, <Name>-month and <Name>-year: TypedDate reads them.
type DateInput struct {
	Name, Label, Hint, Error string

	Value     DateParts
	ID        string // Name when not given
	Heading   bool   // the label is the page's level 1 heading
	Size      string // of the label: "s" (when not given), "m", "l"
	BirthDate bool   // the person's own: the browser may fill it in
}

// DateParts is a date as it was typed, right or wrong.
type DateParts struct{ Day, Month, Year string }

// TypedDate takes the three parts out of a posted form.
func TypedDate(form url.Values, name string) DateParts {
	part := func(p string) string { return strings.TrimSpace(form.Get(name + "-" + p)) }
	return DateParts{part("day"), part("month"), part("year")}
}

// PartsOf is the date of a time, for showing it in a form; nothing for the zero time.
func PartsOf(t time.Time) DateParts {
	if t.IsZero() {
		return DateParts{}
	}
	return DateParts{strconv.Itoa(t.Day()), strconv.Itoa(int(t.Month())), strconv.Itoa(t.Year())}
}

// Empty tells whether nothing was typed.
func (d DateParts) Empty() bool { return d == DateParts{} }

// Time is midnight UTC of the date; ok is false when there is no such date. The month may be a number or a name.
func (d DateParts) Time() (t time.Time, ok bool) {
	for _, layout := range []string{"2 1 2006", "2 January 2006", "2 Jan 2006"} {
		if t, err := time.Parse(layout, d.Day+" "+d.Month+" "+d.Year); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}

// Template names html/date_input.html.
func (DateInput) Template() string { return "date_input" }

// DatePart is one of the three inputs.
type DatePart struct {
	ID, Name, Label, Value, Autocomplete string

	Width int
	Wrong bool
}

// Parts are the three inputs. The first that is missing has the question's own id, so that the error summary leads to
// it; when none is, all are marked as wrong and the day has it.
func (d DateInput) Parts() []DatePart {
	id := cmp.Or(d.ID, d.Name)
	parts := []DatePart{
		{Label: "Day", Value: d.Value.Day, Width: 2},
		{Label: "Month", Value: d.Value.Month, Width: 2},
		{Label: "Year", Value: d.Value.Year, Width: 4},
	}
	first := -1
	for i := range parts {
		p := &parts[i]
		suffix := "-" + strings.ToLower(p.Label)
		p.ID, p.Name = id+suffix, d.Name+suffix
		if d.BirthDate {
			p.Autocomplete = "bday" + suffix
		}
		p.Wrong = d.Error != "" && p.Value == ""
		if p.Wrong && first < 0 {
			first = i
		}
	}
	if first < 0 {
		first = 0
		for i := range parts {
			parts[i].Wrong = d.Error != ""
		}
	}
	parts[first].ID = id
	return parts
}
