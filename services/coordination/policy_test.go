package coordination_test

import (
	"context"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/id"
	"example.org/waypost/pkg/pgtest"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/coordination"
	"example.org/waypost/services/coordination/internal/domain"
	"example.org/waypost/services/coordination/internal/oracle"
)

// asked is a person who wants to see a case, maybe with an emergency that they declared.
type asked struct {
	person oracle.Person
	look   string
	kase   oracle.Case
}

// world is an invented area, dense enough that about half of what is asked may be seen.
type world struct {
	oracle.World
	people []oracle.Person
	cases  []oracle.Case
	pairs  []asked
}

const (
	worldCases = 300
	worldPairs = 10_000
)

func invent(random *rand.Rand) (w world) {
	w.Now = time.Date(2026, 11, 24, 10, 0, 0, 0, time.UTC)
	chance := func(percent int) bool { return random.IntN(100) < percent }
	var organisations []string
	for range 7 {
		organisations = append(organisations, id.New())
	}
	one := func(of []string) string { return of[random.IntN(len(of))] }
	for range 120 {
		role := string(terms.Roles[random.IntN(len(terms.Roles))].Code)
		if chance(50) { // most people work with cases
			role = one([]string{"receptionist", "gp", "link_worker", "provider_worker", "care_professional", "coordinator"})
		}
		w.people = append(w.people, oracle.Person{ID: id.New(), Organisation: one(organisations), Role: role})
	}
	for range worldCases {
		c := oracle.Case{ID: id.New(), Patient: id.New()}
		w.cases = append(w.cases, c)
		records := []string{c.Patient, id.New()}[:1+random.IntN(2)] // another that was found to be theirs
		for _, o := range organisations {
			for n := random.IntN(3); n > 0; n-- {
				w.Parts = append(w.Parts, oracle.Part{Case: c.ID, Organisation: o, Sent: chance(40), Record: one(records), PersonAgrees: chance(65), Ended: chance(15)})
				if last := &w.Parts[len(w.Parts)-1]; !last.PersonAgrees {
					last.NotWanted = chance(50)
				}
			}
		}
		w.Workers = append(w.Workers, oracle.Worker{ID: id.New(), Case: c.ID, Record: one(records)})
		for n := 1 + random.IntN(3); n > 0; n-- {
			r := oracle.Referral{ID: id.New(), Case: c.ID, Record: one(records), Sender: one(organisations), Sensitive: chance(30)}
			if r.Sensitive {
				r.Known = []string{r.Sender, one(organisations)}
			}
			w.Referrals = append(w.Referrals, r)
		}
	}
	w.emergencies(random)
	for range worldPairs {
		a := asked{person: w.people[random.IntN(len(w.people))], kase: w.cases[random.IntN(len(w.cases))]}
		if l := w.Looks[random.IntN(len(w.Looks))]; chance(15) {
			i := slices.IndexFunc(w.cases, func(c oracle.Case) bool { return c.Patient == l.Patient })
			a.look, a.kase = l.ID, w.cases[i]
			if chance(80) {
				a.person = oracle.Person{ID: l.Person, Organisation: l.Organisation, Role: l.Role}
			}
			if chance(15) { // of somebody else
				a.kase = w.cases[random.IntN(len(w.cases))]
			}
		}
		w.pairs = append(w.pairs, a)
	}
	return w
}

// emergencies are looks of people who may, a third of them over.
func (w *world) emergencies(random *rand.Rand) {
	for _, p := range w.people {
		right := domain.Cell(terms.Role(p.Role), domain.MayBreakGlass)
		if right == domain.Never {
			continue
		}
		for range 4 {
			w.Looks = append(w.Looks, oracle.Look{
				ID: id.New(), Person: p.ID, Organisation: p.Organisation, Role: p.Role, Patient: w.cases[random.IntN(len(w.cases))].Patient,
				SensitiveToo: right == domain.Sensitive, Ends: w.Now.Add(time.Duration(random.IntN(60)-20) * time.Minute),
			})
		}
	}
}

// policy is how domain.See, or a stand-in for it, is asked.
type policy func(domain.Viewer, domain.Thing) domain.Seen

// keep writes the world into a database.
func (w world) keep(t *testing.T, db *pgx.Conn) {
	t.Helper()
	copyIn := func(table, columns string, rows [][]any) {
		t.Helper()
		_, err := db.CopyFrom(t.Context(), pgx.Identifier{"coordination", table}, strings.Split(columns, " "), pgx.CopyFromRows(rows))
		require.NoError(t, err, table)
	}
	var patients, cases, parts, referrals, lines, workers, looks [][]any
	seen := map[string]bool{}
	patient := func(ref, into string) {
		var merged any
		if ref != into {
			merged = into
		}
		if !seen[ref] {
			seen[ref], patients = true, append(patients, []any{ref, merged})
		}
	}
	caseOf := map[string]oracle.Case{}
	for i, c := range w.cases {
		patient(c.Patient, c.Patient)
		caseOf[c.ID] = c
		cases = append(cases, []any{c.ID, c.Patient, c.Patient, "R" + id.New()[24:] + string(rune('A'+i%26)), "test", id.New(), w.Now})
	}
	for _, p := range w.Parts {
		patient(p.Record, caseOf[p.Case].Patient)
		part := "receiver"
		if p.Sent {
			part = "sender"
		}
		var until any
		if p.Ended {
			until = w.Now
		}
		parts = append(parts, []any{p.Case, p.Organisation, part, id.New(), w.Now, until, p.Record, p.PersonAgrees, p.NotWanted})
	}
	for _, x := range w.Workers {
		workers = append(workers, []any{x.Case, x.ID, "key_worker", id.New(), "accepted", w.Now, x.Record})
	}
	for _, r := range w.Referrals {
		known := r.Known
		if known == nil {
			known = []string{}
		}
		owner := caseOf[r.Case].Patient
		referrals = append(referrals, []any{
			r.ID, r.Case, owner, r.Record, "ACDE2346", "closed", r.Sender, "practice", id.New(), w.Now, "loneliness", "routine", r.Sensitive, known, id.New(), true, true, "nobody", w.Now, int64(1),
		})
		lines = append(lines, []any{r.ID, r.Case, owner, r.Record, w.Now, "requested", r.ID})
	}
	for _, l := range w.Looks {
		i := slices.IndexFunc(w.cases, func(c oracle.Case) bool { return c.Patient == l.Patient })
		looks = append(looks, []any{l.ID, l.Patient, w.cases[i].ID, l.Person, l.Organisation, l.Role, "life_at_risk", "", l.SensitiveToo, l.Ends.Add(-time.Hour), l.Ends, w.Now})
	}
	copyIn("patient", "ref merged_into", patients)
	copyIn("case_record", "id patient_ref first_ref reference because by_event opened_at", cases)
	copyIn("membership", "case_id organisation_id part because_id since until first_ref agreed refused", parts)
	copyIn("case_person", "case_id person_id part organisation_id state since first_ref", workers)
	copyIn("referral", "id case_id patient_ref first_ref reference state sender_organisation_id sender_kind requested_by requested_at need urgency sensitive seen_by consent_id consent_given root owes_party since version", referrals)
	copyIn("timeline", "id case_id patient_ref first_ref at what referral_id", lines)
	copyIn("break_glass", "id patient_ref case_id person_id organisation_id role reason words sensitive at until review_due_at", looks)
	_, err := db.Exec(t.Context(), `analyze`)
	require.NoError(t, err)
}

// visible are the ids that the database lets somebody read.
type visible map[string]bool

// reads asks the database for everything, as a person with an emergency or without.
func (w world) reads(ctx context.Context, t *testing.T, db *pgx.Conn, p oracle.Person, look string) (seen, lines visible) {
	t.Helper()
	tx, err := db.Begin(ctx)
	require.NoError(t, err)
	defer func() { _ = tx.Rollback(ctx) }()
	_, err = tx.Exec(ctx, `select set_config('search_path', 'coordination', true), set_config('role', 'coordination_person', true), set_config('waypost.org', $1, true),
		set_config('waypost.person', $2, true), set_config('waypost.role', $3, true), set_config('waypost.grant', $4, true), set_config('waypost.now', $5, true)`,
		p.Organisation, p.ID, p.Role, look, w.Now.Format(time.RFC3339Nano))
	require.NoError(t, err)
	read := func(sql string) visible {
		rows, err := tx.Query(ctx, sql)
		require.NoError(t, err)
		ids, err := pgx.CollectRows(rows, pgx.RowTo[string])
		require.NoError(t, err)
		out := visible{}
		for _, one := range ids {
			out[one] = true
		}
		return out
	}
	return read(`select id::text from case_record union all select id::text from referral union all select 'patient ' || ref from patient
		union all select person_id::text from case_person`), read(`select referral_id::text from timeline`)
}

// tally is how often each rule decided, and each way.
type tally struct {
	allowed, denied int
	rules           map[string]int
	differ          []string
}

// compare asks oracle, policy and database about every pair: the case, and each referral on it.
func (w world) compare(t *testing.T, db *pgx.Conn, see policy) (out tally) {
	t.Helper()
	out.rules = map[string]int{}
	type eyes struct {
		person oracle.Person
		look   string
	}
	type found struct{ seen, lines visible }
	known := map[eyes]found{}
	parts, referrals, records := map[string][]domain.Standing{}, map[string][]oracle.Referral{}, map[string][]string{}
	for _, p := range w.Parts {
		parts[p.Case] = append(parts[p.Case], domain.Standing{Organisation: p.Organisation, Own: p.Sent, FirstRef: p.Record, Agreed: p.PersonAgrees, Refused: p.NotWanted, Over: p.Ended})
		if !slices.Contains(records[p.Case], p.Record) {
			records[p.Case] = append(records[p.Case], p.Record)
		}
	}
	worker := map[string]oracle.Worker{}
	for _, x := range w.Workers {
		worker[x.Case] = x
	}
	for _, r := range w.Referrals {
		referrals[r.Case] = append(referrals[r.Case], r)
	}
	for _, a := range w.pairs {
		e := eyes{a.person, a.look}
		rows, ok := known[e]
		if !ok {
			rows.seen, rows.lines = w.reads(t.Context(), t, db, a.person, a.look)
			known[e] = rows
		}
		by := domain.Viewer{Role: terms.Role(a.person.Role), Person: a.person.ID, Organisation: a.person.Organisation, Now: w.Now}
		if i := slices.IndexFunc(w.Looks, func(l oracle.Look) bool { return l.ID == a.look }); i >= 0 {
			l := w.Looks[i]
			by.Grant = &domain.Grant{ID: l.ID, PatientRef: l.Patient, Person: l.Person, Organisation: l.Organisation, Role: terms.Role(l.Role), Sensitive: l.SensitiveToo, Until: l.Ends}
		}
		check := func(what string, naive bool, of domain.Thing, row bool) {
			got := see(by, of)
			out.count(by, of, got)
			if naive != got.Allowed || naive != row {
				out.differ = append(out.differ, what)
			}
		}
		c := domain.Thing{PatientRef: a.kase.Patient, Parts: parts[a.kase.ID]}
		naive := w.SeesCase(a.person, a.kase, a.look)
		if naive {
			out.allowed++
		} else {
			out.denied++
		}
		check(a.person.Role+" and a case", naive, c, rows.seen[a.kase.ID])
		for _, ref := range records[a.kase.ID] {
			x := c
			x.FirstRef, x.Who = ref, true
			check(a.person.Role+" and who somebody is", w.SeesPerson(a.person, a.kase, ref, a.look), x, rows.seen["patient "+ref])
		}
		k, x := worker[a.kase.ID], c
		x.FirstRef = k.Record
		check(a.person.Role+" and who stays in touch", w.SeesWorker(a.person, a.kase, k.Record, a.look), x, rows.seen[k.ID])
		for _, r := range referrals[a.kase.ID] {
			x := c
			x.FirstRef, x.Sender, x.Sensitive, x.SeenBy = r.Record, r.Sender, r.Sensitive, r.Known
			naive := w.SeesReferral(a.person, a.kase, r, a.look)
			check(a.person.Role+" and a referral", naive, x, rows.seen[r.ID])
			check(a.person.Role+" and a line about a referral", naive, x, rows.lines[r.ID])
		}
	}
	return out
}

// count adds which rule decided, and which let pass: a role that sees cases, a part that stands, something sensitive that somebody may know; and where a
// look in an emergency opened nothing, or having sent something else gave no right.
func (c *tally) count(by domain.Viewer, of domain.Thing, got domain.Seen) {
	c.rules[string(got.Rule)+map[bool]string{true: " allows", false: " denies"}[got.Allowed]]++
	for what, is := range map[string]bool{
		"role allows":      got.Allowed,
		"part allows":      got.Allowed && got.Rule != domain.RuleEmergency,
		"sensitive allows": got.Allowed && of.Sensitive,
		"emergency denies": !got.Allowed && by.Grant != nil,
		"own denies":       !got.Allowed && got.Rule == domain.RuleConsent && of.Sender != "" && of.Sender != by.Organisation,
	} {
		if is {
			c.rules[what]++
		}
	}
}

func kept(t *testing.T, w world) *pgx.Conn {
	t.Helper()
	db, err := pgx.Connect(t.Context(), pgtest.Database(t, coordination.Migrate, "coordination"))
	require.NoError(t, err)
	t.Cleanup(func() { _ = db.Close(context.Background()) })
	w.keep(t, db)
	return db
}

// The policy, an oracle that was written without looking at it, and the database's own rules say the same about ten thousand pairs of
// a person and a case, invented anew on every run. Each rule decides both ways; and were one of the walls down, this would tell.
func TestPolicyOracleAndDatabaseAgree(t *testing.T) {
	t.Parallel()
	seed := uint64(time.Now().UnixNano())
	w := invent(rand.New(rand.NewPCG(seed, 1)))
	db := kept(t, w)
	got := w.compare(t, db, domain.See)
	require.Empty(t, got.differ, "seed %d", seed)
	require.Equal(t, worldPairs, got.allowed+got.denied)
	share := 100 * got.allowed / worldPairs
	require.True(t, share >= 30 && share <= 70, "%d %% are allowed, seed %d", share, seed)
	for _, rule := range []string{
		"role allows", "role denies", "part allows", "part denies", "sensitive allows", "sensitive denies", "consent allows", "consent denies",
		"own allows", "own denies", "emergency allows", "emergency denies",
	} {
		require.Greater(t, got.rules[rule], 100, "%s, seed %d: %v", rule, seed, got.rules)
	}

	w.pairs = w.pairs[:500] // the walls are down: few are enough to tell
	everything := func(domain.Viewer, domain.Thing) domain.Seen {
		return domain.Seen{Allowed: true, Rule: domain.RuleConsent}
	}
	require.NotEmpty(t, w.compare(t, db, everything).differ, "a policy that is always true is found out")
	_, err := db.Exec(t.Context(), `alter table coordination.referral disable row level security`)
	require.NoError(t, err)
	require.NotEmpty(t, w.compare(t, db, domain.See).differ, "a table without row-level security is found out")
}
