// Package outbox keeps what a service says beside what it did, in one transaction, and relays it to the broker afterwards.
package outbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/event"
	"example.org/waypost/pkg/pg"
)

// Sealer seals the fields of a payload that name a person. vault.Keys is one.
type Sealer interface {
	SealPayload(about, eventID string, p event.Payload) error
}

// Outbox appends events of one speaker.
type Outbox struct {
	Speaker string
	Area    string // what this deployment serves; named in every event's source
	Now     func() time.Time
	NewID   func() string
}

// ErrNotOurs is returned for a fact that another speaker owns.
var ErrNotOurs = errors.New("this fact is another speaker's")

// Append adds one event to the transaction. about is the patient ref, or the id of the thing where no patient is concerned;
// the caller holds the lock of the case, referral or thing, because that alone orders its events.
// keys seal the payload's sealed fields; nil takes those of the inbox when this is a reaction. A field that stays unsealed is an error.
// Nothing is sent before the transaction is committed.
func (o *Outbox) Append(ctx context.Context, tx pgx.Tx, about string, p event.Payload, keys Sealer) (eventID string, err error) {
	speaker, fact, ok := event.SplitType(p.EventType())
	if !ok || speaker != o.Speaker {
		return "", fmt.Errorf("append %s: %w", p.EventType(), ErrNotOurs)
	}
	eventID = o.NewID()
	if err := seal(ctx, about, eventID, p, keys); err != nil {
		return "", fmt.Errorf("append %s: %w", fact, err)
	}
	body, err := json.Marshal(p)
	if err != nil {
		return "", fmt.Errorf("append %s: %w", fact, err)
	}
	if len(body) > event.MaxBody {
		return "", fmt.Errorf("append %s: %d bytes are more than an event may have", fact, len(body))
	}
	e := event.Event{ID: eventID, Type: p.EventType(), About: about, Partition: event.PartitionOf(about)}
	c := event.CauseOf(ctx)
	if c.Correlation == "" {
		c.Correlation = eventID
	}
	err = pg.Later(ctx, tx, "append "+fact, `insert into outbox (event_id, event_type, about, partition, subject, occurred_at, correlation_id, causation_id, traceparent, classification, body)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
		e.ID, e.Type, e.About, e.Partition, e.Subject(), o.Now().UTC().Truncate(time.Microsecond), c.Correlation, null(c.Causation), null(c.Traceparent), classify(body), body)
	return eventID, err
}

func seal(ctx context.Context, about, eventID string, p event.Payload, keys Sealer) error {
	if keys == nil {
		keys, _ = ctx.Value(keysKey{}).(Sealer)
	}
	if keys != nil {
		return keys.SealPayload(about, eventID, p)
	}
	return p.EachSealed(func(path, _ string, b event.Box) error {
		if _, ok := b.Plaintext(); ok {
			return fmt.Errorf("field %s needs a key and none was given", path)
		}
		return nil
	})
}

// classify marks what concerns a patient, so that a reader that may not hold such data can refuse it.
func classify(body []byte) string {
	var x struct {
		PatientRef string `json:"patient_ref"`
	}
	if err := json.Unmarshal(body, &x); err != nil || x.PatientRef != "" {
		return "restricted"
	}
	return "internal"
}

type keysKey struct{}

// WithKeys lets reactions append sealed fields with the keys the inbox fetched before their transaction.
func WithKeys(ctx context.Context, k Sealer) context.Context {
	return context.WithValue(ctx, keysKey{}, k)
}

func null(s string) any {
	if s == "" {
		return nil
	}
	return s
}
