package vcse_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/doortest"
	"example.org/waypost/pkg/httpx"
	"example.org/waypost/pkg/id"
)

// asked is a claim that the area's office has to decide.
func (h *house) asked(t *testing.T) (claim string) {
	t.Helper()
	a := h.post(h.jo, "/provider/claim/"+h.listing("Chess club "+id.New()), form("", "why", "It is ours"))
	require.Equal(t, http.StatusSeeOther, a.Status, a.Body)
	require.NoError(t, h.Admin.QueryRow(t.Context(), `select id from claim order by asked_at desc limit 1`).Scan(&claim))
	return claim
}

func TestBadInput(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	doortest.BadInput(t, doortest.Input{House: h.House, URL: h.url, Routes: h.door.Routes(), Reach: func(rt httpx.Route) (actor.Actor, string) {
		named := h.service("Tea and talk")
		switch {
		case strings.Contains(rt.Pattern, "/offers/"):
			named = h.offer(named).OfferID
		case strings.Contains(rt.Pattern, "/claims/{id}"):
			named = h.asked(t)
		}
		who := h.lead
		if len(rt.Roles) > 0 && !slices.Contains(rt.Roles, who.Role) || strings.Contains(rt.Pattern, "/claims/{id}") {
			who = h.coordinator
		}
		return who, strings.ReplaceAll(rt.Pattern, "{id}", named)
	}})
}
