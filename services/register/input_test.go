package register_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/doortest"
	"example.org/waypost/pkg/httpx"
	"example.org/waypost/schemas/terms"
)

func TestBadInput(t *testing.T) {
	t.Parallel()
	k := open(t)
	doortest.BadInput(t, doortest.Input{House: k.House, URL: k.url, Routes: k.door.Routes(), Reach: func(rt httpx.Route) (actor.Actor, string) {
		one := k.works("Somebody New", terms.RoleReceptionist, k.here)
		named := k.here
		if strings.Contains(rt.Pattern, "/roles/{id}") {
			require.NoError(t, k.Admin.QueryRow(t.Context(), `select id from person_role where person_id = $1`, one.Person.ID).Scan(&named))
		}
		if strings.Contains(rt.Pattern, "/{id}/end") && strings.Contains(rt.Pattern, "role") && !strings.Contains(rt.Pattern, "/roles/{id}") || strings.Contains(rt.Pattern, "/role-scope/{id}") {
			named = k.line(t)
		}
		who := k.lead
		if len(rt.Roles) > 0 && !slices.Contains(rt.Roles, who.Role) {
			who = k.coordinator
		}
		return who, strings.NewReplacer("{id}", named, "{person}", one.Person.ID).Replace(rt.Pattern)
	}})
}
