package who_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"testing"
	"testing/fstest"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/copies/who"
	"example.org/waypost/pkg/event"
	"example.org/waypost/pkg/id"
	"example.org/waypost/pkg/inbox"
	"example.org/waypost/pkg/pg"
	"example.org/waypost/pkg/pgtest"
	"example.org/waypost/schemas/register"
	"example.org/waypost/schemas/terms"
)

// noon is when the tests play: in summer, when London is an hour ahead of UTC.
var noon = time.Date(2026, 7, 1, 11, 0, 0, 0, time.UTC)

// after is an event said that many minutes after noon.
func after(minutes int) *event.Event {
	return &event.Event{Time: noon.Add(time.Duration(minutes) * time.Minute)}
}

func open(t *testing.T) *pg.DB {
	t.Helper()
	return reader(t, pgtest.Database(t, func(ctx context.Context, url string) error {
		return pg.Migrate(ctx, url, "reader", nil, who.Tables)
	}, "who"))
}

func reader(t *testing.T, url string) *pg.DB {
	t.Helper()
	u, err := pg.As(url, "reader", "")
	require.NoError(t, err)
	db, err := pg.Open(t.Context(), pg.Config{URL: u, Service: "reader", MaxConns: 2})
	require.NoError(t, err)
	t.Cleanup(db.Close)
	return db
}

// fact is one event, ready to be applied.
type fact func(ctx context.Context, tx pgx.Tx) error

// said makes a fact of what was said that many minutes after noon.
func said[P any](minutes int, on func(context.Context, pgx.Tx, *event.Event, *P) error, p P) fact {
	return func(ctx context.Context, tx pgx.Tx) error { return on(ctx, tx, after(minutes), &p) }
}

func hear(t *testing.T, db *pg.DB, facts ...fact) {
	t.Helper()
	require.NoError(t, db.InTx(t.Context(), actor.Machine(actor.Inbox), func(ctx context.Context, tx pgx.Tx) error {
		for _, f := range facts {
			if err := f(ctx, tx); err != nil {
				return err
			}
		}
		return nil
	}))
}

func receptionist(person, organisation string) actor.Actor {
	return actor.Actor{Person: actor.Person{ID: person}, Role: string(terms.RoleReceptionist), Organisation: organisation}
}

// ask runs a query as a person of the service.
func ask[T any](t *testing.T, db *pg.DB, fn func(ctx context.Context, tx pgx.Tx) (T, error)) (answer T) {
	t.Helper()
	require.NoError(t, db.InTx(t.Context(), receptionist(id.New(), id.New()), func(ctx context.Context, tx pgx.Tx) (err error) {
		answer, err = fn(ctx, tx)
		return err
	}))
	return answer
}

func practice(organisation, name string) register.OrganisationRegisteredV1 {
	return register.OrganisationRegisteredV1{
		OrganisationID: organisation, Kind: terms.KindPractice, Name: name, ODSCode: "P84009", Status: terms.OrganisationActive, MayRefer: true,
		NetworkCode: "U12345", NetworkName: "Ancoats Network", Postcode: "M4 6DE", Simulated: true, Version: 1,
	}
}

func grant(person, organisation string) register.PersonRoleGrantedV1 {
	return register.PersonRoleGrantedV1{
		PersonID: person, Issuer: "dev", Subject: "ada", DisplayName: "Ada Reception", OrganisationID: organisation,
		Role: terms.RoleReceptionist, FromOn: "2026-07-01",
	}
}

// permutations calls fn with every order of 0..n-1.
func permutations(n int, fn func(order []int)) {
	var step func(order, left []int)
	step = func(order, left []int) {
		if len(left) == 0 {
			fn(order)
		}
		for i := range left {
			rest := append(append([]int{}, left[:i]...), left[i+1:]...)
			step(append(append([]int{}, order...), left[i]), rest)
		}
	}
	all := make([]int, n)
	for i := range all {
		all[i] = i
	}
	step(nil, all)
}

var errUndo = errors.New("undo")

func TestEveryOrderGivesTheSameRows(t *testing.T) {
	t.Parallel()
	db := open(t)
	o, p := id.New(), id.New()
	renamed := practice(o, "Ancoats Urban Village")
	renamed.Version = 2
	again := renamed
	again.Version = 3
	longer := grant(p, o)
	longer.UntilOn = "2027-06-30"
	ended := register.PersonRoleEndedV1{PersonID: p, OrganisationID: o, Role: terms.RoleReceptionist}
	trained := register.CompetencyRecordedV1{PersonID: p, Competency: terms.CompetencyRedFlags, Tier: terms.TierEssential, FromOn: "2026-01-01", UntilOn: "2026-12-31"}
	retrained := trained
	retrained.UntilOn = "2027-12-31"
	higher := trained
	higher.Tier = terms.TierEnhanced
	expired := register.CompetencyExpiredV1{PersonID: p, Competency: terms.CompetencyRedFlags}
	closed := register.OrganisationClosedV1{OrganisationID: o, ClosedOn: "2026-07-01"}

	for name, c := range map[string]struct {
		facts []fact
		rows  string // what must be the same
	}{
		"closed for good": {[]fact{
			said(1, who.OnOrganisationRegistered, practice(o, "Ancoats")), said(2, who.OnOrganisationRegistered, renamed),
			said(3, who.OnOrganisationClosed, closed),
		}, `organisation`},
		"closed and opened again": {[]fact{
			said(1, who.OnOrganisationRegistered, practice(o, "Ancoats")), said(2, who.OnOrganisationRegistered, renamed),
			said(3, who.OnOrganisationClosed, closed), said(4, who.OnOrganisationRegistered, again),
		}, `organisation`},
		"role ended": {[]fact{
			said(1, who.OnPersonRoleGranted, grant(p, o)), said(2, who.OnPersonRoleGranted, longer), said(3, who.OnPersonRoleEnded, ended),
		}, `person_role`},
		"role granted again": {[]fact{
			said(1, who.OnPersonRoleGranted, grant(p, o)), said(2, who.OnPersonRoleEnded, ended),
			said(3, who.OnPersonRoleGranted, longer), said(4, who.OnOrganisationRegistered, practice(o, "Ancoats")),
		}, `person_role`},
		"trained again": {[]fact{
			said(1, who.OnCompetencyRecorded, trained), said(2, who.OnCompetencyExpired, expired), said(3, who.OnCompetencyRecorded, retrained),
		}, `competency`},
		"trained to a tier beside another": {[]fact{
			said(1, who.OnCompetencyRecorded, trained), said(2, who.OnCompetencyExpired, expired), said(3, who.OnCompetencyRecorded, higher), said(4, who.OnCompetencyExpired, expired),
			said(5, who.OnCompetencyRecorded, retrained),
		}, `(select t.*, c.over_at, c.expired_at from training t left join competency c using (person_id, competency))`},
	} {
		var first string
		permutations(len(c.facts), func(order []int) {
			var got string
			err := db.InTx(t.Context(), actor.Machine(actor.Inbox), func(ctx context.Context, tx pgx.Tx) error {
				for _, i := range append(order, order...) { // and once more: a replay changes nothing
					if err := c.facts[i](ctx, tx); err != nil {
						return err
					}
				}
				return errors.Join(tx.QueryRow(ctx, `select string_agg(t::text, '; ' order by t::text) from `+c.rows+` t`).Scan(&got), errUndo)
			})
			require.ErrorIs(t, err, errUndo)
			if first == "" {
				first = got
			}
			require.Equal(t, first, got, "%s: in the order %v", name, order)
		})
	}
}

func TestEndedAccessTakesEffectAtOnce(t *testing.T) {
	t.Parallel()
	db := open(t)
	o, p := id.New(), id.New()
	now := noon
	check := who.Check(db, func() time.Time { return now })
	active := func() bool {
		t.Helper()
		ok, err := check(t.Context(), receptionist(p, o))
		require.NoError(t, err)
		return ok
	}
	require.False(t, active(), "nobody has told of this person")

	g := grant(p, o)
	g.UntilOn = "2026-07-02"
	hear(t, db, said(0, who.OnPersonRoleGranted, g))
	require.True(t, active(), "the organisation may be told of later")
	hear(t, db, said(1, who.OnOrganisationRegistered, practice(o, "Ancoats")))
	require.True(t, active())

	now = time.Date(2026, 6, 30, 22, 59, 0, 0, time.UTC)
	require.False(t, active(), "not before its first day")
	now = now.Add(2 * time.Minute)
	require.True(t, active(), "the first day begins in London, not in Greenwich")
	now = time.Date(2026, 7, 2, 22, 59, 0, 0, time.UTC)
	require.True(t, active(), "the last day is a whole day")
	now = now.Add(2 * time.Minute)
	require.False(t, active())
	now = noon

	hear(t, db, said(2, who.OnPersonRoleEnded, register.PersonRoleEndedV1{PersonID: p, OrganisationID: o, Role: terms.RoleReceptionist}))
	require.False(t, active())
	hear(t, db, said(3, who.OnPersonRoleGranted, g))
	require.True(t, active())
	hear(t, db, said(4, who.OnOrganisationClosed, register.OrganisationClosedV1{OrganisationID: o}))
	require.False(t, active(), "nobody acts for a closed organisation")

	other := receptionist(p, id.New())
	ok, err := check(t.Context(), other)
	require.NoError(t, err)
	require.False(t, ok)
}

func TestOrganisations(t *testing.T) {
	t.Parallel()
	db := open(t)
	ids := []string{id.New(), id.New(), id.New(), id.New()}
	one, two, team, closed := practice(ids[0], "Ancoats Urban Village"), practice(ids[1], "New Islington"), practice(ids[2], "Link Workers"), practice(ids[3], "Ancoats Old")
	two.ODSCode, team.ODSCode, team.Kind = "P84010", "", terms.KindLinkWorkerTeam
	closed.ODSCode, closed.Status = "P84011", terms.OrganisationClosed
	size := 9000
	one.ListSize = &size
	hear(t, db, said(0, who.OnOrganisationRegistered, one), said(0, who.OnOrganisationRegistered, two), said(0, who.OnOrganisationRegistered, team),
		said(0, who.OnOrganisationRegistered, closed), said(0, who.OnOrganisationClosed, register.OrganisationClosedV1{OrganisationID: id.New()}))

	list := func(q who.OrganisationQuery) []string {
		t.Helper()
		var names []string
		for _, o := range ask(t, db, func(ctx context.Context, tx pgx.Tx) ([]who.Organisation, error) { return who.Organisations(ctx, tx, q) }) {
			names = append(names, o.Name)
		}
		return names
	}
	require.Equal(t, []string{"Ancoats Urban Village", "Link Workers", "New Islington"}, list(who.OrganisationQuery{}))
	require.Equal(t, []string{"Ancoats Urban Village", "New Islington"}, list(who.OrganisationQuery{Kind: terms.KindPractice}))
	require.Equal(t, []string{"Ancoats Urban Village"}, list(who.OrganisationQuery{Text: "anc vill"}))
	require.Equal(t, []string{"New Islington"}, list(who.OrganisationQuery{Text: "p84010"}))
	require.Equal(t, []string{"Ancoats Old", "Ancoats Urban Village"}, list(who.OrganisationQuery{Text: "ancoats m4", Kind: terms.KindPractice, Limit: 2, Closed: true}))
	require.Empty(t, list(who.OrganisationQuery{NetworkCode: "U99999"}))
	for _, hostile := range []string{"';--", "a & | ! b:*", "\x00\xff", "<script>alert(1)</script>", "%", "()", "ﬁ 👩‍👩‍👧 \u202e", fmt.Sprint(make([]int, 5000))} {
		list(who.OrganisationQuery{Text: hostile})
	}

	page := who.OrganisationQuery{Limit: 2}
	first := ask(t, db, func(ctx context.Context, tx pgx.Tx) ([]who.Organisation, error) {
		return who.Organisations(ctx, tx, page)
	})
	cursor := first[1].Cursor()
	page.After = &cursor
	require.Equal(t, []string{"New Islington"}, list(page))

	got := ask(t, db, func(ctx context.Context, tx pgx.Tx) (who.Organisation, error) {
		return who.OrganisationByODS(ctx, tx, " p84009 ")
	})
	require.Equal(t, who.Organisation{
		ID: ids[0], Version: 1, Kind: terms.KindPractice, Name: "Ancoats Urban Village", ODSCode: "P84009", Status: terms.OrganisationActive, MayRefer: true,
		NetworkCode: "U12345", NetworkName: "Ancoats Network", Postcode: "M4 6DE", ListSize: &size, Simulated: true,
	}, got)
	shut := ask(t, db, func(ctx context.Context, tx pgx.Tx) (who.Organisation, error) {
		return who.OrganisationByID(ctx, tx, ids[3])
	})
	require.False(t, shut.Open())
	require.False(t, shut.MayRefer, "a closed one can not refer, whatever was said")
	teams := ask(t, db, func(ctx context.Context, tx pgx.Tx) ([]who.Organisation, error) { return who.TeamsFor(ctx, tx, ids[0]) })
	require.Len(t, teams, 1)
	require.Equal(t, ids[2], teams[0].ID)

	err := db.InTx(t.Context(), receptionist(id.New(), id.New()), func(ctx context.Context, tx pgx.Tx) error {
		_, err := who.OrganisationByID(ctx, tx, id.New())
		return err
	})
	require.ErrorIs(t, err, who.ErrNoOrganisation)
}

func TestPeople(t *testing.T) {
	t.Parallel()
	db := open(t)
	o, ada, ben := id.New(), id.New(), id.New()
	b := grant(ben, o)
	b.DisplayName, b.Role = "Ben O'Neil <b>", terms.RoleGP
	hear(t, db, said(0, who.OnOrganisationRegistered, practice(o, "Ancoats")), said(0, who.OnPersonRoleGranted, grant(ada, o)), said(0, who.OnPersonRoleGranted, b),
		said(0, who.OnCompetencyRecorded, register.CompetencyRecordedV1{PersonID: ada, Competency: terms.CompetencyConsent, FromOn: "2026-01-01", UntilOn: "2026-07-01"}))

	people := func(role terms.Role) []who.Role {
		return ask(t, db, func(ctx context.Context, tx pgx.Tx) ([]who.Role, error) { return who.People(ctx, tx, o, role, noon) })
	}
	require.Len(t, people(""), 2)
	require.Equal(t, []who.Role{{
		PersonID: ben, PersonName: "Ben O'Neil <b>", OrganisationID: o, OrganisationName: "Ancoats", OrganisationKind: terms.KindPractice, Role: terms.RoleGP, FromOn: "2026-07-01",
	}}, people(terms.RoleGP))

	skills := func(at time.Time) []who.Competency {
		return ask(t, db, func(ctx context.Context, tx pgx.Tx) ([]who.Competency, error) {
			return who.CompetencyOf(ctx, tx, ada, at)
		})
	}
	require.Equal(t, []who.Competency{{Code: terms.CompetencyConsent, FromOn: "2026-01-01", UntilOn: "2026-07-01"}}, skills(noon))
	require.Empty(t, skills(noon.AddDate(0, 0, 1)))

	hear(t, db, said(1, who.OnPersonRoleEnded, register.PersonRoleEndedV1{PersonID: ada, OrganisationID: o, Role: terms.RoleReceptionist}),
		said(1, who.OnPersonRoleEnded, register.PersonRoleEndedV1{PersonID: id.New(), OrganisationID: o, Role: terms.RoleReceptionist}))
	require.Empty(t, people(terms.RoleReceptionist))
	require.Empty(t, ask(t, db, func(ctx context.Context, tx pgx.Tx) ([]who.Role, error) { return who.RolesOf(ctx, tx, ada, noon) }))
	require.Len(t, ask(t, db, func(ctx context.Context, tx pgx.Tx) ([]who.Role, error) { return who.RolesOf(ctx, tx, ben, noon) }), 1)
	names := ask(t, db, func(ctx context.Context, tx pgx.Tx) (map[string]string, error) {
		return who.Names(ctx, tx, ada, o, id.New())
	})
	require.Equal(t, map[string]string{ada: "Ada Reception", o: "Ancoats"}, names, "what somebody did keeps their name")
	require.Equal(t, who.Person{ID: ada, Name: "Ada Reception", Issuer: "dev", Subject: "ada"},
		ask(t, db, func(ctx context.Context, tx pgx.Tx) (who.Person, error) { return who.PersonByID(ctx, tx, ada) }))
}

// navigation is a training in care navigation from the first of the year.
func navigation(person string, tier terms.Tier, until string) register.CompetencyRecordedV1 {
	return register.CompetencyRecordedV1{PersonID: person, Competency: terms.CompetencyCareNavigation, Tier: tier, FromOn: "2026-01-01", UntilOn: until}
}

// lacks is what a receptionist lacks on a day to send a referral, "" for nothing.
func lacks(t *testing.T, db *pg.DB, person string, need terms.Need, day string) string {
	t.Helper()
	at, err := time.Parse(time.DateOnly, day)
	require.NoError(t, err)
	s := ask(t, db, func(ctx context.Context, tx pgx.Tx) (who.Standing, error) {
		return who.StandingOf(ctx, tx, receptionist(person, id.New()), at)
	})
	l := s.Lacks(terms.ActRefer, need, false)
	if l == nil {
		return ""
	}
	return l.Missing
}

// A training that is over, that is lower, or that begins later takes nothing from another that is in date, in whatever order they are heard.
func TestALowerTrainingStandsWhenAHigherOneIsOver(t *testing.T) {
	t.Parallel()
	db := open(t)
	for _, order := range [][]int{{0, 1, 2}, {2, 1, 0}, {1, 2, 0}} {
		p := id.New()
		facts := []fact{
			said(0, who.OnCompetencyRecorded, navigation(p, terms.TierEssential, "2028-12-31")),
			said(1, who.OnCompetencyRecorded, navigation(p, terms.TierEnhanced, "2027-06-30")),
			said(2, who.OnCompetencyRecorded, navigation(p, terms.TierEssential, "2028-12-31")), // a refresher
		}
		for _, i := range order {
			hear(t, db, facts[i])
		}
		require.Empty(t, lacks(t, db, p, terms.NeedAlcoholDrugs, "2027-06-30"), "a refresher of the lower one demotes nobody: %v", order)
		require.Empty(t, lacks(t, db, p, terms.NeedLoneliness, "2027-07-01"), "the lower one stands: %v", order)
		require.Contains(t, lacks(t, db, p, terms.NeedAlcoholDrugs, "2027-07-01"), "tier Enhanced or higher, and yours ran out on 30 June 2027")
		require.Contains(t, lacks(t, db, p, terms.NeedDomesticAbuse, "2027-06-30"), "tier Expert or higher, and yours is Enhanced")
		require.Contains(t, lacks(t, db, p, terms.NeedLoneliness, "2029-01-01"), "ran out on 31 December 2028")

		next := navigation(p, terms.TierEssential, "2030-12-31")
		next.FromOn = "2029-02-01"
		hear(t, db, said(3, who.OnCompetencyRecorded, next))
		require.Empty(t, lacks(t, db, p, terms.NeedLoneliness, "2028-12-31"), "a course that is booked takes nothing away before it begins")
		require.Contains(t, lacks(t, db, p, terms.NeedLoneliness, "2029-01-01"), "yours counts from 1 February 2029")
	}
}

// The same training recorded again with another last day replaces what was written before; what the register says has run out has.
func TestATrainingIsPutRight(t *testing.T) {
	t.Parallel()
	db, p := open(t), id.New()
	hear(t, db, said(0, who.OnCompetencyRecorded, navigation(p, terms.TierEssential, "2028-12-31")), said(1, who.OnCompetencyRecorded, navigation(p, terms.TierEssential, "2026-12-31")))
	require.Contains(t, lacks(t, db, p, terms.NeedLoneliness, "2027-01-01"), "ran out on 31 December 2026")
	hear(t, db, said(2, who.OnCompetencyExpired, register.CompetencyExpiredV1{PersonID: p, Competency: terms.CompetencyCareNavigation}))
	require.Contains(t, lacks(t, db, p, terms.NeedLoneliness, "2026-07-01"), "ran out on 30 June 2026")
	hear(t, db, said(3, who.OnCompetencyRecorded, navigation(p, terms.TierEnhanced, "2026-08-01")))
	require.Empty(t, lacks(t, db, p, terms.NeedLoneliness, "2026-07-01"), "what is recorded after that counts")
	require.Contains(t, lacks(t, db, p, terms.NeedLoneliness, "2026-08-02"), "ran out on 1 August 2026", "and brings nothing back that was over")
}

// A copy from before trainings were kept apart keeps what was in it.
func TestTheCopyKeepsWhatItHad(t *testing.T) {
	t.Parallel()
	old := who.Tables
	files := fstest.MapFS{}
	for _, name := range []string{"00001_who.sql", "00002_role_scope.sql"} {
		b, err := fs.ReadFile(who.Tables.Files, name)
		require.NoError(t, err)
		files[name] = &fstest.MapFile{Data: b}
	}
	old.Files = files
	p, over := id.New(), id.New()
	keep := func(ctx context.Context, url string) error {
		u, err := pg.As(url, "reader", "")
		if err != nil {
			return err
		}
		db, err := pg.Open(ctx, pg.Config{URL: u, Service: "reader", MaxConns: 1})
		if err != nil {
			return err
		}
		defer db.Close()
		return db.InTx(ctx, actor.Machine(actor.Inbox), func(ctx context.Context, tx pgx.Tx) error {
			_, err := tx.Exec(ctx, `insert into competency (person_id, competency, tier, from_on, until_on, recorded_at, expired_at) values
			($1, 'care_navigation', 'essential', '2026-01-01', '2028-12-31', $3, null), ($2, 'care_navigation', 'essential', '2025-01-01', '2026-12-31', $3, $4), ($2, 'consent', '', null, null, null, $4)`,
				p, over, noon, noon.Add(time.Hour))
			return err
		})
	}
	db := reader(t, pgtest.Database(t, func(ctx context.Context, url string) error {
		if err := pg.Migrate(ctx, url, "reader", nil, old); err != nil {
			return err
		}
		if err := keep(ctx, url); err != nil {
			return err
		}
		return pg.Migrate(ctx, url, "reader", nil, who.Tables)
	}, "who before trainings"))
	require.Empty(t, lacks(t, db, p, terms.NeedLoneliness, "2026-08-01"))
	require.Contains(t, lacks(t, db, over, terms.NeedLoneliness, "2026-08-01"), "ran out on 30 June 2026")
}

// Who sends no referrals from an organisation is no door there, whatever the table says of their role elsewhere.
func TestADoorIsWhoSendsFromThere(t *testing.T) {
	t.Parallel()
	db, o, lead, gp := open(t), id.New(), id.New(), id.New()
	g, l := grant(gp, o), grant(lead, o)
	g.Role, l.Role = terms.RoleGP, terms.RoleServiceLead
	hear(t, db, said(0, who.OnOrganisationRegistered, practice(o, "Ancoats")), said(0, who.OnPersonRoleGranted, g), said(0, who.OnPersonRoleGranted, l))
	able := ask(t, db, func(ctx context.Context, tx pgx.Tx) ([]who.Role, error) {
		return who.Able(ctx, tx, o, terms.ActRefer, terms.NeedFood, false, noon)
	})
	require.Len(t, able, 1)
	require.Equal(t, gp, able[0].PersonID)
}

func TestOnlyTheInboxWrites(t *testing.T) {
	t.Parallel()
	db := open(t)
	o, p := id.New(), id.New()
	hear(t, db, said(0, who.OnOrganisationRegistered, practice(o, "Ancoats")))
	for _, a := range []actor.Actor{receptionist(p, o), actor.Machine(actor.Clock), actor.Machine(actor.Relay)} {
		for _, f := range []fact{
			said(1, who.OnOrganisationRegistered, practice(o, "Mine")), said(1, who.OnPersonRoleGranted, grant(p, o)),
			said(1, who.OnCompetencyRecorded, register.CompetencyRecordedV1{PersonID: p, Competency: terms.CompetencyConsent, FromOn: "2026-01-01", UntilOn: "2026-07-01"}),
		} {
			err := db.InTx(t.Context(), a, f)
			var refused *pgconn.PgError
			require.ErrorAs(t, err, &refused)
			require.Equal(t, "42501", refused.Code)
		}
		require.NoError(t, db.InTx(t.Context(), a, func(ctx context.Context, tx pgx.Tx) error {
			_, err := who.OrganisationByID(ctx, tx, o)
			return err
		}), "everybody reads")
	}
}

func TestRegister(t *testing.T) {
	t.Parallel()
	var all, some inbox.Reader
	who.Register(&all)
	who.Register(&some, register.TypePersonRoleEndedV1)
	require.Len(t, all.Types(), 7)
	require.Len(t, some.Types(), 6)
	require.NotContains(t, some.Types(), register.TypePersonRoleEndedV1)
}
