package pg_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/pg"
	"example.org/waypost/pkg/pgtest"
)

// What goes away by itself is tried again, or told as "in a few seconds"; a mistake of ours is not.
func TestWhatPasses(t *testing.T) {
	t.Parallel()
	for _, code := range []string{"57P01", "57P03", "53300", "53100", "40001", "40P01", "08006", "58030", "25P03"} {
		require.True(t, pg.Passing(fmt.Errorf("read: %w", &pgconn.PgError{Code: code})), code)
	}
	for _, code := range []string{"23505", "42501", "42601", "22P02", "25P02"} {
		require.False(t, pg.Passing(&pgconn.PgError{Code: code}), code)
	}
	for _, err := range []error{
		context.DeadlineExceeded, io.ErrUnexpectedEOF, &net.OpError{Op: "write", Net: "unix", Err: net.ErrClosed}, errors.New("conn closed"),
		errors.New("write failed: broken pipe"),
	} {
		require.True(t, pg.Passing(fmt.Errorf("send batch: %w", err)), "%v", err)
	}
	require.False(t, pg.Passing(errors.New("no such thing")))
	require.False(t, pg.Passing(context.Canceled))
}

// A server that is not well refuses for reasons of every class. None of them is the asker's fault.
func TestWhoCanNotBeReachedIsAway(t *testing.T) {
	t.Parallel()
	url := pgtest.Database(t, func(context.Context, string) error { return nil }, "passing")
	c, err := pgx.ParseConfig(url)
	require.NoError(t, err)
	c.Database = "of_nobody"
	_, err = pgx.ConnectConfig(t.Context(), c)
	var pe *pgconn.PgError
	require.ErrorAs(t, err, &pe)
	require.Equal(t, "3D000", pe.Code)
	require.True(t, pg.Passing(fmt.Errorf("fetch keys: %w", err)))
}
