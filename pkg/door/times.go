package door

import (
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"example.org/waypost/pkg/clock"
	"example.org/waypost/pkg/id"
)

// Times are what an area says of its times besides the defaults: how long its steps may take, and which days are worked.
type Times struct {
	Rules []clock.Rule
	Days  []clock.Exception
}

// Table is the table of times by which a service's clocks run: its defaults, as rows of kind, priority, organisation and time, with the
// area's lines upon them. A line that nothing would follow is refused.
func (t Times) Table(priorities []string, defaults [][]string) (*clock.Rules, error) {
	lines, err := clock.RulesOf(defaults)
	if err != nil {
		return nil, fmt.Errorf("make the table of times: %w", err)
	}
	calendar, err := clock.England().With(t.Days...)
	if err != nil {
		return nil, fmt.Errorf("make the table of times: %w", err)
	}
	table, err := clock.NewRules(calendar, priorities, lines)
	if err != nil {
		return nil, fmt.Errorf("make the table of times: %w", err)
	}
	for _, r := range t.Rules {
		if r.Organisation != "" && !id.Valid(r.Organisation) {
			return nil, fmt.Errorf("make the table of times: %w: %s: %q is no organisation's id", clock.ErrRule, r.Kind, r.Organisation)
		}
	}
	if table, err = table.With(t.Rules...); err != nil {
		return nil, fmt.Errorf("make the table of times: %w", err)
	}
	return table, nil
}

// ParkedClock is the kind of a table's line that says by when somebody looks at an event that could not be applied.
const ParkedClock = "parked"

// Clocks is the area's Table, by which what could not be applied is due too.
func (f *Frame) Clocks(priorities []string, defaults [][]string) (*clock.Rules, error) {
	times, err := f.Times.Table(priorities, defaults)
	if err != nil {
		return nil, err
	}
	f.Inbox.LookBy = func(parkedAt time.Time) time.Time { return times.Due(parkedAt, ParkedClock, "", "") }
	return times, nil
}

// ReadTimes reads an area's two files; the name of one that there is not is "".
func ReadTimes(rules, days string) (t Times, err error) {
	if rules != "" {
		if t.Rules, err = readTable(rules, clock.ReadRules); err != nil {
			return t, err
		}
	}
	if days != "" {
		if t.Days, err = readTable(days, clock.ReadExceptions); err != nil {
			return t, err
		}
	}
	return t, nil
}

func readTable[T any](path string, read func(from io.Reader) ([]T, error)) (all []T, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("read times: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if all, err = read(f); err != nil {
		return nil, fmt.Errorf("read times: %s: %w", path, err)
	}
	return all, nil
}
