package primarycare_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/id"
	"example.org/waypost/schemas"
	"example.org/waypost/schemas/coordination"
	"example.org/waypost/schemas/mdt"
	"example.org/waypost/schemas/primarycare"
	"example.org/waypost/schemas/terms"
	desk "example.org/waypost/services/primarycare"
)

func TestAnOlderWordNeverReplacesANewerOne(t *testing.T) {
	t.Parallel()
	w := newHouse(t)
	ref := w.addPatient(t, w.receptionist, 1)
	referral := w.refer(t, w.receptionist, ref)
	w.progress(t, ref, referral, 5, terms.ReferralAccepted, nil)
	w.progress(t, ref, referral, 4, terms.ReferralOffered, nil)
	require.Contains(t, w.page(t, w.receptionist, "/practice/referrals/"+referral).text(), "Accepted, first contact to come")
}

func TestInformationIsAskedAndGiven(t *testing.T) {
	t.Parallel()
	w := newHouse(t)
	ref := w.addPatient(t, w.receptionist, 1)
	referral := w.refer(t, w.receptionist, ref)
	path, question, offer := "/practice/referrals/"+referral, id.New(), id.New()
	w.progress(t, ref, referral, 2, terms.ReferralInformationAsked, func(p *coordination.ReferralProgressedV1) {
		p.Owes.Party, p.QuestionID, p.OfferID = terms.PartySender, question, offer
		p.Text, p.AvailableActions = schemas.Seal(schemas.Message{Text: "Are there stairs?"}), []string{"give_information", "withdraw"}
	})
	require.Contains(t, w.page(t, w.receptionist, "/practice").text(), "1 referral that needs information from you")
	require.Contains(t, w.page(t, w.receptionist, path).text(), "Are there stairs?")

	res := w.submit(t, w.receptionist, path+"/information", "/information", url.Values{"answer": {""}})
	require.Equal(t, http.StatusUnprocessableEntity, res.Status)
	res = w.submit(t, w.receptionist, path+"/information", "/information", url.Values{"answer": {"No stairs."}})
	require.Equal(t, path+"?done=informed", res.Location, res.text())
	var said primarycare.InformationGivenV1
	w.Last(ref, &said)
	require.Equal(t, question, said.QuestionID)
	var answer schemas.Message
	_, err := said.Answer.Into(&answer)
	require.NoError(t, err)
	require.Equal(t, "No stairs.", answer.Text)
	require.NotContains(t, w.page(t, w.receptionist, "/practice").text(), "needs information", "it is not asked for again")
	require.Equal(t, path, w.page(t, w.receptionist, path+"/information").Location)
}

func TestSensitiveNeedsTravelOnlySealed(t *testing.T) {
	t.Parallel()
	w := newHouse(t)
	ref := w.addPatient(t, w.receptionist, 1)
	res := w.call(t, w.receptionist, http.MethodPost, "/referrals", map[string]any{"patient_ref": ref, "red_flags_clear": true, "need": "domestic_abuse", "consent": map[string]any{"given": true, "how": "in_person"}})
	require.Equal(t, http.StatusCreated, res.Status, res.Body)
	for _, e := range w.Said(ref) {
		require.NotContains(t, string(e.Data), "domestic_abuse")
	}
	var said primarycare.ReferralRequestedV1
	w.Last(ref, &said)
	require.True(t, said.Sensitive)
	require.Empty(t, said.Need)
	var hidden schemas.SensitiveReferral
	_, err := said.Hidden.Into(&hidden)
	require.NoError(t, err)
	require.Equal(t, terms.NeedDomesticAbuse, hidden.Need)
	require.NotContains(t, w.page(t, w.receptionist, "/practice/referrals").text(), "Domestic abuse Today")
}

func TestErasureClearsEveryColumnOnTheList(t *testing.T) {
	t.Parallel()
	w := newHouse(t)
	ref := w.addPatient(t, w.receptionist, 1)
	referral := w.refer(t, w.receptionist, ref)
	w.startDraft(t, w.receptionist, ref)
	w.submit(t, w.receptionist, "/practice/crisis?patient="+ref, "/practice/crisis", url.Values{"note": {"Fell"}, "questions": {"collapse_or_bleeding"}})
	w.call(t, w.receptionist, http.MethodPost, "/signposts", map[string]any{"patient_ref": ref, "need": "food", "service_id": w.service})
	w.progress(t, ref, referral, 1, terms.ReferralOffered, func(p *coordination.ReferralProgressedV1) { p.Text = schemas.Seal(schemas.Message{Text: "Hello"}) })
	w.Tell(ref, &mdt.ActionAgreedV1{
		PatientRef: ref, ActionID: id.New(), MeetingID: id.New(), OwnerPersonID: w.gp.Person.ID, OwnerOrganisationID: w.practice, DueOn: "2026-12-01",
		What: schemas.Seal(schemas.Narrative{Text: "Review tablets"}), By: id.New(), At: w.Now.Now(),
	})
	require.Contains(t, w.page(t, w.gp, "/practice/actions").text(), "Review tablets")

	erased := w.Tell(ref, &coordination.PatientErasedV1{PatientRef: ref, Why: terms.ErasurePatientAsked, At: w.Now.Now()})
	for _, c := range desk.PersonalData {
		where := "ref = $1"
		if c.Table == "referral_step" {
			where = "referral_id in (select id from referral where ref = $1)"
		}
		rows, err := w.Admin.Query(t.Context(), fmt.Sprintf(`select coalesce(%s::text, '') from %s where %s`, c.Column, c.Table, where), ref)
		require.NoError(t, err)
		left, err := pgx.CollectRows(rows, pgx.RowTo[string])
		require.NoError(t, err)
		for _, x := range left {
			require.Contains(t, []string{"", "{}", "[]"}, x, "%s.%s", c.Table, c.Column)
		}
	}
	var said primarycare.RemovalAcknowledgedV1
	w.Last(ref, &said)
	require.Equal(t, erased, said.BecauseEvent)
	require.Positive(t, said.Removed)
	require.Contains(t, w.page(t, w.receptionist, "/practice/patients/"+ref).text(), "Erased record")
}

// An action that is given to somebody at a practice comes to its page, and goes with its words when it is given away.
func TestAnActionIsGivenToAPracticeAndAway(t *testing.T) {
	t.Parallel()
	w := newHouse(t)
	ref := w.addPatient(t, w.receptionist, 1)
	given := func(person, organisation, was, wasOrganisation, action string) {
		w.Tell(ref, &mdt.ActionReassignedV1{
			PatientRef: ref, ActionID: action, MeetingID: id.New(), OwnerPersonID: person, OwnerOrganisationID: organisation, WasPersonID: was, WasOrganisationID: wasOrganisation,
			DueOn: "2026-12-01", What: schemas.Seal(schemas.Narrative{Text: "Review tablets"}), AgreedAt: w.Now.Now(), By: id.New(), At: w.Now.Now(),
		})
	}
	action, them, theirs := id.New(), id.New(), id.New()
	given(w.gp.Person.ID, w.practice, them, theirs, action)
	require.Contains(t, w.page(t, w.gp, "/practice/actions").text(), "Review tablets")
	given(them, theirs, w.gp.Person.ID, w.practice, action)
	require.NotContains(t, w.page(t, w.gp, "/practice/actions").text(), "Review tablets")
	given(w.gp.Person.ID, w.practice, them, theirs, action)
	require.Contains(t, w.page(t, w.gp, "/practice/actions").text(), "Review tablets", "and back")
}

func TestConsentTakenBackStopsWhatWasBegun(t *testing.T) {
	t.Parallel()
	w := newHouse(t)
	ref := w.addPatient(t, w.receptionist, 1)
	path := w.readyDraft(t, w.receptionist, ref)
	e := w.Tell(ref, &coordination.ConsentWithdrawnV1{PatientRef: ref, ConsentID: id.New(), Purpose: terms.ConsentShareToHelp, How: terms.ConsentByPhone, By: id.New(), At: w.Now.Now().Add(1e9)})
	require.Equal(t, http.StatusNotFound, w.page(t, w.receptionist, path+"/check").Status)
	require.Contains(t, w.page(t, w.receptionist, "/practice/patients/"+ref).text(), "No longer agrees to sharing")
	var said primarycare.RemovalAcknowledgedV1
	w.Last(ref, &said)
	require.Equal(t, e, said.BecauseEvent)
}

// A no that is heard late, or said again, takes nothing that was begun after it: that asks them anew.
func TestWhatWasBegunAfterANoStays(t *testing.T) {
	t.Parallel()
	w := newHouse(t)
	ref := w.addPatient(t, w.receptionist, 1)
	said := w.Now.Now()
	w.Now.Add(time.Minute)
	path := w.readyDraft(t, w.receptionist, ref)
	w.Tell(ref, &coordination.ConsentWithdrawnV1{PatientRef: ref, ConsentID: id.New(), Purpose: terms.ConsentShareToHelp, How: terms.ConsentByPhone, By: id.New(), At: said})
	require.Equal(t, http.StatusOK, w.page(t, w.receptionist, path+"/check").Status)
}

// A case is opened through another door. What this practice has of how not to reach the person is said then, once; who sent them said it with that,
// who moved away is somebody else's to speak for, and of an erased record there is nothing to say.
func TestHowNotToReachSomebodyIsSaidWhenTheirCaseOpens(t *testing.T) {
	t.Parallel()
	w := newHouse(t)
	said := func(ref string) (n int) {
		for _, e := range w.Said(ref) {
			if e.Type == primarycare.TypePatientDetailsChangedV1 {
				n++
			}
		}
		return n
	}
	opens := func(ref string) {
		w.Tell(ref, &coordination.CaseOpenedV1{PatientRef: ref, CaseID: id.New(), Reference: "CDEF2346", Because: "referral_requested", ByEvent: id.New(), At: w.Now.Now()})
	}
	sent, moved, erased, known := w.addPatient(t, w.receptionist, 1), w.addPatient(t, w.receptionist, 2), w.addPatient(t, w.receptionist, 3), w.addPatient(t, w.receptionist, 4)
	w.refer(t, w.receptionist, sent)
	_, err := w.Admin.Exec(t.Context(), `update primarycare.patient set status = 'moved_away' where ref = $1`, moved)
	require.NoError(t, err)
	w.Tell(erased, &coordination.PatientErasedV1{PatientRef: erased, Why: terms.ErasurePatientAsked, At: w.Now.Now()})
	for _, ref := range []string{sent, moved, erased, known} {
		opens(ref)
	}
	require.Eventually(t, func() bool { return said(known) == 2 }, 10*time.Second, 20*time.Millisecond)
	var again primarycare.PatientDetailsChangedV1
	w.Last(known, &again)
	require.True(t, again.ContactHeardAt.IsZero(), "they had heard nothing, so they only forbid")
	for _, ref := range []string{sent, moved, erased} {
		require.Equal(t, 1, said(ref))
	}
	var left int
	require.NoError(t, w.Admin.QueryRow(t.Context(), `select count(*) from primarycare.unsaid`).Scan(&left))
	require.Zero(t, left)
}

// A no that names somebody else is none to the practice: its record and what it had begun stay. A yes that names others is none either.
func TestConsentTakenBackFromOthersLeavesThePracticesOwn(t *testing.T) {
	t.Parallel()
	w := newHouse(t)
	ref := w.addPatient(t, w.receptionist, 1)
	path := w.readyDraft(t, w.receptionist, ref)
	record := func() string { return w.page(t, w.receptionist, "/practice/patients/"+ref).text() }
	no := func(of ...string) {
		w.Tell(ref, &coordination.ConsentWithdrawnV1{
			PatientRef: ref, ConsentID: id.New(), Purpose: terms.ConsentShareToHelp, OrganisationIDs: of, How: terms.ConsentByPhone, By: id.New(), At: w.Now.Now(),
		})
	}
	yes := func(of ...string) {
		w.Tell(ref, &coordination.ConsentGivenV1{
			PatientRef: ref, ConsentID: id.New(), Purpose: terms.ConsentShareToHelp, OrganisationIDs: of, How: terms.ConsentByPhone, By: id.New(), At: w.Now.Now(),
		})
	}
	w.Now.Add(time.Minute)
	no(w.team)
	require.Equal(t, http.StatusOK, w.page(t, w.receptionist, path+"/check").Status)
	require.NotContains(t, record(), "No longer agrees")
	no(w.team, w.practice)
	require.Equal(t, http.StatusNotFound, w.page(t, w.receptionist, path+"/check").Status)
	require.Contains(t, record(), "No longer agrees to sharing")
	w.Now.Add(time.Minute)
	yes(w.team)
	require.Contains(t, record(), "No longer agrees to sharing")
	yes()
	require.NotContains(t, record(), "No longer agrees")
}

func TestAfterAMergeTheReferralGoesOutUnderTheRefThatStands(t *testing.T) {
	t.Parallel()
	w := newHouse(t)
	from, into := w.addPatient(t, w.receptionist, 1), w.addPatient(t, w.receptionist, 2)
	w.Tell(into, &coordination.PatientMergedV1{PatientRef: into, FromRef: from, IntoRef: into, Why: terms.MergeSamePerson, At: w.Now.Now()})
	require.Contains(t, w.page(t, w.receptionist, "/practice/patients/"+from).text(), "two records of this person")
	referral := w.refer(t, w.receptionist, from)
	var said primarycare.ReferralRequestedV1
	w.Last(into, &said)
	require.Equal(t, referral, said.ReferralID)
	require.Equal(t, into, said.PatientRef)
}

func TestContactPreferencesOfElsewhereAreTakenOver(t *testing.T) {
	t.Parallel()
	w := newHouse(t)
	ref := w.addPatient(t, w.receptionist, 1)
	tell := func(note string, later int64) {
		w.Tell(ref, &coordination.ContactPreferencesChangedV1{PatientRef: ref, At: w.Now.Now().Add(1e9 * 60 * 1), Contact: schemas.Seal(schemas.Contact{
			GivenName: "Other", FamilyName: "Name", DateOfBirth: "1954-03-27",
			Phone: "0161 496 0009", SafeWays: schemas.SafeWays{Text: true}, SafeNote: note,
		})})
	}
	tell("Mornings only", 1)
	page := w.page(t, w.receptionist, "/practice/patients/"+ref).text()
	require.Contains(t, page, "Mornings only")
	require.Contains(t, page, "Jean Holt", "names stay the practice's own")
	require.Len(t, strings.Split(page, "Mornings only"), 3, "in the header and the details")
}

// What is sent of somebody says how much had been heard of how to reach them, also where the practice's own word is newer and stands.
func TestWhatIsSentSaysWhatHadBeenHeard(t *testing.T) {
	t.Parallel()
	w := newHouse(t)
	ref := w.addPatient(t, w.receptionist, 1)
	var added primarycare.PatientDetailsChangedV1
	w.Last(ref, &added)
	require.True(t, added.ContactHeardAt.IsZero(), "nothing yet")
	asOf := w.Now.Now().Add(time.Minute).UTC().Truncate(time.Second)
	w.Tell(ref, &coordination.ContactPreferencesChangedV1{
		PatientRef: ref, At: w.Now.Now().Add(-time.Hour), AsOf: &asOf, Contact: schemas.Seal(schemas.Contact{Phone: "0161 496 0009", SafeWays: schemas.SafeWays{Text: true}}),
	})
	page := w.page(t, w.receptionist, "/practice/patients/"+ref).text()
	require.NotContains(t, page, "0161 496 0009", "the practice's own number is newer")
	w.refer(t, w.receptionist, ref)
	var sent primarycare.ReferralRequestedV1
	w.Last(ref, &sent)
	require.Equal(t, asOf, sent.ContactHeardAt.UTC())
	var c schemas.Contact
	_, err := sent.Contact.Into(&c)
	require.NoError(t, err)
	require.False(t, c.SafeWays.Phone, "what was forbidden elsewhere is forbidden here")
	stale := asOf.Add(-time.Second)
	w.Tell(ref, &coordination.ContactPreferencesChangedV1{
		PatientRef: ref, At: w.Now.Now().Add(time.Hour), AsOf: &stale, Contact: schemas.Seal(schemas.Contact{Phone: "0161 496 0008", SafeWays: schemas.SafeWays{Phone: true}}),
	})
	w.refer(t, w.receptionist, ref)
	w.Last(ref, &sent)
	require.Equal(t, asOf, sent.ContactHeardAt.UTC())
	_, err = sent.Contact.Into(&c)
	require.NoError(t, err)
	require.Equal(t, "0161 496 0008", c.Phone)
	require.False(t, c.SafeWays.Phone, "the ways that it tells are older than those that were heard")
}

// Two people after all: neither practice keeps the number of the other's patient. How each may be reached was said long before the merge was
// undone. What a practice wrote itself in the meantime stands.
func TestAMergeUndoneGivesEachTheirOwnNumberBack(t *testing.T) {
	t.Parallel()
	w := newHouse(t)
	from, into := w.addPatient(t, w.receptionist, 1), w.addPatient(t, w.receptionist, 2)
	said := w.Now.Now()
	tell := func(ref, phone string, at time.Time) {
		w.Tell(ref, &coordination.ContactPreferencesChangedV1{PatientRef: ref, At: at, Contact: schemas.Seal(schemas.Contact{
			GivenName: "Other", FamilyName: "Name", Phone: phone, SafeWays: schemas.SafeWays{Phone: true},
		})})
	}
	w.Now.Add(time.Hour)
	w.Tell(into, &coordination.PatientMergedV1{PatientRef: into, FromRef: from, IntoRef: into, Why: terms.MergeSamePerson, At: w.Now.Now()})
	w.Now.Add(time.Hour)
	tell(into, "0161 496 0009", w.Now.Now())
	require.Contains(t, w.page(t, w.receptionist, "/practice/patients/"+from).text(), "0161 496 0009")
	w.Now.Add(time.Hour)
	for _, ref := range []string{from, into} {
		w.Tell(ref, &coordination.PatientMergeUndoneV1{PatientRef: ref, FromRef: from, IntoRef: into, By: id.New(), At: w.Now.Now()})
		tell(into, "0161 496 0009", w.Now.Now().Add(-time.Minute)) // said of both, heard between
	}
	tell(from, "0161 496 0001", said)
	page := w.page(t, w.receptionist, "/practice/patients/"+from).text()
	require.Contains(t, page, "0161 496 0001")
	require.NotContains(t, page, "0161 496 0009")
	tell(from, "0161 496 0002", said.Add(-time.Hour))
	require.NotContains(t, w.page(t, w.receptionist, "/practice/patients/"+from).text(), "0161 496 0002", "the older word came late")
}
