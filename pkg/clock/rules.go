package clock

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"time"
)

// Rule is one line of the table of times: how long somebody has for a step of a kind. Priority and Organisation narrow the line to
// steps of that priority, or owed by that organisation; "" is any.
type Rule struct {
	Kind, Priority, Organisation string
	Span                         Span
}

// ErrRule says that a line can not stand in the table.
var ErrRule = errors.New("a line of the table of times is wrong")

// Rules is a table of times on a calendar. It is never changed, so it may be shared.
type Rules struct {
	calendar   *Calendar
	priorities []string
	lines      map[line]Span
}

type line struct{ kind, priority, organisation string }

// NewRules makes the table from its defaults, of which each kind has a line for any priority and any organisation: a kind without
// one would be a step without a time. priorities are all there are, besides "".
func NewRules(c *Calendar, priorities []string, defaults []Rule) (*Rules, error) {
	r := &Rules{calendar: c, priorities: priorities, lines: map[line]Span{}}
	for _, d := range defaults {
		if d.Priority == "" && d.Organisation == "" {
			r.lines[line{kind: d.Kind}] = d.Span
		}
	}
	return r.With(defaults...)
}

// With returns the table with more lines; a later one replaces an earlier one of the same kind, priority and organisation. A kind or
// priority that the table does not know is refused: a slip in it would be a rule that nobody follows.
func (r *Rules) With(more ...Rule) (*Rules, error) {
	lines := maps.Clone(r.lines)
	for _, m := range more {
		_, known := r.lines[line{kind: m.Kind}]
		switch {
		case m.Kind == "" || !known:
			return nil, fmt.Errorf("%w: there is no kind %q", ErrRule, m.Kind)
		case m.Priority != "" && !slices.Contains(r.priorities, m.Priority):
			return nil, fmt.Errorf("%w: %s: there is no priority %q", ErrRule, m.Kind, m.Priority)
		case m.Span.none():
			return nil, fmt.Errorf("%w: %s: it says no time", ErrRule, m.Kind)
		}
		lines[line{m.Kind, m.Priority, m.Organisation}] = m.Span
	}
	return &Rules{r.calendar, r.priorities, lines}, nil
}

// On returns the table on another calendar.
func (r *Rules) On(c *Calendar) *Rules { return &Rules{c, r.priorities, r.lines} }

// Calendar is the one that days are counted by.
func (r *Rules) Calendar() *Calendar { return r.calendar }

// Due is when a step is owed that began at from. The line for the priority and the organisation both counts before all others;
// without it whichever of the two lines ends first, so that an organisation's longer time never makes something urgent wait; without
// them the line of the kind. A step of a kind that has no line is owed at once, where somebody sees it.
func (r *Rules) Due(from time.Time, kind, priority, organisation string) time.Time {
	if s, ok := r.lines[line{kind, priority, organisation}]; ok {
		return r.calendar.Due(from, s)
	}
	var due time.Time
	for _, l := range []line{{kind, priority, ""}, {kind, "", organisation}} {
		s, ok := r.lines[l]
		if !ok || l.priority == "" && l.organisation == "" {
			continue
		}
		if at := r.calendar.Due(from, s); due.IsZero() || at.Before(due) {
			due = at
		}
	}
	if !due.IsZero() {
		return due
	}
	return r.calendar.Due(from, r.lines[line{kind: kind}])
}

// Lines lists the table by kind, the general lines first.
func (r *Rules) Lines() []Rule {
	out := make([]Rule, 0, len(r.lines))
	for l, s := range r.lines {
		out = append(out, Rule{l.kind, l.priority, l.organisation, s})
	}
	slices.SortFunc(out, func(a, b Rule) int {
		return slices.Compare([]string{a.Kind, a.Organisation, a.Priority}, []string{b.Kind, b.Organisation, b.Priority})
	})
	return out
}

// RulesOf reads lines of kind, priority, organisation and a time in words, such as "2 working days".
func RulesOf(rows [][]string) ([]Rule, error) {
	out := make([]Rule, 0, len(rows))
	for i, row := range rows {
		if len(row) != 4 {
			return nil, fmt.Errorf("%w: line %d has not four columns", ErrRule, i+1)
		}
		s, err := ParseSpan(row[3])
		if err != nil {
			return nil, fmt.Errorf("%w: %s: %w", ErrRule, row[0], err)
		}
		out = append(out, Rule{row[0], row[1], row[2], s})
	}
	return out, nil
}

// ReadRules reads a file of lines with the columns kind, priority, organisation and time, under a line that names them.
func ReadRules(from io.Reader) ([]Rule, error) {
	rows, err := table(from, "kind", "priority", "organisation", "time")
	if err != nil {
		return nil, err
	}
	return RulesOf(rows)
}

// ReadExceptions reads a file of days with the columns date, day ("holiday" or "working") and name, under a line that names them.
func ReadExceptions(from io.Reader) ([]Exception, error) {
	rows, err := table(from, "date", "day", "name")
	if err != nil {
		return nil, err
	}
	out := make([]Exception, 0, len(rows))
	for _, row := range rows {
		if row[1] != "holiday" && row[1] != "working" {
			return nil, fmt.Errorf(`exception %q: the day is "holiday" or "working"`, row[2])
		}
		out = append(out, Exception{Date: row[0], Holiday: row[1] == "holiday", Name: row[2]})
	}
	return out, nil
}

func table(from io.Reader, columns ...string) ([][]string, error) {
	in := csv.NewReader(from)
	in.Comment, in.TrimLeadingSpace, in.FieldsPerRecord = '#', true, len(columns)
	rows, err := in.ReadAll()
	if err != nil {
		return nil, fmt.Errorf("read table: %w", err)
	}
	if len(rows) == 0 || !slices.Equal(rows[0], columns) {
		return nil, fmt.Errorf("read table: the first line must name the columns %v", columns)
	}
	return rows[1:], nil
}
