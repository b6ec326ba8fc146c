package inbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/nats-io/nats.go"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/audit"
	"example.org/waypost/pkg/event"
	"example.org/waypost/pkg/fault"
	"example.org/waypost/pkg/pg"
)

// ErrNotParked is returned for an event that is not parked, or was settled before.
var ErrNotParked = fault.NotFound("parked event")

// Why is why a parked event was dropped.
type Why string

// The reasons there can be. They are codes, because what somebody types may name a person, and a dropped event is kept.
const (
	PutRight  Why = "put_right"  // what it says was done by hand
	SaidAgain Why = "said_again" // a later event says it too
	NoEffect  Why = "no_effect"  // it would change nothing any more
	Mistaken  Why = "mistaken"   // it should not have been said
)

// Whys are all of them.
var Whys = []Why{PutRight, SaidAgain, NoEffect, Mistaken}

// Settled tells how an event that was parked was settled; "" when it was not, or never parked.
func (r *Reader) Settled(ctx context.Context, eventID string) (how string, err error) {
	err = r.DB.InTx(ctx, actor.Machine(actor.Inbox), func(ctx context.Context, tx pgx.Tx) error {
		err := tx.QueryRow(ctx, `select settlement from parked where consumer = $1 and event_id = $2 and settled_at is not null`, r.Consumer, eventID).Scan(&how)
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		return err
	})
	if err != nil {
		return "", fmt.Errorf("read parked: %w", err)
	}
	return how, nil
}

// Retry applies the parked event and everything parked on the same case, in order, in one transaction; by is the person who asked.
// When one still fails all stay parked, and its reason is brought up to date.
func (r *Reader) Retry(ctx context.Context, eventID, by string) error {
	r.defaults()
	rows, err := r.sameCase(ctx, eventID)
	if err != nil {
		return fmt.Errorf("retry parked: %w", err)
	}
	w := &worker{r: r}
	ready := w.prepare(ctx, rows, true)
	for _, p := range ready {
		if p.Bad != nil {
			return fmt.Errorf("retry parked: %w", p.Bad)
		}
	}
	err = r.DB.InTx(ctx, actor.Machine(actor.Inbox), func(ctx context.Context, tx pgx.Tx) error {
		for _, p := range ready {
			if p.handler != nil {
				if err := r.apply(ctx, tx, p); err != nil {
					return err
				}
			}
			if err := r.settle(ctx, tx, p.ID, by, "replayed", ""); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil || pg.Passing(err) {
		return err
	}
	note := r.DB.InTx(ctx, actor.Machine(actor.Inbox), func(ctx context.Context, tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `update parked set attempts = attempts + 1, last_at = $3, reason = $4 where consumer = $1 and event_id = $2`,
			r.Consumer, eventID, r.Now().UTC(), reason(err))
		return err
	})
	return errors.Join(fmt.Errorf("retry parked: %w", err), note)
}

// Drop settles one parked event without applying it; what waits behind it can then be retried. Its effect is lost for good.
func (r *Reader) Drop(ctx context.Context, eventID, by string, why Why) error {
	r.defaults()
	return r.DB.InTx(ctx, actor.Machine(actor.Inbox), func(ctx context.Context, tx pgx.Tx) error {
		return r.settle(ctx, tx, eventID, by, "dropped", why)
	})
}

func (r *Reader) settle(ctx context.Context, tx pgx.Tx, eventID, by, how string, why Why) error {
	tag, err := tx.Exec(ctx, `update parked set settled_at = $3, settled_by = nullif($4, '')::uuid, settlement = $5, settled_why = nullif($6, '')
		where consumer = $1 and event_id = $2 and settled_at is null`, r.Consumer, eventID, r.Now().UTC(), by, how, string(why))
	if err != nil {
		return fmt.Errorf("settle parked: %w", err)
	}
	if tag.RowsAffected() == 0 {
		return ErrNotParked
	}
	if how == "replayed" {
		if _, err := tx.Exec(ctx, `update inbox set outcome = 'applied' where consumer = $1 and event_id = $2`, r.Consumer, eventID); err != nil {
			return fmt.Errorf("settle parked: %w", err)
		}
	}
	a := actor.Machine(actor.Inbox)
	a.Person.ID = by // who had it done; the machine does it
	return audit.Write(actor.Into(ctx, a), tx, audit.Entry{Verb: how, Object: "parked event", ObjectID: eventID})
}

// sameCase reads the parked event and all others of its case, in the order they were said in.
func (r *Reader) sameCase(ctx context.Context, eventID string) ([]Delivery, error) {
	var out []Delivery
	err := r.DB.InTx(ctx, actor.Machine(actor.Inbox), func(ctx context.Context, tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `select p.Speaker, p.headers, p.body from parked p
			join parked one on one.consumer = p.consumer and one.event_id = $2 and one.settled_at is null
				and (p.event_id = one.event_id or p.about = one.about)
			where p.consumer = $1 and p.settled_at is null order by p.first_at, p.partition, p.position`, r.Consumer, eventID)
		if err != nil {
			return err
		}
		var speaker string
		var headers, body []byte
		_, err = pgx.ForEachRow(rows, []any{&speaker, &headers, &body}, func() error {
			var h nats.Header
			if err := json.Unmarshal(headers, &h); err != nil {
				return err
			}
			e, err := event.FromMsg(h, append([]byte(nil), body...))
			if err != nil {
				return err
			}
			out = append(out, Delivery{Event: e, Headers: h, Speaker: speaker})
			return nil
		})
		return err
	})
	if err != nil {
		return nil, err
	}
	if len(out) == 0 {
		return nil, ErrNotParked
	}
	return out, nil
}
