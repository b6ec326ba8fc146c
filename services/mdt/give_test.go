package mdt_test

import (
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/id"
	"example.org/waypost/schemas"
	said "example.org/waypost/schemas/mdt"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/mdt/internal/app"
	"example.org/waypost/services/mdt/internal/domain"
)

// Whoever owes an action gives it to somebody else, who has it by the same day; so may whoever holds the case, and whose meeting it was. It is
// said with its words, kept in the audit trail, and whoever gave it away does not see it any more.
func TestAnActionIsGivenToAnother(t *testing.T) {
	t.Parallel()
	h, ctx := newHouse(t), t.Context()
	ref, item, caseID, _ := h.held(h.nurse, terms.MDTKeepUnderReview)
	day := h.Now.Now().AddDate(0, 0, 8).Format(time.DateOnly)
	agreed, err := h.app.AgreeAction(ctx, h.coordinator, cmd(), app.AgreeInput{SomebodyInput: somebody(item, h.linkWorker), DueOn: day, What: "Visit her at home"})
	require.NoError(t, err)
	give := func(version int64, to app.SomebodyInput) app.GiveInput {
		return app.GiveInput{ID: agreed.ID, Version: version, PersonID: to.PersonID, Organisation: to.Organisation}
	}
	toGP, toNurse, toLink := somebody("", h.gp), somebody("", h.nurse), somebody("", h.linkWorker)

	_, err = h.app.GiveAction(ctx, h.other, cmd(), give(1, toGP))
	require.ErrorIs(t, err, domain.ErrNoAction, "they have no part in it")
	_, err = h.app.GiveAction(ctx, h.linkWorker, cmd(), give(1, toLink))
	require.ErrorIs(t, err, domain.ErrTheirsAlready)
	_, err = h.app.GiveAction(ctx, h.linkWorker, cmd(), give(7, toGP))
	require.ErrorIs(t, err, domain.ErrChanged)
	_, err = h.app.GiveAction(ctx, h.linkWorker, cmd(), app.GiveInput{ID: agreed.ID, Version: 1, PersonID: h.gp.Person.ID, Organisation: h.team})
	require.ErrorContains(t, err, "Select somebody from the list", "the GP does not work there")

	_, err = h.app.GiveAction(ctx, h.linkWorker, cmd(), give(1, toGP))
	require.NoError(t, err)
	var p said.ActionReassignedV1
	h.Last(ref, &p)
	var what schemas.Narrative
	_, err = p.What.Into(&what)
	require.NoError(t, err)
	require.Equal(t, "Visit her at home", what.Text)
	require.Equal(t, []string{caseID, h.gp.Person.ID, h.linkWorker.Person.ID, h.team, day}, []string{p.CaseID, p.OwnerPersonID, p.WasPersonID, p.WasOrganisationID, p.DueOn})
	_, _, err = h.app.ActionByID(ctx, h.linkWorker, agreed.ID)
	require.ErrorIs(t, err, domain.ErrNoAction, "it is theirs no more")

	_, err = h.app.GiveAction(ctx, h.nurse, cmd(), give(2, toNurse))
	require.NoError(t, err, "they hold the case")
	_, err = h.app.GiveAction(ctx, h.coordinator, cmd(), give(3, toLink))
	require.NoError(t, err, "it was their meeting")
	var audited int
	require.NoError(t, h.Admin.QueryRow(ctx, `select count(*) from audit where verb = 'give away' and object = 'action' and object_id = $1`, agreed.ID).Scan(&audited))
	require.Equal(t, 3, audited)

	_, err = h.app.EndAction(ctx, h.linkWorker, cmd(), app.EndInput{ID: agreed.ID, Version: 4, Result: terms.ActionDone})
	require.NoError(t, err)
	_, err = h.app.GiveAction(ctx, h.coordinator, cmd(), give(5, toGP))
	require.ErrorIs(t, err, domain.ErrActionEnded)
}

// When the owner of an action leaves, its page says so, and gives it to somebody else with a plain form.
func TestAnActionWhoseOwnerHasLeft(t *testing.T) {
	t.Parallel()
	h, ctx := newHouse(t), t.Context()
	_, item, _, _ := h.held(h.gp, terms.MDTKeepUnderReview)
	agreed, err := h.app.AgreeAction(ctx, h.coordinator, cmd(), app.AgreeInput{SomebodyInput: somebody(item, h.nurse), DueOn: h.Now.Now().AddDate(0, 0, 8).Format(time.DateOnly), What: "Visit her"})
	require.NoError(t, err)
	path := "/mdt/actions/" + agreed.ID
	require.NotContains(t, h.get(h.coordinator, path), "has left")
	h.leaves(h.nurse)
	page := h.get(h.coordinator, path)
	require.Contains(t, page, "(has left)")
	require.Contains(t, page, "Give this action to another")
	require.NotContains(t, page, h.nurse.Person.ID+":", "they can not be given it")
	require.Contains(t, h.get(h.coordinator, "/mdt/actions"), "(has left)")

	give := func(owner string) (int, string) {
		form := url.Values{"idempotency_key": {id.New()}, "version": {"1"}, "owner": {owner}}
		status, body, _ := h.send(h.coordinator, http.MethodPost, path+"/give", formType, form.Encode())
		return status, body
	}
	status, body := give("")
	require.Equal(t, http.StatusUnprocessableEntity, status)
	require.Contains(t, body, "Select who does it now")
	status, _ = give(h.linkWorker.Person.ID + ":" + h.team)
	require.Equal(t, http.StatusSeeOther, status)
	require.Contains(t, h.get(h.coordinator, "/mdt/actions?done=given"), "The action has another name on it")
	require.NotContains(t, h.get(h.coordinator, "/mdt/actions"), "has left")
	mine, _, err := h.app.Actions(ctx, h.linkWorker, app.ActionQuery{Show: "open", Limit: 10})
	require.NoError(t, err)
	require.Len(t, mine, 1)
}
