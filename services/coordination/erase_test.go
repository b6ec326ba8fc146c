package coordination_test

import (
	"context"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/doortest"
	"example.org/waypost/pkg/id"
	"example.org/waypost/pkg/nhsnumber"
	"example.org/waypost/pkg/vault"
	"example.org/waypost/schemas"
	said "example.org/waypost/schemas/coordination"
	"example.org/waypost/schemas/linkworker"
	"example.org/waypost/schemas/mdt"
	"example.org/waypost/schemas/primarycare"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/schemas/vcse"
	"example.org/waypost/services/coordination"
)

func (s *scene) erases(by actor.Actor, ref string) answer {
	s.T.Helper()
	return s.ask(by, http.MethodPost, apiRoot+"/patients/"+ref+"/erase", `{"why":"patient_asked"}`, "Content-Type", "application/json", "Idempotency-Key", id.New())
}

// erased waits until the keys are gone and everybody was told, and answers with the event that told them.
func (s *scene) erased(ref string) (event string, p said.PatientErasedV1) {
	s.T.Helper()
	s.eventually("patient_erased", func() bool { return s.saidSo(ref, "patient_erased", 1) })
	for _, e := range s.Said(ref) {
		if e.Type == p.EventType() {
			unmarshal(s.T, e.Data, &p)
			event = e.ID
		}
	}
	return event, p
}

// The area's privacy officer has a record erased: what is open ends, our columns are clear, no key opens what was said, and
// nothing that is still on its way brings any of it back.
func TestARecordIsErased(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	number := "9990000026"
	ref, err := s.Vault("primarycare").RefForNumber(t.Context(), number, nhsnumber.Holder{GivenName: "Ada"})
	require.NoError(t, err)
	p := s.refer(ref, s.practice)
	o := s.offer(ref, p.ReferralID)
	s.accept(ref, o)
	late := s.request(ref, s.otherPractice, func(p *primarycare.ReferralRequestedV1) { p.Need = terms.NeedHousing })

	before := s.ask(s.privacy, http.MethodGet, apiRoot+"/removals", "")
	require.Contains(t, before.Body, `"items":[]`)
	elsewhere := doortest.Person("Ed Elsewhere", "privacy_officer", s.practice, "practice", "Park Surgery")
	s.grant(elsewhere, s.Now.Now())
	for _, by := range []actor.Actor{s.receptionist, s.coordinator, elsewhere} {
		require.Equal(t, http.StatusForbidden, s.erases(by, ref).Status, "%s of %s", by.Role, by.OrganisationName)
	}
	require.Equal(t, http.StatusForbidden, s.page(elsewhere, "/case/removals").Status)
	require.Equal(t, http.StatusNotFound, s.erases(s.privacy, id.New()).Status, "a ref that was never given out")

	got := s.erases(s.privacy, ref)
	require.Equal(t, http.StatusOK, got.Status, got.Body)
	var back said.OfferWithdrawnV1
	s.Last(ref, &back)
	require.True(t, back.StandDown)
	require.Equal(t, terms.OfferWithdrawalPatientErased, back.Reason)
	progress := s.progressSaid(ref, p.ReferralID)
	require.Equal(t, terms.ReferralWithdrawn, progress.State)
	require.Equal(t, "patient_erased", progress.Reason)
	_, erased := s.erased(ref)
	require.Equal(t, s.privacy.Person.ID, erased.By)
	var closed said.CaseClosedV1
	s.Last(ref, &closed)
	require.Equal(t, terms.CasePatientErased, closed.Outcome)
	require.Equal(t, http.StatusConflict, s.erases(s.privacy, ref).Status)

	s.holdsNothing()
	s.Tell(ref, late) // its speaker had the keys in memory still
	s.Tell(ref, &primarycare.PatientDetailsChangedV1{PatientRef: ref, PracticeID: s.practice, Contact: schemas.Seal(ada), Status: terms.PatientDied, ChangedBy: s.receptionist.Person.ID, ChangedAt: s.Now.Now()})
	s.holdsNothing()
	s.opensNowhere(ref)
	require.Equal(t, http.StatusConflict, s.reopens(progress.CaseID).Status, "nothing is added to what was erased")
	s.holdsNothing()
	_, err = s.Admin.Exec(t.Context(), `insert into errand (referral_id, kind, receiver_kind, receiver_id, made_at) values ($1, 'receiver_closed', 'service', $2, now())`, p.ReferralID, s.services[0])
	require.NoError(t, err)
	s.eventually("an errand for somebody erased is dropped, and the clock goes on", func() bool { return s.count(`select count(*) from errand`) == 0 })

	anew, err := s.Vault("linkworker").RefForNumber(t.Context(), number, nhsnumber.Holder{GivenName: "Ada"})
	require.NoError(t, err)
	require.NotEqual(t, ref, anew, "who comes back is somebody new")
	again := s.refer(anew, s.practice)
	require.Equal(t, terms.ReferralOffered, s.progress(anew, again.ReferralID).State)
}

// progressSaid is progress of what can not be opened any more.
func (s *scene) progressSaid(ref, referral string) (newest said.ReferralProgressedV1) {
	s.T.Helper()
	for _, e := range s.Said(ref) {
		var p said.ReferralProgressedV1
		if e.Type == p.EventType() {
			unmarshal(s.T, e.Data, &p)
			if p.ReferralID == referral {
				newest = p
			}
		}
	}
	return newest
}

// opensNowhere asks every service that may sign in to the vault, with an empty cache, to open what was said of somebody.
func (s *scene) opensNowhere(ref string) {
	s.T.Helper()
	n := 0
	for _, service := range vault.Services {
		s.Vault(service).Evict(ref)
		keys, err := s.Vault(service).KeysToOpen(s.T.Context(), []string{ref}, doortest.Classes...)
		require.NoError(s.T, err)
		for _, e := range s.Said(ref) {
			var p said.ReferralOfferedV1
			if e.Type != p.EventType() {
				continue
			}
			unmarshal(s.T, e.Data, &p)
			require.NoError(s.T, keys.OpenPayload(ref, e.ID, &p))
			var contact schemas.Contact
			ok, err := p.Contact.Into(&contact)
			require.NoError(s.T, err)
			require.False(s.T, ok, "%s still reads who it is", service)
			n++
		}
	}
	require.Positive(s.T, n, "nothing was tried")
}

func (s *scene) holdsNothing() {
	s.T.Helper()
	for _, c := range coordination.PersonalData {
		require.Zero(s.T, s.count(`select count(*) from `+c.Table+` x where coalesce(x.`+c.Column+`::text, '') not in ('', '{}', 'false')`), "%s.%s still holds something", c.Table, c.Column)
	}
}

func (s *scene) reopens(caseID string) answer {
	s.T.Helper()
	gp := doortest.Person("Gwen GP", "gp", s.practice, "practice", "Park Surgery")
	s.grant(gp, s.Now.Now())
	etag := s.ask(gp, http.MethodGet, apiRoot+"/cases/"+caseID, "").Header.Get("ETag")
	return s.ask(gp, http.MethodPost, apiRoot+"/cases/"+caseID+"/reopen", `{"note":"She rang about her dog"}`,
		"Content-Type", "application/json", "Idempotency-Key", id.New(), "If-Match", etag)
}

// The first of a person is just being written when they are erased: what it began ends with them all the same.
func TestErasureWaitsForWhatIsJustBeginning(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	ref, caseID, referral := s.patient(), id.New(), id.New()
	first, err := s.Admin.Begin(t.Context())
	require.NoError(t, err)
	defer func() { _ = first.Rollback(context.WithoutCancel(t.Context())) }()
	_, err = first.Exec(t.Context(), `insert into patient (ref) values ($1)`, ref)
	require.NoError(t, err)
	_, err = first.Exec(t.Context(), `insert into case_record (id, patient_ref, first_ref, reference, because, by_event, opened_at) values ($1, $2, $2, 'CDEF2346', 'test', $3, now())`, caseID, ref, id.New())
	require.NoError(t, err)
	_, err = first.Exec(t.Context(), `insert into referral (id, case_id, patient_ref, first_ref, reference, state, sender_organisation_id, sender_kind, requested_by, requested_at, need, urgency,
			sensitive, seen_by, consent_id, consent_given, root, owes_party, due_at, since, version)
		values ($1, $2, $3, $3, 'ACDE2346', 'requested', $4, 'practice', $5, now(), 'loneliness', 'routine', false, '{}', $6, true, true, 'coordinator', now() + interval '1 hour', now(), 1)`,
		referral, caseID, ref, s.practice, s.receptionist.Person.ID, id.New())
	require.NoError(t, err)
	erased := make(chan answer, 1)
	go func() { erased <- s.erases(s.privacy, ref) }()
	var number string
	require.NoError(t, first.QueryRow(t.Context(), `select pg_current_xact_id()::text`).Scan(&number))
	s.eventually("the erasure waits", func() bool {
		return s.count(`select count(*) from pg_locks where transactionid::text = $1 and not granted`, number) > 0
	})
	require.NoError(t, first.Commit(t.Context()))
	got := <-erased
	require.Equal(t, http.StatusOK, got.Status, got.Body)
	require.Equal(t, 1, s.count(`select count(*) from referral where id = $1 and state = 'withdrawn'`, referral))
	require.Equal(t, 1, s.count(`select count(*) from case_record where id = $1 and closed_at is not null`, caseID))
}

// Two refs of one person go together, and everybody is told of both.
func TestErasureTakesMergedRefsWithIt(t *testing.T) {
	t.Parallel()
	s, known, fresh, second := lookalike(t)
	path := "/case/referrals/" + second.ReferralID + "/who"
	require.Equal(t, http.StatusSeeOther, s.post(s.coordinator, path, path, url.Values{"shown": {known}, "same": {known}}).Status)
	require.Equal(t, http.StatusOK, s.erases(s.privacy, fresh).Status)
	s.erased(known)
	s.erased(fresh)
	s.holdsNothing()
}

// Whoever has not said that they removed it stands on the privacy officer's list, and is late after a working day.
func TestWhoHasNotRemovedItIsOnTheList(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	ref := s.patient()
	p := s.refer(ref, s.practice)
	reference := p.Reference
	form := url.Values{"reference": {reference}, "why": {"made_in_error"}}
	require.Contains(t, s.post(s.privacy, "/case/removals", "/case/removals", form).Body, "Confirm that you know this can not be undone")
	form.Set("sure", "yes")
	done := s.post(s.privacy, "/case/removals", "/case/removals", form)
	require.Equal(t, http.StatusSeeOther, done.Status, done.Body)
	because, erased := s.erased(ref)
	require.Equal(t, terms.ErasureMadeInError, erased.Why)

	list := func() string { return s.page(s.privacy, "/case/removals").Body }
	require.Contains(t, list(), "Waiting for: Link workers, Meetings, Practices, Providers.")
	s.Tell(ref, &primarycare.RemovalAcknowledgedV1{PatientRef: ref, Because: terms.RemovalPatientErased, BecauseEvent: because, Removed: 3, At: s.Now.Now()})
	s.Tell(ref, &linkworker.RemovalAcknowledgedV1{PatientRef: ref, Because: terms.RemovalPatientErased, BecauseEvent: because, At: s.Now.Now()})
	s.Tell(ref, &mdt.RemovalAcknowledgedV1{PatientRef: ref, Because: terms.RemovalPatientErased, BecauseEvent: because, At: s.Now.Now()})
	require.Contains(t, list(), "Waiting for: Providers.")
	s.Now.Add(5 * 24 * time.Hour)
	require.Contains(t, s.ask(s.privacy, http.MethodGet, apiRoot+"/removals", "").Body, `"late":true`)
	s.Tell(ref, &vcse.RemovalAcknowledgedV1{PatientRef: ref, Because: terms.RemovalPatientErased, BecauseEvent: because, Removed: 1, At: s.Now.Now()})
	require.Contains(t, list(), "Records removed: 4.")
	require.NotContains(t, list(), "Waiting for")

	other := s.patient()
	s.refer(other, s.practice)
	require.Equal(t, http.StatusOK, s.withdraws(other).Status)
	require.Contains(t, list(), "Waiting for", "who no longer agrees is on it too")
}

// A clock that dies between destroying the keys and telling everybody tells them the next time.
func TestErasureIsToldAfterAllWhenTheVaultWasAway(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	ref := s.patient()
	require.Equal(t, http.StatusOK, s.erases(s.privacy, ref).Status, "of somebody whose case was never shared")
	s.erased(ref)
	_, err := s.Admin.Exec(t.Context(), `update coordination.erasure set told_at = null`)
	require.NoError(t, err)
	s.eventually("told again", func() bool { return s.saidSo(ref, "patient_erased", 2) })
}
