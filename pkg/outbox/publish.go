package outbox

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/nats-io/nats.go/jetstream"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/pg"
)

// unpublished reads numbered rows beyond the acknowledged run, in order.
func (r *Relay) unpublished(ctx context.Context) ([]row, error) {
	var out []row
	err := r.DB.InTx(ctx, actor.Machine(actor.Relay), func(ctx context.Context, tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `select seq, `+columns+`, o.epoch, o.position, prev_hash, o.hash
			from (select partition as p, epoch as e, published from relay_state where published < position) s
			join outbox o on o.epoch = s.e and o.partition = s.p and o.position > s.published
			order by o.partition, o.position limit $1`, r.Batch)
		if err != nil {
			return err
		}
		out, err = r.scan(rows, true)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read unpublished events: %w", err)
	}
	return out, nil
}

var errReconnected = errors.New("the broker was away: what it still has is to be looked at first")

// send publishes in order, waits for every acknowledgement, and marks the unbroken run of each partition.
func (r *Relay) send(ctx context.Context, lease *pg.Lease, events []row) error {
	if r.reconnected() {
		return errReconnected
	}
	futures := make([]jetstream.PubAckFuture, 0, len(events))
	var failed error
	for _, x := range events {
		m, err := x.Msg()
		if err != nil {
			return fmt.Errorf("publish %s: %w", x.ID, err)
		}
		// Without retries of its own, which would come behind what is published meanwhile.
		f, err := r.JS.PublishMsgAsync(m, jetstream.WithRetryAttempts(0))
		if err != nil {
			failed = err
			break
		}
		futures = append(futures, f)
	}
	before := r.sequence
	run := map[int]int64{}
	broken := map[int]bool{}
	for i, f := range futures {
		x := events[i]
		ack, err := acked(ctx, f)
		if err != nil {
			broken[x.Partition] = true
			failed = err
			continue
		}
		r.note(ack, before)
		if !broken[x.Partition] {
			run[x.Partition] = x.Position
		}
	}
	if err := r.mark(ctx, lease, run); err != nil {
		return err
	}
	if failed != nil {
		return fmt.Errorf("publish: %w", failed)
	}
	return nil
}

// ackWait bounds the wait for one acknowledgement; after it the event is sent again.
const ackWait = 10 * time.Second

func acked(ctx context.Context, f jetstream.PubAckFuture) (*jetstream.PubAck, error) {
	t := time.NewTimer(ackWait)
	defer t.Stop()
	select {
	case ack := <-f.Ok():
		return ack, nil
	case err := <-f.Err():
		return nil, err
	case <-t.C:
		return nil, errors.New("the broker did not acknowledge in time")
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// note looks whether the broker counted on from where it was: if not, its stream has become shorter since.
func (r *Relay) note(ack *jetstream.PubAck, before uint64) {
	if ack.Duplicate {
		return
	}
	r.shorter = r.shorter || ack.Sequence <= before
	r.sequence = max(r.sequence, ack.Sequence)
	if r.shorter {
		r.sequence = ack.Sequence
	}
}

func (r *Relay) mark(ctx context.Context, lease *pg.Lease, run map[int]int64) error {
	if len(run) == 0 {
		return nil
	}
	parts, pos := []int{}, []int64{}
	for n, p := range run {
		parts, pos = append(parts, n), append(pos, p)
	}
	err := r.inTx(ctx, lease, func(ctx context.Context, tx pgx.Tx) error {
		// A mark that a crash of Postgres takes back costs one more publication, which the message id turns away.
		if err := pg.Later(ctx, tx, "do not wait for the disk", `set local synchronous_commit = off`); err != nil {
			return err
		}
		return pg.Later(ctx, tx, "mark published", `update relay_state s set published = u.position
			from unnest($1::smallint[], $2::bigint[]) as u(partition, position) where s.partition = u.partition and s.published < u.position`, parts, pos)
	})
	if err != nil {
		return fmt.Errorf("mark published: %w", err)
	}
	return nil
}
