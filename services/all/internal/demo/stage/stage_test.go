package stage_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/id"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/all/internal/demo/stage"
)

func TestWhoIsIntroducedCanAct(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	s, err := stage.Open(ctx, stage.Options{Fast: true})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	provider := stage.Organise(terms.KindProvider, "Example Provider", "", terms.RoleProviderWorker)
	require.NoError(t, s.Introduce(ctx, provider))
	var made struct {
		ID string `json:"id"`
	}
	as := s.Cast.As(provider.Staff[terms.RoleProviderWorker])
	require.NoError(t, as.Make(ctx, "/api/vcse/v1/services", id.New(), map[string]any{"name": "Lunch club", "accepts_referrals": true, "simulated": true}, &made))
	require.NoError(t, s.Settle(ctx))
	var name string
	require.NoError(t, s.Admin.QueryRow(ctx, `select name from coordination.service_copy where id = $1`, made.ID).Scan(&name))
	require.Equal(t, "Lunch club", name)
}
