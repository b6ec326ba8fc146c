package main

import (
	"bytes"
	"context"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/id"
	"example.org/waypost/pkg/pgtest"
	"example.org/waypost/services/all"
	"example.org/waypost/services/primarycare"
	"example.org/waypost/services/vcse"
)

// A service that works is left alone; one that was restored counts anew, and what others heard of it and it forgot is named.
func TestEpochsAreRaisedOfWhatIsStopped(t *testing.T) {
	t.Parallel()
	url := pgtest.Database(t, func(ctx context.Context, url string) error {
		if err := vcse.Migrate(ctx, url); err != nil {
			return err
		}
		return primarycare.Migrate(ctx, url)
	}, "epochs")
	admin, err := pgx.Connect(t.Context(), url)
	require.NoError(t, err)
	defer func() { _ = admin.Close(context.Background()) }()
	sql := func(sql string, args ...any) {
		t.Helper()
		_, err := admin.Exec(t.Context(), sql, args...)
		require.NoError(t, err)
	}
	forgotten := id.New()
	sql(`insert into primarycare.inbox (consumer, event_id, speaker, epoch, partition, position, applied_at, outcome) values ('primarycare', $1, 'vcse', 1, 3, 7, now(), 'applied')`, forgotten)
	sql(`insert into vcse.lease (name, holder, term, until) values ('relay', 'somebody', 1, now() + interval '1 minute')`)
	place, out := all.Place{Database: url, Vault: url}, &bytes.Buffer{}
	require.ErrorContains(t, raise(t.Context(), place, []string{"vcse"}, out), "stop every copy of it first")
	require.ErrorContains(t, raise(t.Context(), place, []string{"vsce"}, out), "is no service")

	sql(`update vcse.lease set until = 'epoch'`)
	out.Reset()
	require.NoError(t, raise(t.Context(), place, []string{"vcse"}, out))
	require.Contains(t, out.String(), "primarycare heard event "+forgotten+" of vcse, which vcse does not know any more")
	require.Regexp(t, `vcse counts anew: epoch \d+ after 1\n`, out.String())
	out.Reset()
	require.NoError(t, raise(t.Context(), place, []string{"vcse", "primarycare"}, out), "restored together")
	require.NotContains(t, out.String(), "does not know any more")
}
