package chain

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/hex"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/pg"
)

// Kind is what was done to a trail.
type Kind string

// What a verifier can name.
const (
	RowChanged        Kind = "row changed"
	RowDeleted        Kind = "row deleted"
	RowInserted       Kind = "row inserted"
	ChainRewritten    Kind = "chain rewritten"
	ChainCutOff       Kind = "chain cut off"
	CheckpointForged  Kind = "checkpoint forged"
	CheckpointMissing Kind = "checkpoint missing"
	NothingSigned     Kind = "nothing signed"
	NotSealed         Kind = "not sealed" // nobody's tampering: the sealer does not work
)

// Break is the first link that is not what was sealed.
type Break struct {
	Kind     Kind
	Position int64 // 0 where it stands in no chain
	Seq      int64
	What     string
}

func (b *Break) String() string {
	if b.Position > 0 {
		return fmt.Sprintf("%s at position %d: %s", b.Kind, b.Position, b.What)
	}
	return fmt.Sprintf("%s: %s", b.Kind, b.What)
}

// Report is what was found of one service's trail.
type Report struct {
	Service     string
	Sealed      int64
	Waiting     int64 // committed a moment ago
	Checkpoints int
	Newest      time.Time // of the newest checkpoint
	Since       int64     // rows sealed since then: nothing outside the database vouches for them yet
	Restored    time.Time // when somebody last said, signed, that the database had been put back
	Void        int       // checkpoints that hold no more because of that
	Broken      *Break    // nil: all is as it was sealed
}

// Verifier checks trails against checkpoints.
type Verifier struct {
	Keys []ed25519.PublicKey
	Dirs []string // where checkpoints were appended, or copies of that
	Now  func() time.Time
	// Wrong is how wrong a clock of the service's is known to have been. A row that says it is earlier by less than that than what was complete
	// without it is no finding then.
	Wrong time.Duration
}

// sealedWithin is how long a row may wait without anybody being to blame, and longestTx how long a transaction may be open after
// it wrote its audit row.
const (
	sealedWithin = 5 * time.Minute
	longestTx    = 15 * time.Minute
)

// Verify walks the whole chain of a service, from its first link. It reads as the reconciler, which may change nothing.
func (v Verifier) Verify(ctx context.Context, db *pg.DB) (r Report, err error) {
	r.Service = db.Service()
	// Before the chain, which only grows: what is signed meanwhile is not missed there.
	signed, broken, err := read(v.Dirs, r.Service, v.Keys)
	if err != nil {
		return r, err
	}
	if r.Broken = broken; broken != nil {
		return r, nil
	}
	r.Checkpoints = len(signed)
	w := &walk{report: &r, service: r.Service, signed: byPosition(signed), late: longestTx + v.Wrong}
	err = db.InTx(ctx, actor.Machine(actor.Reconciler), func(ctx context.Context, tx pgx.Tx) error {
		if err := w.chain(ctx, tx); err != nil || r.Broken != nil {
			return err
		}
		return w.unsealed(ctx, tx, v.Now())
	})
	if err != nil {
		return r, fmt.Errorf("verify the audit trail of %s: %w", r.Service, err)
	}
	for _, c := range signed {
		if c.At.After(r.Newest) {
			r.Newest = c.At
		}
		if c.Restored && c.At.After(r.Restored) {
			r.Restored = c.At
		}
	}
	r.Since = r.Sealed - w.behind
	if r.Broken == nil && len(signed) == 0 && r.Sealed > 0 && w.first.Before(v.Now().Add(-sealedWithin)) {
		r.Broken = &Break{Kind: NothingSigned, What: fmt.Sprintf("%d rows are sealed and no checkpoint of %s is in %v", r.Sealed, r.Service, v.Dirs)}
	}
	return r, nil
}

// byPosition sorts them so that a walk meets each when it is there; the oldest first where several say the same.
func byPosition(all []Checkpoint) []Checkpoint {
	out := slices.Clone(all)
	slices.SortStableFunc(out, func(a, b Checkpoint) int {
		if a.Position != b.Position {
			return int(a.Position - b.Position)
		}
		return a.At.Compare(b.At)
	})
	return out
}

type walk struct {
	report  *Report
	service string
	late    time.Duration // after which nobody commits a row of a time that was complete
	signed  []Checkpoint
	met     int
	agreed  Checkpoint // the last that agreed and was complete
	behind  int64      // position of the last that agreed
	first   time.Time
	prev    []byte
}

func (w *walk) chain(ctx context.Context, tx pgx.Tx) error {
	rows, err := tx.Query(ctx, `select s.position, s.seq, s.sealed_at, s.prev_hash, s.hash, a.seq is not null, coalesce(a.at, s.sealed_at), `+columns+`
		from audit_seal s left join audit a using (seq) order by s.position`)
	if err != nil {
		return err
	}
	defer rows.Close()
	for w.met < len(w.signed) && w.signed[w.met].Position == 0 { // there was nothing when it was signed
		w.met++
	}
	r := w.report
	for rows.Next() {
		var row Row
		var prev, hash []byte
		var there bool
		if err := rows.Scan(append([]any{&row.Position, &row.Seq, &row.SealedAt, &prev, &hash, &there, &row.At}, row.dest()...)...); err != nil {
			return err
		}
		if r.Broken = w.link(&row, prev, hash, there); r.Broken != nil {
			return nil
		}
		if r.Sealed++; r.Sealed == 1 {
			w.first = row.SealedAt
		}
	}
	if err := rows.Err(); err != nil {
		return err
	}
	for ; w.met < len(w.signed); w.met++ {
		if c := w.signed[w.met]; w.void(c) {
			r.Void++
		} else if r.Broken == nil {
			r.Broken = &Break{Kind: ChainCutOff, Position: r.Sealed, What: fmt.Sprintf("the chain ends here, and at %s it had %d links: %d were taken away",
				c.At.Format(time.RFC3339), c.Position, c.Position-r.Sealed)}
		}
	}
	return nil
}

// link compares the next one with what should be there.
func (w *walk) link(row *Row, prev, hash []byte, there bool) *Break {
	r := w.report
	at := func(k Kind, what string, args ...any) *Break {
		return &Break{Kind: k, Position: row.Position, Seq: row.Seq, What: fmt.Sprintf(what, args...)}
	}
	if row.Position != r.Sealed+1 {
		gone := at(RowDeleted, "the link is gone, and what follows is there (position %d)", row.Position)
		gone.Position, gone.Seq = r.Sealed+1, 0
		return gone
	}
	if !there {
		return at(RowDeleted, "the row with number %d, which was sealed at %s, is gone", row.Seq, row.SealedAt.UTC().Format(time.RFC3339))
	}
	if !bytes.Equal(prev, w.prev) {
		return at(RowInserted, "the link does not follow the one before it: one was put in or taken out between them. It says: %s", row.about())
	}
	if !bytes.Equal(row.Hash(w.service, prev), hash) {
		return at(RowChanged, "row %s is not what was sealed. Now it says: %s", row.id(), row.about())
	}
	if w.agreed.Complete && row.At.Before(w.agreed.At.Add(-w.late)) {
		return at(RowInserted, "row %s says that it is of %s, and at %s everything until then was in the chain without it. It says: %s",
			row.id(), row.At.UTC().Format(time.RFC3339), w.agreed.At.Format(time.RFC3339), row.about())
	}
	w.prev = hash
	for ; w.met < len(w.signed) && w.signed[w.met].Position == row.Position; w.met++ {
		c := w.signed[w.met]
		if c.Hash == hex.EncodeToString(hash) {
			w.behind = c.Position
			if c.Complete {
				w.agreed = c
			}
			continue
		}
		if w.void(c) {
			r.Void++
			continue
		}
		return at(ChainRewritten, "links %d to %d are not those that were signed at %s, though they fit each other", w.behind+1, row.Position, c.At.Format(time.RFC3339))
	}
	return nil
}

// void tells whether somebody said, signed and later, that the database was put back.
func (w *walk) void(c Checkpoint) bool {
	return slices.ContainsFunc(w.signed, func(x Checkpoint) bool { return x.Restored && x.At.After(c.At) })
}

// unsealed looks at what stands in no chain: it waits its turn, or somebody put it there past the trigger.
func (w *walk) unsealed(ctx context.Context, tx pgx.Tx, now time.Time) error {
	r := w.report
	var inserted, missing *int64
	var n int64
	var oldest *time.Time
	err := tx.QueryRow(ctx, `select
			(select min(a.seq) from audit a where not exists (select from audit_seal s where s.seq = a.seq) and not exists (select from audit_waiting w where w.seq = a.seq)),
			(select min(w.seq) from audit_waiting w where not exists (select from audit a where a.seq = w.seq)),
			(select count(*) from audit_waiting), (select min(a.at) from audit_waiting w join audit a using (seq))`).Scan(&inserted, &missing, &n, &oldest)
	if err != nil {
		return err
	}
	r.Waiting = n
	switch {
	case inserted != nil:
		r.Broken = &Break{Kind: RowInserted, Seq: *inserted, What: fmt.Sprintf("the row with number %d stands in no chain and does not wait for it: it was put there past the sealer", *inserted)}
	case missing != nil:
		r.Broken = &Break{Kind: RowDeleted, Seq: *missing, What: fmt.Sprintf("the row with number %d was taken away before it was sealed", *missing)}
	case oldest != nil && oldest.Before(now.Add(-sealedWithin)):
		r.Broken = &Break{Kind: NotSealed, What: fmt.Sprintf("%d rows wait, the oldest since %s: does the service run?", n, oldest.UTC().Format(time.RFC3339))}
	}
	return nil
}

// Restore signs that the database of a service was put back, so that earlier checkpoints which do not agree with it hold no more. It
// is a line that everybody who verifies is told of.
func Restore(ctx context.Context, db *pg.DB, area, dir string, k ed25519.PrivateKey, now time.Time) error {
	var head link
	err := db.InTx(ctx, actor.Machine(actor.Reconciler), func(ctx context.Context, tx pgx.Tx) error {
		return tx.QueryRow(ctx, `select coalesce(max(position), 0), coalesce((select hash from audit_seal order by position desc limit 1), '') from audit_seal`).Scan(&head.position, &head.hash)
	})
	if err != nil {
		return fmt.Errorf("say that %s was restored: %w", db.Service(), err)
	}
	_, err = Append(dir, k, Checkpoint{Area: area, Service: db.Service(), At: now.UTC(), Position: head.position, Hash: hex.EncodeToString(head.hash), Restored: true})
	return err
}
