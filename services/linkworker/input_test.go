package linkworker_test

import (
	"slices"
	"strings"
	"testing"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/doortest"
	"example.org/waypost/pkg/httpx"
	"example.org/waypost/pkg/id"
	"example.org/waypost/schemas/terms"
)

func TestBadInput(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	mine := h.accepted()
	sent := h.refer(mine)
	office := h.person("Cora Lane", terms.RoleCoordinator, id.New(), terms.KindOtherCare, "The area's office")
	doortest.BadInput(t, doortest.Input{House: h.House, URL: h.url, Routes: h.door.Routes(), Reach: func(rt httpx.Route) (actor.Actor, string) {
		named := mine.OfferID
		switch {
		case strings.Contains(rt.Pattern, "/referrals/{id}"):
			named = sent
		case strings.Contains(rt.Pattern, "/people/{id}"):
			named = mine.PatientRef
		case slices.ContainsFunc([]string{"/accept", "/ask", "/bounce", "/stand-down"}, func(end string) bool { return strings.HasSuffix(rt.Pattern, end) }):
			named = h.offer().OfferID
		}
		who := h.maya
		if len(rt.Roles) > 0 && !slices.Contains(rt.Roles, who.Role) {
			who = h.lead
		}
		if strings.Contains(rt.Pattern, "/parked") {
			who = office
		}
		return who, strings.ReplaceAll(rt.Pattern, "{id}", named)
	}})
}
