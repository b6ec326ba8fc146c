package inbox_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/event"
	"example.org/waypost/pkg/id"
	"example.org/waypost/pkg/inbox"
)

// crowd ends every transaction in a deadlock in which there is more than so many events, as one does that meets others everywhere.
type crowd struct {
	mu    sync.Mutex
	most  int
	in    map[pgx.Tx]int
	ended int
}

func (c *crowd) enter(tx pgx.Tx) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.in[tx]++; c.in[tx] > c.most {
		c.ended++
		return &pgconn.PgError{Code: "40P01"}
	}
	return nil
}

// A batch that ends in a deadlock however often it is tried comes through in pieces, each event once and in order.
func TestABatchThatMeetsOthersComesThroughInPieces(t *testing.T) {
	t.Parallel()
	p := newPair(t)
	c := &crowd{most: 3, in: map[pgx.Tx]int{}}
	r := &inbox.Reader{
		DB: p.beta, JS: p.broker.JS, Consumer: "beta", Speakers: []string{"alpha"}, Holder: "one", Now: p.reader.Now, Log: p.reader.Log, Replay: p.replay(),
	}
	inbox.On(r, nil, func(ctx context.Context, tx pgx.Tx, _ *event.Event, s *said) error {
		if err := c.enter(tx); err != nil {
			return errors.Join(errors.New("note a word"), err)
		}
		_, err := tx.Exec(ctx, `insert into heard (patient_ref, n) values ($1, $2)`, s.PatientRef, s.N)
		return err
	})
	ref := id.NewRandom()
	all := upTo(40)
	p.say(ref, all...)
	p.run(p.relay(p.broker.JS).Run)
	p.run(r.Run)
	require.Eventually(t, func() bool { return len(p.rows(ref)) == len(all) }, 30*time.Second, 5*time.Millisecond)
	require.Equal(t, all, p.rows(ref))
	require.Positive(t, c.ended, "nothing was in its way")
}
