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
	"example.org/waypost/schemas/linkworker"
	"example.org/waypost/schemas/mdt"
	"example.org/waypost/schemas/primarycare"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/schemas/vcse"
	"example.org/waypost/services/coordination/internal/domain"
)

// acknowledges has every holder but those named say that it removed what it was told to.
func (s *scene) acknowledges(ref, because string) {
	s.T.Helper()
	p := primarycare.RemovalAcknowledgedV1{PatientRef: ref, Because: terms.RemovalPatientErased, BecauseEvent: because, Removed: 3, At: s.Now.Now()}
	s.Tell(ref, &p)
	s.Tell(ref, (*linkworker.RemovalAcknowledgedV1)(&p))
	s.Tell(ref, (*mdt.RemovalAcknowledgedV1)(&p))
	s.Tell(ref, (*vcse.RemovalAcknowledgedV1)(&p))
}

// An erasure ends with a certificate: who asked, when the keys went, who removed what and when, what stays and why. It is not complete
// while somebody has not answered, names nobody, and only the area's privacy officer sees it.
func TestAnErasureEndsWithACertificate(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	ref := s.patient()
	s.refer(ref, s.practice)
	require.Equal(t, http.StatusOK, s.erases(s.privacy, ref).Status)
	because, _ := s.erased(ref)
	path := "/case/removals/" + because
	require.Contains(t, s.page(s.privacy, "/case/removals").Body, `href="`+path+`"`)
	early := s.page(s.privacy, path)
	require.Equal(t, http.StatusOK, early.Status, early.Body)
	require.Contains(t, early.Body, "This is not complete yet")
	s.acknowledges(ref, because)
	done := s.page(s.privacy, path).Body
	for _, said := range []string{
		"Certificate of erasure", "Everybody who was told has said that they removed what they had", because, ref, terms.ErasurePatientAsked.Label(), s.privacy.Person.Name, "Keys destroyed",
		"The shared case", "Link workers", "Meetings", "Practices", "Providers", "What stays, and why", "for 14 days",
	} {
		require.Contains(t, done, said)
	}
	require.NotContains(t, done, "Not yet")
	require.Equal(t, 2, s.count(`select count(*) from audit where object = 'certificate' and patient_ref = $1 and person_id = $2`, ref, s.privacy.Person.ID))

	elsewhere := doortest.Person("Ed Elsewhere", "privacy_officer", s.practice, "practice", "Park Surgery")
	s.grant(elsewhere, s.Now.Now())
	for _, by := range []actor.Actor{s.receptionist, s.coordinator, elsewhere} {
		require.Equal(t, http.StatusForbidden, s.page(by, path).Status, by.Role)
		require.Equal(t, http.StatusForbidden, s.page(by, "/case/retention").Status, by.Role)
	}
	require.Equal(t, http.StatusNotFound, s.page(s.privacy, "/case/removals/"+id.New()).Status)
}

// closed is somebody whose only case was closed.
func (s *scene) closed() (ref string) {
	s.T.Helper()
	ref = s.patient()
	p := s.refer(ref, s.practice, of(s.somebody()))
	s.Tell(ref, &primarycare.ReferralWithdrawnV1{
		PatientRef: ref, ReferralID: p.ReferralID, SenderOrganisationID: s.practice, Reason: terms.WithdrawalNoLongerNeeded,
		By: s.receptionist.Person.ID, At: s.Now.Now(),
	})
	require.Equal(s.T, 1, s.count(`select count(*) from case_record where patient_ref = $1 and closed_at is not null`, ref))
	return ref
}

func (s *scene) decides(code domain.RetentionCode, years, on string) answer {
	s.T.Helper()
	return s.post(s.privacy, "/case/retention", "/case/retention", url.Values{"code": {string(code)}, "years": {years}, "on": {on}})
}

// A rule erases nothing until the privacy officer has switched it on; then it erases whose time is over, to the day, and nobody else.
func TestARecordIsErasedByRule(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	old := s.closed()
	s.Now.Add(9 * 365 * 24 * time.Hour)
	recent, open := s.closed(), s.patient()
	s.refer(open, s.practice, of(s.somebody()))
	require.Contains(t, s.page(s.privacy, "/case/retention").Body, "By nobody yet")
	require.False(t, s.saidSo(old, "patient_erased", 1), "no rule is on")

	require.Contains(t, s.decides(domain.RetainAdult, "0", "yes").Body, "Enter a whole number from 1 to 100")
	require.Contains(t, s.decides("anybody", "8", "yes").Body, "Select one of the answers on the page")
	require.Equal(t, http.StatusSeeOther, s.decides(domain.RetainAdult, "8", "yes").Status)
	require.Contains(t, s.page(s.privacy, "/case/retention").Body, s.privacy.Person.Name)
	s.Now.Add(2 * time.Hour) // the clock looks every hour
	because, erased := s.erased(old)
	require.Equal(t, terms.ErasureRetentionEnded, erased.Why)
	require.Equal(t, s.privacy.Person.ID, erased.By, "who decided answers for it")
	require.Contains(t, s.page(s.privacy, "/case/removals/"+because).Body, "Adults, decided by "+s.privacy.Person.Name)
	require.Equal(t, 1, s.count(`select count(*) from audit where verb = 'erase by rule' and machine = 'clock' and patient_ref = $1`, old))
	for _, ref := range []string{recent, open} {
		require.False(t, s.saidSo(ref, "patient_erased", 1))
		require.Equal(t, 1, s.count(`select count(*) from patient where ref = $1 and family_name <> ''`, ref))
	}
}

// Whoever was heard of since their case was closed is a current patient, and kept: information was given to them, or a red flag about them was raised.
// So is who has one that nobody acted on, however old it is. It is erased who was not heard of since.
func TestACurrentPatientIsNotErasedByRule(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	signposted, sealed, flagged, answered, moved, looked, old := s.closed(), s.closed(), s.closed(), s.closed(), s.closed(), s.closed(), s.closed()
	raise := func(ref string) *primarycare.RedFlagRaisedV1 {
		p := &primarycare.RedFlagRaisedV1{
			PatientRef: ref, FlagID: id.New(), Source: terms.RedFlagFromReception, DueAt: s.Now.Now().Add(15 * time.Minute), PracticeID: s.practice,
			RaisedBy: s.receptionist.Person.ID, RaisedAt: s.Now.Now(),
		}
		s.Tell(ref, p)
		return p
	}
	acted := func(p *primarycare.RedFlagRaisedV1) {
		s.Tell(p.PatientRef, &primarycare.RedFlagAcknowledgedV1{
			PatientRef: p.PatientRef, FlagID: p.FlagID, PracticeID: s.practice, Action: terms.RedFlagActions[0].Code, AcknowledgedBy: s.receptionist.Person.ID, AcknowledgedAt: s.Now.Now(),
		})
	}
	raise(flagged)
	acted(raise(old))
	flag := raise(answered)
	_, err := s.Admin.Exec(t.Context(), `insert into break_glass (id, patient_ref, case_id, person_id, organisation_id, role, reason, words, sensitive, at, until, review_due_at)
		select gen_random_uuid(), $1, c.id, $2, $3, 'gp', 'danger', '', false, $4, $4::timestamptz + interval '1 minute', $4 from case_record c where c.patient_ref = $1`,
		looked, s.receptionist.Person.ID, s.practice, s.Now.Now())
	require.NoError(t, err)

	s.Now.Add(9 * 365 * 24 * time.Hour)
	given := func(ref string) *primarycare.PatientSignpostedV1 {
		return &primarycare.PatientSignpostedV1{PatientRef: ref, SignpostID: id.New(), PracticeID: s.practice, Need: terms.NeedLoneliness, ServiceID: s.services[0], By: s.receptionist.Person.ID, At: s.Now.Now()}
	}
	s.Tell(signposted, given(signposted))
	hidden := given(sealed)
	hidden.Need, hidden.ServiceID, hidden.Hidden = "", "", schemas.Seal(schemas.SensitiveReferral{Need: terms.NeedLoneliness})
	s.Tell(sealed, hidden)
	acted(flag)
	s.Tell(moved, s.described(moved, s.practice, s.somebody()))
	require.Equal(t, http.StatusSeeOther, s.decides(domain.RetainAdult, "8", "yes").Status)
	s.Now.Add(2 * time.Hour)
	s.erased(old)
	for name, ref := range map[string]string{
		"signposted": signposted, "signposted to what is sensitive": sealed, "with an open red flag": flagged, "whose red flag was acted on lately": answered,
		"whose address changed": moved, "whom somebody looked at, and nobody has reviewed it": looked,
	} {
		require.False(t, s.saidSo(ref, "patient_erased", 1), name)
		require.Equal(t, 1, s.count(`select count(*) from patient where ref = $1 and family_name <> ''`, ref), name)
	}
	require.Equal(t, 1, s.count(`select count(*) from patient where open_flags <> '{}'`), "one is open")
}

// Two processes' clocks and the privacy officer at once: it is erased once, and said once.
func TestAnErasureByRuleAndByRequestIsOne(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	ref := s.closed()
	s.Now.Add(9 * 365 * 24 * time.Hour)
	require.Equal(t, http.StatusSeeOther, s.decides(domain.RetainAdult, "8", "yes").Status)
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			s.ask(s.privacy, http.MethodPost, apiRoot+"/patients/"+ref+"/erase", `{"why":"patient_asked"}`, "Content-Type", "application/json", "Idempotency-Key", id.New())
		})
	}
	s.Now.Add(2 * time.Hour)
	all.Wait()
	s.erased(ref)
	s.Now.Add(2 * time.Hour)
	require.Equal(t, 1, s.count(`select count(*) from erasure where ref = $1`, ref))
	require.Equal(t, 1, s.count(`select count(*) from outbox where about = $1 and event_type like '%patient_erased%'`, ref))
}
