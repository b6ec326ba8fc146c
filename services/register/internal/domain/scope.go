package domain

import (
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"example.org/waypost/pkg/fault"
	"example.org/waypost/schemas/terms"
)

// ScopeLine is a line of what roles may do and take, that the area's office has written.
type ScopeLine struct {
	terms.ScopeLine
	SetBy     string
	SetAt     time.Time
	ChangedBy string
	ChangedAt time.Time
	Version   int
}

// What the table of roles refuses.
var (
	ErrNoScopeLine = fault.NotFound("line")
	ErrSameScope   = fault.Conflict("scope_line_exists", "There is a line about the same that begins on this day. End that one, or choose another day")
	ErrScopeEnded  = fault.Conflict("scope_line_ended", "This line has ended already")
)

// MaxDoor is how long the words for the right door may be.
const MaxDoor = 300

// Check tells everything that is wrong with a line to be written.
func (l ScopeLine) Check(today string) error {
	var f fault.Fields
	if _, known := terms.RoleByCode(l.Role); !known {
		f.Add("role", "Select a role")
	}
	if !l.Act.Known() {
		f.Add("act", "Select what the line is about")
	}
	if !terms.ScopeOfKnown(l.Of) {
		f.Add("of", "Select a need, any need, or sensitive needs and services")
	}
	if l.Competency != "" && !l.Competency.Known() {
		f.Add("competency", "Select a training from the list")
	}
	switch {
	case l.Tier != "" && !l.Tier.Known():
		f.Add("tier", "Select a tier from the list")
	case l.Tier != "" && l.Competency == "":
		f.Add("tier", "A tier belongs to a training: select one, or no tier")
	}
	if !l.Allowed && l.Competency != "" {
		f.Add("competency", "Nobody in this role may do it, whatever the training: select no training")
	}
	switch {
	case strings.TrimSpace(l.Door) == "" && (!l.Allowed || l.Competency != ""):
		f.Add("door", "Say who or what is right instead, for the person who is refused")
	case utf8.RuneCountInString(l.Door) > MaxDoor:
		f.Add("door", "Shorten this to 300 characters or fewer")
	}
	checkDates(&f, l.From, l.Until)
	if !f.Has("from_on") && l.From < today {
		f.Add("from_on", "The first day must be today or later: what was sent before was sent under the rules of then")
	}
	return f.Err()
}

// End gives a line its last day.
func (l ScopeLine) End(until, today, by string, at time.Time) (ScopeLine, error) {
	switch {
	case l.Until != "" && l.Until < today:
		return l, ErrScopeEnded
	case !date(until):
		return l, fault.Invalid("until_on", "Enter the last day")
	case until < today:
		return l, fault.Invalid("until_on", "The last day must be today or later")
	case until < l.From:
		return l, fault.Invalid("until_on", "The last day must be the first day or later")
	}
	l.Until, l.ChangedBy, l.ChangedAt = until, by, at
	l.Version++
	return l, nil
}

// Scope is the whole table: the area's lines and the defaults, in the order of roles, acts and what they are about.
func Scope(own []ScopeLine) []ScopeLine {
	all := slices.Clone(own)
	for _, l := range terms.ScopeDefaults {
		all = append(all, ScopeLine{ScopeLine: l})
	}
	slices.SortStableFunc(all, func(a, b ScopeLine) int {
		for _, by := range []func(ScopeLine) int{
			func(l ScopeLine) int {
				return slices.IndexFunc(terms.Roles, func(r terms.RoleInfo) bool { return r.Code == l.Role })
			},
			func(l ScopeLine) int {
				return slices.IndexFunc(terms.Acts, func(x terms.Term[terms.Act]) bool { return x.Code == l.Act })
			},
			func(l ScopeLine) int { return ofOrder(l.Of) },
		} {
			if d := by(a) - by(b); d != 0 {
				return d
			}
		}
		return strings.Compare(a.From, b.From)
	})
	return all
}

func ofOrder(of string) int {
	switch of {
	case terms.OfAny:
		return -2
	case terms.OfSensitive:
		return -1
	}
	return slices.IndexFunc(terms.Needs, func(n terms.NeedInfo) bool { return n.Code == terms.Need(of) })
}

// InForce tells whether a line is the one that counts on a day for what it is about.
func (l ScopeLine) InForce(own []ScopeLine, today string) bool {
	lines := make([]terms.ScopeLine, len(own))
	for i, x := range own {
		lines[i] = x.ScopeLine
	}
	counts, ok := terms.ScopeLineFor(lines, l.Role, l.Act, l.Of, today)
	return ok && counts == l.ScopeLine
}
