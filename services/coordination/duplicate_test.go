package coordination_test

import (
	"net/http"
	"net/url"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/id"
	"example.org/waypost/schemas"
	said "example.org/waypost/schemas/coordination"
	"example.org/waypost/schemas/primarycare"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/schemas/vcse"
)

// twice is one patient for whom two practices ask for the same: the second is held.
func twice(t *testing.T) (s *scene, ref string, first, second *primarycare.ReferralRequestedV1) {
	t.Helper()
	s = newScene(t)
	ref = s.patient()
	first = s.refer(ref, s.practice)
	second = s.refer(ref, s.otherPractice)
	got := s.progress(ref, second.ReferralID)
	require.Equal(t, terms.ReferralHeld, got.State)
	require.Equal(t, terms.PartySender, got.Owes.Party)
	require.Equal(t, []string{"join", "confirm", "withdraw"}, got.AvailableActions)
	var held said.ReferralHeldV1
	s.Last(ref, &held)
	require.Equal(t, first.ReferralID, held.ExistingReferralID)
	require.Equal(t, 1, s.count(`select count(*) from case_record where patient_ref = $1 and closed_at is null`, ref), "one case")
	require.Equal(t, 1, s.count(`select count(*) from offer o join referral r on r.id = o.referral_id where r.patient_ref = $1`, ref), "no double care")
	return s, ref, first, second
}

func (s *scene) count(sql string, args ...any) (n int) {
	s.T.Helper()
	require.NoError(s.T, s.Admin.QueryRow(s.T.Context(), sql, args...).Scan(&n))
	return n
}

func TestJoinWhatIsThere(t *testing.T) {
	t.Parallel()
	s, ref, first, second := twice(t)
	require.Equal(t, http.StatusNotFound, s.page(s.receptionist, "/case/referrals/"+id.New()).Status)
	got := s.step(s.otherReceptionist, second.ReferralID, "join", "")
	require.Equal(t, http.StatusOK, got.Status, got.Body)
	require.Equal(t, terms.ReferralJoined, s.progress(ref, second.ReferralID).State)
	var joined said.ReferralJoinedV1
	s.Last(ref, &joined)
	require.Equal(t, first.ReferralID, joined.IntoReferralID)
	require.Equal(t, s.otherReceptionist.Person.ID, joined.By)
	require.Equal(t, terms.ReferralOffered, s.progress(ref, first.ReferralID).State, "what was there goes on")
	see := s.page(s.otherReceptionist, "/case/"+joined.CaseID)
	require.Equal(t, http.StatusOK, see.Status, "who joined can see how it goes")
}

// Who joined hears how the other one's referral goes on, as the progress of their own.
func TestWhoJoinedHearsHowItGoesOn(t *testing.T) {
	t.Parallel()
	s, ref, first, second := twice(t)
	require.Equal(t, http.StatusOK, s.step(s.otherReceptionist, second.ReferralID, "join", "").Status)
	joined := s.progress(ref, second.ReferralID)
	o := s.offer(ref, first.ReferralID)
	s.accept(ref, o)
	got := s.progress(ref, second.ReferralID)
	require.Equal(t, terms.ReferralJoined, got.State)
	require.Equal(t, string(terms.ReferralAccepted), got.Reason)
	require.Equal(t, s.otherPractice, got.SenderOrganisationID)
	require.Greater(t, got.Version, joined.Version)
	require.Nil(t, got.Text, "what was written is for whoever sent the other one")
	s.Tell(ref, &vcse.SupportEndedV1{
		PatientRef: ref, OfferID: o.OfferID, ReferralID: o.ReferralID, OrganisationID: o.ReceiverOrganisationID, Outcome: terms.OutcomeHelped, By: s.provider.Person.ID, At: s.Now.Now(),
	})
	require.Equal(t, terms.ReferralClosed, s.progress(ref, first.ReferralID).State)
	require.Equal(t, string(terms.OutcomeHelped), s.progress(ref, second.ReferralID).Reason)
	require.Contains(t, s.page(s.otherReceptionist, "/case/referrals/"+second.ReferralID).Body, terms.OutcomeHelped.Label())
	versions := 1 // the first was told as held
	each(s, ref, func(p *said.ReferralProgressedV1) {
		if p.ReferralID == second.ReferralID {
			versions++
			require.Equal(t, versions, p.Version, "each version once, in order")
		}
	})
}

func TestConfirmASecondOne(t *testing.T) {
	t.Parallel()
	s, ref, _, second := twice(t)
	require.Equal(t, http.StatusUnprocessableEntity, s.step(s.otherReceptionist, second.ReferralID, "confirm", `{"reason":"because"}`).Status)
	got := s.step(s.otherReceptionist, second.ReferralID, "confirm", `{"reason":"different_help"}`)
	require.Equal(t, http.StatusOK, got.Status, got.Body)
	require.Equal(t, terms.ReferralOffered, s.progress(ref, second.ReferralID).State)
	third := s.refer(ref, s.practice)
	require.Equal(t, terms.ReferralHeld, s.progress(ref, third.ReferralID).State, "a third is asked about again")
}

// The same choice through the page, without scripts: what was wrong is said beside it, and the way back is kept.
func TestUX05_UX06_UX25_ChooseOnThePage(t *testing.T) {
	t.Parallel()
	s, ref, _, second := twice(t)
	path := "/case/referrals/" + second.ReferralID + "/duplicate"
	wrong := s.post(s.otherReceptionist, path, path, url.Values{"choice": {"withdraw"}})
	require.Equal(t, http.StatusUnprocessableEntity, wrong.Status)
	require.Contains(t, wrong.Body, "Select why it is withdrawn")
	require.Contains(t, wrong.Body, "There is a problem")

	done := s.post(s.otherReceptionist, path, path, url.Values{"choice": {"withdraw"}, "withdrawal_reason": {"made_in_error"}})
	require.Equal(t, http.StatusSeeOther, done.Status, done.Body)
	require.Equal(t, terms.ReferralWithdrawn, s.progress(ref, second.ReferralID).State)
	after := s.page(s.otherReceptionist, done.Header.Get("Location"))
	require.Contains(t, after.Body, "Reference ACDE 2346. Hill Surgery will see it in their feedback.", "the banner says who is told")
	require.Contains(t, s.page(s.otherReceptionist, path).Body, "There is nothing to choose any more")
}

// When what was there ends, the held one goes on by itself: nobody is asked about a question that is over.
func TestHeldGoesOnWhenTheOtherEnds(t *testing.T) {
	t.Parallel()
	s, ref, first, second := twice(t)
	s.Tell(ref, &primarycare.ReferralWithdrawnV1{
		PatientRef: ref, ReferralID: first.ReferralID, SenderOrganisationID: s.practice, Reason: terms.WithdrawalMadeInError,
		By: s.receptionist.Person.ID, At: s.Now.Now(),
	})
	require.Equal(t, terms.ReferralOffered, s.progress(ref, second.ReferralID).State)
	require.Equal(t, http.StatusConflict, s.step(s.otherReceptionist, second.ReferralID, "join", "").Status)
}

// A sender that does not choose hands the choice to the area's office.
func TestSilenceAboutADuplicate(t *testing.T) {
	t.Parallel()
	s, ref, _, second := twice(t)
	require.Equal(t, http.StatusNotFound, s.ask(s.coordinator, http.MethodGet, apiRoot+"/referrals/"+second.ReferralID, "").Status, "not the office's yet")
	s.Now.Set(s.progress(ref, second.ReferralID).DueAt.Add(1))
	s.eventually("the office has it", func() bool { return s.saidSo(ref, "referral_escalated", 1) })
	require.Equal(t, []string{"join", "confirm", "withdraw"}, s.see(s.coordinator, second.ReferralID).AvailableActions)
	require.Equal(t, http.StatusOK, s.step(s.coordinator, second.ReferralID, "join", "").Status)
}

// A command repeated is one effect and the same answer; with another body it is refused; from an old page it is told who was
// faster; a step that is not allowed is a conflict.
func TestUX04_ChoicesAreSafeToRepeat(t *testing.T) {
	t.Parallel()
	s, ref, _, second := twice(t)
	path := apiRoot + "/referrals/" + second.ReferralID + "/confirm"
	key := id.New()
	headers := []string{"Content-Type", "application/json", "Idempotency-Key", key, "If-Match", `"2"`}
	require.Equal(t, http.StatusPreconditionRequired, s.ask(s.otherReceptionist, http.MethodPost, path, `{"reason":"different_help"}`, headers[:4]...).Status)
	first := s.ask(s.otherReceptionist, http.MethodPost, path, `{"reason":"different_help"}`, headers...)
	require.Equal(t, http.StatusOK, first.Status, first.Body)
	offers := s.count(`select count(*) from offer where referral_id = $1`, second.ReferralID)
	again := s.ask(s.otherReceptionist, http.MethodPost, path, `{"reason":"different_help"}`, headers...)
	require.Equal(t, first.Body, again.Body)
	require.Equal(t, offers, s.count(`select count(*) from offer where referral_id = $1`, second.ReferralID))
	require.Equal(t, http.StatusUnprocessableEntity, s.ask(s.otherReceptionist, http.MethodPost, path, `{"reason":"patient_asked"}`, headers...).Status)
	stale := s.stepFrom(s.otherReceptionist, second.ReferralID, "confirm", `{"reason":"different_help"}`, 2)
	require.Equal(t, http.StatusPreconditionFailed, stale.Status, stale.Body)
	require.Contains(t, stale.Body, "Olive Other changed this referral at")
	require.Contains(t, stale.Body, "Nothing was changed by you")
	require.Equal(t, http.StatusConflict, s.step(s.otherReceptionist, second.ReferralID, "confirm", `{"reason":"different_help"}`).Status)
	require.Equal(t, terms.ReferralOffered, s.progress(ref, second.ReferralID).State)
}

// Two people choose at once: one choice counts, the other person is told who was faster and that nothing changed by them.
func TestUX03_TwoPeopleChooseAtOnce(t *testing.T) {
	t.Parallel()
	s, ref, _, second := twice(t)
	version := s.see(s.otherReceptionist, second.ReferralID).Version
	answers := make([]answer, 2)
	var wg sync.WaitGroup
	for i, verb := range []string{"join", "withdraw"} {
		wg.Go(func() {
			answers[i] = s.stepFrom(s.otherReceptionist, second.ReferralID, verb, map[string]string{"withdraw": `{"reason":"other"}`}[verb], version)
		})
	}
	wg.Wait()
	statuses := []int{answers[0].Status, answers[1].Status}
	require.ElementsMatch(t, []int{http.StatusOK, http.StatusPreconditionFailed}, statuses, answers)
	require.Contains(t, []terms.ReferralState{terms.ReferralJoined, terms.ReferralWithdrawn}, s.progress(ref, second.ReferralID).State)
}

// A second need, and an onward referral of the same need, are no duplicates; and the first waits for what came from it.
func TestOnwardReferralsCloseFirst(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	ref := s.patient()
	debt := s.refer(ref, s.practice, func(p *primarycare.ReferralRequestedV1) {
		p.Need, p.Receivers = terms.NeedDebtAndMoney, []schemas.Receiver{{Kind: terms.ReceiverTeam, ID: s.team}}
	})
	o := s.offer(ref, debt.ReferralID)
	require.Equal(t, s.team, o.TeamID)
	var story schemas.Narrative
	ok, _ := o.Narrative.Into(&story)
	require.True(t, ok, "a link worker gets the story")
	s.linkWorkerAccepts(ref, o)
	onward := s.onward(ref, debt.ReferralID)
	require.Equal(t, terms.ReferralOffered, s.progress(ref, onward).State)

	s.linkWorkerEnds(ref, o)
	got := s.progress(ref, debt.ReferralID)
	require.Equal(t, terms.ReferralUnderWay, got.State, "it waits for its onward referral")
	require.Equal(t, terms.PartyReceiver, got.Owes.Party)
	s.accept(ref, s.offer(ref, onward))
	s.Tell(ref, &vcse.SupportEndedV1{
		PatientRef: ref, OfferID: s.offer(ref, onward).OfferID, ReferralID: onward, OrganisationID: s.providers[0], Outcome: terms.OutcomeHelped,
		By: s.provider.Person.ID, At: s.Now.Now(),
	})
	require.Equal(t, terms.ReferralClosed, s.progress(ref, onward).State)
	require.Equal(t, terms.ReferralClosed, s.progress(ref, debt.ReferralID).State)
	require.True(t, s.saidSo(ref, "case_closed", 1))
}

// A withdrawal takes what came from the referral with it, onward first.
func TestWithdrawalEndsOnwardFirst(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	ref := s.patient()
	debt := s.refer(ref, s.practice, func(p *primarycare.ReferralRequestedV1) {
		p.Need, p.Receivers = terms.NeedDebtAndMoney, []schemas.Receiver{{Kind: terms.ReceiverTeam, ID: s.team}}
	})
	s.linkWorkerAccepts(ref, s.offer(ref, debt.ReferralID))
	onward := s.onward(ref, debt.ReferralID)
	s.Tell(ref, &primarycare.ReferralWithdrawnV1{
		PatientRef: ref, ReferralID: debt.ReferralID, SenderOrganisationID: s.practice, Reason: terms.WithdrawalNoLongerNeeded,
		By: s.receptionist.Person.ID, At: s.Now.Now(),
	})
	require.Equal(t, terms.ReferralWithdrawn, s.progress(ref, onward).State)
	require.Equal(t, terms.ReferralWithdrawn, s.progress(ref, debt.ReferralID).State)
}
