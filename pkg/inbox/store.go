package inbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/audit"
	"example.org/waypost/pkg/event"
	"example.org/waypost/pkg/pg"
)

// Store is what a reader needs of its service's database. Postgres is the one that is deployed; the simulation has another, and
// one test holds both to these words.
type Store interface {
	// InTx runs fn in one transaction. Nothing is kept when it returns an error. After an error of the commit nobody knows: the
	// same may be done again, because what was claimed is not claimed twice.
	InTx(ctx context.Context, fn func(ctx context.Context, tx pgx.Tx) error) error

	// Take asks for the lease of this name; ok is false while another holder has it.
	Take(ctx context.Context, name, holder string, lasts time.Duration) (l Lease, ok bool, err error)
	// Renew keeps it for as long again.
	Renew(ctx context.Context, l Lease) error
	// Release lets the next one in at once.
	Release(ctx context.Context, l Lease) error
	// Leases are the holders of the leases whose names begin so and have not run out.
	Leases(ctx context.Context, prefix string) (holders map[string]string, err error)

	// Progress is how far each speaker was heard, in each partition in which it was.
	Progress(ctx context.Context) ([]Progress, error)
	// Save moves it on, never back.
	Save(ctx context.Context, tx pgx.Tx, ends []Progress) error
	// Claim notes events as heard, and says by id which of them are new: neither they nor another at their place was heard before.
	Claim(ctx context.Context, tx pgx.Tx, batch []Arrival) (fresh map[string]bool, err error)
	// Quarantined says which of these cases have a parked event that is not settled.
	Quarantined(ctx context.Context, tx pgx.Tx, cases []string) (map[string]bool, error)
	// Park keeps a claimed event as it came, for a person to look at.
	Park(ctx context.Context, tx pgx.Tx, d Delivery, why string) error
	// Audit leaves a row of each event that was applied or parked.
	Audit(ctx context.Context, tx pgx.Tx, heard []Heard) error
}

// Lease is the right to do something that only one may do at a time.
type Lease interface {
	// Check fails the transaction with pg.ErrLeaseLost when the lease's term is over.
	Check(ctx context.Context, tx pgx.Tx) error
}

// Progress is the end of the unbroken run heard of one speaker's partition.
type Progress struct {
	Speaker   string
	Partition int
	Epoch     int
	Position  int64
	Hash      []byte
}

// Arrival is a delivery to be claimed.
type Arrival struct {
	Delivery
	Ignored bool // no reaction hears it
}

// Heard is what came of a claimed event that is not ignored.
type Heard struct {
	Delivery
	Parked bool
}

// postgres is the inbox as it is deployed.
type postgres struct {
	db       *pg.DB
	consumer string
	now      func() time.Time
	lookBy   func(parkedAt time.Time) time.Time
}

// Postgres is the inbox of a service. lookBy says by when somebody looks at what could not be applied; nil: at once.
func Postgres(db *pg.DB, consumer string, now func() time.Time, lookBy func(parkedAt time.Time) time.Time) Store {
	if lookBy == nil {
		lookBy = func(parkedAt time.Time) time.Time { return parkedAt }
	}
	return &postgres{db, consumer, now, lookBy}
}

func (s *postgres) InTx(ctx context.Context, fn func(ctx context.Context, tx pgx.Tx) error) error {
	return s.db.InTx(ctx, actor.Machine(actor.Inbox), fn)
}

func (s *postgres) Take(ctx context.Context, name, holder string, lasts time.Duration) (Lease, bool, error) {
	l := &pg.Lease{Name: name, Holder: holder, For: lasts}
	ok, err := l.Take(ctx, s.db, actor.Machine(actor.Inbox))
	return l, ok, err
}

var errForeign = errors.New("the lease was not taken here")

func (s *postgres) Renew(ctx context.Context, l Lease) error {
	taken, ok := l.(*pg.Lease)
	if !ok {
		return errForeign
	}
	return s.InTx(ctx, taken.Renew)
}

func (s *postgres) Release(ctx context.Context, l Lease) error {
	taken, ok := l.(*pg.Lease)
	if !ok {
		return errForeign
	}
	return taken.Release(ctx, s.db, actor.Machine(actor.Inbox))
}

func (s *postgres) Leases(ctx context.Context, prefix string) (map[string]string, error) {
	holders := map[string]string{}
	err := s.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		clear(holders)
		rows, err := tx.Query(ctx, `select name, holder from lease where starts_with(name, $1) and until > clock_timestamp()`, prefix)
		if err != nil {
			return err
		}
		var name, holder string
		_, err = pgx.ForEachRow(rows, []any{&name, &holder}, func() error {
			holders[name] = holder
			return nil
		})
		return err
	})
	return holders, err
}

func (s *postgres) Progress(ctx context.Context) (all []Progress, err error) {
	err = s.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `select speaker, partition, epoch, position, hash from inbox_progress where consumer = $1`, s.consumer)
		if err != nil {
			return err
		}
		all, err = pgx.CollectRows(rows, pgx.RowToStructByPos[Progress])
		return err
	})
	return all, err
}

func (s *postgres) Save(ctx context.Context, tx pgx.Tx, ends []Progress) error {
	n := len(ends)
	speakers, parts, epochs, positions, hashes := make([]string, n), make([]int, n), make([]int, n), make([]int64, n), make([][]byte, n)
	for i, p := range ends {
		speakers[i], parts[i], epochs[i], positions[i], hashes[i] = p.Speaker, p.Partition, p.Epoch, p.Position, p.Hash
	}
	return pg.Later(ctx, tx, "save progress", `insert into inbox_progress as i (consumer, speaker, partition, epoch, position, hash)
		select $1, u.speaker, u.partition, u.epoch, u.position, u.hash
		from unnest($2::text[], $3::smallint[], $4::int[], $5::bigint[], $6::bytea[]) as u(speaker, partition, epoch, position, hash)
		on conflict (consumer, speaker, partition) do update set epoch = excluded.epoch, position = excluded.position, hash = excluded.hash
		where (i.epoch, i.position) < (excluded.epoch, excluded.position)`, s.consumer, speakers, parts, epochs, positions, hashes)
}

// Claim writes the inbox rows. "on conflict do nothing" and the rows that came back, not a caught unique violation: that would
// have ended the transaction and sent the message round for ever.
func (s *postgres) Claim(ctx context.Context, tx pgx.Tx, batch []Arrival) (map[string]bool, error) {
	n := len(batch)
	ids, speakers, outcomes := make([]string, n), make([]string, n), make([]string, n)
	epochs, parts, positions := make([]int, n), make([]int, n), make([]int64, n)
	for i, a := range batch {
		ids[i], speakers[i], epochs[i], parts[i], positions[i] = a.ID, a.Speaker, a.Epoch, a.Partition, a.Position
		outcomes[i] = "applied"
		if a.Ignored {
			outcomes[i] = "ignored"
		}
		if a.Position == 0 { // unreadable: no place in the lane, and the unique place must not clash
			epochs[i], positions[i] = 0, -int64(fold(a.ID))
		}
	}
	rows, err := tx.Query(ctx, `insert into inbox (consumer, event_id, speaker, epoch, partition, position, applied_at, outcome)
		select $1, u.event_id, u.speaker, u.epoch, u.partition, u.position, $8, u.outcome
		from unnest($2::uuid[], $3::text[], $4::int[], $5::smallint[], $6::bigint[], $7::text[]) as u(event_id, speaker, epoch, partition, position, outcome)
		on conflict do nothing returning event_id`, s.consumer, ids, speakers, epochs, parts, positions, outcomes, s.now().UTC())
	if err != nil {
		return nil, fmt.Errorf("claim events: %w", err)
	}
	got, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return nil, fmt.Errorf("claim events: %w", err)
	}
	fresh := make(map[string]bool, len(got))
	for _, x := range got {
		fresh[x] = true
	}
	return fresh, nil
}

func (s *postgres) Quarantined(ctx context.Context, tx pgx.Tx, cases []string) (map[string]bool, error) {
	rows, err := tx.Query(ctx, `select distinct about::text from parked where consumer = $1 and settled_at is null and about = any($2::uuid[])`, s.consumer, cases)
	if err != nil {
		return nil, fmt.Errorf("read parked: %w", err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return nil, fmt.Errorf("read parked: %w", err)
	}
	out := map[string]bool{}
	for _, x := range list {
		out[x] = true
	}
	return out, nil
}

func (s *postgres) Park(ctx context.Context, tx pgx.Tx, d Delivery, why string) error {
	h := d.Headers
	if h == nil { // it came from replay
		m, err := d.Event.Msg()
		if err != nil {
			return fmt.Errorf("park: %w", err)
		}
		h = m.Header
	}
	hb, err := json.Marshal(h)
	if err != nil {
		return fmt.Errorf("park: %w", err)
	}
	now := s.now().UTC()
	_, err = tx.Exec(ctx, `insert into parked (consumer, event_id, speaker, event_type, about, epoch, partition, position, reason, headers, body, attempts, first_at, last_at, due_at)
		values ($1, $2, $3, $4, nullif($5, '')::uuid, $6, $7, $8, $9, $10, $11, $12, $13, $13, $14)`,
		s.consumer, d.ID, d.Speaker, d.Type, d.About, d.Epoch, d.Partition, d.Position, why, hb, []byte(d.Data), attempts, now, s.lookBy(now))
	if err != nil {
		return fmt.Errorf("park: %w", err)
	}
	_, err = tx.Exec(ctx, `update inbox set outcome = 'parked' where consumer = $1 and event_id = $2`, s.consumer, d.ID)
	if err != nil {
		return fmt.Errorf("park: %w", err)
	}
	return nil
}

func fold(s string) uint32 {
	var h uint32 = 2166136261
	for i := range len(s) {
		h = (h ^ uint32(s[i])) * 16777619
	}
	return h
}

func (s *postgres) Audit(ctx context.Context, tx pgx.Tx, heard []Heard) error {
	rows := make([]audit.Heard, len(heard))
	for i, h := range heard {
		rows[i] = audit.Heard{EventID: h.ID, Object: h.Speaker + " event"}
		if h.Bad == nil { // what is not as agreed may have anything in it
			rows[i].Object, rows[i].Correlation, rows[i].Traceparent, rows[i].PatientRef = h.Speaker+" "+h.Fact(), h.Correlation, h.Traceparent, patient(h.Event)
		}
		if h.Parked {
			rows[i].Outcome = "parked"
		}
	}
	return audit.WriteHeard(ctx, tx, rows)
}

// patient is whom an event is about, "" when it is about no patient.
func patient(e *event.Event) string {
	var said struct {
		PatientRef string `json:"patient_ref"`
	}
	if err := json.Unmarshal(e.Data, &said); err != nil || said.PatientRef != e.About {
		return ""
	}
	return e.About
}
