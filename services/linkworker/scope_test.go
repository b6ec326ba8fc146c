package linkworker_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/clock"
	"example.org/waypost/pkg/id"
	said "example.org/waypost/schemas/linkworker"
	"example.org/waypost/schemas/register"
	"example.org/waypost/schemas/terms"
)

// sends has somebody refer a person on through the API, to a team or, with "", to whom coordination chooses.
func (o told) sends(as actor.Actor, need terms.Need, team string) answer {
	o.h.T.Helper()
	body := map[string]any{"need": need, "urgency": "routine", "consent": map[string]any{"given": true, "how": "phone"}}
	if team != "" {
		body["receivers"] = []any{map[string]any{"kind": "team", "id": team}}
	}
	return o.h.send(as, http.MethodPost, "/offers/"+o.OfferID+"/referrals", "", id.New(), body)
}

func TestTheAreaSaysWhatALinkWorkerMaySendOn(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	o := h.accepted()
	line := &register.RoleScopeSetV1{
		LineID: id.New(), Role: terms.RoleLinkWorker, Act: terms.ActRefer, Of: string(terms.NeedDomesticAbuse), Allowed: false,
		Door: "The domestic abuse service takes these from anybody", FromOn: h.Now.Now().In(clock.London).AddDate(0, 0, 1).Format(time.DateOnly), At: h.Now.Now(), Version: 1,
	}
	h.Tell(line.LineID, line)
	for _, a := range []actor.Actor{h.maya, h.lead} {
		require.Equal(t, http.StatusOK, o.sends(a, terms.NeedDomesticAbuse, "").Status, "who sends today may, and the line's first day is tomorrow")
	}

	h.Now.Add(24 * time.Hour)
	before := len(h.Said(o.PatientRef))
	words := []string{"Your role, Link worker, does not do this for domestic abuse", "At your organisation these may: Lena Lead (Service lead)", "The domestic abuse service takes these from anybody"}
	refused := o.sends(h.maya, terms.NeedDomesticAbuse, "")
	require.Equal(t, http.StatusForbidden, refused.Status, refused.Body)
	require.Contains(t, refused.Body, "role_scope")
	page := h.post(h.maya, o.path()+"/refer/find", form("0", "need", string(terms.NeedDomesticAbuse)))
	require.Equal(t, http.StatusOK, page.Status)
	require.NotContains(t, page.Body, "Send referral")
	old := o.post(h.maya, "refer", "need", string(terms.NeedDomesticAbuse), "urgency", "routine", "consent", "yes", "consent_how", "phone", "receiver", "any", "overlap", "none", "narrative", "She rang twice")
	require.Equal(t, http.StatusForbidden, old.Status, "an old page does not send it either")
	require.Contains(t, old.Body, "She rang twice", "what was typed is kept")
	for _, x := range words {
		require.Contains(t, refused.Body, x)
		require.Contains(t, page.Body, x)
		require.Contains(t, old.Body, x)
	}
	require.Len(t, h.Said(o.PatientRef), before, "nothing was sent")
	require.Equal(t, http.StatusOK, o.sends(h.maya, terms.NeedAlcoholDrugs, "").Status, "it is about domestic abuse alone")
	require.Equal(t, http.StatusOK, o.sends(h.lead, terms.NeedDomesticAbuse, "").Status, "and about link workers alone")
}

// What a team does not do where the person lives is seen before sending on; what it does not do elsewhere does not matter.
func TestATeamThatDoesNotDoThatHereIsSeenBeforeReferringOn(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	o := h.accepted()
	lead := h.person("Ravi Rival", terms.RoleServiceLead, h.rivals, terms.KindLinkWorkerTeam, "Bury Link Workers")
	a := h.post(lead, "/link-worker/team/edit", form("0", "what_we_do", "We listen", "accepts", "yes", "needs", "loneliness", "needs", "housing", "needs", "food", "networks", "U12345 U54321",
		"not_here-1", "housing", "why-1", "The housing office does", "where-1", "U12345", "not_here-2", "food", "why-2", "The pantry does", "where-2", "U54321"))
	require.Equal(t, http.StatusSeeOther, a.Status, a.Body)
	find := func(need terms.Need) string {
		a := h.post(h.maya, o.path()+"/refer/find", form("0", "need", string(need)))
		require.Equal(t, http.StatusOK, a.Status, a.Body)
		return a.Body
	}
	housing := find(terms.NeedHousing)
	require.Contains(t, housing, "Bury Link Workers does not take this need. The housing office does")
	require.NotContains(t, housing, "team:"+h.rivals)
	food := find(terms.NeedFood)
	require.Contains(t, food, "team:"+h.rivals)
	require.NotContains(t, food, "pantry", "that is about another neighbourhood")

	before := len(h.Said(o.PatientRef))
	refused := o.sends(h.maya, terms.NeedHousing, h.rivals)
	require.Equal(t, http.StatusUnprocessableEntity, refused.Status, refused.Body)
	require.Contains(t, refused.Body, "The housing office does")
	old := o.post(h.maya, "refer", "need", "housing", "urgency", "routine", "consent", "yes", "consent_how", "phone", "receiver", "team:"+h.rivals, "overlap", "none")
	require.Equal(t, http.StatusUnprocessableEntity, old.Status, "an old page does not send it either")
	require.Contains(t, old.Body, "Bury Link Workers does not take this need. Choose another. The housing office does")
	require.Len(t, h.Said(o.PatientRef), before)
	require.Equal(t, http.StatusOK, o.sends(h.maya, terms.NeedFood, h.rivals).Status)
	var asked said.ReferralRequestedV1
	h.Last(o.PatientRef, &asked)
	require.Equal(t, h.rivals, asked.Receivers[0].ID)
}
