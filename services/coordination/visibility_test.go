package coordination_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/doortest"
	"example.org/waypost/pkg/id"
	"example.org/waypost/schemas"
	said "example.org/waypost/schemas/coordination"
	"example.org/waypost/schemas/primarycare"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/coordination"
	"example.org/waypost/services/coordination/internal/domain"
)

// Whoever helps with another need and says that they do this one too is named before anything is sent, and what the sender said of it
// is kept where everybody on the case sees it.
func TestWhoHelpsMayDoThisToo(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	both := s.listing(0)
	both.Needs, both.Version = []terms.Need{terms.NeedLoneliness, terms.NeedFood}, 2
	s.Tell(s.services[0], both)
	ref := s.patient()
	first := s.refer(ref, s.practice)
	s.accept(ref, s.offer(ref, first.ReferralID))
	panel := func(need terms.Need) string {
		return s.send(s.otherReceptionist, "/case/panel", url.Values{"patient_ref": {ref}, "need": {string(need)}}).Body
	}
	require.Contains(t, panel(terms.NeedFood), "Friday cafe helps this person already, and says that they help with this need")
	require.NotContains(t, panel(terms.NeedHousing), "Already helping")
	require.NotContains(t, panel(terms.NeedLoneliness), "Already helping", "that is the same need")

	second := s.refer(ref, s.otherPractice, func(p *primarycare.ReferralRequestedV1) {
		p.Need, p.SendReason = terms.NeedFood, terms.SendDifferentHelp
	})
	require.Equal(t, terms.ReferralOffered, s.progress(ref, second.ReferralID).State, "another need is no duplicate")
	require.Equal(t, 1, s.count(`select count(*) from timeline where what = 'overlap_found' and referral_id = $1 and detail = jsonb_build_object('referral', $2::text, 'why', 'different_help')`,
		second.ReferralID, first.ReferralID))
	require.Contains(t, s.page(s.receptionist, "/case/"+s.progress(ref, second.ReferralID).CaseID).Body, "Somebody who helps already may do this too")
}

// Nobody reads a case without a part of their organisation in it and a role that sees cases; and only for as long as they have it.
func TestWhoMaySeeACase(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	ref := s.patient()
	p := s.refer(ref, s.practice)
	caseID := s.progress(ref, p.ReferralID).CaseID
	pages := []string{
		"/case/" + caseID, "/case/patients/" + ref, "/case/referrals/" + p.ReferralID, "/case/referrals/" + p.ReferralID + "/duplicate",
		apiRoot + "/cases/" + caseID, apiRoot + "/referrals/" + p.ReferralID, "/case/live/" + caseID,
	}
	seen := func(by actor.Actor) {
		t.Helper()
		for _, path := range pages[:len(pages)-1] {
			require.Equal(t, http.StatusOK, s.page(by, path).Status, "%s sees %s", by.Role, path)
		}
	}
	unseen := func(by actor.Actor) {
		t.Helper()
		for _, path := range pages {
			got := s.page(by, path)
			require.Equal(t, http.StatusNotFound, got.Status, "%s of %s and %s", by.Role, by.OrganisationName, path)
			require.NotContains(t, got.Body, "Hart")
		}
		require.NotContains(t, s.page(by, "/case").Body, p.Reference[:4])
	}
	seen(s.receptionist)
	seen(s.provider)
	unseen(s.otherReceptionist)
	unseen(s.linkWorker)
	unseen(s.coordinator)

	lead := doortest.Person("Lena Lead", "service_lead", s.practice, "practice", "Park Surgery")
	s.grant(lead, s.Now.Now())
	for _, path := range pages {
		require.Equal(t, http.StatusForbidden, s.page(lead, path).Status, "the organisation is in it, the role is not: %s", path)
	}

	s.bounce(ref, s.offer(ref, p.ReferralID), terms.BounceWrongArea)
	unseen(s.provider) // it bounced: what becomes of the person is no longer its business
}

func contains(t *testing.T, want bool, body, words, who string) {
	t.Helper()
	if want {
		require.Contains(t, body, words, who)
		return
	}
	require.NotContains(t, body, words, who)
}

// everyNeed is the list to choose from, the same for everybody.
var everyNeed = regexp.MustCompile(`(?s)<select [^>]*name="need".*?</select>`)

// A sensitive referral is not there for others on the same case: not in its lists, not on its timeline, not in the panel.
func TestUX18_SensitiveReferralIsHiddenFromTheOthers(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	ref := s.patient()
	s.refer(ref, s.otherPractice)
	secret := s.refer(ref, s.practice, func(p *primarycare.ReferralRequestedV1) {
		p.Hidden = schemas.Seal(schemas.SensitiveReferral{Need: terms.NeedDomesticAbuse})
		p.Need, p.Receivers, p.Sensitive = "", nil, true
	})
	caseID := s.progress(ref, secret.ReferralID).CaseID
	require.Contains(t, s.page(s.receptionist, "/case/"+caseID).Body, terms.NeedDomesticAbuse.Label())
	for _, by := range []actor.Actor{s.otherReceptionist, s.provider} {
		for _, path := range []string{"/case/" + caseID, apiRoot + "/cases/" + caseID, "/case", "/case/panel/" + ref} {
			body := everyNeed.ReplaceAllString(s.page(by, path).Body, "")
			require.NotContains(t, body, "omestic", "%s reads %s", by.Role, path)
			require.NotContains(t, body, secret.ReferralID)
		}
	}
}

// The database is the second wall: as a person without a part, every table is empty, whatever the program asks.
func TestRowsAreHiddenByTheDatabase(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	ref := s.patient()
	s.refer(ref, s.practice)
	tables := []string{"patient", "case_record", "membership", "referral", "offer", "timeline", "consent", "case_person", "action"}
	as := func(org, role string) map[string]int {
		got := map[string]int{}
		for _, table := range tables {
			tx, err := s.Admin.Begin(t.Context())
			require.NoError(t, err)
			_, err = tx.Exec(t.Context(), `set local role coordination_person`)
			require.NoError(t, err)
			_, err = tx.Exec(t.Context(), `select set_config('waypost.org', $1, true), set_config('waypost.person', $2, true), set_config('waypost.role', $3, true)`, org, id.New(), role)
			require.NoError(t, err)
			var n int
			require.NoError(t, tx.QueryRow(t.Context(), `select count(*) from `+table).Scan(&n), table)
			got[table] = n
			_, err = tx.Exec(t.Context(), `delete from `+table)
			require.Error(t, err, "a person's role writes nothing: %s", table)
			require.NoError(t, tx.Rollback(t.Context()))
		}
		return got
	}
	for _, stranger := range []string{s.otherPractice, s.providers[1], ""} {
		for table, n := range as(stranger, "gp") {
			require.Zero(t, n, "%s for %q", table, stranger)
		}
	}
	for _, role := range []string{"service_lead", "platform_operator", "nobody", ""} {
		for table, n := range as(s.practice, role) {
			require.True(t, n == 0 || table == "membership", "%s for %q", table, role)
		}
	}
	own := as(s.practice, "receptionist")
	for _, table := range []string{"patient", "case_record", "membership", "referral", "offer", "timeline", "consent"} {
		require.Positive(t, own[table], table)
	}
	var open []string
	rows, err := s.Admin.Query(t.Context(), `select c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
		where n.nspname = 'coordination' and c.relkind = 'r' and not (c.relrowsecurity and c.relforcerowsecurity) and c.relname not like 'migration%' order by 1`)
	require.NoError(t, err)
	open, err = pgx.CollectRows(rows, pgx.RowTo[string])
	require.NoError(t, err)
	require.Empty(t, open, "tables without forced row-level security")
}

// Every column that may hold personal data is on the list that erasure works by; text that is on it by mistake does no harm.
func TestPersonalDataIsListed(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.refer(s.patient(), s.practice)
	listed := map[string]bool{}
	for _, c := range coordination.PersonalData {
		listed[c.Table+"."+c.Column] = true
		require.Equal(t, 1, s.count(`select count(*) from information_schema.columns where table_schema = 'coordination' and table_name = $1 and column_name = $2`, c.Table, c.Column), c)
	}
	rows, err := s.Admin.Query(t.Context(), `select table_name, column_name, case when data_type = 'bytea' then 'encode(' || column_name || ', ''escape'')' else column_name || '::text' end
		from information_schema.columns where table_schema = 'coordination'
		and data_type in ('text', 'jsonb', 'ARRAY', 'bytea') and table_name not like 'migration%'`)
	require.NoError(t, err)
	type column struct{ Table, Name, Readable string }
	columns, err := pgx.CollectRows(rows, pgx.RowToStructByPos[column])
	require.NoError(t, err)
	for _, c := range columns {
		if listed[c.Table+"."+c.Name] {
			continue
		}
		for _, secret := range []string{"Ada", "Hart", "9449306621", "496 0000", "M1 1AE", "alone since May", "dog that bites"} {
			require.Zero(t, s.count(`select count(*) from `+c.Table+` where `+c.Readable+` like '%' || $1 || '%'`, secret), "%s in %s.%s", secret, c.Table, c.Name)
		}
	}
}

// "Who already helps?" answers before sending with what is there and nothing that was said, and leaves a trace of who asked.
func TestWhoHelps(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	ref := s.patient()
	require.Contains(t, s.page(s.otherReceptionist, "/case/panel/"+ref).Body, "nobody helps")
	p := s.refer(ref, s.practice)
	s.accept(ref, s.offer(ref, p.ReferralID))
	got := s.send(s.otherReceptionist, "/case/panel", url.Values{"patient_ref": {ref}, "need": {"loneliness"}})
	require.Equal(t, http.StatusOK, got.Status, got.Body)
	require.Contains(t, got.Body, "Friday cafe")
	require.Contains(t, got.Body, "The same need is open already")
	for _, secret := range []string{"Hart", "alone since", "dog", "/case/" + s.progress(ref, p.ReferralID).CaseID} {
		require.NotContains(t, got.Body, secret)
	}
	part := s.ask(s.otherReceptionist, http.MethodGet, "/case/panel/"+ref, "", "HX-Request", "true")
	require.NotContains(t, part.Body, "<html", "other workspaces' pages take the part alone")
	require.Contains(t, part.Body, `name="seen_helping" value="1"`)
	require.Equal(t, http.StatusOK, s.page(s.provider, "/case/panel/"+ref).Status, "it has a part in the case")
	stranger := doortest.Person("Sid Stranger", "provider_worker", s.providers[2], "provider", "Crafts Together")
	s.grant(stranger, s.Now.Now())
	require.Equal(t, http.StatusNotFound, s.page(stranger, "/case/panel/"+ref).Status, "who only receives does not ask about strangers")
	require.Equal(t, http.StatusNotFound, s.page(s.receptionist, "/case/panel/Hart").Status)
	require.Equal(t, 3, s.count(`select count(*) from audit where verb = 'ask who helps' and patient_ref = $1 and person_id = $2`, ref, s.otherReceptionist.Person.ID))
}

// Whoever could not help with a need lately is named to whoever asks before sending, because they would be passed over; of sensitive
// needs nobody is, and after thirty days nobody is left out.
func TestWhoFailedLatelyIsNamedBeforeSending(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	ref := s.patient()
	p := s.refer(ref, s.practice)
	s.bounce(ref, s.offer(ref, p.ReferralID), terms.BounceNotEligible)
	failed := func(need terms.Need) (names []string) {
		var panel struct{ Failed []struct{ Name string } }
		got := s.ask(s.otherReceptionist, http.MethodPost, apiRoot+"/who-helps", `{"patient_ref":"`+ref+`","need":"`+string(need)+`"}`, "Content-Type", "application/json")
		require.Equal(t, http.StatusOK, got.Status, got.Body)
		require.NoError(t, json.Unmarshal([]byte(got.Body), &panel))
		for _, f := range panel.Failed {
			names = append(names, f.Name)
		}
		page := s.send(s.otherReceptionist, "/case/panel", url.Values{"patient_ref": {ref}, "need": {string(need)}}).Body
		require.Equal(t, len(names) > 0, strings.Contains(page, "Asked for this need in the last 30 days"), page)
		return names
	}
	require.Equal(t, []string{"Friday cafe"}, failed(terms.NeedLoneliness))
	require.Empty(t, failed(terms.NeedFood))

	s.Now.Add(domain.NotAgainWithin)
	require.Empty(t, failed(terms.NeedLoneliness), "they may be asked again")
	s.Now.Add(-domain.NotAgainWithin)
	_, err := s.Admin.Exec(t.Context(), `update referral set sensitive = true where id = $1`, p.ReferralID)
	require.NoError(t, err)
	require.Empty(t, failed(terms.NeedLoneliness), "who was asked for something sensitive is not named")
	_, err = s.Admin.Exec(t.Context(), `update referral set sensitive = false where id = $1`, p.ReferralID)
	require.NoError(t, err)
	require.NotEmpty(t, failed(terms.NeedLoneliness))
	require.Less(t, s.withdraws(ref).Status, http.StatusBadRequest)
	require.Empty(t, failed(terms.NeedLoneliness), "they no longer agree that it is told")
}

// Every look at a person's case leaves a row in the same transaction.
func TestUX19_ReadsAreAudited(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	ref := s.patient()
	p := s.refer(ref, s.practice)
	caseID := s.progress(ref, p.ReferralID).CaseID
	before := s.count(`select count(*) from audit where person_id = $1`, s.receptionist.Person.ID)
	for _, path := range []string{"/case/" + caseID, "/case/referrals/" + p.ReferralID, apiRoot + "/cases/" + caseID, apiRoot + "/referrals/" + p.ReferralID} {
		require.Equal(t, http.StatusOK, s.page(s.receptionist, path).Status)
	}
	require.Equal(t, before+4, s.count(`select count(*) from audit where person_id = $1 and verb = 'read' and patient_ref = $2`, s.receptionist.Person.ID, ref))
}

// A case is found by its own reference or a referral's, typed as people type; three texts for three ways of finding nothing.
func TestUX11_FindByReference(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	ref := s.patient()
	p := s.refer(ref, s.practice)
	var opened said.CaseOpenedV1
	s.Last(ref, &opened)
	for _, typed := range []string{opened.Reference, " " + opened.Reference[:4] + "-" + opened.Reference[4:], "acde 2346", p.Reference} {
		got := s.send(s.receptionist, "/case/find", url.Values{"reference": {typed}})
		require.Equal(t, http.StatusSeeOther, got.Status, typed)
		require.Equal(t, "/case/"+opened.CaseID, got.Header.Get("Location"))
	}
	none := s.send(s.receptionist, "/case/find", url.Values{"reference": {""}})
	require.Equal(t, http.StatusUnprocessableEntity, none.Status)
	require.Contains(t, none.Body, "Enter a reference")
	unknown := s.send(s.otherReceptionist, "/case/find", url.Values{"reference": {opened.Reference}})
	require.Equal(t, http.StatusUnprocessableEntity, unknown.Status)
	require.Contains(t, unknown.Body, "No case that you can see")
	require.Contains(t, unknown.Body, opened.Reference, "what was typed is kept")
}

// Work of the area's office: offer it on, give more time, or close it; nobody else may.
func TestUX08_TheOfficeFindsAWay(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	ref := s.patient()
	p := s.refer(ref, s.practice)
	for range 3 {
		s.bounce(ref, s.offer(ref, p.ReferralID), terms.BounceNoCapacity)
	}
	path := "/case/referrals/" + p.ReferralID + "/office"
	require.Equal(t, http.StatusForbidden, s.page(s.receptionist, path).Status)
	home := s.page(s.coordinator, "/case").Body
	require.Contains(t, home, "1 referral to find a way for")
	require.Contains(t, home, `href="/case?list=escalated"`, "the count leads to the list, which is its address alone")
	require.Contains(t, s.page(s.coordinator, "/case?list=escalated").Body, p.ReferralID)
	require.NotContains(t, s.page(s.coordinator, "/case?list=who").Body, p.ReferralID)
	require.Equal(t, http.StatusNotFound, s.page(s.coordinator, "/case?list=everything").Status)
	shown := s.page(s.coordinator, path).Body
	require.Contains(t, shown, "Asked within the last 30 days, so not again")
	require.Contains(t, shown, "It was bounced three times")

	require.Equal(t, http.StatusConflict, s.step(s.coordinator, p.ReferralID, "offer", `{"kind":"service","id":"`+s.services[0]+`"}`).Status, "it was asked lately")
	require.Equal(t, http.StatusUnprocessableEntity, s.step(s.coordinator, p.ReferralID, "offer", `{"kind":"service","id":"`+id.New()+`"}`).Status)
	require.Equal(t, http.StatusConflict, s.step(s.coordinator, p.ReferralID, "wait", "").Status, "nobody has it in hand")
	require.Equal(t, http.StatusOK, s.step(s.coordinator, p.ReferralID, "offer", `{"kind":"team","id":"`+s.team+`"}`).Status)
	require.Equal(t, s.team, s.offer(ref, p.ReferralID).TeamID)
	require.Equal(t, http.StatusConflict, s.step(s.coordinator, p.ReferralID, "close", `{"outcome":"no_suitable_help"}`).Status)

	s.Now.Set(s.offer(ref, p.ReferralID).AnswerDueAt.Add(time.Minute))
	s.eventually("silence brings it back", func() bool { return s.saidSo(ref, "referral_escalated", 2) })
	done := s.post(s.coordinator, path, path, url.Values{"way": {"close"}, "outcome": {"no_suitable_help"}})
	require.Equal(t, http.StatusSeeOther, done.Status, done.Body)
	require.Equal(t, terms.ReferralClosed, s.progress(ref, p.ReferralID).State)
	require.True(t, s.saidSo(ref, "case_closed", 1))
}

// While nobody answers for the area nothing is lost: the first who gets the role is given what waits, at once.
func TestNobodyToName(t *testing.T) {
	t.Parallel()
	s := quietScene(t)
	ref := s.patient()
	p := s.refer(ref, s.practice, func(p *primarycare.ReferralRequestedV1) { p.Receivers = nil })
	got := s.progress(ref, p.ReferralID)
	require.Equal(t, terms.ReferralEscalated, got.State)
	require.Empty(t, got.Owes.PersonID)
	s.grant(s.coordinator, s.Now.Now())
	s.eventually("somebody is named", func() bool { return s.saidSo(ref, "referral_escalated", 1) })
	require.Equal(t, s.coordinator.Person.ID, s.progress(ref, p.ReferralID).Owes.PersonID)
}

// Who somebody is waits for the office as well, and its page shows it from the moment that there is one.
func TestNobodyToSayWhoItIs(t *testing.T) {
	t.Parallel()
	s := quietScene(t)
	known, fresh := s.patient(), s.patient()
	s.refer(known, s.practice, withoutNumber, func(p *primarycare.ReferralRequestedV1) { p.Receivers = nil })
	p := s.refer(fresh, s.otherPractice, almost)
	require.Empty(t, s.progress(fresh, p.ReferralID).Owes.PersonID)
	s.grant(s.coordinator, s.Now.Now())
	s.eventually("somebody is named", func() bool { return s.progress(fresh, p.ReferralID).Owes.PersonID == s.coordinator.Person.ID })
	require.Contains(t, s.page(s.coordinator, "/case").Body, "1 person to recognise")
	done := s.step(s.coordinator, p.ReferralID, "settle", different(known))
	require.Equal(t, http.StatusOK, done.Status, done.Body)
}

// The copy of the service that did not hear of the first coordinator names them all the same.
func TestAnotherCopyHeardOfTheOffice(t *testing.T) {
	t.Parallel()
	s := quietScene(t)
	none := func(p *primarycare.ReferralRequestedV1) { p.Receivers = nil }
	s.refer(s.patient(), s.practice, none)
	_, err := s.Admin.Exec(t.Context(), `insert into person_role (person_id, organisation_id, role, issuer, subject, display_name, from_on, granted_at)
		values ($1, $2, 'coordinator', 'test', 'cora', 'Cora', '2020-01-01', $3)`, s.coordinator.Person.ID, s.office, s.Now.Now())
	require.NoError(t, err)
	ref := s.patient()
	p := s.refer(ref, s.practice, none)
	require.Equal(t, s.coordinator.Person.ID, s.progress(ref, p.ReferralID).Owes.PersonID)
}
