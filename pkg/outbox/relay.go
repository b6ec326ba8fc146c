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
	reconnects uint64 // of the broker, when the stream was last verified
	sequence   uint64 // the last that the broker gave to a message of ours; nobody else publishes on the stream
	mending    map[int]bool
	mended     map[int]ends
	shorter    bool // it gave a lower one: the stream has lost its end, and what we published went behind the hole
}

const leaseName = "relay"

// soon is when the stream is looked at again after it could not be.
const soon = 5 * time.Second

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
			if err != nil { // not a reason to hold back what is new for ever
				r.Log.Warn("relay", zap.Error(err))
				r.verified = time.Now().Add(min(soon, r.Verify) - r.Verify)
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
		f, err := r.JS.PublishMsgAsync(m)
		if err != nil {
			failed = err
			break
		}
		futures = append(futures, f)
	}
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
		r.note(ack)
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

// note looks whether the broker counts on: if not, its stream has become shorter since.
func (r *Relay) note(ack *jetstream.PubAck) {
	if ack.Duplicate {
		return
	}
	r.shorter = r.shorter || ack.Sequence <= r.sequence
	r.sequence = ack.Sequence
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

func pause(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}
