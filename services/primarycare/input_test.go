package primarycare_test

import (
	"slices"
	"strings"
	"testing"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/doortest"
	"example.org/waypost/pkg/httpx"
	"example.org/waypost/schemas/terms"
)

func TestBadInput(t *testing.T) {
	t.Parallel()
	w := newHouse(t)
	things := w.things(t)
	office := w.works("Cora Lane", terms.RoleCoordinator, w.other, "Other Road Surgery")
	things["services"], things["parked"] = w.service, w.service // nothing is parked
	doortest.BadInput(t, doortest.Input{House: w.House, URL: w.url, Routes: w.door.Routes(), Reach: func(rt httpx.Route) (actor.Actor, string) {
		who := w.receptionist
		if len(rt.Roles) > 0 && !slices.Contains(rt.Roles, who.Role) || strings.Contains(rt.Pattern, "/red-flags/") {
			who = w.gp
		}
		if len(rt.Roles) > 0 && !slices.Contains(rt.Roles, who.Role) {
			who = w.manager
		}
		if strings.Contains(rt.Pattern, "/parked") {
			who = office
		}
		path, _ := fill(rt.Pattern, things)
		return who, path
	}})
}
