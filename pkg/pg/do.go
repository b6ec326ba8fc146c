package pg

import (
	"context"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/failpoint"
	"example.org/waypost/pkg/fault"
	"example.org/waypost/pkg/trace"
)

// Command names one intention of a person or program, so that doing it twice is doing it once.
// BodyHash is a keyed hash of what was sent. An empty Key turns idempotency off.
type Command struct {
	Verb     string
	Key      string
	BodyHash []byte
}

// Do is InTx with an answer, made idempotent: the same actor, key and body get the stored answer; another body is fault.Mismatch.
// The answer is kept as JSON beside the key, so it holds identifiers and codes only. A refusal is not kept: it may be put right and sent again.
func Do[T any](ctx context.Context, db *DB, a actor.Actor, c Command, fn func(ctx context.Context, tx pgx.Tx) (T, error)) (_ T, err error) {
	ctx, span := trace.Begin(ctx, c.Verb)
	defer func() { span.End(err) }()
	var answer T
	work := func(ctx context.Context, tx pgx.Tx) (err error) {
		answer, err = fn(ctx, tx)
		return err
	}
	if c.Key == "" {
		err := db.InTx(ctx, a, work)
		return answer, err
	}
	claimed := func(ctx context.Context, tx pgx.Tx) error { return claim(ctx, tx, a, c) }
	kept := func(ctx context.Context, tx pgx.Tx) error {
		if err := work(ctx, tx); err != nil {
			return err
		}
		failpoint.Here("command-decided")
		return keep(ctx, tx, a, c, answer)
	}
	err = db.InTx(ctx, a, func(ctx context.Context, tx pgx.Tx) error {
		// The claim travels ahead of the work's first question. When it fails, the work is stopped there.
		return Together(ctx, tx, []func(ctx context.Context, tx pgx.Tx) error{claimed, kept})
	})
	if err == nil {
		failpoint.Here("command-committed")
		return answer, nil
	}
	_, refused := fault.Of(err) // maybe before the claim was answered
	if !refused && !errors.Is(err, errTaken) {
		return answer, err
	}
	before, known, kerr := Known[T](ctx, db, a, c)
	switch {
	case known || errors.Is(kerr, fault.Mismatch()):
		return before, kerr
	case refused:
		return answer, err
	case kerr == nil: // it was another's a moment ago
		kerr = fault.Mismatch()
	}
	return before, kerr
}

var errTaken = errors.New("the key was used before")

// claim takes the key. A rival with the same key waits here until the first one is committed or gone.
func claim(ctx context.Context, tx pgx.Tx, a actor.Actor, c Command) error {
	tag, err := tx.Exec(ctx, `insert into idempotency (person_id, organisation_id, key, verb, body_hash) values ($1, $2, $3, $4, $5)
		on conflict (person_id, organisation_id, key) do nothing`, a.Person.ID, a.Organisation, c.Key, c.Verb, c.BodyHash)
	if err != nil {
		return fmt.Errorf("claim idempotency key: %w", err)
	}
	if tag.RowsAffected() == 0 {
		return errTaken
	}
	return nil
}

// remembered reads the answer that is kept under the key; known is false when there is none.
func remembered(ctx context.Context, tx pgx.Tx, a actor.Actor, c Command, answer any) (known bool, err error) {
	var verb string
	var hash, stored []byte
	err = tx.QueryRow(ctx, `select verb, body_hash, answer from idempotency where person_id = $1 and organisation_id = $2 and key = $3`,
		a.Person.ID, a.Organisation, c.Key).Scan(&verb, &hash, &stored)
	if errors.Is(err, pgx.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("read idempotency key: %w", err)
	}
	if verb != c.Verb || subtle.ConstantTimeCompare(hash, c.BodyHash) != 1 {
		return false, fault.Mismatch()
	}
	if err := json.Unmarshal(stored, answer); err != nil {
		return false, fmt.Errorf("read stored answer of %s: %w", c.Verb, err)
	}
	return true, nil
}

// Known is the answer to a command that was done before, if it was: for work that has its own transactions and can not be done
// inside one of Do's. Such work must be safe to do twice, because two with one key may both find nothing here; each then keeps
// its answer with Do.
func Known[T any](ctx context.Context, db *DB, a actor.Actor, c Command) (answer T, known bool, err error) {
	err = db.InTx(ctx, a, func(ctx context.Context, tx pgx.Tx) error {
		known, err = remembered(ctx, tx, a, c, &answer)
		return err
	})
	return answer, known, err
}

func keep(ctx context.Context, tx pgx.Tx, a actor.Actor, c Command, answer any) error {
	b, err := json.Marshal(answer)
	if err != nil {
		return fmt.Errorf("keep answer of %s: %w", c.Verb, err)
	}
	return Later(ctx, tx, "keep answer of "+c.Verb, `update idempotency set answer = $4 where person_id = $1 and organisation_id = $2 and key = $3`,
		a.Person.ID, a.Organisation, c.Key, b)
}
