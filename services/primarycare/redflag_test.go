package primarycare_test

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/id"
	"example.org/waypost/schemas"
	"example.org/waypost/schemas/coordination"
	"example.org/waypost/schemas/linkworker"
	"example.org/waypost/schemas/primarycare"
	"example.org/waypost/schemas/terms"
)

// setDuty says who answers red flags today.
func (w *house) setDuty(t *testing.T) {
	t.Helper()
	res := w.submit(t, w.manager, "/practice/duty", "/practice/duty", url.Values{"clinician": {w.gp.Person.ID}, "clinician_phone": {"extension 12"}, "deputy": {w.deputy.Person.ID}})
	require.Equal(t, http.StatusSeeOther, res.Status, res.text())
}

func TestAYesStopsTheReferralAndTellsTheDutyClinician(t *testing.T) {
	t.Parallel()
	w := newHouse(t)
	w.setDuty(t)
	ref := w.addPatient(t, w.receptionist, 1)
	res := w.submit(t, w.receptionist, "/practice/patients/"+ref, "/start", nil)
	tasks := strings.TrimSuffix(res.Location, "/red-flags")
	res = w.submit(t, w.receptionist, tasks+"/red-flags", "/red-flags", url.Values{"suicide_or_self_harm": {"yes"}, "note": {"She says she can not go on."}})
	require.Equal(t, http.StatusSeeOther, res.Status, res.text())
	flag := res.Location

	page := w.page(t, w.receptionist, flag)
	require.Contains(t, page.text(), "Dr Asha Patel must answer by")
	require.Contains(t, page.text(), "Stay with them or on the line")
	var said primarycare.RedFlagRaisedV1
	w.Last(ref, &said)
	require.Equal(t, []terms.RedFlagQuestion{terms.RedFlagSuicideSelfHarm}, said.QuestionCodes)
	require.Equal(t, said.RaisedAt.Add(15*time.Minute), said.DueAt)

	// A hard stop: nothing that follows can be done.
	for _, task := range []string{"/consent", "/need", "/services", "/details", "/check"} {
		require.Equal(t, tasks, w.page(t, w.receptionist, tasks+task).Location, task)
	}
	_, form := w.page(t, w.receptionist, tasks+"/delete").form("/delete")
	require.Equal(t, http.StatusConflict, w.post(t, w.receptionist, tasks+"/consent", url.Values{"given": {"yes"}, "how": {"phone"}, "version": form["version"]}).Status)

	// A receptionist can not acknowledge; the clinician can, and the second is told who was first.
	require.Equal(t, http.StatusForbidden, w.post(t, w.receptionist, flag+"/acknowledge", url.Values{"action": {"ambulance_called"}}).Status)
	res = w.submit(t, w.gp, flag, "/acknowledge", url.Values{"action": {"no_urgent_action_needed"}})
	require.Contains(t, res.Location, "done=acknowledged", res.text())
	res = w.post(t, w.deputy, flag+"/acknowledge", url.Values{"action": {"ambulance_called"}})
	require.Equal(t, http.StatusConflict, res.Status)
	require.Contains(t, res.text(), "Dr Asha Patel dealt with this at")
	var acknowledged primarycare.RedFlagAcknowledgedV1
	w.Last(ref, &acknowledged)
	require.Equal(t, w.gp.Person.ID, acknowledged.AcknowledgedBy)

	// The clinician said that it may go on.
	require.Equal(t, http.StatusOK, w.page(t, w.receptionist, tasks+"/consent").Status)
}

func TestAnUnansweredRedFlagGoesToTheDeputyAndThenTo999(t *testing.T) {
	t.Parallel()
	w := newHouse(t)
	w.setDuty(t)
	// Nothing but this service: the broker is gone.
	w.Broker.Server.Shutdown()
	res := w.submit(t, w.receptionist, "/practice/crisis", "/practice/crisis", url.Values{"who": {"A caller, 0161 496 0000"}, "note": {"He hung up crying."}})
	require.Equal(t, http.StatusSeeOther, res.Status, res.text())
	flag := res.Location
	require.Contains(t, w.page(t, w.receptionist, flag).text(), "Waiting for the duty clinician")

	w.Now.Add(16 * time.Minute)
	require.Contains(t, w.page(t, w.receptionist, flag).text(), "Waiting for the deputy")
	w.Now.Add(15 * time.Minute)
	page := w.page(t, w.receptionist, flag).text()
	require.Contains(t, page, "Nobody has answered: ring 999 or 111 now")
	require.Contains(t, w.page(t, w.receptionist, "/practice").text(), "1 red flag that nobody has answered in time")

	// The clock's own program writes it down, once.
	require.Eventually(t, func() bool {
		var rung string
		require.NoError(t, w.Admin.QueryRow(context.Background(), `select rung from red_flag where id = $1`, strings.TrimPrefix(flag, "/practice/red-flags/")).Scan(&rung))
		return rung == "nobody"
	}, 20*time.Second, 50*time.Millisecond)

	// Somebody who is still trying starts the clock anew.
	res = w.submit(t, w.gp, flag, "/acknowledge", url.Values{"action": {"could_not_reach_still_trying"}})
	require.Contains(t, res.Location, "done=trying", res.text())
	require.Contains(t, w.page(t, w.receptionist, flag).text(), "must answer by")
}

func TestWithNobodyOnDutyTheScreenSaysRing999AtOnce(t *testing.T) {
	t.Parallel()
	w := newHouse(t)
	res := w.submit(t, w.receptionist, "/practice/crisis", "/practice/crisis", url.Values{"who": {"A caller"}, "note": {"Shouting"}})
	require.Contains(t, w.page(t, w.receptionist, res.Location).text(), "ring 999 or 111 now")
}

func TestALinkWorkersCrisisRaisesOneRedFlagInEitherOrder(t *testing.T) {
	t.Parallel()
	w := newHouse(t)
	for n, order := range []string{"crisis first", "bounce first"} {
		ref := w.addPatient(t, w.receptionist, 10+n)
		referral, offer, by := id.New(), id.New(), id.New()
		crisis := func() {
			w.Tell(ref, &linkworker.CrisisReportedV1{
				PatientRef: ref, CrisisID: id.New(), OrganisationID: w.team, ReferralID: referral, OfferID: offer, PracticeID: w.practice,
				WhomRung: terms.RungNobodyYet, Note: schemas.Seal(schemas.Safeguarding{Text: "He is on a bridge."}), By: by, At: w.Now.Now(),
			})
		}
		bounce := func() {
			w.Tell(ref, &linkworker.OfferBouncedV1{
				PatientRef: ref, OfferID: offer, ReferralID: referral, OrganisationID: w.team, Reason: terms.BounceMentalHealthCrisis,
				Detail: schemas.Seal(schemas.Message{Text: "In crisis, not ours."}), By: by, At: w.Now.Now(),
			})
		}
		if n == 0 {
			crisis()
			bounce()
		} else {
			bounce()
			crisis()
		}
		var flags int
		var note string
		require.NoError(t, w.Admin.QueryRow(t.Context(), `select count(*), min(note) from red_flag where ref = $1`, ref).Scan(&flags, &note))
		require.Equal(t, 1, flags, order)
		require.Contains(t, note, "He is on a bridge.")
		require.Contains(t, note, "In crisis, not ours.")
		var said primarycare.RedFlagRaisedV1
		w.Last(ref, &said)
		require.Equal(t, terms.RedFlagFromLinkWorker, said.Source)
	}
}

// Events keep their order within one ref. A team knows somebody under another ref than their practice does, and the two are one person: what ends
// the red flag is said about the ref under which it was raised, so that nobody hears the end first.
func TestTheEndOfARedFlagIsSaidAboutWhomItWasRaised(t *testing.T) {
	t.Parallel()
	w := newHouse(t)
	w.setDuty(t)
	n := 0
	for _, merged := range []string{"before the crisis", "after it"} {
		for _, theirs := range []string{"the ref that went", "the ref that stays"} {
			n++
			own := w.addPatient(t, w.receptionist, n)
			other, err := w.Vault("primarycare").NewRef(t.Context())
			require.NoError(t, err)
			from, into := other, own
			if theirs == "the ref that stays" {
				from, into = own, other
			}
			merge := func() {
				w.Tell(into, &coordination.PatientMergedV1{PatientRef: into, FromRef: from, IntoRef: into, Why: terms.MergeSamePerson, At: w.Now.Now()})
			}
			about := other
			if merged == "before the crisis" {
				merge()
			} else {
				about = own // until then nobody knew that the other is theirs
			}
			w.Tell(about, &linkworker.CrisisReportedV1{
				PatientRef: about, CrisisID: id.New(), OrganisationID: w.team, ReferralID: id.New(), OfferID: id.New(), PracticeID: w.practice,
				WhomRung: terms.RungNobodyYet, Note: schemas.Seal(schemas.Safeguarding{Text: "On a bridge."}), By: id.New(), At: w.Now.Now(),
			})
			if merged == "after it" {
				merge()
			}
			var raised primarycare.RedFlagRaisedV1
			w.Last(about, &raised)
			res := w.submit(t, w.gp, "/practice/red-flags/"+raised.FlagID, "/acknowledge", url.Values{"action": {"ambulance_called"}})
			require.Contains(t, res.Location, "done=", res.text())
			var ended primarycare.RedFlagAcknowledgedV1
			w.Last(about, &ended)
			require.Equal(t, raised.FlagID, ended.FlagID, "%s, merged %s", theirs, merged)
			require.Equal(t, about, ended.PatientRef)
		}
	}
}

func TestARedFlagIsRaisedWhenEvenTheVaultIsAway(t *testing.T) {
	t.Parallel()
	w := newHouse(t)
	w.setDuty(t)
	ref := w.addPatient(t, w.receptionist, 1)
	w.door.Keys.Close()
	for _, page := range []string{"/practice/crisis", "/practice/crisis?patient=" + ref} {
		res := w.submit(t, w.receptionist, page, "/practice/crisis", url.Values{"who": {"A caller"}, "note": {"He hung up crying."}})
		require.Equal(t, http.StatusSeeOther, res.Status, res.text())
		require.Contains(t, w.page(t, w.gp, res.Location).text(), "He hung up crying.")
	}
	for _, e := range w.Said("") {
		require.NotContains(t, string(e.Data), "crying")
	}
}

func TestAYesIsNeverRefusedBecauseThePageWasOld(t *testing.T) {
	t.Parallel()
	w := newHouse(t)
	path := w.startDraft(t, w.receptionist, w.addPatient(t, w.receptionist, 1))
	old := w.page(t, w.receptionist, path+"/red-flags")
	w.submit(t, w.gp, path+"/consent", "/consent", url.Values{"given": {"yes"}, "how": {"phone"}})
	res := w.send(t, w.receptionist, old, "/red-flags", url.Values{"overdose_or_poison": {"yes"}, "note": {strings.Repeat("x", 5000)}})
	require.Contains(t, res.Location, "/practice/red-flags/", res.text())
	require.Contains(t, w.page(t, w.receptionist, res.Location).text(), "Ring 999 now")
	require.Equal(t, path, w.page(t, w.receptionist, path+"/check").Location, "and it stops what was begun")
}

func TestWhoIsOnDutyIsReadAndSetByPrograms(t *testing.T) {
	t.Parallel()
	w := newHouse(t)
	read := w.call(t, w.receptionist, http.MethodGet, "/duty", nil)
	require.Equal(t, http.StatusOK, read.Status, read.Body)
	require.Equal(t, `"0"`, read.ETag, "nobody is set")
	require.Contains(t, read.Body, w.gp.Person.ID, "who could be")
	body := map[string]any{"clinician_id": w.gp.Person.ID, "clinician_phone": "extension 12", "deputy_id": w.deputy.Person.ID}
	require.Equal(t, http.StatusForbidden, w.call(t, w.receptionist, http.MethodPut, "/duty", body, "If-Match", read.ETag).Status)
	require.Equal(t, http.StatusPreconditionRequired, w.call(t, w.manager, http.MethodPut, "/duty", body).Status)
	set := w.call(t, w.manager, http.MethodPut, "/duty", body, "If-Match", read.ETag)
	require.Equal(t, http.StatusOK, set.Status, set.Body)
	require.Equal(t, `"1"`, set.ETag)
	require.Equal(t, http.StatusPreconditionFailed, w.call(t, w.gp, http.MethodPut, "/duty", body, "If-Match", read.ETag).Status, "the second is told")
	require.Equal(t, http.StatusUnprocessableEntity, w.call(t, w.gp, http.MethodPut, "/duty", map[string]any{"clinician_id": w.receptionist.Person.ID}, "If-Match", set.ETag).Status, "a GP of the practice")
	require.Contains(t, w.page(t, w.receptionist, "/practice").text(), "extension 12")
	require.Equal(t, `"0"`, w.call(t, w.stranger, http.MethodGet, "/duty", nil).ETag, "each practice its own")
}

func TestTwoWhoSetADayThatNobodyHasSetDoNotOverwriteEachOther(t *testing.T) {
	t.Parallel()
	w := newHouse(t)
	var at sync.WaitGroup
	var statuses [2]int
	for i, who := range []actor.Actor{w.manager, w.gp} {
		at.Go(func() {
			statuses[i] = w.call(t, who, http.MethodPut, "/duty", map[string]any{"clinician_id": w.gp.Person.ID}, "If-Match", `"0"`).Status
		})
	}
	at.Wait()
	require.ElementsMatch(t, []int{http.StatusOK, http.StatusPreconditionFailed}, statuses[:])
}
