package mdt_test

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
	x := h.everything()
	office := h.person("Cora Lane", terms.RoleCoordinator, h.elsewhere, terms.KindOtherCare, "Bolton Council")
	doortest.BadInput(t, doortest.Input{House: h.House, URL: h.run.URL, Routes: h.door.Routes(), Reach: func(rt httpx.Route) (actor.Actor, string) {
		who := h.coordinator
		theirs := slices.ContainsFunc([]string{"/holding", "/actions/", "/drafts/", "/referrals/", "/patients/"}, func(part string) bool { return strings.Contains(rt.Pattern, part) })
		if theirs || len(rt.Roles) > 0 && !slices.Contains(rt.Roles, who.Role) {
			who = h.nurse
		}
		if strings.Contains(rt.Pattern, "/parked") {
			return office, strings.ReplaceAll(rt.Pattern, "{id}", id.New())
		}
		return who, x.path(rt.Pattern)
	}})
}
