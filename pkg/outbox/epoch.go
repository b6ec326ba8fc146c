package outbox

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"time"

	"github.com/jackc/pgx/v5"
)

var schemaName = regexp.MustCompile(`^[a-z][a-z_]{0,40}$`)

// begun is when epochs began to be counted by the minute.
var begun = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// RaiseEpoch has a speaker count its positions anew, after its database was restored from a backup: what it said between the
// backup and the loss may have been heard, under positions that it would give to other facts now. Readers know by the epoch that
// the count began again, hear the rest of the older one from the replay first, and go by the ids of events as always. Nothing that
// stands in the outbox is changed. Call it before the service starts; adminURL signs in as who may do so.
//
// The epoch is the minute of now, or one more than the last: a second restore, to a moment before the first, must not give a
// number that was given before, and can not know it.
func RaiseEpoch(ctx context.Context, adminURL, service string, now time.Time) (from, to int, err error) {
	if !schemaName.MatchString(service) {
		return 0, 0, fmt.Errorf("raise epoch: %q is no service name", service)
	}
	cc, err := pgx.ParseConfig(adminURL)
	if err != nil {
		return 0, 0, errors.New("raise epoch: the address can not be read") // the reason would quote it, password and all
	}
	cc.RuntimeParams["search_path"] = service
	conn, err := pgx.ConnectConfig(ctx, cc)
	if err != nil {
		return 0, 0, fmt.Errorf("raise epoch of %s: %w", service, err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	err = pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `set local row_security = off`); err != nil { // else who may not would change nothing, in silence
			return err
		}
		var working bool
		if err := tx.QueryRow(ctx, `select exists (select from lease where name = 'relay' and until > clock_timestamp())`).Scan(&working); err != nil {
			return err
		}
		if working {
			return errors.New("it is at work: stop every copy of it first")
		}
		if err := tx.QueryRow(ctx, `select greatest(max(s.epoch), (select max(o.epoch) from outbox o)) from relay_state s`).Scan(&from); err != nil {
			return err
		}
		to = max(from+1, int(now.Sub(begun)/time.Minute))
		_, err := tx.Exec(ctx, `update relay_state set epoch = $1, position = 0, hash = '\x', published = 0`, to)
		return err
	})
	if err != nil {
		return 0, 0, fmt.Errorf("raise epoch of %s: %w", service, err)
	}
	return from, to, nil
}
