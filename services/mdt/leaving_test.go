package mdt_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/schemas/coordination"
	"example.org/waypost/schemas/register"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/mdt/internal/app"
	"example.org/waypost/services/mdt/internal/domain"
)

// leaves ends somebody's role in the register.
func (h *house) leaves(a actor.Actor) {
	h.T.Helper()
	h.Tell(a.Person.ID, &register.PersonRoleEndedV1{PersonID: a.Person.ID, OrganisationID: a.Organisation, Role: terms.Role(a.Role), At: h.Now.Now()})
}

// returns grants it again.
func (h *house) returns(a actor.Actor) {
	h.T.Helper()
	h.Tell(a.Person.ID, &register.PersonRoleGrantedV1{
		PersonID: a.Person.ID, Issuer: a.Person.Issuer, Subject: a.Person.Subject, DisplayName: a.Person.Name,
		OrganisationID: a.Organisation, Role: terms.Role(a.Role), FromOn: "2020-01-01", At: h.Now.Now(),
	})
}

// held is a case that was discussed at a meeting which is over, and the next meeting of the series.
func (h *house) held(holder actor.Actor, decision terms.MDTDecision) (ref, item, caseID, next string) {
	h.T.Helper()
	ctx, meeting := h.T.Context(), h.meeting("Weekly MDT")
	ref = h.patient(h.gp, ada)
	item, caseID = h.put(h.gp, meeting, ref)
	h.hold(item, holder)
	_, err := h.app.Discuss(ctx, h.coordinator, cmd(), app.DiscussInput{ItemID: item, Version: 1, Decision: decision})
	require.NoError(h.T, err)
	h.Now.Add(26 * time.Hour)
	m, err := h.app.MeetingByID(ctx, h.coordinator, meeting)
	require.NoError(h.T, err)
	_, err = h.app.Hold(ctx, h.coordinator, cmd(), app.MeetingChange{ID: meeting, Version: m.Version})
	require.NoError(h.T, err)
	done, err := h.app.ScheduleNext(ctx, h.coordinator, cmd(), meeting)
	require.NoError(h.T, err)
	return ref, item, caseID, done.ID
}

// agenda is why each case is on a meeting's agenda.
func (h *house) agenda(meeting string) (why []domain.Why) {
	h.T.Helper()
	v, err := h.app.MeetingByID(h.T.Context(), h.coordinator, meeting)
	require.NoError(h.T, err)
	for _, l := range v.Lines {
		why = append(why, l.Why)
	}
	return why
}

// A case-holder who leaves stays on paper, sees nothing any more, and the case is at once on the next agenda and on the list of
// cases without; whoever accepts then releases them.
func TestACaseHolderWhoLeaves(t *testing.T) {
	t.Parallel()
	h, ctx := newHouse(t), t.Context()
	ref, item, caseID, next := h.held(h.nurse, terms.MDTNoFurtherDiscussion)
	require.Empty(t, h.agenda(next), "nothing brought it back")
	require.True(t, h.sees(h.nurse, ref))

	h.leaves(h.nurse)
	require.Equal(t, []string{h.nurse.Person.ID}, h.holding(caseID), "never without")
	require.Equal(t, []domain.Why{domain.WhyLeft}, h.agenda(next))
	require.False(t, h.sees(h.nurse, ref))
	unheld, err := h.app.Unheld(ctx, h.coordinator)
	require.NoError(t, err)
	require.Len(t, unheld, 1)
	require.True(t, unheld[0].Holder.Left())

	h.returns(h.nurse) // their contract was mended
	require.True(t, h.sees(h.nurse, ref))
	unheld, err = h.app.Unheld(ctx, h.coordinator)
	require.NoError(t, err)
	require.Empty(t, unheld)

	h.leaves(h.nurse)
	h.hold(item, h.gp)
	require.Equal(t, []string{h.gp.Person.ID}, h.holding(caseID))
	all := says(h.Said(ref))
	require.Equal(t, []string{"case_holder_accepted", "case_holder_released"}, all[len(all)-2:])
	h.returns(h.nurse)
	require.Equal(t, []string{h.gp.Person.ID}, h.holding(caseID), "who has it keeps it")
	require.False(t, h.sees(h.nurse, ref))
}

// Whoever was asked and leaves is asked no more; a key worker is released; a closed organisation is everybody leaving.
func TestWhoWasAskedAndTheKeyWorkerLeave(t *testing.T) {
	t.Parallel()
	h, ctx := newHouse(t), t.Context()
	ref, item, caseID, next := h.held(h.gp, terms.MDTNoFurtherDiscussion)
	asked, err := h.app.AskToHold(ctx, h.coordinator, cmd(), somebody(item, h.nurse))
	require.NoError(t, err)
	_, err = h.app.AssignKeyWorker(ctx, h.coordinator, cmd(), somebody(item, h.linkWorker), 0)
	require.NoError(t, err)

	h.Tell(h.hospital, &register.OrganisationClosedV1{OrganisationID: h.hospital, ClosedOn: "2026-11-30", At: h.Now.Now()})
	_, err = h.app.AcceptCase(ctx, h.nurse, cmd(), app.HoldingChange{ID: asked.ID, Version: 1})
	require.ErrorIs(t, err, domain.ErrAnswered)
	require.Equal(t, []string{h.gp.Person.ID}, h.holding(caseID))
	require.Empty(t, h.agenda(next), "the holder is there")
	require.Contains(t, says(h.Said(ref)), "case_holder_released")

	h.leaves(h.linkWorker)
	all := says(h.Said(ref))
	require.Equal(t, "key_worker_released", all[len(all)-1])
}

// Somebody who has not answered when their time is over brings the case to the next agenda.
func TestAnUnansweredQuestionComesToTheNextAgenda(t *testing.T) {
	t.Parallel()
	h, ctx := newHouse(t), t.Context()
	_, item, _, next := h.held(h.gp, terms.MDTNoFurtherDiscussion)
	_, err := h.app.AskToHold(ctx, h.coordinator, cmd(), somebody(item, h.nurse))
	require.NoError(t, err)
	require.NoError(t, h.app.Tick(ctx))
	require.Empty(t, h.agenda(next))
	h.Now.Add(5 * 24 * time.Hour)
	require.NoError(t, h.app.Tick(ctx))
	require.Equal(t, []domain.Why{domain.WhyUnanswered}, h.agenda(next))
}

// A case that somebody was asked to hold and does not comes back, whatever the meeting had decided. The meeting that hears of it decides: after
// that it is on the list of those that nobody holds.
func TestACaseThatNobodyWantedToHoldComesBack(t *testing.T) {
	t.Parallel()
	for name, ends := range map[string]func(h *house, holding string) error{
		"refused": func(h *house, holding string) error {
			_, err := h.app.RefuseCase(h.T.Context(), h.nurse, cmd(), app.HoldingChange{ID: holding, Version: 1, WhyNot: "I am away"})
			return err
		},
		"they left": func(h *house, _ string) error { h.leaves(h.nurse); return nil },
	} {
		h, ctx := newHouse(t), t.Context()
		meeting, ref := h.meeting("Weekly MDT"), h.patient(h.gp, ada)
		item, _ := h.put(h.gp, meeting, ref)
		_, err := h.app.Discuss(ctx, h.coordinator, cmd(), app.DiscussInput{ItemID: item, Version: 1, Decision: terms.MDTNoFurtherDiscussion})
		require.NoError(t, err)
		asked, err := h.app.AskToHold(ctx, h.coordinator, cmd(), somebody(item, h.nurse))
		require.NoError(t, err)
		h.Now.Add(26 * time.Hour)
		h.over(meeting)
		done, err := h.app.ScheduleNext(ctx, h.coordinator, cmd(), meeting)
		require.NoError(t, err)
		require.Empty(t, h.agenda(done.ID), "they may still say yes")
		require.NoError(t, ends(h, asked.ID), name)
		require.NoError(t, h.app.Tick(ctx))
		require.Equal(t, []domain.Why{domain.WhyUnheld}, h.agenda(done.ID), name)
		require.Contains(t, h.get(h.coordinator, "/mdt/meetings/"+done.ID), domain.WhyUnheld.Words())

		h.Now.Add(7 * 24 * time.Hour)
		v, err := h.app.MeetingByID(ctx, h.coordinator, done.ID)
		require.NoError(t, err)
		_, err = h.app.Discuss(ctx, h.coordinator, cmd(), app.DiscussInput{ItemID: v.Lines[0].ID, Version: 1, Decision: terms.MDTNoFurtherDiscussion})
		require.NoError(t, err)
		h.over(done.ID)
		last, err := h.app.ScheduleNext(ctx, h.coordinator, cmd(), done.ID)
		require.NoError(t, err)
		require.Empty(t, h.agenda(last.ID), "the meeting knew")
		unheld, err := h.app.Unheld(ctx, h.coordinator)
		require.NoError(t, err)
		require.Len(t, unheld, 1)
	}
}

// A case that is closed has nobody; opened again it has its case-holder back and is on the next agenda.
func TestACaseThatIsOpenedAgainHasItsHolderBack(t *testing.T) {
	t.Parallel()
	for _, left := range []bool{false, true} {
		h := newHouse(t)
		ref, _, caseID, next := h.held(h.nurse, terms.MDTNoFurtherDiscussion)
		h.Tell(ref, &coordination.CaseClosedV1{PatientRef: ref, CaseID: caseID, Outcome: terms.CaseWorkDone, By: h.gp.Person.ID, At: h.Now.Now()})
		require.Empty(t, h.holding(caseID))
		if left {
			h.leaves(h.nurse)
		}
		h.Now.Add(time.Hour)
		h.Tell(ref, &coordination.CaseReopenedV1{PatientRef: ref, CaseID: caseID, Reason: "person_asked", By: h.gp.Person.ID, At: h.Now.Now()})
		require.Equal(t, []string{h.nurse.Person.ID}, h.holding(caseID), "never without")
		require.Equal(t, !left, h.sees(h.nurse, ref))
		require.Equal(t, []domain.Why{map[bool]domain.Why{false: domain.WhyReopened, true: domain.WhyLeft}[left]}, h.agenda(next))
		all := says(h.Said(ref))
		require.Equal(t, "case_holder_accepted", all[len(all)-1])
	}
}

// Two programs answer for the person who was asked in the same moment, on two copies of the service, and a colleague answers too:
// one answer counts, and the case has one holder.
func TestTwoAcceptAtOnceOnTwoCopies(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ref := h.patient(h.gp, ada)
	item, caseID := h.put(h.gp, h.meeting("MDT"), ref)
	h.hold(item, h.gp)
	second := *h.app // another process: nothing is shared but the database
	for range 12 {
		asked, err := h.app.AskToHold(t.Context(), h.coordinator, cmd(), somebody(item, h.nurse))
		require.NoError(t, err)
		ctx, c := context.WithoutCancel(t.Context()), app.HoldingChange{ID: asked.ID, Version: 1}
		answers := make(chan error, 4)
		begin := make(chan struct{})
		for _, do := range []func() error{
			func() error { _, err := h.app.AcceptCase(ctx, h.nurse, cmd(), c); return err },
			func() error { _, err := second.AcceptCase(ctx, h.nurse, cmd(), c); return err },
			func() error { _, err := second.AcceptCase(ctx, h.secondGP, cmd(), c); return err },
			func() error { _, err := h.app.TakeBackAsking(ctx, h.coordinator, cmd(), c); return err },
		} {
			go func() { <-begin; answers <- do() }()
		}
		close(begin)
		won := 0
		for range 4 {
			if err := <-answers; err == nil {
				won++
			}
		}
		require.Equal(t, 1, won, "one answer counts")
		holders := h.holding(caseID)
		require.Len(t, holders, 1)
		if holders[0] == h.nurse.Person.ID { // back to the GP for the next round
			h.hold(item, h.gp)
		}
	}
	var live int
	require.NoError(t, h.Admin.QueryRow(t.Context(), `select count(*) from case_holder where case_id = $1 and state in ('holds', 'offered')`, caseID).Scan(&live))
	require.Equal(t, 1, live)
}
