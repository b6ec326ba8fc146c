package demo

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/id"
)

// A service's own fault is remembered by what was asked, not by whom it was about; a refusal is no fault.
func TestFaultsAreRemembered(t *testing.T) {
	t.Parallel()
	status := http.StatusInternalServerError
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }))
	t.Cleanup(server.Close)
	cast := &Cast{Base: server.URL, HTTP: server.Client(), Now: time.Now}
	c := &Client{cast: cast, session: &session{token: "x", since: time.Now()}}
	for range 2 {
		require.Error(t, c.Change(t.Context(), path("coordination", "/referrals/%s/offer", id.New()), `"1"`, nil, nil))
	}
	status = http.StatusConflict
	require.Error(t, c.Make(t.Context(), path("mdt", "/meetings"), id.New(), nil, nil))
	require.Equal(t, []string{"POST /api/coordination/v1/referrals/{id}/offer answered 500, 2 times"}, cast.Failures())
}
