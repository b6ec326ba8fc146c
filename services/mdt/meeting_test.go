package mdt_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.org/waypost/schemas"
	said "example.org/waypost/schemas/mdt"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/mdt/internal/app"
	"example.org/waypost/services/mdt/internal/domain"
)

// The main job from end to end: a meeting, a patient on its agenda, a decision, a case-holder, an action that is done.
func TestACaseIsDiscussedHeldAndActedUpon(t *testing.T) {
	t.Parallel()
	h, ctx := newHouse(t), t.Context()
	meeting := h.meeting("Ardwick weekly MDT")
	ref := h.patient(h.gp, ada)
	item, caseID := h.put(h.gp, meeting, ref)

	var asked said.CaseRequestedV1
	h.Last(ref, &asked)
	require.Equal(t, meeting, asked.MeetingID)
	var c schemas.Contact
	ok, err := asked.Contact.Into(&c)
	require.NoError(t, err)
	require.True(t, ok)
	require.Equal(t, "Ada Hart", c.Name())

	v, err := h.app.ItemByID(ctx, h.coordinator, item)
	require.NoError(t, err)
	require.Equal(t, "Ada Hart", v.Patient.Name())
	_, err = h.app.Discuss(ctx, h.coordinator, cmd(), app.DiscussInput{ItemID: item, Version: v.Version, Decision: terms.MDTAssignCaseHolder, Note: "Hospital to lead"})
	require.NoError(t, err)

	offer, err := h.app.AskToHold(ctx, h.coordinator, cmd(), somebody(item, h.nurse))
	require.NoError(t, err)
	page, err := h.app.HoldingByID(ctx, h.nurse, offer.ID)
	require.NoError(t, err)
	require.Equal(t, "Ada Hart", page.Patient.Name(), "who is asked must know about whom")
	_, err = h.app.AcceptCase(ctx, h.gp, cmd(), app.HoldingChange{ID: offer.ID, Version: 1})
	require.ErrorIs(t, err, domain.ErrNotYours)
	_, err = h.app.AcceptCase(ctx, h.nurse, cmd(), app.HoldingChange{ID: offer.ID, Version: 1})
	require.NoError(t, err)

	action, err := h.app.AgreeAction(ctx, h.coordinator, cmd(), app.AgreeInput{SomebodyInput: somebody(item, h.linkWorker), DueOn: h.Now.Now().AddDate(0, 0, 8).Format(time.DateOnly), What: "Visit her at home"})
	require.NoError(t, err)
	mine, _, err := h.app.Actions(ctx, h.linkWorker, app.ActionQuery{Show: "open", Limit: 10})
	require.NoError(t, err)
	require.Len(t, mine, 1)
	require.False(t, mine[0].Known, "an organisation that was only given an action does not learn who it is")
	require.Equal(t, "CDEF2346", mine[0].CaseReference)
	_, err = h.app.EndAction(ctx, h.linkWorker, cmd(), app.EndInput{ID: action.ID, Version: 1, Result: terms.ActionDone, Note: "She was glad"})
	require.NoError(t, err)

	require.Equal(t, []string{"case_requested", "case_discussed", "case_holder_offered", "case_holder_accepted", "action_agreed", "action_done"}, says(h.Said(ref)))
	var accepted said.CaseHolderAcceptedV1
	h.Last(ref, &accepted)
	require.Equal(t, caseID, accepted.CaseID)
}
