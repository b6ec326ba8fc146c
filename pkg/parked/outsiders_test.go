package parked_test

import (
	"context"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/door"
	"example.org/waypost/pkg/doortest"
	"example.org/waypost/pkg/httpx"
	"example.org/waypost/pkg/id"
	"example.org/waypost/pkg/pg"
)

// Who only looks after the machine gets nowhere by a route that is for everybody who signed in.
func TestOutsidersSeeOnlyWhatNamesTheirRole(t *testing.T) {
	t.Parallel()
	migrate := func(ctx context.Context, url string) error { return pg.Migrate(ctx, url, "linkworker", nil) }
	h := doortest.New(t, "linkworker", migrate, []string{"vcse"}, []string{"vcse", "linkworker"}, contract)
	f, err := door.Open(t.Context(), h.Config, door.Options{Service: "linkworker", Listens: []string{"vcse"}, Operators: []string{"operator"}, Outsiders: []string{"operator"}})
	require.NoError(t, err)
	ok := func(w http.ResponseWriter, _ *http.Request) error { w.WriteHeader(http.StatusNoContent); return nil }
	f.Edge.Mount(
		httpx.Route{Method: http.MethodGet, Pattern: "/everybody", Name: "everybody", Handler: ok},
		httpx.Route{Method: http.MethodGet, Pattern: "/public", Name: "public", Handler: ok, Public: true},
		httpx.Route{Method: http.MethodGet, Pattern: "/operators", Name: "operators", Handler: ok, Roles: []string{"operator"}})
	r := h.Run(f)
	for role, want := range map[string]map[string]int{
		"operator":    {"/everybody": http.StatusForbidden, "/public": http.StatusNoContent, "/operators": http.StatusNoContent},
		"link_worker": {"/everybody": http.StatusNoContent, "/public": http.StatusNoContent, "/operators": http.StatusForbidden},
	} {
		client := h.Client(doortest.Person("Somebody", role, id.New(), "link_worker_team", "Team"))
		for path, status := range want {
			res, err := client.Get(r.URL + path)
			require.NoError(t, err)
			require.NoError(t, res.Body.Close())
			require.Equal(t, status, res.StatusCode, "%s as %s", path, role)
		}
	}
}
