package linkworker_test

import (
	"net/http"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/id"
	"example.org/waypost/schemas"
	"example.org/waypost/schemas/coordination"
	said "example.org/waypost/schemas/linkworker"
	"example.org/waypost/schemas/terms"
)

func TestUX01_OnOnePageOneAcceptsAsksOrBouncesWithACodedReason(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	o := h.offer()
	page := h.page(h.maya, o.path())
	for _, verb := range []string{"/accept", "/ask", "/bounce"} {
		require.Contains(t, page, `action="`+o.path()+verb+`"`)
	}
	for _, reason := range terms.BounceReasonsFor(terms.ReceiverTeam) {
		require.Contains(t, page, `value="`+string(reason.Code)+`"`)
		require.Contains(t, page, string(reason.Group))
	}
	a := o.post(h.maya, "bounce")
	require.Equal(t, http.StatusUnprocessableEntity, a.Status)
	require.Contains(t, a.Body, "Select why you can not take this")
	for reason, missing := range map[string]string{
		"not_eligible": "Enter which of your criteria is not met", "no_capacity": "Enter the date from which there may be room",
		"not_our_role": "Select whose role it is", "safeguarding_concern": "Enter what the sender must know", "could_not_contact": "Record 3 failed attempts to reach the person first: 0 so far",
	} {
		a := o.post(h.maya, "bounce", "reason", reason)
		require.Equal(t, http.StatusUnprocessableEntity, a.Status, reason)
		require.Contains(t, a.Body, missing)
	}
	o.must(h.maya, "bounce", "reason", "not_our_role", "whose_role", "gp", "detail", "She asks about her tablets")
	var bounced said.OfferBouncedV1
	h.Last(o.PatientRef, &bounced)
	require.Equal(t, terms.BounceNotOurRole, bounced.Reason)
	require.Equal(t, terms.RoleGP, bounced.WhoseRole)
	var detail schemas.Message
	ok, err := bounced.Detail.Into(&detail)
	require.NoError(t, err)
	require.True(t, ok)
	require.Equal(t, "She asks about her tablets", detail.Text)
}

func TestUX02_ABouncedOfferStaysVisibleAndSaysWhatHappensNext(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	o := h.offer()
	o.must(h.maya, "bounce", "reason", "wrong_area")
	page := h.page(h.omar, o.path())
	require.Contains(t, page, "Bounced, being confirmed")
	require.Contains(t, page, "It goes on to the next who can help")
	o.progress(terms.ReferralOffered, 4, func(p *coordination.ReferralProgressedV1) {
		p.OfferID = id.New()
		p.Bounces = 1
		p.At = h.Now.Now().Add(1)
	})
	require.Contains(t, h.page(h.omar, o.path()), "You bounced this")
	require.Contains(t, h.page(h.omar, "/link-worker/tray?show=over"), "Alma Quist")
}

// Two posts race; one wins, the other is told who did what and keeps the typed text. Nothing goes backwards.
func TestUX03_TheSecondOfTwoIsToldWhoWasFirst(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	o := h.offer()
	v := o.version()
	posts := []struct {
		by     actor.Actor
		verb   string
		fields []string
	}{{h.maya, "accept", []string{"assign_to", h.maya.Person.ID}}, {h.omar, "bounce", []string{"reason", "other", "detail", "We know her from before"}}}
	got := make([]answer, len(posts))
	var wg sync.WaitGroup
	for i, p := range posts {
		wg.Go(func() { got[i] = h.post(p.by, o.path()+"/"+p.verb, form(v, p.fields...)) })
	}
	wg.Wait()
	first, second := 0, 1
	if got[0].Status != http.StatusSeeOther {
		first, second = 1, 0
	}
	require.Equal(t, http.StatusSeeOther, got[first].Status, got[first].Body)
	require.Equal(t, http.StatusConflict, got[second].Status)
	require.Regexp(t, posts[first].by.Person.Name+` (accepted|bounced) this at \d\d:\d\d. Nothing was changed by you`, got[second].Body)
	if second == 1 {
		require.Contains(t, got[second].Body, "We know her from before", "what was typed is kept")
	}
	require.Len(t, h.Said(o.PatientRef), 1, "only one answer was said")
	a := h.post(h.omar, o.path()+"/ask", form(o.version(), "question", "Does she have a car?"))
	require.Equal(t, http.StatusConflict, a.Status, "no step goes backwards, with the newest version neither")
	require.Contains(t, a.Body, "Does she have a car?")
}

func TestUX04_BackAndSubmitAgainLandsOnWhatWasDone(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	o := h.accepted()
	f := form("0", append([]string{"how", "phone", "result", "not_reached"}, h.day("on", 0)...)...)
	for range 3 {
		a := h.post(h.maya, o.path()+"/contact", f)
		require.Equal(t, http.StatusSeeOther, a.Status)
		require.Equal(t, o.path()+"?done=contact", a.Header.Get("Location"))
	}
	require.Len(t, h.count("contact", o.OfferID), 1)
	f.Set("result", "reached")
	require.Equal(t, http.StatusUnprocessableEntity, h.post(h.maya, o.path()+"/contact", f).Status, "another body under the same key is refused")
}

func (h *house) count(table, offer string) []string {
	h.T.Helper()
	rows, err := h.Admin.Query(h.T.Context(), `select id::text from `+table+` where offer_id = $1`, offer)
	require.NoError(h.T, err)
	defer rows.Close()
	var ids []string
	for rows.Next() {
		var one string
		require.NoError(h.T, rows.Scan(&one))
		ids = append(ids, one)
	}
	return ids
}

func TestUX05_TheConfirmationSaysReferenceWhoWasToldAndWhatHappensNextWithADate(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	o := h.offer()
	where := o.must(h.maya, "accept", append([]string{"assign_to", h.maya.Person.ID}, h.day("first_contact_by", 2)...)...)
	page := h.page(h.maya, where)
	require.Contains(t, page, o.Reference[:4]+" "+o.Reference[4:])
	require.Contains(t, page, "You accepted this")
	require.Contains(t, page, "Nothing was emailed", "UX06: the banner says what the other party was told")
	require.Contains(t, page, "Make first contact by "+h.Now.Now().AddDate(0, 0, 2).Format("Monday 2 January"))
	for _, r := range o.Reference {
		require.NotContains(t, "IO015S8B", string(r))
	}
}

func TestAQuestionGoesToTheSenderAndTheReplyComesBack(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	o := h.offer()
	o.must(h.maya, "ask", "question", "Does she have a car?")
	var asked said.InformationAskedV1
	h.Last(o.PatientRef, &asked)
	require.Contains(t, h.page(h.omar, o.path()), "Waiting for the sender")
	require.NotContains(t, h.page(h.omar, "/link-worker"), "offer to answer")
	o.progress(terms.ReferralInformationAsked, 3, func(p *coordination.ReferralProgressedV1) { p.QuestionID = asked.QuestionID })
	o.progress(terms.ReferralOffered, 4, func(p *coordination.ReferralProgressedV1) {
		p.QuestionID, p.Text = asked.QuestionID, schemas.Seal(schemas.Message{Text: "No, the bus"})
	})
	page := h.page(h.omar, o.path())
	require.Contains(t, page, "No, the bus")
	require.Contains(t, h.page(h.omar, "/link-worker"), "1 offer to answer")
	o.progress(terms.ReferralInformationAsked, 2, func(p *coordination.ReferralProgressedV1) { p.QuestionID = asked.QuestionID })
	require.Contains(t, h.page(h.omar, o.path()), "Answer needed", "an older version never overwrites a newer one")
	o.must(h.omar, "accept", "assign_to", h.omar.Person.ID)
}

func TestACrisisShowsWhomToRingAndIsToldWhateverElseIsTrue(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	o := h.offer()
	a := o.post(h.maya, "bounce", "reason", "mental_health_crisis")
	require.Equal(t, o.path()+"/crisis", a.Header.Get("Location"), "whom to ring comes before anything is written")
	page := h.page(h.maya, o.path()+"/crisis")
	for _, words := range []string{"ring 999", "tel:01614960001", "NHS 111, option 2", "Elm Street Surgery"} {
		require.Contains(t, page, words)
	}
	for _, p := range []string{o.path(), o.path() + "/contact", o.path() + "/plan", "/link-worker/people/" + o.PatientRef} {
		require.Contains(t, h.page(h.maya, p), o.path()+"/crisis", "every page of a person leads there")
	}
	require.Contains(t, h.page(h.maya, "/link-worker/crisis"), "tel:999")
	a = o.post(h.maya, "crisis")
	require.Equal(t, http.StatusUnprocessableEntity, a.Status)

	old := o.version()
	o.must(h.omar, "ask", "question", "Is she safe?")
	a = h.post(h.maya, o.path()+"/crisis", form(old, "rung", "duty_clinician", "rung_at", "10:05", "note", "She can not go on", "bounce", "yes"))
	require.Equal(t, http.StatusSeeOther, a.Status, "an old page does not stop a crisis: "+a.Body)
	var crisis said.CrisisReportedV1
	h.Last(o.PatientRef, &crisis)
	require.Equal(t, h.practice, crisis.PracticeID)
	require.Equal(t, terms.RungDutyClinician, crisis.WhomRung)
	var note schemas.Safeguarding
	ok, err := crisis.Note.Into(&note)
	require.NoError(t, err)
	require.True(t, ok)
	require.Equal(t, "She can not go on", note.Text)
	var bounced said.OfferBouncedV1
	h.Last(o.PatientRef, &bounced)
	require.Equal(t, terms.BounceMentalHealthCrisis, bounced.Reason)
	var detail schemas.Message
	_, err = bounced.Detail.Into(&detail)
	require.NoError(t, err)
	require.NotContains(t, detail.Text, "can not go on", "what was said is for those who keep the person safe")
	a = h.post(h.omar, o.path()+"/crisis", form("0", "rung", "emergency_999", "note", "Rang again", "bounce", "yes"))
	require.Equal(t, http.StatusSeeOther, a.Status, "and it is told again when it happens again")
}

func TestACrisisNeedsNoBroker(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	o := h.offer()
	h.Broker.Server.Shutdown()
	require.Contains(t, h.page(h.maya, o.path()+"/crisis"), "0161 496 0001")
	a := h.post(h.maya, o.path()+"/crisis", form("0", "rung", "nobody_yet", "note", "She can not go on"))
	require.Equal(t, http.StatusSeeOther, a.Status, a.Body)
	require.Len(t, h.Said(o.PatientRef), 1, "it waits in the outbox")
}

func TestThreeFailedAttemptsLetOneSayThatTheyCouldNotBeReached(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	o := h.offer()
	for i := range 3 {
		require.Equal(t, http.StatusUnprocessableEntity, o.post(h.maya, "bounce", "reason", "could_not_contact").Status)
		o.must(h.maya, "contact", append([]string{"how", "phone", "result", "not_reached"}, h.day("on", i-3)...)...)
	}
	o.must(h.maya, "bounce", "reason", "could_not_contact")
	q := h.accepted()
	for i := range 3 {
		require.Equal(t, http.StatusUnprocessableEntity, q.post(h.maya, "end", "outcome", "could_not_contact").Status)
		q.must(h.maya, "contact", append([]string{"how", "phone", "result", "not_reached"}, h.day("on", i-3)...)...)
	}
	q.must(h.maya, "end", "outcome", "could_not_contact")
	var ended said.SupportEndedV1
	h.Last(q.PatientRef, &ended)
	require.Len(t, ended.TriedOn, 3, "the days are told, as with a bounce")
}
