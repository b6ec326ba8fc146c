package clock

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// Span is how long somebody has for a step: minutes round the clock, working hours, or working days.
// With several, whichever ends first counts. An area's defaults are data, so a Span reads and writes itself as text.
type Span struct {
	Minutes      int
	WorkingHours int
	WorkingDays  int
}

func (s Span) none() bool { return s.Minutes <= 0 && s.WorkingHours <= 0 && s.WorkingDays <= 0 }

// ErrSpan says that a text is no span.
var ErrSpan = errors.New(`a span is written like "15 minutes" or "2 working days"`)

// The longest spans, about two years: a slip of the keyboard must not become a clock that nobody hears.
const maxMinutes, maxWorkingHours, maxWorkingDays = 2 * 366 * 24 * 60, 4000, 500

// ParseSpan reads "15 minutes", "4 working hours", "1 working day", or several with "or" between them.
func ParseSpan(text string) (Span, error) {
	var s Span
	for part := range strings.SplitSeq(text, " or ") {
		number, unit, _ := strings.Cut(strings.TrimSpace(part), " ")
		n, err := strconv.Atoi(number)
		if err != nil || n <= 0 {
			return Span{}, ErrSpan
		}
		switch {
		case strings.TrimSuffix(unit, "s") == "minute" && n <= maxMinutes:
			s.Minutes = n
		case strings.TrimSuffix(unit, "s") == "working hour" && n <= maxWorkingHours:
			s.WorkingHours = n
		case strings.TrimSuffix(unit, "s") == "working day" && n <= maxWorkingDays:
			s.WorkingDays = n
		default:
			return Span{}, ErrSpan
		}
	}
	return s, nil
}

// String is how a page says it.
func (s Span) String() string {
	var parts []string
	if s.Minutes > 0 {
		parts = append(parts, plural(s.Minutes, "minute"))
	}
	if s.WorkingHours > 0 {
		parts = append(parts, plural(s.WorkingHours, "working hour"))
	}
	if s.WorkingDays > 0 {
		parts = append(parts, plural(s.WorkingDays, "working day"))
	}
	return strings.Join(parts, " or ")
}

// MarshalText refuses a span of nothing: a step without a time is what clocks are there to prevent.
func (s Span) MarshalText() ([]byte, error) {
	if s.none() {
		return nil, ErrSpan
	}
	return []byte(s.String()), nil
}

// UnmarshalText is ParseSpan.
func (s *Span) UnmarshalText(text []byte) error {
	read, err := ParseSpan(string(text))
	if err != nil {
		return err
	}
	*s = read
	return nil
}

func plural(n int, unit string) string {
	if n == 1 {
		return "1 " + unit
	}
	return fmt.Sprintf("%d %ss", n, unit)
}
