package outbox

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/event"
	"example.org/waypost/pkg/failpoint"
	"example.org/waypost/pkg/pg"
)

// Store is what a relay needs of its service's outbox. Postgres is the one that is deployed; the simulation has another, and
// one test holds both to these words.
//
// Whatever changes something does so in one transaction with a look at the lease, and returns pg.ErrLeaseLost and changes
// nothing when its term is over. After any other error nobody knows whether it was done: all of them may be done again.
type Store interface {
	// Take asks for the right to relay, and remembers its term; ok is false while another relay has it.
	Take(ctx context.Context) (ok bool, err error)
	// Renew keeps the right while there is nothing to do.
	Renew(ctx context.Context) error
	// Release lets the next one in at once.
	Release(ctx context.Context) error

	// Number gives at most so many committed events that have no position the next ones of their partitions, dense and chained,
	// and returns them in the order they were said in, which is that of each case. It renews the lease, when there were any.
	Number(ctx context.Context, most int) ([]*event.Event, error)
	// Unpublished are at most so many of those that have a position and no mark, partition by partition, in order.
	Unpublished(ctx context.Context, most int) ([]*event.Event, error)
	// Mark says of each partition up to which position everything was acknowledged. It never goes back.
	Mark(ctx context.Context, run map[int]int64) error

	// Tails are the ends of what was marked, of every partition in which something was numbered. What was said before expires may be gone
	// from the stream.
	Tails(ctx context.Context, expires time.Time) ([]Tail, error)
	// Hash is what was said at a position, nil when nothing was.
	Hash(ctx context.Context, partition, epoch int, position int64) ([]byte, error)
	// TakeBack sets marks back to where the stream stands; what lies behind is unpublished again.
	TakeBack(ctx context.Context, stands map[int]int64) error

	// Committed signals, without counting, that something was said.
	Committed() <-chan struct{}
}

// Tail is how far one partition was published.
type Tail struct {
	Partition int
	Epoch     int
	Published int64
	Expired   int64 // up to here events are older than the stream keeps them
}

// postgres is the outbox as it is deployed.
type postgres struct {
	db     *pg.DB
	source string
	lease  pg.Lease
}

// Postgres is the outbox of a service, for one relay. source stands in every event; holder names this process in the lease.
func Postgres(db *pg.DB, source, holder string, lease time.Duration) Store {
	return &postgres{db: db, source: source, lease: pg.Lease{Name: leaseName, Holder: holder, For: lease}}
}

const leaseName = "relay"

func (s *postgres) Take(ctx context.Context) (bool, error) {
	return s.lease.Take(ctx, s.db, actor.Machine(actor.Relay))
}

func (s *postgres) Release(ctx context.Context) error {
	return s.lease.Release(ctx, s.db, actor.Machine(actor.Relay))
}

func (s *postgres) Renew(ctx context.Context) error { return s.inTx(ctx, s.lease.Renew) }

func (s *postgres) Committed() <-chan struct{} { return s.db.Committed() }

func (s *postgres) inTx(ctx context.Context, fn func(ctx context.Context, tx pgx.Tx) error) error {
	return s.db.InTx(ctx, actor.Machine(actor.Relay), fn)
}

const columns = `event_id, event_type, about, partition, occurred_at, correlation_id, coalesce(causation_id::text, ''), coalesce(traceparent, ''), classification, body`

type row struct {
	seq int64
	*event.Event
}

func scan(rows pgx.Rows, source string, numbered bool) ([]row, error) {
	defer rows.Close()
	var out []row
	for rows.Next() {
		x := row{Event: &event.Event{Source: source}}
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

func events(rows []row) []*event.Event {
	out := make([]*event.Event, len(rows))
	for i, x := range rows {
		out[i] = x.Event
	}
	return out
}

type place struct {
	epoch    int
	position int64
	hash     []byte
}

// Number: rows of one case come in the order in which their transactions held its lock, because seq was drawn under that lock.
// When there are none it has only read, since it is called at every commit. What it read is still so when the lease is renewed
// at its end: nobody else numbers in our term.
func (s *postgres) Number(ctx context.Context, most int) ([]*event.Event, error) {
	var out []row
	var at map[int]*place
	err := s.inTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		err := pg.Together(ctx, tx, []func(ctx context.Context, tx pgx.Tx) error{
			func(ctx context.Context, tx pgx.Tx) error {
				rows, err := tx.Query(ctx, `select seq, `+columns+` from outbox where position is null order by seq limit $1`, most)
				if err != nil {
					return err
				}
				out, err = scan(rows, s.source, false)
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
		failpoint.Here("relay-numbering")
		return s.lease.Renew(ctx, tx) // what save wants written goes ahead of it
	})
	return events(out), err
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

func (s *postgres) Unpublished(ctx context.Context, most int) ([]*event.Event, error) {
	var out []row
	err := s.inTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `select seq, `+columns+`, o.epoch, o.position, prev_hash, o.hash
			from (select partition as p, epoch as e, published from relay_state where published < position) s
			join outbox o on o.epoch = s.e and o.partition = s.p and o.position > s.published
			order by o.partition, o.position limit $1`, most)
		if err != nil {
			return err
		}
		out, err = scan(rows, s.source, true)
		return err
	})
	return events(out), err
}

func (s *postgres) Mark(ctx context.Context, run map[int]int64) error {
	parts, pos := []int{}, []int64{}
	for n, p := range run {
		parts, pos = append(parts, n), append(pos, p)
	}
	return s.inTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		// A mark that a crash of Postgres takes back costs one more publication, which the message id turns away.
		if err := pg.Later(ctx, tx, "do not wait for the disk", `set local synchronous_commit = off`); err != nil {
			return err
		}
		err := pg.Later(ctx, tx, "mark published", `update relay_state s set published = u.position
			from unnest($1::smallint[], $2::bigint[]) as u(partition, position) where s.partition = u.partition and s.published < u.position`, parts, pos)
		if err != nil {
			return err
		}
		return s.lease.Renew(ctx, tx)
	})
}

func (s *postgres) Tails(ctx context.Context, expires time.Time) (tails []Tail, err error) {
	err = s.inTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		// What is older stands at the beginning, so where it ends is found by halving: everything after it, a month of events, or
		// everything before it, all others, is too much to be read for each look. A row may have been erased: then the next one tells.
		rows, err := tx.Query(ctx, `with recursive half (partition, epoch, published, low, high) as (
				select partition, epoch, published, 0::bigint, published from relay_state where position > 0
				union all
				select h.partition, h.epoch, h.published,
					case when o.occurred_at < $1 then o.position else h.low end, case when o.occurred_at < $1 then h.high else h.low + (h.high - h.low - 1) / 2 end
				from half h left join lateral (
					select o.position, o.occurred_at from outbox o
					where o.epoch = h.epoch and o.partition = h.partition and o.position > h.low + (h.high - h.low - 1) / 2 and o.position <= h.high
					order by o.position limit 1
				) o on true
				where h.low < h.high)
			select partition, epoch, published, low from half where low = high`, expires)
		if err != nil {
			return err
		}
		tails, err = pgx.CollectRows(rows, pgx.RowToStructByPos[Tail])
		return err
	})
	return tails, err
}

func (s *postgres) Hash(ctx context.Context, partition, epoch int, position int64) (hash []byte, err error) {
	err = s.inTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		return tx.QueryRow(ctx, `select hash from outbox where epoch = $1 and partition = $2 and position = $3`, epoch, partition, position).Scan(&hash)
	})
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil
	}
	return hash, err
}

func (s *postgres) TakeBack(ctx context.Context, stands map[int]int64) error {
	return s.inTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		for partition, at := range stands {
			if err := pg.Later(ctx, tx, "take marks back", `update relay_state set published = $2 where partition = $1 and published > $2`, partition, at); err != nil {
				return err
			}
		}
		return s.lease.Renew(ctx, tx)
	})
}
