package register_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/doortest"
	"example.org/waypost/pkg/httpx"
	"example.org/waypost/pkg/id"
	"example.org/waypost/schemas"
	said "example.org/waypost/schemas/register"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/register"
)

const shared = "../../../shared/data/ods"

// desk is an open register with two practices and the people in them.
type desk struct {
	*doortest.House
	door                  *register.Door
	url                   string
	here, there, office   string // organisations
	coordinator           actor.Actor
	lead, otherLead       actor.Actor
	receptionist, outside actor.Actor
}

func newHouse(t *testing.T) *doortest.House {
	t.Helper()
	return doortest.New(t, register.Name, register.Migrate, register.Listens, []string{"register", "vcse"}, schemas.FS)
}

func open(t *testing.T) *desk {
	t.Helper()
	h := newHouse(t)
	d, err := register.Open(t.Context(), h.Config)
	require.NoError(t, err)
	running := h.Run(d.Frame)
	k := &desk{House: h, door: d, url: running.URL, here: id.New(), there: id.New(), office: id.New()}
	for _, o := range []struct {
		id, name string
		kind     terms.OrganisationKind
	}{
		{k.here, "Example Road Surgery", terms.KindPractice}, {k.there, "Other Road Surgery", terms.KindPractice}, {k.office, "Area office", terms.KindOtherCare},
	} {
		_, err := h.Admin.Exec(t.Context(), `insert into organisation (id, kind, name, status, may_refer, simulated, version, changed_at) values ($1, $2, $3, 'active', true, true, 1, now())`, o.id, o.kind, o.name)
		require.NoError(t, err)
	}
	k.coordinator = k.works("Tom Bright", terms.RoleCoordinator, k.office)
	k.lead = k.works("Amara Okafor", terms.RoleServiceLead, k.here)
	k.otherLead = k.works("Bela Kun", terms.RoleServiceLead, k.there)
	k.receptionist = k.works("Jo Example", terms.RoleReceptionist, k.here)
	k.outside = k.works("Ana Silva", terms.RoleReceptionist, k.there)
	return k
}

// works writes somebody's role straight into the database and returns them.
func (k *desk) works(name string, role terms.Role, organisation string) actor.Actor {
	k.T.Helper()
	a := doortest.Person(name, string(role), organisation, string(terms.KindPractice), "somewhere")
	_, err := k.Admin.Exec(k.T.Context(), `insert into person_role (id, person_id, issuer, subject, display_name, organisation_id, role, from_on, granted_at, simulated, version)
		values ($1, $2, 'waypost', $3, $4, $5, $6, '2026-01-01', now(), true, 1)`, id.New(), a.Person.ID, a.Person.ID, name, organisation, role)
	require.NoError(k.T, err)
	return a
}

// get fetches a page or thing, and returns its status and body.
func (k *desk) get(a actor.Actor, path string) (int, string) {
	k.T.Helper()
	return k.send(a, http.MethodGet, path, nil, nil)
}

func (k *desk) send(a actor.Actor, method, path string, body io.Reader, header map[string]string) (int, string) {
	k.T.Helper()
	r, err := http.NewRequestWithContext(k.T.Context(), method, k.url+path, body)
	require.NoError(k.T, err)
	for name, value := range header {
		r.Header.Set(name, value)
	}
	answer, err := k.Client(a).Do(r)
	require.NoError(k.T, err)
	defer answer.Body.Close()
	b, err := io.ReadAll(answer.Body)
	require.NoError(k.T, err)
	if to := answer.Header.Get("Location"); to != "" && len(b) == 0 {
		return answer.StatusCode, to
	}
	return answer.StatusCode, string(b)
}

// post sends a form.
func (k *desk) post(a actor.Actor, path string, form url.Values) (int, string) {
	k.T.Helper()
	if form.Get("idempotency_key") == "" {
		form.Set("idempotency_key", id.New())
	}
	return k.send(a, http.MethodPost, path, strings.NewReader(form.Encode()), map[string]string{"Content-Type": "application/x-www-form-urlencoded"})
}

// call sends JSON to the API.
func (k *desk) call(a actor.Actor, method, path, body string, header map[string]string) (int, map[string]any) {
	k.T.Helper()
	all := map[string]string{"Content-Type": "application/json", "Idempotency-Key": id.New()}
	for name, value := range header {
		all[name] = value
	}
	status, text := k.send(a, method, "/api/register/v1"+path, strings.NewReader(body), all)
	var out map[string]any
	require.NoError(k.T, json.Unmarshal([]byte(text), &out), text)
	return status, out
}

func staffForm(name, subject string, role terms.Role) url.Values {
	return url.Values{"display_name": {name}, "issuer": {"waypost"}, "subject": {subject}, "role": {string(role)}}
}

func TestALeadAddsSomebodyAndEndsTheirAccess(t *testing.T) {
	t.Parallel()
	k := open(t)
	form := staffForm("New Person", "New.Person@example.net", terms.RoleReceptionist)
	form.Set("idempotency_key", id.New())
	status, to := k.post(k.lead, "/register/organisations/"+k.here+"/staff", form)
	require.Equal(t, http.StatusSeeOther, status, to)
	again, same := k.post(k.lead, "/register/organisations/"+k.here+"/staff", form)
	require.Equal(t, http.StatusSeeOther, again)
	require.Equal(t, to, same, "the same form sent twice has one effect")

	person := strings.TrimSuffix(to[strings.LastIndex(to, "/")+1:], "?done=granted")
	var granted said.PersonRoleGrantedV1
	k.Last(person, &granted)
	require.Equal(t, "new.person@example.net", granted.Subject)
	require.Equal(t, k.lead.Person.ID, granted.By)
	require.Len(t, k.Said(person), 1)

	status, page := k.get(k.lead, to)
	require.Equal(t, http.StatusOK, status)
	require.Contains(t, page, "Person added")
	require.Contains(t, page, "New Person")
	status, page = k.get(k.lead, "/register/organisations/"+k.here+"/staff")
	require.Equal(t, http.StatusOK, status)
	require.Contains(t, page, "New Person")

	var role string
	require.NoError(t, k.Admin.QueryRow(t.Context(), `select id from person_role where person_id = $1`, person).Scan(&role))
	their := actor.Actor{Person: actor.Person{ID: person, Name: "New Person"}, Role: "receptionist", Organisation: k.here, OrganisationKind: "practice"}
	status, _ = k.get(their, "/register")
	require.Equal(t, http.StatusOK, status, "the role can be used at once")

	status, page = k.get(k.lead, "/register/roles/"+role+"/end")
	require.Equal(t, http.StatusOK, status)
	require.Contains(t, page, `name="version" value="1"`)
	status, _ = k.post(k.lead, "/register/roles/"+role+"/end", url.Values{"version": {"7"}})
	require.Equal(t, http.StatusPreconditionFailed, status, "made from another version")
	status, to = k.post(k.lead, "/register/roles/"+role+"/end", url.Values{"version": {"1"}})
	require.Equal(t, http.StatusSeeOther, status, to)
	var ended said.PersonRoleEndedV1
	k.Last(person, &ended)
	require.Equal(t, k.lead.Person.ID, ended.By)
	status, page = k.post(k.lead, "/register/roles/"+role+"/end", url.Values{"version": {"2"}})
	require.Equal(t, http.StatusConflict, status, "an end can not be ended")
	require.Contains(t, page, "ended already")

	k.Now.Add(3 * time.Second) // what was found good is remembered for two
	status, _ = k.get(their, "/register")
	require.Equal(t, http.StatusForbidden, status, "access ends at once")
	status, _ = k.post(k.lead, "/register/organisations/"+k.here+"/staff", staffForm("New Person", "new.person@example.net", terms.RoleReceptionist))
	require.Equal(t, http.StatusSeeOther, status, "and can be given again")
}

func TestTheLastLeadStays(t *testing.T) {
	t.Parallel()
	k := open(t)
	var role string
	require.NoError(t, k.Admin.QueryRow(t.Context(), `select id from person_role where person_id = $1`, k.lead.Person.ID).Scan(&role))
	status, page := k.post(k.lead, "/register/roles/"+role+"/end", url.Values{"version": {"1"}})
	require.Equal(t, http.StatusConflict, status)
	require.Contains(t, page, "only service lead")
	status, _ = k.post(k.coordinator, "/register/roles/"+role+"/end", url.Values{"version": {"1"}})
	require.Equal(t, http.StatusSeeOther, status, "the area's office can end it")
}

func TestNobodyReachesIntoAnotherOrganisation(t *testing.T) {
	t.Parallel()
	k := open(t)
	var role string
	require.NoError(t, k.Admin.QueryRow(t.Context(), `select id from person_role where person_id = $1`, k.outside.Person.ID).Scan(&role))
	there := "/register/organisations/" + k.there
	for _, path := range []string{there + "/staff", there + "/staff/" + k.outside.Person.ID, there + "/add-staff", "/register/roles/" + role + "/end", there + "/staff/" + k.outside.Person.ID + "/add-training"} {
		for name, a := range map[string]actor.Actor{"lead": k.lead, "receptionist": k.receptionist} {
			status, page := k.get(a, path)
			require.Contains(t, []int{http.StatusForbidden, http.StatusNotFound}, status, "%s at %s", name, path)
			require.NotContains(t, page, "Ana Silva")
		}
	}
	for _, path := range []string{"/organisations/" + k.there + "/roles", "/roles/" + role} {
		status, answer := k.call(k.lead, http.MethodGet, path, "", nil)
		require.Contains(t, []int{http.StatusForbidden, http.StatusNotFound}, status)
		require.NotContains(t, fmt.Sprint(answer), "Ana Silva")
	}
	status, _ := k.post(k.lead, there+"/staff", staffForm("X", "x@example.net", terms.RoleReceptionist))
	require.Equal(t, http.StatusForbidden, status)
	status, _ = k.call(k.lead, http.MethodPost, "/roles/"+role+"/end", "", map[string]string{"If-Match": `"1"`})
	require.Equal(t, http.StatusNotFound, status)
	status, _ = k.post(k.receptionist, "/register/organisations/"+k.here+"/staff", staffForm("X", "x@example.net", terms.RoleServiceLead))
	require.Equal(t, http.StatusForbidden, status)
	require.Empty(t, k.Said(""), "nothing was done")
}

func TestTheOfficeRegistersAnOrganisationAndItsFirstLead(t *testing.T) {
	t.Parallel()
	k := open(t)
	form := url.Values{"kind": {"provider"}, "name": {"Tea & Talk <b>"}, "charity_number": {"123"}, "postcode": {"m14 5tq"}}
	status, to := k.post(k.coordinator, "/register/organisations", form)
	require.Equal(t, http.StatusSeeOther, status, to)
	made := strings.TrimSuffix(strings.TrimPrefix(to, "/register/organisations/"), "?done=registered")
	var registered said.OrganisationRegisteredV1
	k.Last(made, &registered)
	require.Equal(t, "M14 5TQ", registered.Postcode)
	require.False(t, registered.MayRefer, "a provider receives")
	_, page := k.get(k.coordinator, to)
	require.Contains(t, page, "Tea &amp; Talk &lt;b&gt;")

	status, _ = k.post(k.coordinator, "/register/organisations/"+made+"/staff", staffForm("First Lead", "lead@example.net", terms.RoleServiceLead))
	require.Equal(t, http.StatusSeeOther, status)
	status, _ = k.post(k.coordinator, "/register/organisations/"+made+"/staff", staffForm("Worker", "w@example.net", terms.RoleProviderWorker))
	require.Equal(t, http.StatusForbidden, status, "the office adds leads, leads add everybody else")
	status, _ = k.post(k.lead, "/register/organisations", form)
	require.Equal(t, http.StatusForbidden, status)
}

func TestFormsShowWhatIsWrongAndKeepWhatWasTyped(t *testing.T) {
	t.Parallel()
	k := open(t)
	path := "/register/organisations/" + k.here + "/staff"
	for name, c := range map[string]struct {
		change url.Values
		says   string
	}{
		"nothing":            {url.Values{"display_name": {""}, "subject": {""}, "role": {""}, "issuer": {""}}, "Enter the person&#39;s name"},
		"markup":             {url.Values{"subject": {"with space"}, "display_name": {"<script>alert(1)</script>"}}, "&lt;script&gt;alert(1)&lt;/script&gt;"},
		"too long":           {url.Values{"display_name": {strings.Repeat("x", 201)}}, "Shorten this to 200 characters"},
		"role of elsewhere":  {url.Values{"role": {"link_worker"}}, "Select a role that people have"},
		"unknown issuer":     {url.Values{"issuer": {"elsewhere"}}, "Select how they sign in"},
		"date that is none":  {url.Values{"until_on-day": {"31"}, "until_on-month": {"2"}, "until_on-year": {"2027"}}, "Enter a real date"},
		"over before it was": {url.Values{"until_on-day": {"1"}, "until_on-month": {"2"}, "until_on-year": {"2020"}}, "The last day must be"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			form := staffForm("Somebody Typed", "somebody@example.net", terms.RoleReceptionist)
			for f, v := range c.change {
				form[f] = v
			}
			status, page := k.post(k.lead, path, form)
			require.Equal(t, http.StatusUnprocessableEntity, status)
			require.Contains(t, page, c.says)
			require.Contains(t, page, "There is a problem")
			require.NotContains(t, page, "<script>alert(1)")
		})
	}
	status, _ := k.send(k.lead, http.MethodPost, path, strings.NewReader("display_name=%ff&idempotency_key=k"), map[string]string{"Content-Type": "application/x-www-form-urlencoded"})
	require.Equal(t, http.StatusBadRequest, status, "not UTF-8")
	status, _ = k.send(k.lead, http.MethodPost, path, strings.NewReader("idempotency_key=k&display_name="+strings.Repeat("x", httpx.DefaultMaxBody)), map[string]string{"Content-Type": "application/x-www-form-urlencoded"})
	require.Equal(t, http.StatusRequestEntityTooLarge, status)
	t.Cleanup(func() { require.Empty(t, k.Said("")) })
}

func TestTrainingIsRecordedAndRunsOut(t *testing.T) {
	t.Parallel()
	k := open(t)
	today := k.Now.Now()
	path := "/organisations/" + k.here + "/people/" + k.receptionist.Person.ID + "/competencies"
	body := func(until time.Time) string {
		return fmt.Sprintf(`{"competency":"red_flags","from_on":%q,"until_on":%q}`, today.AddDate(0, -1, 0).Format(time.DateOnly), until.Format(time.DateOnly))
	}
	status, answer := k.call(k.lead, http.MethodPost, path, body(today.AddDate(0, 0, 30)), nil)
	require.Equal(t, http.StatusCreated, status, answer)
	status, answer = k.call(k.lead, http.MethodPost, path, body(today.AddDate(9, 0, 0)), nil)
	require.Equal(t, http.StatusUnprocessableEntity, status, answer)
	status, _ = k.call(k.otherLead, http.MethodPost, path, body(today.AddDate(0, 0, 30)), nil)
	require.Equal(t, http.StatusForbidden, status)
	var recorded said.CompetencyRecordedV1
	k.Last(k.receptionist.Person.ID, &recorded)
	require.Equal(t, terms.CompetencyRedFlags, recorded.Competency)
	_, page := k.get(k.lead, "/register/organisations/"+k.here+"/staff/"+k.receptionist.Person.ID)
	require.Contains(t, page, "Red-flag questions")
}

func TestRolesAndTrainingsRunOut(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	_, err := h.Admin.Exec(t.Context(), `insert into organisation (id, kind, name, status, may_refer, simulated, version, changed_at)
		values ('0b9d2c7e-0000-5000-8000-000000000001', 'practice', 'A', 'active', true, true, 1, now())`)
	require.NoError(t, err)
	_, err = h.Admin.Exec(t.Context(), `insert into person_role (id, person_id, issuer, subject, display_name, organisation_id, role, from_on, until_on, granted_at, simulated, version)
		select gen_random_uuid(), gen_random_uuid(), 'waypost', n::text, 'Somebody', '0b9d2c7e-0000-5000-8000-000000000001', 'gp', '2020-01-01', case when n <= 450 then date '2020-12-31' end, now(), true, 1 from generate_series(1, 460) n`)
	require.NoError(t, err)
	person := id.New()
	_, err = h.Admin.Exec(t.Context(), `insert into competency (id, person_id, competency, from_on, until_on, recorded_at)
		values (gen_random_uuid(), $1, 'red_flags', '2020-01-01', '2021-01-01', now()), (gen_random_uuid(), $1, 'red_flags', '2021-01-01', '2099-01-01', now()),
		       (gen_random_uuid(), $1, 'link_work', '2020-01-01', '2021-01-01', now())`, person)
	require.NoError(t, err)
	d, err := register.Open(t.Context(), h.Config)
	require.NoError(t, err)
	h.Run(d.Frame) // its clock looks at once
	require.Eventually(t, func() bool { return len(h.Said("")) == 451 }, 20*time.Second, 10*time.Millisecond)
	var expired said.CompetencyExpiredV1
	h.Last(person, &expired)
	require.Equal(t, terms.CompetencyLinkWork, expired.Competency, "a renewed training has not run out")
	require.Len(t, h.Said(person), 1)
	var open int
	require.NoError(t, h.Admin.QueryRow(t.Context(), `select count(*) from person_role where ended_at is null`).Scan(&open))
	require.Equal(t, 10, open)
}

// TestTheWholeOfODSIsImported takes the real files in twice: the second time nothing changes and nothing is said.
func TestTheWholeOfODSIsImported(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	var out bytes.Buffer
	c := register.Import{Database: h.Config.Database, Area: doortest.Area, Out: &out, Now: time.Now}
	var paths []string
	for _, name := range []string{"epraccur-2025-09.csv", "gp-reg-pat-prac-all.csv", "epcn-2023-core-partner.csv"} {
		paths = append(paths, filepath.Join(shared, name))
	}
	began := time.Now()
	require.NoError(t, c.ODS(t.Context(), paths...))
	t.Logf("%s\nthe first import took %v", &out, time.Since(began))
	require.Contains(t, out.String(), "16685 organisations read: 16685 new, 0 changed, 0 the same as before; 0 rows refused")
	require.Contains(t, out.String(), "100%")
	one := func(sql string) (n int) {
		require.NoError(t, h.Admin.QueryRow(t.Context(), sql).Scan(&n))
		return n
	}
	require.Equal(t, 6220, one(`select count(*) from organisation where may_refer`))
	require.Zero(t, one(`select count(*) from organisation where may_refer and status <> 'active'`), "a closed one can not refer")
	require.Equal(t, 16685, one(`select count(*) from outbox`))

	out.Reset()
	began = time.Now()
	require.NoError(t, c.ODS(t.Context(), paths...))
	t.Logf("the second import took %v", time.Since(began))
	require.Contains(t, out.String(), "16685 organisations read: 0 new, 0 changed, 16685 the same as before")
	require.Equal(t, 16685, one(`select count(*) from outbox`), "nothing is said")

	require.NoError(t, c.ODS(t.Context(), paths[0]))
	require.Equal(t, 16685, one(`select count(*) from outbox`), "the practices alone do not take networks and list sizes away")

	closing := filepath.Join(t.TempDir(), "closing.csv")
	row := strings.Replace(firstRow(t), `"TS18 1HU","19740401","","A"`, `"TS18 1HU","19740401","20251130","C"`, 1)
	require.NoError(t, os.WriteFile(closing, []byte(row+"\nPRIVATE,row\n"), 0o600))
	out.Reset()
	require.NoError(t, c.ODS(t.Context(), closing))
	require.Contains(t, out.String(), "1 organisations read: 0 new, 1 changed, 0 the same as before; 1 rows refused")
	require.Contains(t, out.String(), "closing.csv:2: the row has 2 columns, not 27")
	require.NotContains(t, out.String(), "PRIVATE")
	about := id.FromName("ods", "A81001")
	events := h.Said(about)
	require.Len(t, events, 3)
	require.Equal(t, said.TypeOrganisationClosedV1, events[2].Type)
	require.JSONEq(t, `"2025-11-30"`, field(t, events[2].Data, "closed_on"))
	require.Equal(t, 1, one(`select list_size - 4099 from organisation where id = '`+about+`'`), "and it keeps its list size")
}

func firstRow(t *testing.T) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(shared, "epraccur-2025-09.csv"))
	require.NoError(t, err)
	row, _, _ := strings.Cut(string(b), "\r\n")
	row, _, _ = strings.Cut(row, "\n")
	return row
}

func field(t *testing.T, data []byte, name string) string {
	t.Helper()
	var all map[string]json.RawMessage
	require.NoError(t, json.Unmarshal(data, &all))
	return string(all[name])
}

func TestAFileCanBeSentIn(t *testing.T) {
	t.Parallel()
	k := open(t)
	send := func(a actor.Actor, body string) (int, string) {
		return k.send(a, http.MethodPost, "/api/register/v1/imports/ods", strings.NewReader(body), map[string]string{"Content-Type": "text/csv"})
	}
	status, answer := send(k.coordinator, firstRow(t)+"\nPRIVATE,row\n")
	require.Equal(t, http.StatusOK, status, answer)
	require.JSONEq(t, `{"read":1,"added":1,"changed":0,"same":0,"refused":1,"refusals":[{"line":2,"reason":"the row has 2 columns, not 27"}]}`, answer)
	status, answer = send(k.coordinator, firstRow(t))
	require.Equal(t, http.StatusOK, status)
	require.Contains(t, answer, `"same":1`)
	status, answer = send(k.coordinator, "PRIVATE nonsense")
	require.Equal(t, http.StatusUnprocessableEntity, status)
	require.NotContains(t, answer, "PRIVATE")
	status, _ = send(k.lead, firstRow(t))
	require.Equal(t, http.StatusForbidden, status)

	status, page := k.get(k.receptionist, "/register?words=densham")
	require.Equal(t, http.StatusOK, status)
	require.Contains(t, page, "The Densham Surgery")
	status, page = k.get(k.receptionist, "/register?words="+url.QueryEscape(`"'&<> |!`))
	require.Equal(t, http.StatusOK, status)
	require.Contains(t, page, "No organisations found")
	status, list := k.call(k.receptionist, http.MethodGet, "/organisations?words=dens&limit=1", "", nil)
	require.Equal(t, http.StatusOK, status)
	require.Len(t, list["items"], 1)
}

func TestAWriteNeedsKeyAndVersion(t *testing.T) {
	t.Parallel()
	k := open(t)
	var role string
	require.NoError(t, k.Admin.QueryRow(t.Context(), `select id from person_role where person_id = $1`, k.receptionist.Person.ID).Scan(&role))
	status, _ := k.call(k.lead, http.MethodPost, "/roles/"+role+"/end", "", nil)
	require.Equal(t, http.StatusPreconditionRequired, status)
	status, _ = k.call(k.lead, http.MethodPost, "/roles/"+role+"/end", "", map[string]string{"If-Match": `"9"`})
	require.Equal(t, http.StatusPreconditionFailed, status)
	key := map[string]string{"Idempotency-Key": "the-same"}
	body := func(name string) string {
		return `{"issuer":"waypost","subject":"a@example.net","display_name":"` + name + `","role":"gp"}`
	}
	status, first := k.call(k.lead, http.MethodPost, "/organisations/"+k.here+"/roles", body("One"), key)
	require.Equal(t, http.StatusCreated, status, first)
	status, second := k.call(k.lead, http.MethodPost, "/organisations/"+k.here+"/roles", body("One"), key)
	require.Equal(t, http.StatusCreated, status)
	require.Equal(t, first, second)
	status, _ = k.call(k.lead, http.MethodPost, "/organisations/"+k.here+"/roles", body("Two"), key)
	require.Equal(t, http.StatusUnprocessableEntity, status)
	status, _ = k.call(k.lead, http.MethodPost, "/organisations/"+k.here+"/roles", body("One"), nil)
	require.Equal(t, http.StatusConflict, status, "they have that role already")
}

func TestTheSampleIsLoadedOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	d, err := register.Open(t.Context(), h.Config)
	require.NoError(t, err)
	h.Run(d.Frame)
	files := os.DirFS("../../deploy/sample")
	var out strings.Builder
	require.NoError(t, d.LoadSample(t.Context(), files, &out))
	require.Contains(t, out.String(), "register: 458 practices, ")
	before := len(h.Said(""))
	out.Reset()
	began := time.Now()
	require.NoError(t, d.LoadSample(t.Context(), files, &out))
	t.Logf("the second load took %v", time.Since(began))
	require.Empty(t, out.String())
	require.Len(t, h.Said(""), before, "nothing is said")

	people, err := d.Personas(t.Context())
	require.NoError(t, err)
	roles := map[string]int{}
	for _, p := range people {
		for _, g := range p.Grants {
			roles[g.Role]++
			require.NotEmpty(t, g.OrganisationName)
		}
	}
	for _, r := range terms.Roles {
		require.GreaterOrEqual(t, roles[string(r.Code)], 2, r.Code)
	}
	amira, err := d.Identify(t.Context(), "waypost", "amira.hussain@vallance.example")
	require.NoError(t, err)
	require.Equal(t, "Vallance Medical", amira.Grants[0].OrganisationName)
	require.Contains(t, amira.Grants[0].Competency, string(terms.CompetencyRedFlags))
	_, err = d.Identify(t.Context(), "waypost", "nobody@example.net")
	require.ErrorContains(t, err, "no such person")

	_, err = h.Admin.Exec(t.Context(), `update person_role set ended_at = now(), version = 2 where subject = 'amira.hussain@vallance.example'`)
	require.NoError(t, err)
	require.NoError(t, d.LoadSample(t.Context(), files, &out))
	_, err = d.Identify(t.Context(), "waypost", "amira.hussain@vallance.example")
	require.Error(t, err, "whose access was ended does not come back with the next start")
}
