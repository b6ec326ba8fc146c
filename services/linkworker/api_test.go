package linkworker_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/id"
	said "example.org/waypost/schemas/linkworker"
	"example.org/waypost/schemas/terms"
)

type apiOffer struct {
	ID        string           `json:"id"`
	State     terms.OfferState `json:"state"`
	Confirmed bool             `json:"confirmed"`
	Actions   []string         `json:"available_actions"`
	Version   int64            `json:"version"`
	Person    *struct {
		GivenName string `json:"given_name"`
	} `json:"person"`
	Failed int `json:"failed_attempts"`
}

func (o told) read() (apiOffer, string) {
	o.h.T.Helper()
	a := o.h.get(o.h.maya, "/api/linkworker/v1/offers/"+o.OfferID)
	require.Equal(o.h.T, http.StatusOK, a.Status, a.Body)
	var b apiOffer
	a.into(o.h.T, &b)
	return b, a.Header.Get("ETag")
}

func TestTheAPIDoesWhatThePagesDo(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	o := h.offer()
	b, tag := o.read()
	require.Equal(t, []string{"accept", "ask_for_information", "bounce", "record_contact"}, b.Actions)
	require.Equal(t, "Alma", b.Person.GivenName)
	path := "/offers/" + o.OfferID

	require.Equal(t, http.StatusPreconditionRequired, h.send(h.maya, "POST", path+"/accept", "", id.New(), map[string]any{}).Status)
	require.Equal(t, http.StatusPreconditionFailed, h.send(h.maya, "POST", path+"/accept", `"99"`, id.New(), map[string]any{}).Status)
	key := id.New()
	for range 2 {
		require.Equal(t, http.StatusOK, h.send(h.maya, "POST", path+"/accept", tag, key, map[string]any{}).Status, "the same key and body: the same answer")
	}
	require.Equal(t, http.StatusUnprocessableEntity, h.send(h.maya, "POST", path+"/accept", tag, key, map[string]any{"first_contact_by_on": "2030-01-01"}).Status)
	a := h.send(h.omar, "POST", path+"/accept", tag, id.New(), map[string]any{})
	require.Equal(t, http.StatusConflict, a.Status)
	require.Equal(t, "application/problem+json", a.Header.Get("Content-Type"))
	require.Contains(t, a.Body, "Maya Singh accepted this")

	require.Equal(t, http.StatusOK, h.send(h.maya, "POST", path+"/contacts", "", id.New(), map[string]any{"how": "phone", "result": "not_reached"}).Status)
	require.Equal(t, http.StatusOK, h.send(h.maya, "POST", path+"/assessments", "", id.New(), map[string]any{"stage": "start", "happy": 4}).Status)
	_, tag = o.read()
	require.Equal(t, http.StatusOK, h.send(h.maya, "POST", path+"/plans", tag, id.New(), map[string]any{"goals": []any{map[string]any{"text": "Sing", "steps": []any{map[string]any{"text": "Try it"}}}}, "review_on": "2030-01-01"}).Status)
	made := h.send(h.maya, "POST", path+"/referrals", "", id.New(), map[string]any{"need": "loneliness", "urgency": "routine", "consent": map[string]any{"given": true, "how": "phone"}})
	require.Equal(t, http.StatusOK, made.Status, made.Body)
	r := h.get(h.maya, made.Header.Get("Location"))
	require.Equal(t, http.StatusOK, r.Status)
	rtag := r.Header.Get("ETag")
	var ref struct{ ID string }
	r.into(t, &ref)
	_, tag = o.read()
	end := h.send(h.maya, "POST", path+"/end", tag, id.New(), map[string]any{"outcome": "helped"})
	require.Equal(t, http.StatusConflict, end.Status)
	require.Contains(t, end.Body, "onward_open")
	require.Equal(t, http.StatusOK, h.send(h.maya, "POST", "/referrals/"+ref.ID+"/withdraw", rtag, id.New(), map[string]any{"reason": "made_in_error"}).Status)
	_, tag = o.read()
	require.Equal(t, http.StatusOK, h.send(h.maya, "POST", path+"/end", tag, id.New(), map[string]any{"outcome": "helped"}).Status)
	b, _ = o.read()
	require.Equal(t, terms.OfferEnded, b.State)
	require.Equal(t, 1, b.Failed)
	var ended said.SupportEndedV1
	h.Last(o.PatientRef, &ended)
}

func TestAPIListsArePagedByCursor(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for range 5 {
		h.offer()
	}
	seen := map[string]bool{}
	path := "/api/linkworker/v1/offers?limit=2"
	for pages := 0; path != "" && pages < 5; pages++ {
		var list struct {
			Items []apiOffer `json:"items"`
			Next  string     `json:"next_cursor"`
		}
		h.get(h.maya, path).into(t, &list)
		for _, o := range list.Items {
			require.False(t, seen[o.ID])
			seen[o.ID] = true
		}
		path = ""
		if list.Next != "" {
			path = "/api/linkworker/v1/offers?limit=2&cursor=" + list.Next
		}
	}
	require.Len(t, seen, 5)
	require.Equal(t, http.StatusOK, h.get(h.maya, "/api/linkworker/v1/openapi.json").Status)
	a := h.send(h.lead, "PUT", "/team", `"0"`, id.New(), map[string]any{"what_we_do": "We listen", "accepts_referrals": true, "needs": []string{"loneliness"}})
	require.Equal(t, http.StatusOK, a.Status, a.Body)
	room := map[string]any{"status": "capacity", "places_free": 3}
	a = h.send(h.maya, "PUT", "/team/capacity", "", id.New(), room)
	require.Equal(t, http.StatusPreconditionRequired, a.Status, a.Body)
	tag := h.get(h.maya, "/api/linkworker/v1/team/capacity").Header.Get("ETag")
	a = h.send(h.maya, "PUT", "/team/capacity", tag, id.New(), room)
	require.Equal(t, http.StatusOK, a.Status, a.Body)
	a = h.send(h.omar, "PUT", "/team/capacity", tag, id.New(), room)
	require.Equal(t, http.StatusPreconditionFailed, a.Status, a.Body)
	require.Contains(t, a.Body, "Maya Singh changed this")
}
