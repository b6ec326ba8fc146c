package chain

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"go.uber.org/zap"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/beat"
	"example.org/waypost/pkg/pg"
	"example.org/waypost/pkg/standing"
)

// Sealer chains committed audit rows, one sealer per service at a time.
//
// It keeps no cursor over ids: a row waits by name from the moment it commits until the transaction that seals it, however late
// that is. Positions are dense and chained in the order of sealing; the lease row, locked while it seals, keeps two sealers from
// making two chains, and the primary key over positions would refuse the second one's. Dying anywhere only repeats work.
type Sealer struct {
	DB     *pg.DB
	Area   string
	Holder string // this process, in the lease
	Log    *zap.Logger
	Watch  *standing.Watch

	Key ed25519.PrivateKey // nil: rows are chained, and no checkpoint says so outside the database
	Dir string             // where checkpoints are appended

	Poll  time.Duration    // 0: 300 ms, so that a row is in the chain within a second
	Every time.Duration    // 0: a minute; how often a checkpoint is written while rows come
	Idle  time.Duration    // 0: an hour; how often one is written while none come
	Lease time.Duration    // 0: 10 s
	Batch int              // 0: 1000 rows a round
	Now   func() time.Time // nil: time.Now

	lease   pg.Lease
	renewed time.Time
	left    link // where we left the chain, from memory: whoever shortens it does not know that
	signed  link
	at      time.Time // of the last checkpoint
	loop    *beat.Beat
}

type link struct {
	position int64
	hash     []byte
}

// Run seals until ctx ends. Every error is logged and tried again.
func (s *Sealer) Run(ctx context.Context) {
	s.defaults()
	for ctx.Err() == nil {
		s.loop.Works()
		ok, err := s.lease.Take(ctx, s.DB, machine)
		if err != nil && ctx.Err() == nil {
			s.Log.Warn("sealer: take lease", zap.Error(err))
		}
		if ok {
			if err := s.lead(ctx); err != nil && ctx.Err() == nil {
				s.Log.Warn("sealer", zap.Error(err))
			}
		}
		s.loop.Waits()
		pause(ctx, s.Lease/20)
	}
}

var machine = actor.Machine(actor.Sealer)

func (s *Sealer) defaults() {
	if s.Poll == 0 {
		s.Poll = 300 * time.Millisecond
	}
	if s.Every == 0 {
		s.Every = time.Minute
	}
	if s.Idle == 0 {
		s.Idle = time.Hour
	}
	if s.Lease == 0 {
		s.Lease = 10 * time.Second
	}
	if s.Batch == 0 {
		s.Batch = 1000
	}
	if s.Now == nil {
		s.Now = time.Now
	}
	if s.Log == nil {
		s.Log = zap.NewNop()
	}
	s.lease = pg.Lease{Name: "sealer", Holder: s.Holder, For: s.Lease}
	s.loop = s.Watch.Loop("sealer")
}

// lead works while the lease is ours. When it stops in order, a last checkpoint says where it stopped.
func (s *Sealer) lead(ctx context.Context) error {
	defer s.stop(ctx)
	s.renewed = time.Now()
	for {
		s.loop.Works()
		n, err := s.round(ctx)
		if err != nil {
			return err
		}
		if err := s.checkpoint(n < s.Batch, false); err != nil {
			s.Log.Error("sealer: no checkpoint leaves the database; it is tried again", zap.Error(err))
		}
		if n == s.Batch {
			continue
		}
		s.loop.Waits()
		if pause(ctx, s.Poll); ctx.Err() != nil {
			return ctx.Err()
		}
	}
}

func (s *Sealer) stop(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
	defer cancel()
	if err := s.DB.InTx(ctx, machine, s.catchUp); err != nil {
		s.Log.Warn("sealer: the last checkpoint may miss the last batch", zap.Error(err))
	}
	if err := s.checkpoint(false, true); err != nil {
		s.Log.Warn("sealer: no last checkpoint", zap.Error(err))
	}
	if err := s.lease.Release(ctx, s.DB, machine); err != nil {
		s.Log.Info("sealer: the lease runs out by itself", zap.Error(err))
	}
}

// catchUp remembers what a commit did whose answer we did not stay for.
func (s *Sealer) catchUp(ctx context.Context, tx pgx.Tx) error {
	var head link
	var waits, gone bool
	err := s.atHead(ctx, tx, &head, &waits, &gone)
	if err == nil && !gone {
		s.left = head
	}
	return err
}

// round seals at most a batch. When nothing waits it has only read.
func (s *Sealer) round(ctx context.Context) (sealed int, err error) {
	var head link
	var waits, gone bool
	err = s.DB.InTx(ctx, machine, func(ctx context.Context, tx pgx.Tx) (err error) {
		if err := s.atHead(ctx, tx, &head, &waits, &gone); err != nil {
			return err
		}
		if !waits && time.Since(s.renewed) < s.Lease/3 {
			return nil
		}
		if err := s.lease.Renew(ctx, tx); err != nil {
			return err
		}
		s.renewed = time.Now()
		sealed = 0
		if !waits {
			return nil
		}
		// Nobody else seals from here to the commit, and what another sealer did before its end is there now.
		if err := s.atHead(ctx, tx, &head, &waits, &gone); err != nil {
			return err
		}
		sealed, err = s.seal(ctx, tx, &head)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("seal audit rows: %w", err)
	}
	if gone {
		s.Log.Error("sealer: the end of the audit chain was cut off or changed behind our back", zap.Int64("position", s.left.position))
		if err := s.append(s.left, false); err != nil { // what the chain was, signed
			return 0, err
		}
	}
	s.left = head
	return sealed, nil
}

// atHead reads where the chain stands, whether anything waits, and whether what we left is gone.
func (s *Sealer) atHead(ctx context.Context, tx pgx.Tx, head *link, waits, gone *bool) error {
	var ours []byte
	*head = link{}
	if err := tx.QueryRow(ctx, `select coalesce((select position from audit_seal order by position desc limit 1), 0),
			coalesce((select hash from audit_seal order by position desc limit 1), ''), exists (select from audit_waiting w join audit a using (seq)),
			(select hash from audit_seal where position = $1)`, s.left.position).Scan(&head.position, &head.hash, waits, &ours); err != nil {
		return err
	}
	*gone = s.left.position > 0 && !bytes.Equal(ours, s.left.hash)
	return nil
}

// seal gives the rows that wait the next positions. What was taken away before it was sealed goes on waiting, for the verifier to name.
func (s *Sealer) seal(ctx context.Context, tx pgx.Tx, head *link) (int, error) {
	rows, err := tx.Query(ctx, `select w.seq, clock_timestamp(), a.at, `+columns+` from audit_waiting w join audit a using (seq) order by w.seq limit $1`, s.Batch)
	if err != nil {
		return 0, err
	}
	waiting, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (r Row, err error) {
		return r, row.Scan(append([]any{&r.Seq, &r.SealedAt, &r.At}, r.dest()...)...)
	})
	if err != nil || len(waiting) == 0 {
		return 0, err
	}
	var seqs, positions []int64
	var prevs, hashes [][]byte
	var times []time.Time
	for i := range waiting {
		r := &waiting[i]
		r.Position, r.SealedAt = head.position+1, waiting[0].SealedAt
		hash := r.Hash(s.DB.Service(), head.hash)
		seqs, positions, times = append(seqs, r.Seq), append(positions, r.Position), append(times, r.SealedAt)
		prevs, hashes = append(prevs, head.hash), append(hashes, hash)
		*head = link{r.Position, hash}
	}
	if _, err := tx.Exec(ctx, `insert into audit_seal (position, seq, prev_hash, hash, sealed_at)
		select * from unnest($1::bigint[], $2::bigint[], $3::bytea[], $4::bytea[], $5::timestamptz[])`, positions, seqs, prevs, hashes, times); err != nil {
		return 0, err
	}
	_, err = tx.Exec(ctx, `delete from audit_waiting where seq = any ($1)`, seqs)
	return len(waiting), err
}

func (r *Row) dest() []any {
	out := make([]any, len(r.Texts))
	for i := range r.Texts {
		out[i] = &r.Texts[i]
	}
	return out
}

// checkpoint writes one when it is time: each minute while rows come, and each hour.
func (s *Sealer) checkpoint(complete, last bool) error {
	since := s.Now().Sub(s.at)
	moved := s.left.position != s.signed.position || !bytes.Equal(s.left.hash, s.signed.hash)
	due := moved && (last || since >= s.Every) || !moved && !last && since >= s.Idle
	if s.left.position == 0 || !due {
		return nil
	}
	return s.append(s.left, complete)
}

func (s *Sealer) append(at link, complete bool) error {
	if s.Key == nil {
		return nil
	}
	now := s.Now().UTC()
	line, err := Append(s.Dir, s.Key, Checkpoint{
		Area: s.Area, Service: s.DB.Service(), At: now, Position: at.position, Hash: hex.EncodeToString(at.hash), Complete: complete,
	})
	if err != nil {
		return err
	}
	s.signed, s.at = at, now
	s.Log.Info("audit checkpoint", zap.String("checkpoint", strings.TrimSpace(line))) // wherever logs are collected, it stands too
	return nil
}

// CountUnsealed counts the rows that have waited for a minute: the sealer does not work. It is asked as the machine "clock".
func CountUnsealed(ctx context.Context, tx pgx.Tx, _ time.Time) (n int64, err error) {
	if err := tx.QueryRow(ctx, `select count(*) from audit_waiting where since < clock_timestamp() - interval '1 minute'`).Scan(&n); err != nil {
		return 0, fmt.Errorf("count unsealed audit rows: %w", err)
	}
	return n, nil
}

func pause(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}
