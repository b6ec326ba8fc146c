package hsds_test

import (
	"bytes"
	"context"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/copies/who"
	"example.org/waypost/pkg/id"
	"example.org/waypost/pkg/outbox"
	"example.org/waypost/pkg/pg"
	"example.org/waypost/pkg/pgtest"
	"example.org/waypost/pkg/rows"
	"example.org/waypost/services/vcse/internal/app"
	"example.org/waypost/services/vcse/internal/hsds"
	"example.org/waypost/services/vcse/internal/store"
)

// directory is an empty one, with the connection that sees everything.
func directory(t *testing.T) (*app.App, *pgx.Conn) {
	t.Helper()
	admin := pgtest.Database(t, func(ctx context.Context, url string) error {
		return pg.Migrate(ctx, url, "vcse", store.Migrations, who.Tables)
	}, "vcse import")
	url, err := pg.As(admin, "vcse", "")
	require.NoError(t, err)
	db, err := pg.Open(t.Context(), pg.Config{URL: url, Service: "vcse", MaxConns: 2})
	require.NoError(t, err)
	t.Cleanup(db.Close)
	conn, err := pgx.Connect(t.Context(), admin)
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	_, err = conn.Exec(t.Context(), "set search_path to vcse")
	require.NoError(t, err)
	return &app.App{
		DB: db, Out: &outbox.Outbox{Speaker: "vcse", Area: "test", Now: time.Now, NewID: id.New},
		Hint: func(context.Context, ...string) {}, Now: time.Now, NewID: id.New,
	}, conn
}

func TestTheWholeOfEnglandIsImportedOnce(t *testing.T) {
	t.Parallel()
	x, admin := directory(t)
	england := func() []hsds.File {
		return []hsds.File{{Name: "england", Reader: bytes.NewReader(file(t, "england-services.hsds3.ndjson.gz"))}}
	}
	none := func(e *rows.Error) { t.Errorf("refused: %v", e) }
	began := time.Now()
	res, err := hsds.Import(t.Context(), x, england(), hsds.Origin{Name: "England", Licence: "mixed"}, none, func(int) {})
	require.NoError(t, err)
	t.Logf("10,769 services in %v", time.Since(began))
	require.Equal(t, 10769, res.Sum().New)
	said := func() (n int) {
		require.NoError(t, admin.QueryRow(t.Context(), `select count(*) from outbox`).Scan(&n))
		return n
	}
	require.Equal(t, 10769, said())

	began = time.Now()
	res, err = hsds.Import(t.Context(), x, england(), hsds.Origin{Name: "England", Licence: "mixed"}, none, func(int) {})
	require.NoError(t, err)
	t.Logf("again in %v", time.Since(began))
	require.Equal(t, 10769, res.Sum().Unchanged)
	require.Equal(t, 10769, said(), "the second time nothing is said")
}

func TestRawListsAreImportedInAnyOrder(t *testing.T) {
	t.Parallel()
	x, _ := directory(t)
	files := func() []hsds.File {
		var list []hsds.File
		for _, name := range []string{"manchester-street-support/by-category.json", "english-public-libraries/libraries_england_2023.csv", "manchester-street-support/by-day.json"} {
			list = append(list, hsds.File{Name: name, Reader: bytes.NewReader(file(t, name))})
		}
		return list
	}
	none := func(e *rows.Error) { t.Errorf("refused: %v", e) }
	done := 0
	res, err := hsds.Import(t.Context(), x, files(), hsds.Origin{}, none, func(n int) { done = n })
	require.NoError(t, err)
	require.Equal(t, 3071+38, res.Sum().New)
	require.Equal(t, 416, res.Sum().Withdrawn, "closed, or in a prison")
	require.Equal(t, 3487+38, done)
	res, err = hsds.Import(t.Context(), x, files(), hsds.Origin{}, none, func(int) {})
	require.NoError(t, err)
	require.Equal(t, 3071+38, res.Sum().Unchanged)

	_, err = hsds.Import(t.Context(), x, []hsds.File{{Name: "odd", Reader: bytes.NewReader([]byte("a,b\n1,2"))}}, hsds.Origin{}, none, func(int) {})
	require.ErrorIs(t, err, hsds.ErrUnknownFile)
}
