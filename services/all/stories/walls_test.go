package stories

import (
	"io"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/authn"
	"example.org/waypost/pkg/httpx"
	"example.org/waypost/pkg/id"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/all/internal/demo"
	"example.org/waypost/services/all/internal/demo/stage"
)

// visitor asks as a browser or a program would that sends whatever it likes.
type visitor struct {
	who         authn.Identity
	base, token string
}

var visitors sync.Map // person and role → *visitor: signing in takes longer than asking

func (s *scene) visitor(o stage.Organisation, r terms.Role) *visitor {
	s.t.Helper()
	who := o.Staff[r]
	if known, ok := visitors.Load(who.Person.ID); ok {
		return known.(*visitor)
	}
	token, err := s.stage.Cast.Sessions.Token(s.t.Context(), who)
	require.NoError(s.t, err)
	v := &visitor{who, s.stage.Cast.Base, token}
	visitors.Store(who.Person.ID, v)
	return v
}

// asks gives the whole answer; of a stream that was let in, its status alone. Redirects are not followed.
func (v *visitor) asks(t *testing.T, method, path, kind, body string) (status int, text string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, v.base+path, strings.NewReader(body))
	require.NoError(t, err)
	for name, value := range map[string]string{
		"Authorization": "Bearer " + v.token, "Content-Type": kind, "Idempotency-Key": id.New(), "If-Match": `"1"`,
	} {
		r.Header.Set(name, value)
	}
	res, err := http.DefaultTransport.RoundTrip(r)
	require.NoError(t, err)
	defer res.Body.Close()
	if res.StatusCode == http.StatusOK && res.Header.Get("Content-Type") == "text/event-stream" {
		return res.StatusCode, ""
	}
	b, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	return res.StatusCode, string(b)
}

// whole is somebody whom every service knows: flagged, signposted, drafted for, referred to a provider and to a team, discussed.
type whole struct {
	patient
	marks []string            // what only the people around them may read
	ids   map[string][]string // by service: every id in its rows that tells of them
}

const wall = "Quellbrook"

func (s *scene) whole() whole {
	s.t.Helper()
	ctx := s.t.Context()
	p := s.patient(wall)
	desk, hospital := s.reception(), s.as(s.hospital, terms.RoleMDTCoordinator)
	s.teamOffers(terms.NeedDebtAndMoney)
	lunch, pantry := s.service(s.first, "Lunch club", terms.NeedLoneliness), s.service(s.first, "Pantry", terms.NeedFood)
	made := func(c *demo.Client, path string, in map[string]any) string {
		s.t.Helper()
		var out struct {
			ID string `json:"id"`
		}
		require.NoError(s.t, c.Make(ctx, path, id.New(), in, &out))
		return out.ID
	}
	made(desk, "/api/primarycare/v1/red-flags", map[string]any{"patient_ref": p.Ref, "note": "Fell at home, wallnote"})
	made(desk, "/api/primarycare/v1/signposts", map[string]any{"patient_ref": p.Ref, "need": "food"})
	status, body := s.visitor(s.practice, terms.RoleReceptionist).asks(s.t, http.MethodPost, "/practice/patients/"+p.Ref+"/start", formType, url.Values{"idempotency_key": {id.New()}}.Encode())
	require.Equal(s.t, http.StatusSeeOther, status, body)

	sent := s.refers(s.practice, p.Ref, terms.NeedLoneliness, toService(lunch))
	o := s.tray(s.as(s.first, terms.RoleProviderWorker), "vcse", sent)
	s.does(o, "accept", map[string]any{})
	other := s.refers(s.practice, p.Ref, terms.NeedDebtAndMoney, toTeam(s.team))
	l := s.tray(s.as(s.team, terms.RoleLinkWorker), "linkworker", other)
	s.does(l, "accept", map[string]any{})
	require.Eventually(s.t, func() bool { return s.look(l).Confirmed }, patience, tick)
	s.does(s.look(l), "contacts", map[string]any{"how": "phone", "result": "reached"})
	s.does(s.look(l), "referrals", map[string]any{"need": terms.NeedFood, "urgency": "routine", "receivers": []receiver{toService(pantry)}, "consent": map[string]any{"given": true, "how": "phone"}})

	at := s.stage.Now().Add(48 * time.Hour).UTC()
	meeting := made(hospital, "/api/mdt/v1/meetings", map[string]any{"name": "Weekly MDT", "starts_at": at, "ends_at": at.Add(time.Hour)})
	known := made(hospital, "/api/mdt/v1/patients", map[string]any{
		"given_name": "Ada", "family_name": wall, "date_of_birth": "1951-03-27", "nhs_number": p.number,
		"safe_ways": map[string]bool{"phone": false, "text": false, "email": false, "letter": true},
	})
	require.Equal(s.t, p.Ref, known)
	item := made(hospital, "/api/mdt/v1/meetings/"+meeting+"/items", map[string]any{
		"patient_ref": p.Ref, "consent": map[string]any{"given": true, "how": "phone"}, "reason": "often_seen", "narrative": "Eats little, wallnote",
	})
	require.NoError(s.t, s.stage.Settle(ctx))
	nurse := s.hospital.Staff[terms.RoleCareProfessional].Person.ID
	asks := func(what string, in map[string]any) {
		s.t.Helper()
		require.NoError(s.t, hospital.Change(ctx, "/api/mdt/v1/items/"+item+"/"+what, s.tag(hospital, "/api/mdt/v1/items/"+item), in, nil))
	}
	asks("case-holder", map[string]any{"person_id": nurse, "organisation_id": s.hospital.OrganisationID})
	asks("actions", map[string]any{
		"owner_person_id": nurse, "owner_organisation_id": s.hospital.OrganisationID, "due_on": at.Format(time.DateOnly), "what": "Visit, wallnote",
	})
	made(s.as(s.hospital, terms.RoleCareProfessional), "/api/mdt/v1/referrals", map[string]any{
		"patient_ref": p.Ref, "red_flags_clear": true, "need": terms.NeedHousing, "receiver_kind": "service", "receiver_id": pantry, "narrative": "wallnote",
		"consent": map[string]any{"given": true, "how": "in_person"},
	})
	require.NoError(s.t, s.stage.Settle(ctx))
	r := s.comesTo(desk, other, terms.ReferralUnderWay)
	return whole{patient: p, ids: s.idsAround(p.Ref), marks: []string{
		wall, p.Ref, p.number, r.Reference, strings.ReplaceAll(r.Reference, " ", ""), "wallnote", "Has not left the house", r.CaseID,
	}}
}

const formType = "application/x-www-form-urlencoded"

var uuidText = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`)

func (s *scene) tag(c *demo.Client, path string) string {
	s.t.Helper()
	etag, err := c.Get(s.t.Context(), path, nil)
	require.NoError(s.t, err)
	return etag
}

// idsAround reads them from all tables of all services, in two steps: a row that names the patient, and a row that names such a row.
// A service can name nothing to anybody by an id that none of its rows has.
func (s *scene) idsAround(ref string) map[string][]string {
	s.t.Helper()
	rows, err := s.stage.Admin.Query(s.t.Context(), `select n.nspname, format('%I.%I', n.nspname, c.relname) from pg_class c join pg_namespace n on n.oid = c.relnamespace
		where c.relkind = 'r' and n.nspname = any ($1) and c.relname not in ('outbox', 'inbox', 'parked', 'audit', 'audit_seal', 'idempotency', 'inbox_progress')
		and c.relname not like 'migration%' and c.relname not like '%copy%' and c.relname not in ('organisation', 'person_role', 'competency')`, s.stage.Services())
	require.NoError(s.t, err)
	tables := map[string]string{} // table → service
	var service, table string
	_, err = pgx.ForEachRow(rows, []any{&service, &table}, func() error { tables[table] = service; return nil })
	require.NoError(s.t, err)
	around := map[string]bool{ref: true}
	for range 2 {
		known := slices.Collect(maps.Keys(around))
		for table := range tables {
			for one := range s.idsBeside(table, known) {
				around[one] = true
			}
		}
		for _, o := range []stage.Organisation{s.practice, s.other, s.team, s.first, s.second, s.hospital, s.office} { // names that everybody knows lead to everybody
			delete(around, o.OrganisationID)
			for _, who := range o.Staff {
				delete(around, who.Person.ID)
			}
		}
	}
	known, found := slices.Collect(maps.Keys(around)), map[string][]string{}
	for table, service := range tables {
		for one := range s.idsBeside(table, known) {
			if around[one] && !slices.Contains(found[service], one) {
				found[service] = append(found[service], one)
			}
		}
	}
	return found
}

// idsBeside are all ids in the rows of a table that have one of those known in them.
func (s *scene) idsBeside(table string, known []string) map[string]bool {
	s.t.Helper()
	var text string
	require.NoError(s.t, s.stage.Admin.QueryRow(s.t.Context(), `select coalesce(string_agg(t::text, ' '), '') from `+table+` t
		where t::text like any (select '%' || x || '%' from unnest($1::text[]) x)`, known).Scan(&text), table)
	out := map[string]bool{}
	for _, one := range uuidText.FindAllString(text, -1) {
		out[one] = true
	}
	return out
}

var placeholder = regexp.MustCompile(`\{[^}]+\}`)

// upTo is the pattern to its first placeholder: what one id there names, it names wherever a pattern begins alike.
func upTo(pattern string) string { return pattern[:strings.Index(pattern, "{")] }

// inside are those with a part in the person's care, by the service that keeps that part.
func (s *scene) inside() map[string][]*visitor {
	desk, gp := s.visitor(s.practice, terms.RoleReceptionist), s.visitor(s.practice, terms.RoleGP)
	worker, helper := s.visitor(s.team, terms.RoleLinkWorker), s.visitor(s.first, terms.RoleProviderWorker)
	return map[string][]*visitor{
		"primarycare": {gp, desk}, "linkworker": {worker}, "vcse": {helper}, "mdt": {s.visitor(s.hospital, terms.RoleMDTCoordinator), s.visitor(s.hospital, terms.RoleCareProfessional), gp, worker},
		"coordination": {gp, desk, worker, helper, s.visitor(s.hospital, terms.RoleMDTCoordinator), s.visitor(s.hospital, terms.RoleCareProfessional)},
	}
}

// strangers to a service are who has a part elsewhere only, the neighbours, and the staff of another neighbourhood.
func (s *scene) strangers(service string, away *scene) (out []*visitor) {
	inside := s.inside()
	for _, many := range inside {
		for _, c := range many {
			same := func(x *visitor) bool { return x.who.Person.ID == c.who.Person.ID }
			if !slices.ContainsFunc(inside[service], same) && !slices.ContainsFunc(out, same) {
				out = append(out, c)
			}
		}
	}
	out = append(out, s.visitor(s.other, terms.RoleReceptionist), s.visitor(s.second, terms.RoleProviderWorker), s.visitor(s.office, terms.RoleCoordinator))
	return append(out, s.visitor(away.practice, terms.RoleGP), s.visitor(away.practice, terms.RolePracticeManager), s.visitor(away.team, terms.RoleLinkWorker),
		s.visitor(away.first, terms.RoleServiceLead), s.visitor(away.hospital, terms.RoleMDTCoordinator), s.visitor(away.hospital, terms.RoleCareProfessional))
}

// walked is a route that an id of the wall's person can stand in.
func walked(rt httpx.Route) bool {
	return rt.Face != httpx.FaceAsset && rt.Face != httpx.FaceInternal && !rt.Public
}

// elsewhere are the beginnings of patterns whose parked events, empty drafts, merged, compared, looked-at and erased records this story has none of; the services' own tests walk them.
var elsewhere = regexp.MustCompile(`/parked/$|/merges/$|/lookalikes/$|/apart/$|/emergencies/$|/case/looked/$|^/case/removals/$|^/mdt/drafts/$|/waitlist`)

// open are the beginnings of patterns whose ids name what everybody may know, or nothing of a patient's.
var open = []string{
	"/register/organisations/", "/register/roles/", "/api/register/v1/organisations/", "/api/register/v1/roles/",
	"/register/roles-and-tiers/", "/api/register/v1/role-scope/", // the area's own lines about roles: no patient's
	"/provider/services/", "/api/vcse/v1/services/", "/provider/claim/", "/provider/claims/", "/api/vcse/v1/claims/", "/practice/services/", "/case/emergency/",
}

// No practice, team, provider or other care organisation reads another's through any page or endpoint of any route table, and none
// changes it. No route is known here: the ids come from the databases, and what an id names is found by asking as those who may see it.
func TestNobodyReadsOrChangesAnothersThroughAnyRoute(t *testing.T) {
	t.Parallel()
	s, away := newScene(t), newScene(t)
	w := s.whole()
	names := s.names(w)
	before := s.said(w)
	asked, unnamed := 0, map[string]bool{}
	for service, routes := range s.stage.Routes() {
		strangers := s.strangers(service, away)
		for _, rt := range routes {
			if !walked(rt) {
				continue
			}
			paths := []string{rt.Pattern}
			if strings.Contains(rt.Pattern, "{") {
				paths = names[upTo(rt.Pattern)]
				if rt.Face == httpx.FaceLive {
					paths = w.ids[service]
				}
				if len(paths) == 0 && !slices.Contains(open, upTo(rt.Pattern)) && !elsewhere.MatchString(upTo(rt.Pattern)) {
					unnamed[upTo(rt.Pattern)] = true
				}
			}
			for _, path := range paths {
				for _, c := range strangers {
					asked++
					w.hidden(t, c, rt, placeholder.ReplaceAllString(rt.Pattern, path))
				}
			}
		}
	}
	require.Greater(t, asked, 2000)
	require.Empty(t, unnamed, "nothing in this story is behind these: put something there, or say that it is open to everybody")
	require.NoError(t, s.stage.Settle(t.Context()))
	require.Equal(t, before, s.said(w), "nothing was said by those who may not")
}

// names asks as those who have a part, and finds what stands before a placeholder → the ids that name something there.
func (s *scene) names(w whole) map[string][]string {
	s.t.Helper()
	names, inside := map[string][]string{}, s.inside()
	for service, routes := range s.stage.Routes() {
		for _, rt := range routes {
			if rt.Method != http.MethodGet || rt.Face == httpx.FaceLive || !walked(rt) || !strings.Contains(rt.Pattern, "{") {
				continue
			}
			at := upTo(rt.Pattern)
			for _, one := range w.ids[service] {
				for _, c := range inside[service] {
					if slices.Contains(names[at], one) {
						continue
					}
					status, body := c.asks(s.t, http.MethodGet, placeholder.ReplaceAllString(rt.Pattern, one), "", "")
					if status == http.StatusOK && w.shows(body, one) != "" {
						names[at] = append(names[at], one)
					}
				}
			}
		}
	}
	return names
}

// hidden asks, and fails when the answer shows anything of the person, or is a change to something of theirs.
func (w whole) hidden(t *testing.T, c *visitor, rt httpx.Route, path string) {
	t.Helper()
	named := strings.Contains(rt.Pattern, "{")
	if rt.Face == httpx.FaceLive && rt.Method == http.MethodGet {
		if named {
			status, _ := c.asks(t, rt.Method, path, "", "")
			require.Contains(t, []int{http.StatusForbidden, http.StatusNotFound}, status, "%s %s", rt.Method, rt.Pattern)
		}
		return
	}
	if rt.Method != http.MethodGet && !named {
		return // it makes something of one's own; what may be named inside is the services' own tests' business
	}
	kind, body := "", ""
	if rt.Method != http.MethodGet {
		kind, body = formType, url.Values{"idempotency_key": {id.New()}, "version": {"1"}}.Encode()
		if rt.Face == httpx.FaceAPI {
			kind, body = "application/json", "{}"
		}
	}
	status, text := c.asks(t, rt.Method, path, kind, body)
	g := c.who.Grants[0]
	if m := w.shows(text, path); m != "" {
		t.Errorf("%s of %s reads %q at %s %s (%d)", g.Role, g.OrganisationName, m, rt.Method, path, status)
	}
	if status >= 500 || rt.Write && status < 400 {
		t.Errorf("%s of %s gets %d at %s %s", g.Role, g.OrganisationName, status, rt.Method, path)
	}
}

// said counts what all services have said of the person and of everything around them.
func (s *scene) said(w whole) (n int) {
	s.t.Helper()
	for _, service := range s.stage.Services() {
		var one int
		require.NoError(s.t, s.stage.Admin.QueryRow(s.t.Context(), `select count(*) from `+service+`.outbox where about::text = any ($1)`, slices.Concat(slices.Collect(maps.Values(w.ids))...)).Scan(&one))
		n += one
	}
	return n
}

// shows names what of the person is on a page, save for what the asker said themselves in the address.
func (w whole) shows(body, path string) string {
	for _, m := range w.marks {
		if !strings.Contains(path, m) && strings.Contains(body, m) {
			return m
		}
	}
	return ""
}
