package pg

import (
	"context"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/fault"
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
func Do[T any](ctx context.Context, db *DB, a actor.Actor, c Command, fn func(ctx context.Context, tx pgx.Tx) (T, error)) (T, error) {
	var answer T
	err := db.InTx(ctx, a, func(ctx context.Context, tx pgx.Tx) error {
		var zero T
		answer = zero
		if c.Key == "" {
			var err error
			answer, err = fn(ctx, tx)
			return err
		}
		known, err := claim(ctx, tx, a, c, &answer)
		if err != nil || known {
			return err
		}
		if answer, err = fn(ctx, tx); err != nil {
			return err
		}
		return keep(ctx, tx, a, c, answer)
	})
	return answer, err
}

// claim takes the key. A rival with the same key waits here until the first one is committed or gone.
func claim(ctx context.Context, tx pgx.Tx, a actor.Actor, c Command, answer any) (known bool, err error) {
	tag, err := tx.Exec(ctx, `insert into idempotency (person_id, organisation_id, key, verb, body_hash) values ($1, $2, $3, $4, $5)
		on conflict (person_id, organisation_id, key) do nothing`, a.Person.ID, a.Organisation, c.Key, c.Verb, c.BodyHash)
	if err != nil {
		return false, fmt.Errorf("claim idempotency key: %w", err)
	}
	if tag.RowsAffected() == 1 {
		return false, nil
	}
	var verb string
	var hash, stored []byte
	err = tx.QueryRow(ctx, `select verb, body_hash, answer from idempotency where person_id = $1 and organisation_id = $2 and key = $3`,
		a.Person.ID, a.Organisation, c.Key).Scan(&verb, &hash, &stored)
	if errors.Is(err, pgx.ErrNoRows) {
		return false, fault.Mismatch()
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

func keep(ctx context.Context, tx pgx.Tx, a actor.Actor, c Command, answer any) error {
	b, err := json.Marshal(answer)
	if err != nil {
		return fmt.Errorf("keep answer of %s: %w", c.Verb, err)
	}
	return Later(ctx, tx, "keep answer of "+c.Verb, `update idempotency set answer = $4 where person_id = $1 and organisation_id = $2 and key = $3`,
		a.Person.ID, a.Organisation, c.Key, b)
}
