// Package inbox applies what other services say, once, in order per case, each effect in one transaction with the row that says so.
package inbox

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/nats-io/nats.go/jetstream"
	"go.uber.org/zap"

	"example.org/waypost/pkg/event"
	"example.org/waypost/pkg/outbox"
	"example.org/waypost/pkg/pg"
	"example.org/waypost/pkg/standing"
	"example.org/waypost/pkg/trace"
)

// Keys opens the sealed fields of an event, and seals those of events that a reaction says.
type Keys interface {
	outbox.Sealer
	OpenPayload(about, eventID string, p event.Payload) error
}

// Keyring fetches keys for patients and classes; vault.Keys wrapped in a func is one. It is called before the transaction.
type Keyring func(ctx context.Context, refs, classes []string) (Keys, error)

// Replayer fetches positions from..to of a speaker's partition from its own outbox, without the broker.
type Replayer func(ctx context.Context, speaker string, partition, epoch int, from, to int64) ([]*event.Event, error)

// Header asks a speaker how far it has numbered its events.
type Header func(ctx context.Context, speaker string) ([]outbox.Head, error)

// Reader is one service's ear. Register reactions with On, then Run.
type Reader struct {
	DB       *pg.DB
	JS       jetstream.JetStream
	Consumer string   // the service's name
	Speakers []string // whom it listens to, whole
	Holder   string   // this process, in the lease
	Keyring  Keyring  // nil where no reaction reads sealed fields
	Replay   Replayer
	Heads    Header // nil: a loss of the last events is noticed when another one comes
	Log      *zap.Logger
	Now      func() time.Time

	Batch int           // 0: 128 events in one transaction
	Lease time.Duration // 0: 10 s; how long the groups of a copy that died wait for another
	Tail  time.Duration // 0: 10 s; how often Heads is asked

	LookBy func(parkedAt time.Time) time.Time // by when somebody looks at what could not be applied; nil: at once

	Tracer *trace.Tracer // nil: no spans

	Watch *standing.Watch // notes what was mended, what waits, and that we move; nil: nobody looks

	Store  Store  // nil: DB's
	Stream Stream // nil: JS's

	handlers map[string]handler // by event type
	started  sync.Once
}

type handler struct {
	classes []string
	beside  bool // of other cases' events, in one transaction
	reads   bool
	passes  bool
	only    func(p event.Payload) bool // nil: all
	decode  func(data json.RawMessage) (event.Payload, error)
	apply   func(ctx context.Context, tx pgx.Tx, e *event.Event, p event.Payload) error
}

// How a reaction may be run.
type How string

// Beside lets a reaction run beside those to events of other cases, in one transaction (see pg.Together): their rows are written
// and read together, which costs a fraction. It must lock or hold whatever two cases share and it changes.
const Beside How = "beside"

// Reads says that a reaction only reads its classes, and seals nothing: the vault is asked only where such a field is there.
const Reads How = "reads"

// Passes says that a reaction as a rule seals no more than what it read. The vault is asked for the classes of the fields that are
// there, and for all of the reaction's when that did not do.
const Passes How = "passes"

// On registers the reaction to one type of event. classes are the sealed classes it reads or says; their keys are there inside fn.
// fn runs in the inbox's transaction as the machine actor "inbox". It is run once per event, but facts of different speakers
// come in any order: it stores what it can and completes it when the other fact arrives.
// An error rolls its effect back; one that stays parks the event and what follows on the same case.
func On[P any, PP interface {
	*P
	event.Payload
}](r *Reader, classes []string, fn func(ctx context.Context, tx pgx.Tx, e *event.Event, p PP) error, how ...How) {
	if r.handlers == nil {
		r.handlers = map[string]handler{}
	}
	typ := PP(new(P)).EventType()
	if _, twice := r.handlers[typ]; twice {
		panic("inbox: two reactions to " + typ)
	}
	r.handlers[typ] = handler{
		classes: classes, beside: slices.Contains(how, Beside), reads: slices.Contains(how, Reads), passes: slices.Contains(how, Passes),
		decode: func(data json.RawMessage) (event.Payload, error) {
			p := PP(new(P))
			if err := json.Unmarshal(data, p); err != nil {
				return nil, fmt.Errorf("%w: the data of %s can not be read", event.ErrMalformed, typ)
			}
			return p, nil
		},
		apply: func(ctx context.Context, tx pgx.Tx, e *event.Event, p event.Payload) error {
			return fn(ctx, tx, e, p.(PP))
		},
	}
}

// Only keeps from a reaction that was registered what does not concern this service: it counts as heard, and nothing in it is
// opened, nor the vault asked for its keys.
func Only[P any, PP interface {
	*P
	event.Payload
}](r *Reader, concerns func(p PP) bool) {
	typ := PP(new(P)).EventType()
	h, ok := r.handlers[typ]
	if !ok {
		panic("inbox: no reaction to " + typ)
	}
	h.only = func(p event.Payload) bool { return concerns(p.(PP)) }
	r.handlers[typ] = h
}

// Types lists what the reader reacts to, for the door and for tests.
func (r *Reader) Types() []string {
	var out []string
	for t := range r.handlers {
		out = append(out, t)
	}
	return out
}

func (r *Reader) defaults() {
	r.started.Do(func() {
		if r.Batch == 0 {
			r.Batch = 128
		}
		if r.Lease == 0 {
			r.Lease = 10 * time.Second
		}
		if r.Tail == 0 {
			r.Tail = 10 * time.Second
		}
		if r.Log == nil {
			r.Log = zap.NewNop()
		}
		if r.Store == nil {
			r.Store = Postgres(r.DB, r.Consumer, r.Now, r.LookBy)
		}
		if r.Stream == nil && r.JS != nil {
			r.Stream = JetStream(r.JS, r.Consumer, r.Watch)
		}
	})
}

func (d Delivery) done(log *zap.Logger) {
	if d.Message == nil {
		return
	}
	// A lost acknowledgement costs one redelivery, which the positions turn away.
	if err := d.Message.Ack(); err != nil {
		log.Debug("inbox: acknowledge", zap.Error(err))
	}
}

// back has the broker deliver it again at once, to whoever reads the group next. Order does not rest on it: positions do that.
// When it is lost the broker waits for as long as an acknowledgement may take.
func (d Delivery) back() {
	if d.Message != nil {
		_ = d.Message.Nak()
	}
}
