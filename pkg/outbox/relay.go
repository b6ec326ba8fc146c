package outbox

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/nats-io/nats.go/jetstream"
	"go.uber.org/zap"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/event"
	"example.org/waypost/pkg/pg"
)

// Relay numbers committed events and publishes them, one relay per service at a time.
//
// It keeps no cursor over ids (a slow transaction with a lower id would be skipped for ever), publishes outside any transaction,
// and marks exactly the unbroken run the broker acknowledged. Dying anywhere only repeats work: positions were fixed
// when they were given, the message id is the event id, and readers drop what they had.
type Relay struct {
	DB     *pg.DB
	JS     jetstream.JetStream
	Source string // event.Source(area, speaker)
	Holder string // this process, in the lease
	Log    *zap.Logger

	Poll  time.Duration // 0: 200 ms; the wake-up signal comes first as a rule
	Lease time.Duration // 0: 10 s
	Batch int           // 0: 512 events a round

	Verify time.Duration // 0: a minute; how often the stream's end is compared with the outbox; negative: never

	verified   time.Time
	unseen     int          // how often in a row the stream could not be looked at
	reconnects uint64       // of the broker, when the stream was last looked at
	sequence   uint64       // the last that the broker gave to a message of ours; nobody else publishes on the stream
	shorter    bool         // it gave a lower one: the stream has lost its end, and what we published went behind the hole
	mending    map[int]bool // partitions that are being sent again
	mended     map[int]ends // those that were
}

const leaseName = "relay"

// gather is how long a busy relay lets events come together: numbering ten costs little more than numbering one.
const gather = 2 * time.Millisecond

// Run relays until ctx ends. Every error is logged and tried again: a relay that stops at the first one loses events in silence.
func (r *Relay) Run(ctx context.Context) {
	r.defaults()
	for ctx.Err() == nil {
		lease := &pg.Lease{Name: leaseName, Holder: r.Holder, For: r.Lease}
		ok, err := lease.Take(ctx, r.DB, actor.Machine(actor.Relay))
		if err != nil && ctx.Err() == nil {
			r.Log.Warn("relay: take lease", zap.Error(err))
		}
		if ok {
			if err := r.lead(ctx, lease); err != nil && ctx.Err() == nil {
				r.Log.Warn("relay", zap.Error(err))
			}
		}
		pause(ctx, r.Lease/20)
	}
}

func (r *Relay) defaults() {
	if r.Poll == 0 {
		r.Poll = 200 * time.Millisecond
	}
	if r.Lease == 0 {
		r.Lease = 10 * time.Second
	}
	if r.Verify == 0 {
		r.Verify = time.Minute
	}
	if r.Batch == 0 {
		r.Batch = 512
	}
	if r.mended == nil {
		r.mending, r.mended = map[int]bool{}, map[int]ends{}
	}
	if r.Log == nil {
		r.Log = zap.NewNop()
	}
}

// lead works while the lease is ours; it first sends what was numbered and not acknowledged, maybe by a relay that died.
func (r *Relay) lead(ctx context.Context, lease *pg.Lease) error {
	defer r.release(lease)
	r.verified = time.Time{}
	behind := true
	renewed := time.Now()
	for {
		if r.verifyDue() {
			lost, err := r.verify(ctx, lease)
			if err != nil && !r.giveUpLooking(err) {
				if !r.wait(ctx) {
					return ctx.Err()
				}
				continue
			}
			behind = behind || lost
		}
		if behind {
			err := r.catchUp(ctx, lease)
			if errors.Is(err, errReconnected) && r.wait(ctx) {
				continue
			}
			if err != nil {
				return err
			}
			behind = false
			r.remember(ctx)
		}
		events, err := r.number(ctx, lease)
		if err != nil {
			return err
		}
		if len(events) > 0 {
			renewed = time.Now()
			err := r.send(ctx, lease, events)
			if behind = errors.Is(err, errReconnected); behind {
				continue
			}
			if err != nil {
				return err
			}
			if len(events) == r.Batch {
				continue
			}
			pause(ctx, gather)
		} else if time.Since(renewed) > r.Lease/3 {
			if err := r.inTx(ctx, lease, func(context.Context, pgx.Tx) error { return nil }); err != nil {
				return err
			}
			renewed = time.Now()
		}
		if !r.wait(ctx) {
			return ctx.Err()
		}
	}
}

// catchUp sends what was numbered and is not marked as acknowledged.
func (r *Relay) catchUp(ctx context.Context, lease *pg.Lease) error {
	for {
		left, err := r.unpublished(ctx)
		if err != nil || len(left) == 0 {
			return err
		}
		if err := r.send(ctx, lease, left); err != nil {
			return err
		}
	}
}

func (r *Relay) release(lease *pg.Lease) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	if err := lease.Release(ctx, r.DB, actor.Machine(actor.Relay)); err != nil {
		r.Log.Info("relay: the lease runs out by itself", zap.Error(err))
	}
}

func (r *Relay) wait(ctx context.Context) bool {
	t := time.NewTimer(r.Poll)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-r.DB.Committed():
	case <-t.C:
	}
	return true
}

// inTx renews the lease in the same transaction: a relay whose term is over changes nothing.
func (r *Relay) inTx(ctx context.Context, lease *pg.Lease, fn func(ctx context.Context, tx pgx.Tx) error) error {
	return r.DB.InTx(ctx, actor.Machine(actor.Relay), func(ctx context.Context, tx pgx.Tx) error {
		if err := fn(ctx, tx); err != nil {
			return err
		}
		return lease.Renew(ctx, tx)
	})
}

const columns = `event_id, event_type, about, partition, occurred_at, correlation_id, coalesce(causation_id::text, ''), coalesce(traceparent, ''), classification, body`

type row struct {
	seq int64
	*event.Event
}

func (r *Relay) scan(rows pgx.Rows, numbered bool) ([]row, error) {
	defer rows.Close()
	var out []row
	for rows.Next() {
		x := row{Event: &event.Event{Source: r.Source}}
		dest := []any{&x.seq, &x.ID, &x.Type, &x.About, &x.Partition, &x.Time, &x.Correlation, &x.Causation, &x.Traceparent, &x.Classification, (*[]byte)(&x.Data)}
		if numbered {
			dest = append(dest, &x.Epoch, &x.Position, &x.PrevHash, &x.Hash)
		}
		if err := rows.Scan(dest...); err != nil {
			return nil, err
		}
		x.Time = x.Time.UTC()
		out = append(out, x)
	}
	return out, rows.Err()
}

type place struct {
	epoch    int
	position int64
	hash     []byte
}

// number gives the next dense positions to committed rows that have none. Rows of one case come in the order in which
// their transactions held its lock, because seq was drawn under that lock. When there are none it has only read, since it is
// woken by every commit. What it read is still so when the lease is renewed at its end: nobody else numbers in our term.
func (r *Relay) number(ctx context.Context, lease *pg.Lease) ([]row, error) {
	var out []row
	var at map[int]*place
	err := r.DB.InTx(ctx, actor.Machine(actor.Relay), func(ctx context.Context, tx pgx.Tx) error {
		err := pg.Together(ctx, tx, []func(ctx context.Context, tx pgx.Tx) error{
			func(ctx context.Context, tx pgx.Tx) error {
				rows, err := tx.Query(ctx, `select seq, `+columns+` from outbox where position is null order by seq limit $1`, r.Batch)
				if err != nil {
					return err
				}
				out, err = r.scan(rows, false)
				return err
			},
			func(ctx context.Context, tx pgx.Tx) (err error) { at, err = places(ctx, tx); return err },
		})
		if err != nil || len(out) == 0 {
			return err
		}
		for _, x := range out {
			p := at[x.Partition]
			p.position++
			x.Epoch, x.Position, x.PrevHash = p.epoch, p.position, p.hash
			p.hash = x.ChainHash(p.hash)
			x.Hash = p.hash
		}
		if err := save(ctx, tx, out, at); err != nil {
			return err
		}
		return lease.Renew(ctx, tx) // what save wants written goes ahead of it
	})
	if err != nil {
		return nil, fmt.Errorf("number events: %w", err)
	}
	return out, nil
}

func places(ctx context.Context, tx pgx.Tx) (map[int]*place, error) {
	rows, err := tx.Query(ctx, `select partition, epoch, position, hash from relay_state order by partition`)
	if err != nil {
		return nil, err
	}
	at := map[int]*place{}
	var n int
	p := place{}
	_, err = pgx.ForEachRow(rows, []any{&n, &p.epoch, &p.position, &p.hash}, func() error {
		c := p
		at[n] = &c
		p.hash = nil
		return nil
	})
	return at, err
}

func save(ctx context.Context, tx pgx.Tx, out []row, at map[int]*place) error {
	n := len(out)
	seqs, epochs, positions, prevs, hashes := make([]int64, n), make([]int, n), make([]int64, n), make([][]byte, n), make([][]byte, n)
	for i, x := range out {
		seqs[i], epochs[i], positions[i], prevs[i], hashes[i] = x.seq, x.Epoch, x.Position, x.PrevHash, x.Hash
	}
	if err := pg.Later(ctx, tx, "save positions", `update outbox o set epoch = u.epoch, position = u.position, prev_hash = u.prev, hash = u.hash
		from unnest($1::bigint[], $2::int[], $3::bigint[], $4::bytea[], $5::bytea[]) as u(seq, epoch, position, prev, hash) where o.seq = u.seq`,
		seqs, epochs, positions, prevs, hashes); err != nil {
		return err
	}
	parts, pos, hs := []int{}, []int64{}, [][]byte{}
	for n, p := range at {
		parts, pos, hs = append(parts, n), append(pos, p.position), append(hs, p.hash)
	}
	return pg.Later(ctx, tx, "save places", `update relay_state s set position = u.position, hash = u.hash
		from unnest($1::smallint[], $2::bigint[], $3::bytea[]) as u(partition, position, hash) where s.partition = u.partition and s.position <> u.position`, parts, pos, hs)
}

func pause(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}
