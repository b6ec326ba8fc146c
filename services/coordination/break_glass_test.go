package coordination_test

import (
	"net/http"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/doortest"
	"example.org/waypost/pkg/id"
	"example.org/waypost/schemas"
	"example.org/waypost/schemas/primarycare"
	"example.org/waypost/schemas/terms"
)

const emergency = `{"reason":"life_at_risk","words":"She was found in the street and can not speak"}`

func (s *scene) breaksGlass(by actor.Actor, ref, key string) answer {
	s.T.Helper()
	return s.ask(by, http.MethodPost, apiRoot+"/patients/"+ref+"/emergency", emergency, "Content-Type", "application/json", "Idempotency-Key", key)
}

func (s *scene) stranger(name, role string) actor.Actor {
	s.T.Helper()
	by := doortest.Person(name, role, s.otherPractice, "practice", "Hill Surgery")
	if role == "care_professional" || role == "coordinator" || role == "privacy_officer" {
		by = doortest.Person(name, role, s.office, "other_care_organisation", "The area's office")
	}
	s.grant(by, s.Now.Now())
	return by
}

// A GP of another practice looks in an emergency: one person's case, to read and not to change, for 60 minutes; everybody on the case
// sees it, and a privacy officer reviews it once it is over.
func TestSomebodyLooksInAnEmergency(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	gp := s.stranger("Gail Stranger", "gp")
	ref, another := s.patient(), s.patient()
	p := s.refer(ref, s.practice)
	other := s.refer(another, s.practice, func(p *primarycare.ReferralRequestedV1) { p.Contact = schemas.Seal(s.somebody()) })
	caseID, otherCase := s.progress(ref, p.ReferralID).CaseID, s.progress(another, other.ReferralID).CaseID
	require.Equal(t, http.StatusNotFound, s.page(gp, "/case/"+caseID).Status)
	require.Contains(t, s.page(gp, "/case/panel/"+ref).Body, "/case/emergency/"+ref)
	require.NotContains(t, s.page(s.otherReceptionist, "/case/panel/"+ref).Body, "/case/emergency")

	for _, no := range []actor.Actor{s.otherReceptionist, s.provider, s.privacy} {
		require.Equal(t, http.StatusForbidden, s.breaksGlass(no, ref, id.New()).Status, no.Role)
	}
	require.Equal(t, http.StatusNotFound, s.breaksGlass(gp, id.New(), id.New()).Status)
	form := s.page(gp, "/case/emergency/"+ref)
	require.Contains(t, form.Body, "ring 999")
	wrong := s.send(gp, "/case/emergency", url.Values{"idempotency_key": {id.New()}, "patient_ref": {ref}})
	require.Equal(t, http.StatusUnprocessableEntity, wrong.Status)
	require.Contains(t, wrong.Body, "Select why you must look now")
	done := s.send(gp, "/case/emergency", url.Values{"idempotency_key": {id.New()}, "reference": {p.Reference}, "reason": {"life_at_risk"}, "words": {"Found in the street"}})
	require.Equal(t, http.StatusSeeOther, done.Status, done.Body)

	for _, path := range []string{"/case/" + caseID, "/case/patients/" + ref, apiRoot + "/cases/" + caseID, "/case/referrals/" + p.ReferralID, apiRoot + "/referrals/" + p.ReferralID} {
		got := s.page(gp, path)
		require.Equal(t, http.StatusOK, got.Status, path)
		require.NotContains(t, got.Body, "available_actions\":[\"", "to read and not to change")
	}
	seen := s.page(gp, "/case/"+caseID).Body
	require.Contains(t, seen, "Seen in an emergency")
	require.Contains(t, seen, "Ada Hart")
	require.Contains(t, seen, "alone since May")
	require.Equal(t, http.StatusNotFound, s.page(gp, "/case/"+otherCase).Status, "one patient")
	require.Equal(t, http.StatusNotFound, s.page(s.stranger("Gus Second", "gp"), "/case/"+caseID).Status, "one person")
	require.Equal(t, http.StatusNotFound, s.withdrawsAs(gp, ref).Status)
	require.Contains(t, s.page(s.receptionist, "/case/"+caseID).Body, "Seen in an emergency by Gail Stranger, Hill Surgery")
	require.Positive(t, s.count(`select count(*) from audit where person_id = $1 and verb = 'read' and object = 'case' and grant_id is not null and purpose = 'break_glass'`, gp.Person.ID))

	var grant string
	require.NoError(t, s.Admin.QueryRow(t.Context(), `select id::text from break_glass`).Scan(&grant))
	require.Contains(t, s.page(s.privacy, "/case/emergencies/"+grant).Body, "They can still look")
	s.Now.Add(time.Hour)
	for _, path := range []string{"/case/" + caseID, apiRoot + "/cases/" + caseID, "/case/referrals/" + p.ReferralID, "/case/patients/" + ref} {
		require.Equal(t, http.StatusNotFound, s.page(gp, path).Status, "the hour is over: %s", path)
	}
	s.reviews(grant, caseID)
}

func (s *scene) withdrawsAs(by actor.Actor, ref string) answer {
	s.T.Helper()
	return s.ask(by, http.MethodPost, apiRoot+"/patients/"+ref+"/consent/withdraw", noLonger, "Content-Type", "application/json", "Idempotency-Key", id.New())
}

// reviews has the privacy officer review a look, and only them, once.
func (s *scene) reviews(grant, caseID string) {
	t := s.T
	t.Helper()
	elsewhere := doortest.Person("Perry Privacy", "privacy_officer", s.otherPractice, "practice", "Hill Surgery")
	s.grant(elsewhere, s.Now.Now())
	path := "/case/emergencies/" + grant
	require.Equal(t, http.StatusForbidden, s.page(elsewhere, path).Status)
	require.Equal(t, http.StatusForbidden, s.page(s.coordinator, path).Status)
	list := s.page(s.privacy, "/case/emergencies").Body
	require.Contains(t, list, "Gail Stranger, GP, Hill Surgery")
	require.Contains(t, list, path)
	shown := s.page(s.privacy, path).Body
	require.Contains(t, shown, "Found in the street")
	require.Contains(t, shown, "Looked at: case")
	require.NotContains(t, shown, "Ada")
	require.Equal(t, http.StatusUnprocessableEntity, s.post(s.privacy, path, path, url.Values{}).Status)
	done := s.post(s.privacy, path, path, url.Values{"outcome": {"right"}, "note": {"The ambulance confirmed it"}})
	require.Equal(t, http.StatusSeeOther, done.Status, done.Body)
	require.Contains(t, s.page(s.privacy, path).Body, "It was right to look")
	again := s.ask(s.privacy, http.MethodPost, apiRoot+"/emergencies/"+grant+"/review", `{"outcome":"wrong"}`, "Content-Type", "application/json", "Idempotency-Key", id.New())
	require.Equal(t, http.StatusConflict, again.Status, again.Body)
	require.Contains(t, s.page(s.privacy, apiRoot+"/emergencies/"+grant).Body, `"outcome":"right"`)
	require.Contains(t, s.page(s.receptionist, "/case/"+caseID).Body, "Seen in an emergency by", "the line stays")
}

// Two people break the glass at once, and each of them twice: each has one hour of their own.
func TestTwoLookInAnEmergencyAtOnce(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	one, two := s.stranger("Gail Stranger", "gp"), s.stranger("Carl Stranger", "care_professional")
	ref := s.patient()
	p := s.refer(ref, s.practice)
	caseID := s.progress(ref, p.ReferralID).CaseID
	var wg sync.WaitGroup
	statuses := make([]int, 8)
	for i := range statuses {
		wg.Go(func() { statuses[i] = s.breaksGlass([]actor.Actor{one, two}[i%2], ref, id.New()).Status })
	}
	wg.Wait()
	for _, status := range statuses {
		require.Equal(t, http.StatusOK, status)
	}
	require.Equal(t, 2, s.count(`select count(*) from break_glass`))
	require.Equal(t, 2, s.count(`select count(*) from timeline where what = 'seen_in_emergency' and case_id = $1`, caseID))
	require.Equal(t, http.StatusOK, s.page(one, "/case/"+caseID).Status)
	require.Equal(t, http.StatusOK, s.page(two, "/case/"+caseID).Status)
}

// What is sensitive opens in an emergency to those alone who must know, and erasure clears what was written about a look.
func TestAnEmergencyAndWhatIsSensitive(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	gp, linkWorker := s.stranger("Gail Stranger", "gp"), s.linkWorker
	ref := s.patient()
	p := s.refer(ref, s.practice)
	secret := s.secret(ref)
	caseID := s.progress(ref, p.ReferralID).CaseID
	for _, one := range []struct {
		by  actor.Actor
		all bool
	}{{gp, true}, {linkWorker, false}} {
		require.Equal(t, http.StatusOK, s.breaksGlass(one.by, ref, id.New()).Status)
		body := s.page(one.by, "/case/"+caseID).Body
		require.Contains(t, body, "Ada Hart")
		contains(t, one.all, body, terms.NeedDomesticAbuse.Label(), one.by.Role)
		want := http.StatusNotFound
		if one.all {
			want = http.StatusOK
		}
		require.Equal(t, want, s.page(one.by, "/case/referrals/"+secret.ReferralID).Status)
	}
	erased := s.ask(s.privacy, http.MethodPost, apiRoot+"/patients/"+ref+"/erase", `{"why":"patient_asked"}`, "Content-Type", "application/json", "Idempotency-Key", id.New())
	require.Equal(t, http.StatusOK, erased.Status, erased.Body)
	require.Zero(t, s.count(`select count(*) from break_glass where words <> '' or note <> ''`))
}

// secret is a referral for domestic abuse.
func (s *scene) secret(ref string) *primarycare.ReferralRequestedV1 {
	s.T.Helper()
	return s.refer(ref, s.practice, func(p *primarycare.ReferralRequestedV1) {
		p.Hidden = schemas.Seal(schemas.SensitiveReferral{Need: terms.NeedDomesticAbuse})
		p.Need, p.Receivers, p.Sensitive = "", nil, true
	})
}

// A person's own list of who looked has everybody who did, with role, organisation and time, for their practice to print; what a
// practice must not learn of is not named on it.
func TestAPersonsListOfWhoLooked(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	gp := doortest.Person("Gwen GP", "gp", s.practice, "practice", "Park Surgery")
	s.grant(gp, s.Now.Now())
	outsider := s.stranger("Gail Stranger", "gp")
	ref := s.patient()
	p := s.refer(ref, s.practice)
	caseID := s.progress(ref, p.ReferralID).CaseID
	s.page(s.receptionist, "/case/"+caseID)
	s.page(s.otherReceptionist, "/case/panel/"+ref)
	require.Equal(t, http.StatusOK, s.breaksGlass(outsider, ref, id.New()).Status)
	s.page(outsider, "/case/"+caseID)
	require.Contains(t, s.page(gp, "/case/"+caseID).Body, "/case/looked/"+ref)
	for _, by := range []actor.Actor{gp, s.privacy} {
		got := s.page(by, "/case/looked/"+ref)
		require.Equal(t, http.StatusOK, got.Status, got.Body)
		for _, words := range []string{"Rita Reception, receptionist", "Park Surgery", "Olive Other", "Hill Surgery", "Gail Stranger", "Looked at: case", "Asked who already helps", "(in an emergency)"} {
			require.Contains(t, got.Body, words, by.Role)
		}
		require.NotContains(t, got.Body, "Hart")
	}
	require.Contains(t, s.page(gp, apiRoot+"/patients/"+ref+"/looks?limit=2").Body, `"next_cursor":`)
	require.Equal(t, http.StatusForbidden, s.page(s.receptionist, "/case/looked/"+ref).Status)
	require.Equal(t, http.StatusNotFound, s.page(outsider, "/case/looked/"+ref).Status, "an emergency is not for this")
	found := s.send(s.privacy, "/case/looked", url.Values{"reference": {p.Reference}})
	require.Equal(t, http.StatusSeeOther, found.Status, found.Body)
	require.Equal(t, "/case/looked/"+ref, found.Header.Get("Location"))
}

// The page that a service lead reads is the table that the program decides by.
func TestWhoSeesWhatIsAPage(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	lead := doortest.Person("Lena Lead", "service_lead", s.practice, "practice", "Park Surgery")
	s.grant(lead, s.Now.Now())
	for _, by := range []actor.Actor{lead, s.receptionist, s.provider} {
		got := s.page(by, "/case/who-sees-what")
		require.Equal(t, http.StatusOK, got.Status, got.Body)
		require.Contains(t, got.Body, "What was said about them")
		require.Contains(t, got.Body, "Yes, sensitive too")
	}
	require.Contains(t, s.page(lead, apiRoot+"/who-sees-what").Body, `"narrative":"yes"`)
}
