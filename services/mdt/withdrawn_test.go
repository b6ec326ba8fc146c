package mdt_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/id"
	"example.org/waypost/schemas/coordination"
	said "example.org/waypost/schemas/mdt"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/mdt/internal/app"
	"example.org/waypost/services/mdt/internal/domain"
)

// noLonger is that a patient does not agree any more, for a purpose and perhaps with somebody by name; it tells how much was removed.
func (h *house) noLonger(ref string, p terms.ConsentPurpose, with ...string) int {
	h.T.Helper()
	h.Tell(ref, &coordination.ConsentWithdrawnV1{PatientRef: ref, ConsentID: id.New(), Purpose: p, OrganisationIDs: with, How: terms.ConsentByPhone, By: h.gp.Person.ID, At: h.Now.Now()})
	var gone said.RemovalAcknowledgedV1
	h.Last(ref, &gone)
	require.Equal(h.T, terms.RemovalConsentWithdrawn, gone.Because)
	return gone.Removed
}

// words are what a meeting, and what a hospital's referral, say of a person.
func (h *house) words(ref string) (meeting, referral string) {
	h.T.Helper()
	require.NoError(h.T, h.Admin.QueryRow(h.T.Context(), `select
		(select coalesce(string_agg(t.narrative || t.note, ''), '') from item_text t join item i on i.id = t.item_id where i.patient_ref = $1)
			|| (select coalesce(string_agg(what || note, ''), '') from action where patient_ref = $1) || (select coalesce(string_agg(why_not, ''), '') from case_holder where patient_ref = $1)
			|| (select coalesce(string_agg(narrative, ''), '') from draft where patient_ref = $1 and kind = 'agenda'),
		(select coalesce(string_agg(narrative || safeguarding || message, ''), '') from referral where patient_ref = $1)
			|| (select coalesce(string_agg(s.message, ''), '') from referral_step s join referral r on r.id = s.referral_id where r.patient_ref = $1)`, ref).Scan(&meeting, &referral))
	return meeting, referral
}

// both is somebody whom the hospital referred and brought to a meeting, with words of both.
func (h *house) both() (ref, meeting, item string) {
	h.T.Helper()
	ctx := h.T.Context()
	ref, meeting = h.patient(h.nurse, ada), h.meeting("Weekly MDT")
	h.refer(ref)
	item, _ = h.put(h.nurse, meeting, ref)
	_, err := h.app.AgreeAction(ctx, h.coordinator, cmd(), app.AgreeInput{SomebodyInput: somebody(item, h.gp), DueOn: h.Now.Now().AddDate(0, 0, 2).Format(time.DateOnly), What: "Visit her"})
	require.NoError(h.T, err)
	asked, err := h.app.AskToHold(ctx, h.coordinator, cmd(), somebody(item, h.gp))
	require.NoError(h.T, err)
	_, err = h.app.RefuseCase(ctx, h.gp, cmd(), app.HoldingChange{ID: asked.ID, Version: 1, WhyNot: "I am away"})
	require.NoError(h.T, err)
	h.Now.Add(time.Minute)
	return ref, meeting, item
}

// Whoever no longer agrees to be discussed keeps the help that was asked for: what the meeting wrote goes, the hospital's referral and how to
// reach them stay. Only when they agree to nothing any more does that go too.
func TestWhatRestsOnTheMeetingGoesWithTheMeeting(t *testing.T) {
	t.Parallel()
	h, ctx := newHouse(t), t.Context()
	ref, _, _ := h.both()
	require.Equal(t, 4, h.noLonger(ref, terms.ConsentDiscussAtMDT), "what was written for the meeting, an action, a no, and how to reach them at the practice")
	meeting, referral := h.words(ref)
	require.Empty(t, meeting)
	require.NotEmpty(t, referral)
	v, err := h.app.PatientByRef(ctx, h.nurse, ref)
	require.NoError(t, err)
	require.Equal(t, "Ada Hart", v.Name(), "the hospital still helps")
	p, err := h.app.PatientByRef(ctx, h.gp, ref)
	require.NoError(t, err)
	require.True(t, p.Removed(), "the practice had them for the meeting alone")

	require.Positive(t, h.noLonger(ref, terms.ConsentShareToHelp))
	_, referral = h.words(ref)
	require.Empty(t, referral)
	v, err = h.app.PatientByRef(ctx, h.nurse, ref)
	require.NoError(t, err)
	require.True(t, v.Removed())
}

// Whoever no longer agrees to be helped may still agree to be discussed: what the meeting wrote stays, and who it is about.
func TestWhatRestsOnSharingGoesWithSharing(t *testing.T) {
	t.Parallel()
	h, ctx := newHouse(t), t.Context()
	ref, meeting, _ := h.both()
	require.Equal(t, 1, h.noLonger(ref, terms.ConsentShareToHelp), "the referral's words")
	said, referral := h.words(ref)
	require.Contains(t, said, "Visit her")
	require.Contains(t, said, "I am away")
	require.Contains(t, said, "Comes every week")
	require.Empty(t, referral)
	for _, a := range []string{h.hospital, h.practice} {
		var names int
		require.NoError(t, h.Admin.QueryRow(ctx, `select count(*) from patient where patient_ref = $1 and organisation_id = $2 and contact->>'family_name' = 'Hart'`, ref, a).Scan(&names))
		require.Equal(t, 1, names)
	}
	require.Len(t, h.agenda(meeting), 1)
	require.Zero(t, h.noLonger(ref, terms.ConsentContactLater))
	require.Positive(t, h.noLonger(ref, terms.ConsentDiscussAtMDT))
	said, _ = h.words(ref)
	require.Empty(t, said)
	v, err := h.app.PatientByRef(ctx, h.nurse, ref)
	require.NoError(t, err)
	require.True(t, v.Removed(), "nothing stands any more")
}

// Somebody who does not want an organisation to know of them leaves nothing there, whatever else they agreed to.
func TestANoByNameLeavesNothingThere(t *testing.T) {
	t.Parallel()
	h, ctx := newHouse(t), t.Context()
	ref, _, _ := h.both()
	require.Positive(t, h.noLonger(ref, terms.ConsentShareToHelp, h.hospital))
	_, referral := h.words(ref)
	require.Empty(t, referral)
	v, err := h.app.PatientByRef(ctx, h.nurse, ref)
	require.NoError(t, err)
	require.True(t, v.Removed())
	p, err := h.app.PatientByRef(ctx, h.gp, ref)
	require.NoError(t, err)
	require.Equal(t, "Ada Hart", p.Name())
}

// Where a referral of somebody else's is open the practice still shares: how to reach the person stays.
func TestAnOpenReferralKeepsHowToReachThem(t *testing.T) {
	t.Parallel()
	h, ctx := newHouse(t), t.Context()
	meeting, ref := h.meeting("Weekly MDT"), h.patient(h.gp, ada)
	h.put(h.gp, meeting, ref)
	h.offered(ref, h.elsewhere, terms.NeedDebtAndMoney)
	h.Now.Add(time.Minute)
	require.Equal(t, 1, h.noLonger(ref, terms.ConsentDiscussAtMDT))
	v, err := h.app.PatientByRef(ctx, h.gp, ref)
	require.NoError(t, err)
	require.Equal(t, "Ada Hart", v.Name())
}

// Whoever no longer agrees to be discussed is off every agenda at once, and nothing brings them back: not what the last meeting decided, an
// action that is open, or a case that is opened again. Once they agree again they can be put on an agenda.
func TestWhoNoLongerAgreesIsNotDiscussed(t *testing.T) {
	t.Parallel()
	h, ctx := newHouse(t), t.Context()
	ref, item, caseID, next := h.held(h.gp, terms.MDTKeepUnderReview)
	h.helps(ref, h.elsewhere, terms.NeedLoneliness) // so that who they are stays
	_, err := h.app.AgreeAction(ctx, h.coordinator, cmd(), app.AgreeInput{SomebodyInput: somebody(item, h.gp), DueOn: h.Now.Now().AddDate(0, 0, 2).Format(time.DateOnly), What: "Visit"})
	require.NoError(t, err)
	v, err := h.app.MeetingByID(ctx, h.coordinator, next)
	require.NoError(t, err)
	require.Len(t, v.Lines, 1)
	waiting := v.Lines[0].ID
	h.Now.Add(time.Minute)
	h.noLonger(ref, terms.ConsentDiscussAtMDT)
	require.Empty(t, h.agenda(next))
	page := h.get(h.coordinator, "/mdt/items/"+waiting)
	require.Contains(t, page, "Taken off")
	require.Contains(t, page, "no longer agree to be discussed")
	_, err = h.app.Discuss(ctx, h.coordinator, cmd(), app.DiscussInput{ItemID: waiting, Version: 2, Decision: terms.MDTRefer})
	require.ErrorIs(t, err, domain.ErrNotDiscussed)
	_, err = h.app.AgreeAction(ctx, h.coordinator, cmd(), app.AgreeInput{SomebodyInput: somebody(item, h.gp), DueOn: h.Now.Now().AddDate(0, 0, 2).Format(time.DateOnly), What: "Visit"})
	require.ErrorIs(t, err, domain.ErrNotDiscussed)
	page = h.get(h.coordinator, "/mdt/items/"+item)
	require.NotContains(t, page, "Agree an action")
	require.Contains(t, page, "no longer agree to be discussed")

	require.NoError(t, h.app.Tick(ctx))
	require.Empty(t, h.agenda(next))
	h.Tell(ref, &coordination.CaseClosedV1{PatientRef: ref, CaseID: caseID, Outcome: terms.CaseWorkDone, By: h.gp.Person.ID, At: h.Now.Now()})
	h.Now.Add(time.Hour)
	h.Tell(ref, &coordination.CaseReopenedV1{PatientRef: ref, CaseID: caseID, Reason: "person_asked", By: h.gp.Person.ID, At: h.Now.Now()})
	require.Empty(t, h.agenda(next), "that it is open again brings it to no meeting")
	h.Now.Add(7 * 24 * time.Hour)
	h.over(next)
	third, err := h.app.ScheduleNext(ctx, h.coordinator, cmd(), next)
	require.NoError(t, err)
	require.Empty(t, h.agenda(third.ID))

	_, err = h.app.PutOnAgenda(ctx, h.gp, cmd(), app.PutInput{MeetingID: third.ID, PatientRef: ref, Consent: yes(), Reason: terms.MDTOftenSeen, Narrative: "Wants to be talked about again"})
	require.NoError(t, err)
	require.Equal(t, []domain.Why{domain.WhyPerson}, h.agenda(third.ID))
	h.Now.Add(8 * 24 * time.Hour)
	h.over(third.ID)
	fourth, err := h.app.ScheduleNext(ctx, h.coordinator, cmd(), third.ID)
	require.NoError(t, err)
	require.Len(t, h.agenda(fourth.ID), 1, "they agree again, so the rules hold again")
}

// Whoever agrees again elsewhere is discussed again where something is left to discuss: what waited on an agenda waits there again, and what
// the rules bring back comes back; what was at its end does not. What was written stays removed.
func TestWhoAgreesAgainElsewhereIsDiscussedAgain(t *testing.T) {
	t.Parallel()
	for decision, back := range map[terms.MDTDecision]int{terms.MDTKeepUnderReview: 1, terms.MDTNoFurtherDiscussion: 0} {
		h, ctx := newHouse(t), t.Context()
		ref, item, _, next := h.held(h.gp, decision)
		h.helps(ref, h.elsewhere, terms.NeedLoneliness) // so that who they are stays
		require.Len(t, h.agenda(next), back)
		h.Now.Add(time.Minute)
		before := h.Now.Now()
		h.Now.Add(time.Minute)
		h.noLonger(ref, terms.ConsentDiscussAtMDT)
		require.Empty(t, h.agenda(next))
		h.Now.Add(time.Minute)
		yes := coordination.ConsentGivenV1{PatientRef: ref, ConsentID: id.New(), Purpose: terms.ConsentDiscussAtMDT, How: terms.ConsentInPerson, By: h.other.Person.ID, At: h.Now.Now()}
		for name, other := range map[string]func(*coordination.ConsentGivenV1){
			"to another purpose":    func(p *coordination.ConsentGivenV1) { p.Purpose = terms.ConsentShareToHelp },
			"to another's meeting":  func(p *coordination.ConsentGivenV1) { p.OrganisationIDs = []string{h.hospital} },
			"before they said no":   func(p *coordination.ConsentGivenV1) { p.At = before },
			"of somebody not known": func(p *coordination.ConsentGivenV1) { p.PatientRef = id.New() },
		} {
			p := yes
			other(&p)
			h.Tell(p.PatientRef, &p)
			require.Empty(t, h.agenda(next), name)
		}
		h.Tell(ref, &yes)
		require.Len(t, h.agenda(next), back)
		page := h.get(h.coordinator, "/mdt/items/"+item)
		require.NotContains(t, page, "no longer agree to be discussed")
		words, _ := h.words(ref)
		require.Empty(t, words)
		_, err := h.app.AgreeAction(ctx, h.coordinator, cmd(), app.AgreeInput{SomebodyInput: somebody(item, h.gp), DueOn: h.Now.Now().AddDate(0, 0, 2).Format(time.DateOnly), What: "Visit"})
		require.NoError(t, err)
		v, err := h.app.PatientByRef(ctx, h.gp, ref)
		require.NoError(t, err)
		require.Len(t, v.Consents, 1, "what is written now rests on it")

		h.Now.Add(8 * 24 * time.Hour)
		h.over(next)
		third, err := h.app.ScheduleNext(ctx, h.coordinator, cmd(), next)
		require.NoError(t, err)
		require.Len(t, h.agenda(third.ID), 1, "an action is open, so the rules hold again")
		h.noLonger(ref, terms.ConsentDiscussAtMDT)
		require.Empty(t, h.agenda(third.ID))
	}
}

// A person who took a case off the agenda, or put it there anew, has decided: a yes that is heard later changes neither.
func TestAYesThatIsHeardUndoesNobodysDecision(t *testing.T) {
	t.Parallel()
	h, ctx := newHouse(t), t.Context()
	ref, _, _, next := h.held(h.gp, terms.MDTKeepUnderReview)
	h.helps(ref, h.elsewhere, terms.NeedLoneliness)
	agrees := func() {
		h.Now.Add(time.Minute)
		h.Tell(ref, &coordination.ConsentGivenV1{PatientRef: ref, ConsentID: id.New(), Purpose: terms.ConsentDiscussAtMDT, How: terms.ConsentInPerson, By: h.other.Person.ID, At: h.Now.Now()})
	}
	h.Now.Add(time.Minute)
	h.noLonger(ref, terms.ConsentDiscussAtMDT)
	h.Now.Add(time.Minute)
	put, err := h.app.PutOnAgenda(ctx, h.gp, cmd(), app.PutInput{MeetingID: next, PatientRef: ref, Consent: yes(), Reason: terms.MDTOftenSeen, Narrative: "Wants to be talked about again"})
	require.NoError(t, err)
	agrees()
	require.Equal(t, []domain.Why{domain.WhyPerson}, h.agenda(next), "once, as it was put")
	_, err = h.app.RemoveFromAgenda(ctx, h.coordinator, cmd(), put.ID, 1)
	require.NoError(t, err)
	h.Now.Add(time.Minute)
	h.noLonger(ref, terms.ConsentDiscussAtMDT)
	agrees()
	require.Empty(t, h.agenda(next))
}

// A no that is heard late takes nothing of what the person agreed to after it.
func TestANoThatIsHeardAfterANewerYesTakesNothing(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	before := h.Now.Now()
	h.Now.Add(time.Hour)
	ref, meeting := h.patient(h.gp, ada), h.meeting("Weekly MDT")
	h.put(h.gp, meeting, ref)
	h.Tell(ref, &coordination.ConsentWithdrawnV1{PatientRef: ref, ConsentID: id.New(), Purpose: terms.ConsentDiscussAtMDT, How: terms.ConsentByPhone, By: h.gp.Person.ID, At: before})
	var gone said.RemovalAcknowledgedV1
	h.Last(ref, &gone)
	require.Zero(t, gone.Removed)
	require.Len(t, h.agenda(meeting), 1)
	words, _ := h.words(ref)
	require.NotEmpty(t, words)
}

// Two records turn out to be one person's, who had said on one of them that they do not want to be discussed: that one's meeting does not get
// them back by it.
func TestAMergeBringsNobodyBackWhoSaidNo(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ref, _, _, next := h.held(h.gp, terms.MDTKeepUnderReview)
	h.Now.Add(time.Minute)
	h.noLonger(ref, terms.ConsentDiscussAtMDT)
	other := ada
	other.NHSNumber = ""
	into := h.patient(h.nurse, other)
	h.Tell(into, &coordination.PatientMergedV1{PatientRef: into, FromRef: ref, IntoRef: into, Why: terms.MergeSamePerson, At: h.Now.Now()})
	require.Empty(t, h.agenda(next))
}
