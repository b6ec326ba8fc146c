package people

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/authn"
	"example.org/waypost/pkg/authn/dev"
	"example.org/waypost/pkg/httpx"
	"example.org/waypost/pkg/ui"
	"example.org/waypost/pkg/uitest"
	"example.org/waypost/schemas/terms"
)

func TestEveryStateInABrowser(t *testing.T) {
	t.Parallel()
	p, err := New()
	require.NoError(t, err)
	edge := httpx.New(httpx.Config{Service: "all", Secret: []byte(strings.Repeat("s", 32))})
	edge.Mount(
		httpx.Route{
			Method: http.MethodGet, Pattern: "/storybook", Public: true, Handler: ui.Storybook(p.pages, httpx.Nonce, Stories()),
			Face: httpx.FaceAsset,
		},
		httpx.Route{Method: http.MethodGet, Pattern: ui.AssetsPattern, Handler: ui.ServeAsset, Face: httpx.FaceAsset},
	)
	uitest.Stories(t, edge.Handler(), "/storybook", Stories())
	uitest.Told(t, p.Routes(nil), Stories(), uitest.Without{"choose who to be/denied": "it is for whoever has not signed in"})
}

func identity(name string, grants ...authn.Grant) authn.Identity {
	return authn.Identity{Person: actor.Person{ID: name, Name: name}, Grants: grants}
}

var (
	helper    = authn.Grant{Role: string(terms.RoleProviderWorker), Organisation: "l", OrganisationKind: string(terms.KindProvider), OrganisationName: "A provider"}
	reception = authn.Grant{OrganisationKind: string(terms.KindPractice), Role: string(terms.RoleReceptionist), Organisation: "p", OrganisationName: "The practice"}
	lead      = authn.Grant{OrganisationKind: string(terms.KindPractice), Role: string(terms.RoleServiceLead), Organisation: "p", OrganisationName: "The practice"}
	elsewhere = authn.Grant{Role: string(terms.RoleGP), Organisation: "q", OrganisationName: "Another practice"}
)

func TestPrintsWhomToSignInAs(t *testing.T) {
	t.Parallel()
	p, err := New()
	require.NoError(t, err)
	var out strings.Builder
	require.NoError(t, p.Print(t.Context(), &out), "nobody is there yet")
	require.Empty(t, out.String())
	p.List(func(context.Context) ([]authn.Identity, error) {
		return []authn.Identity{identity("Beth", helper), identity("Tom", lead, elsewhere), identity("Amira", reception)}, nil
	})
	require.NoError(t, p.Print(t.Context(), &out))
	require.Equal(t, "The practice: Amira, receptionist; Tom, service lead, GP at Another practice\nA provider: Beth, provider worker\n", out.String())
}

func TestDrawsEverybodyWithAButton(t *testing.T) {
	t.Parallel()
	p, err := New()
	require.NoError(t, err)
	w := httptest.NewRecorder()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/sign-in", nil)
	one := persona(identity("Amira <b>", reception))
	require.NoError(t, p.draw(w, r, http.StatusOK, dev.Page{ReturnTo: "/practice", Groups: []dev.Group{{Name: "The practice", Personas: []dev.Persona{one}}}}))
	require.Contains(t, w.Body.String(), "Amira &lt;b&gt;")
	require.Contains(t, w.Body.String(), `name="return_to" value="/practice"`)
}

// Every role has somewhere to begin.
func TestHomes(t *testing.T) {
	t.Parallel()
	for _, r := range terms.Roles {
		require.NotEmpty(t, Home(actor.Actor{Role: string(r.Code)}), r.Code)
	}
}
