package who

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/event"
	"example.org/waypost/pkg/fault"
	"example.org/waypost/pkg/pg"
	"example.org/waypost/schemas/register"
	"example.org/waypost/schemas/terms"
)

// OnRoleScopeSet keeps a line of what roles may do and take: of its versions the highest.
func OnRoleScopeSet(ctx context.Context, tx pgx.Tx, _ *event.Event, p *register.RoleScopeSetV1) error {
	return pg.Later(ctx, tx, "keep role scope", `insert into role_scope as s (line_id, role, act, about, allowed, competency, tier, door, from_on, until_on, version)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
		on conflict (line_id) do update set role = excluded.role, act = excluded.act, about = excluded.about, allowed = excluded.allowed,
			competency = excluded.competency, tier = excluded.tier, door = excluded.door, from_on = excluded.from_on, until_on = excluded.until_on,
			version = excluded.version
		where s.version < excluded.version`,
		p.LineID, p.Role, p.Act, p.Of, p.Allowed, p.Competency, p.Tier, p.Door, date(p.FromOn), date(p.UntilOn), p.Version)
}

// Standing is what a person holds, and the lines of the area that their role is measured by.
type Standing struct {
	PersonID     string
	Role         terms.Role
	Organisation string
	Kind         terms.OrganisationKind // of the organisation; "" when not known
	Day          string                 // the day on which it is measured
	Trainings    []Competency           // also those that have run out
	Lines        []terms.ScopeLine
}

// StandingOf reads where the actor stands at that time.
func StandingOf(ctx context.Context, tx pgx.Tx, a actor.Actor, at time.Time) (Standing, error) {
	s := Standing{PersonID: a.Person.ID, Role: terms.Role(a.Role), Organisation: a.Organisation, Kind: terms.OrganisationKind(a.OrganisationKind), Day: day(at)}
	err := pg.Together(ctx, tx, []func(context.Context, pgx.Tx) error{
		func(ctx context.Context, tx pgx.Tx) (err error) {
			s.Trainings, err = trainings(ctx, tx, s.PersonID)
			return err
		},
		func(ctx context.Context, tx pgx.Tx) (err error) {
			s.Lines, err = scopeLines(ctx, tx)
			return err
		},
	})
	return s, err
}

// trainings lists what a person was ever trained in.
func trainings(ctx context.Context, tx pgx.Tx, person string) ([]Competency, error) {
	rows, err := tx.Query(ctx, `select t.competency, t.tier, t.from_on::text, least(t.until_on, case when `+over+` then (c.over_at at time zone 'Europe/London')::date - 1 end)::text`+
		trained+`where t.person_id = $1 order by t.competency, t.tier, t.from_on`, person)
	if err != nil {
		return nil, fmt.Errorf("list trainings: %w", err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Competency])
	if err != nil {
		return nil, fmt.Errorf("list trainings: %w", err)
	}
	return list, nil
}

func scopeLines(ctx context.Context, tx pgx.Tx) ([]terms.ScopeLine, error) {
	rows, err := tx.Query(ctx, `select line_id, role, act, about, allowed, competency, tier, door, from_on::text, coalesce(until_on::text, '') from role_scope`)
	if err != nil {
		return nil, fmt.Errorf("list role scope: %w", err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[terms.ScopeLine])
	if err != nil {
		return nil, fmt.Errorf("list role scope: %w", err)
	}
	return list, nil
}

// Lacks is what keeps somebody from an act.
type Lacks struct {
	Act     terms.Act
	Role    terms.Role
	Of      string          // what the line is about that refuses
	Line    terms.ScopeLine // empty where no line is about it
	Missing string          // the missing thing, as a clause: "Care navigation, tier Enhanced: yours is Essential"
}

// Trainable tells whether a training is all that is missing, so that a supervisor who has it may sign.
func (l *Lacks) Trainable() bool { return l.Line.Allowed }

// Lacks tells what keeps this person from doing this for a need, or nil.
func (s Standing) Lacks(act terms.Act, need terms.Need, sensitive bool) *Lacks {
	line, ok := terms.ScopeIn(s.Lines, s.Role, act, need, sensitive, s.Day)
	switch {
	case !ok, act == terms.ActRefer && s.Kind != "" && !s.Role.SendsFrom(s.Kind):
		return &Lacks{Act: act, Role: s.Role, Of: terms.OfAny, Missing: "your role, " + s.Role.Label() + ", is not among those that do this"}
	case !line.Allowed:
		return &Lacks{Act: act, Role: s.Role, Of: line.Of, Line: line, Missing: "your role, " + s.Role.Label() + ", does not do this for " + strings.ToLower(terms.ScopeOf(line.Of))}
	}
	if missing := s.missing(line); missing != "" {
		return &Lacks{Act: act, Role: s.Role, Of: line.Of, Line: line, Missing: missing}
	}
	return nil
}

// missing is what the person lacks of what a line asks for, or "".
func (s Standing) missing(line terms.ScopeLine) string {
	if line.Competency == "" {
		return ""
	}
	what := "training in " + strings.ToLower(line.Competency.Label())
	if line.Tier != "" {
		what += ", tier " + line.Tier.Label() + " or higher"
	}
	mine := only(s.Trainings, func(c Competency) bool { return c.Code == line.Competency })
	enough := only(mine, func(c Competency) bool { return line.Enough(c.Tier) })
	inDate := only(mine, func(c Competency) bool { return c.FromOn <= s.Day && c.UntilOn >= s.Day })
	switch {
	case slices.ContainsFunc(inDate, func(c Competency) bool { return line.Enough(c.Tier) }):
		return ""
	case len(mine) == 0:
		return what + ", and the register has none for you"
	case len(enough) > 0:
		return what + ", and yours " + s.when(enough)
	case len(inDate) > 0:
		best := slices.MaxFunc(inDate, func(a, b Competency) int { return cmp.Compare(a.Tier.Height(), b.Tier.Height()) })
		return what + ", and yours is " + cmp.Or(best.Tier.Label(), terms.TierEssential.Label())
	}
	return what + ", and yours " + s.when(mine)
}

// when says of trainings that are not in date from when the next counts, or when the last ran out.
func (s Standing) when(all []Competency) string {
	if later := only(all, func(c Competency) bool { return c.FromOn > s.Day && c.UntilOn >= s.Day }); len(later) > 0 {
		next := slices.MinFunc(later, func(a, b Competency) int { return cmp.Compare(a.FromOn, b.FromOn) })
		return "counts from " + inWords(next.FromOn)
	}
	last := slices.MaxFunc(all, func(a, b Competency) int { return cmp.Compare(a.UntilOn, b.UntilOn) })
	return "ran out on " + inWords(last.UntilOn)
}

func only(all []Competency, keep func(Competency) bool) (out []Competency) {
	for _, c := range all {
		if keep(c) {
			out = append(out, c)
		}
	}
	return out
}

func inWords(day string) string {
	at, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return day
	}
	return at.Format("2 January 2006")
}

// mostDoors is how many colleagues a refusal names.
const mostDoors = 5

// MayRefer refuses an actor who may not send a referral of this need: the refusal names what is missing, and the right door.
func MayRefer(ctx context.Context, tx pgx.Tx, by actor.Actor, need terms.Need, sensitive bool, at time.Time) error {
	return may(ctx, tx, by, terms.ActRefer, need, sensitive, at)
}

func may(ctx context.Context, tx pgx.Tx, by actor.Actor, act terms.Act, need terms.Need, sensitive bool, at time.Time) error {
	s, err := StandingOf(ctx, tx, by, at)
	if err != nil {
		return err
	}
	lacks := s.Lacks(act, need, sensitive)
	if lacks == nil {
		return nil
	}
	able, err := Able(ctx, tx, by.Organisation, act, need, sensitive, at)
	if err != nil {
		return err
	}
	return lacks.Refusal(able)
}

// Able lists who at an organisation may do this for a need at that time, by name. They may also sign for a trainee.
func Able(ctx context.Context, tx pgx.Tx, organisation string, act terms.Act, need terms.Need, sensitive bool, at time.Time) ([]Role, error) {
	staff, err := People(ctx, tx, organisation, "", at)
	if err != nil {
		return nil, err
	}
	lines, err := scopeLines(ctx, tx)
	if err != nil {
		return nil, err
	}
	held, err := heldBy(ctx, tx, staff)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(staff, func(r Role) bool {
		s := Standing{PersonID: r.PersonID, Role: r.Role, Organisation: organisation, Kind: r.OrganisationKind, Day: day(at), Trainings: held[r.PersonID], Lines: lines}
		return s.Lacks(act, need, sensitive) != nil
	}), nil
}

// heldBy is what each of some people was trained in and has not been told to have lost.
func heldBy(ctx context.Context, tx pgx.Tx, staff []Role) (map[string][]Competency, error) {
	ids := make([]string, len(staff))
	for i, r := range staff {
		ids[i] = r.PersonID
	}
	rows, err := tx.Query(ctx, `select t.person_id, t.competency, t.tier, t.from_on::text, t.until_on::text`+trained+`where t.person_id = any($1) and not `+over, ids)
	if err != nil {
		return nil, fmt.Errorf("list trainings of staff: %w", err)
	}
	held := map[string][]Competency{}
	var person string
	var c Competency
	if _, err := pgx.ForEachRow(rows, []any{&person, &c.Code, &c.Tier, &c.FromOn, &c.UntilOn}, func() error {
		held[person] = append(held[person], c)
		return nil
	}); err != nil {
		return nil, fmt.Errorf("list trainings of staff: %w", err)
	}
	return held, nil
}

// CodeScope is the code of a refusal for want of scope.
const CodeScope = "role_scope"

// Refusal says what is missing and which door is right: who at this organisation may, or whose else it is.
func (l *Lacks) Refusal(able []Role) *fault.Error {
	words := "To " + doing(l.Act, l.Of) + " you need " + l.Missing
	if !l.Line.Allowed {
		words = upperFirst(l.Missing)
	}
	f := fault.Forbidden(words + ". " + l.RightDoor(able))
	f.Code = CodeScope
	return f
}

// RightDoor says to a colleague of theirs who may instead.
func (l *Lacks) RightDoor(able []Role) string { return l.rightDoor("your", able) }

func (l *Lacks) rightDoor(whose string, able []Role) string {
	var words []string
	if names := callNames(able); names != "" {
		words = append(words, "At "+whose+" organisation these may: "+names)
	} else {
		words = append(words, "Nobody at "+whose+" organisation may just now")
	}
	if l.Line.Door != "" {
		words = append(words, l.Line.Door)
	}
	if l.Trainable() {
		words = append(words, upperFirst(whose)+" service lead records trainings in the register")
	}
	return strings.Join(words, ". ")
}

func callNames(able []Role) string {
	var names []string
	seen := map[string]bool{}
	for _, r := range able {
		if !seen[r.PersonID] {
			seen[r.PersonID] = true
			names = append(names, r.PersonName+" ("+r.Role.Label()+")")
		}
	}
	more := ""
	if len(names) > mostDoors {
		more = fmt.Sprintf(" and %d more", len(names)-mostDoors)
		names = names[:mostDoors]
	}
	return strings.Join(names, ", ") + more
}

func doing(a terms.Act, of string) string {
	of = strings.ToLower(terms.ScopeOf(of))
	switch a {
	case terms.ActSignpost:
		return "give information about " + of
	case terms.ActTake:
		return "take a referral for " + of
	case terms.ActRefer:
	}
	return "send a referral for " + of
}

func upperFirst(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}
