package inbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"example.org/waypost/pkg/pg"
)

// claim writes the inbox rows and says which events are new. "on conflict do nothing" and the rows that came back, not a caught
// unique violation: that would have ended the transaction and sent the message round for ever.
func (w *worker) claim(ctx context.Context, tx pgx.Tx, batch []prepared) (map[string]bool, error) {
	n := len(batch)
	ids, speakers, outcomes := make([]string, n), make([]string, n), make([]string, n)
	epochs, parts, positions := make([]int, n), make([]int, n), make([]int64, n)
	for i, p := range batch {
		ids[i], speakers[i], epochs[i], parts[i], positions[i] = p.ID, p.speaker, p.Epoch, p.Partition, p.Position
		outcomes[i] = "applied"
		if p.handler == nil {
			outcomes[i] = "ignored"
		}
		if p.Position == 0 { // unreadable: no place in the lane, and the unique place must not clash
			epochs[i], positions[i] = 0, -int64(fold(p.ID))
		}
	}
	rows, err := tx.Query(ctx, `insert into inbox (consumer, event_id, speaker, epoch, partition, position, applied_at, outcome)
		select $1, u.event_id, u.speaker, u.epoch, u.partition, u.position, $8, u.outcome
		from unnest($2::uuid[], $3::text[], $4::int[], $5::smallint[], $6::bigint[], $7::text[]) as u(event_id, speaker, epoch, partition, position, outcome)
		on conflict do nothing returning event_id`, w.r.Consumer, ids, speakers, epochs, parts, positions, outcomes, w.r.Now().UTC())
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

// quarantined are the cases of this batch that have a parked event.
func (w *worker) quarantined(ctx context.Context, tx pgx.Tx, batch []prepared) (map[string]bool, error) {
	abouts := make([]string, 0, len(batch))
	for _, p := range batch {
		if p.About != "" {
			abouts = append(abouts, p.About)
		}
	}
	rows, err := tx.Query(ctx, `select distinct about::text from parked where consumer = $1 and settled_at is null and about = any($2::uuid[])`, w.r.Consumer, abouts)
	if err != nil {
		return nil, fmt.Errorf("read parked: %w", err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowTo[string])
	out := map[string]bool{}
	for _, x := range list {
		out[x] = true
	}
	return out, err
}

// parkedFor is how long a parked event may lie before somebody is overdue.
const parkedFor = 4 * time.Hour

func (w *worker) park(ctx context.Context, tx pgx.Tx, p prepared, why string) error {
	h := p.headers
	if h == nil { // it came from replay
		m, err := p.Msg()
		if err != nil {
			return fmt.Errorf("park: %w", err)
		}
		h = m.Header
	}
	hb, err := json.Marshal(h)
	if err != nil {
		return fmt.Errorf("park: %w", err)
	}
	now := w.r.Now().UTC()
	_, err = tx.Exec(ctx, `insert into parked (consumer, event_id, speaker, event_type, about, epoch, partition, position, reason, headers, body, attempts, first_at, last_at, due_at)
		values ($1, $2, $3, $4, nullif($5, '')::uuid, $6, $7, $8, $9, $10, $11, $12, $13, $13, $14)`,
		w.r.Consumer, p.ID, p.speaker, p.Type, p.About, p.Epoch, p.Partition, p.Position, why, hb, []byte(p.Data), attempts, now, now.Add(parkedFor))
	if err != nil {
		return fmt.Errorf("park: %w", err)
	}
	_, err = tx.Exec(ctx, `update inbox set outcome = 'parked' where consumer = $1 and event_id = $2`, w.r.Consumer, p.ID)
	if err != nil {
		return fmt.Errorf("park: %w", err)
	}
	return nil
}

// save moves the end of each lane's unbroken run.
func (w *worker) save(ctx context.Context, tx pgx.Tx, batch []prepared) error {
	end := map[lane]prepared{}
	for _, p := range batch {
		if p.Position > 0 {
			end[lane{p.speaker, p.Partition}] = p
		}
	}
	if len(end) == 0 {
		return nil
	}
	var speakers []string
	var parts, epochs []int
	var positions []int64
	var hashes [][]byte
	for l, p := range end {
		speakers, parts, epochs = append(speakers, l.speaker), append(parts, l.partition), append(epochs, p.Epoch)
		positions, hashes = append(positions, p.Position), append(hashes, p.Hash)
	}
	return pg.Later(ctx, tx, "save progress", `insert into inbox_progress as i (consumer, speaker, partition, epoch, position, hash)
		select $1, u.speaker, u.partition, u.epoch, u.position, u.hash
		from unnest($2::text[], $3::smallint[], $4::int[], $5::bigint[], $6::bytea[]) as u(speaker, partition, epoch, position, hash)
		on conflict (consumer, speaker, partition) do update set epoch = excluded.epoch, position = excluded.position, hash = excluded.hash
		where (i.epoch, i.position) < (excluded.epoch, excluded.position)`, w.r.Consumer, speakers, parts, epochs, positions, hashes)
}

// scrub keeps what a database error says of tables and constraints, and drops its detail, which repeats values.
func scrub(err error) string {
	var pe *pgconn.PgError
	if errors.As(err, &pe) {
		return strings.TrimSpace(fmt.Sprintf("database: %s %s %s %s", pe.Code, pe.TableName, pe.ColumnName, pe.ConstraintName))
	}
	return err.Error()
}

func fold(s string) uint32 {
	var h uint32 = 2166136261
	for i := range len(s) {
		h = (h ^ uint32(s[i])) * 16777619
	}
	return h
}
