package inbox

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"go.uber.org/zap"

	"example.org/waypost/pkg/event"
	"example.org/waypost/pkg/failpoint"
	"example.org/waypost/pkg/outbox"
	"example.org/waypost/pkg/pg"
	"example.org/waypost/pkg/trace"
)

// applyAll does the batch in one transaction; when an event in it fails, one transaction each.
func (w *worker) applyAll(ctx context.Context, todo []Delivery) error {
	ready := w.prepare(ctx, todo, false)
	err := w.inTx(ctx, func(ctx context.Context, tx pgx.Tx) error { return w.applyBatch(ctx, tx, ready) })
	if err == nil {
		w.advance(todo)
		return nil
	}
	if ctx.Err() != nil || errors.Is(err, pg.ErrLeaseLost) || pg.Passing(err) || errors.Is(err, errKeys) {
		return err
	}
	for i := range ready {
		one := ready[i : i+1]
		if h := one[0].handler; h != nil && h.passes {
			one = w.prepare(ctx, todo[i:i+1], true)
		}
		if err := w.applyOne(ctx, todo[i:i+1], one); err != nil {
			return err
		}
		w.advance(todo[i : i+1])
	}
	return nil
}

// attempts is how often an event is tried before it parks.
const attempts = 3

// applyOne tries one event; of is what one was prepared of. It is prepared anew for each further try: when two refs were made one
// after the keys were fetched, a reaction asks for a key that was not.
func (w *worker) applyOne(ctx context.Context, of []Delivery, one []prepared) error {
	var err error
	for n := range attempts {
		if n > 0 {
			one = w.prepare(ctx, of, true)
		}
		err = w.inTx(ctx, func(ctx context.Context, tx pgx.Tx) error { return w.applyBatch(ctx, tx, one) })
		if err == nil || ctx.Err() != nil || errors.Is(err, pg.ErrLeaseLost) || pg.Passing(err) || errors.Is(err, errKeys) {
			return err
		}
	}
	w.r.Log.Error("inbox: parked", zap.String("event", one[0].ID), zap.String("type", one[0].Type), zap.String("reason", reason(err)))
	one[0].Bad = err
	return w.inTx(ctx, func(ctx context.Context, tx pgx.Tx) error { return w.applyBatch(ctx, tx, one) })
}

func (w *worker) inTx(ctx context.Context, fn func(ctx context.Context, tx pgx.Tx) error) error {
	return w.r.Store.InTx(ctx, fn)
}

func (w *worker) advance(done []Delivery) {
	for _, d := range done {
		if d.Bad == nil || d.Position > 0 {
			l := lane{d.Speaker, d.Partition}
			w.at[l] = &heard{d.Epoch, d.Position, d.Hash}
		}
	}
}

// claim finds out which events are new, and which cases wait for one that is parked.
func (w *worker) claim(ctx context.Context, tx pgx.Tx, batch []prepared) (fresh, quarantined map[string]bool, err error) {
	err = pg.Together(ctx, tx, []func(ctx context.Context, tx pgx.Tx) error{
		w.lease.Check,
		func(ctx context.Context, tx pgx.Tx) (err error) {
			fresh, err = w.r.Store.Claim(ctx, tx, arrivals(batch))
			return err
		},
		func(ctx context.Context, tx pgx.Tx) (err error) {
			quarantined, err = w.r.Store.Quarantined(ctx, tx, cases(batch))
			return err
		},
	})
	return fresh, quarantined, err
}

func (w *worker) applyBatch(ctx context.Context, tx pgx.Tx, batch []prepared) error {
	fresh, quarantined, err := w.claim(ctx, tx, batch)
	if err != nil {
		return err
	}
	var beside []prepared
	var heard []Heard
	for _, p := range batch {
		if !fresh[p.ID] {
			continue
		}
		delete(fresh, p.ID) // it may come twice in one batch: after a restore under two positions
		parks := p.Bad != nil || quarantined[p.About]
		if parks || p.handler != nil {
			heard = append(heard, Heard{p.Delivery, parks})
		}
		if !parks && (p.handler == nil || p.handler.beside) {
			if p.handler != nil {
				beside = append(beside, p)
			}
			continue
		}
		if err := w.r.applyBeside(ctx, tx, beside); err != nil {
			return err
		}
		beside = nil
		switch {
		case p.Bad != nil:
			err = w.r.Store.Park(ctx, tx, p.Delivery, reason(p.Bad))
			quarantined[p.About] = true
		case parks:
			err = w.r.Store.Park(ctx, tx, p.Delivery, "waits behind a parked event of the same case")
		default:
			err = w.r.apply(ctx, tx, p)
		}
		if err != nil {
			return err
		}
	}
	if err := w.r.applyBeside(ctx, tx, beside); err != nil {
		return err
	}
	if len(heard) > 0 {
		if err := w.r.Store.Audit(ctx, tx, heard); err != nil {
			return err
		}
	}
	failpoint.Here("inbox-applied")
	if to := ends(batch); len(to) > 0 {
		return w.r.Store.Save(ctx, tx, to)
	}
	return nil
}

// applyBeside applies the events of each case in order, and the cases beside each other.
func (r *Reader) applyBeside(ctx context.Context, tx pgx.Tx, events []prepared) error {
	at := map[string]int{}
	var cases [][]prepared
	for _, p := range events {
		i, ok := at[p.About]
		if !ok {
			i = len(cases)
			at[p.About] = i
			cases = append(cases, nil)
		}
		cases[i] = append(cases[i], p)
	}
	pieces := make([]func(ctx context.Context, tx pgx.Tx) error, len(cases))
	for i, of := range cases {
		pieces[i] = func(ctx context.Context, tx pgx.Tx) error {
			for _, p := range of {
				if err := r.apply(ctx, tx, p); err != nil {
					return err
				}
			}
			return nil
		}
	}
	return pg.Together(ctx, tx, pieces)
}

func (r *Reader) apply(ctx context.Context, tx pgx.Tx, p prepared) (err error) {
	if p.keyErr != nil {
		return p.keyErr
	}
	cause := event.Cause{Correlation: p.Correlation, Causation: p.ID, Traceparent: p.Traceparent}
	if r.Tracer.On() {
		var span *trace.Span
		ctx, span = r.Tracer.Begin(ctx, trace.Hears, "apply "+p.Fact(), p.Traceparent, trace.Event.String(p.ID),
			trace.Type.String(p.Type), trace.Speaker.String(p.Speaker), trace.Position.Int64(p.Position))
		defer func() { span.End(err) }()
		cause.Traceparent = trace.Parent(ctx)
	}
	ctx = event.WithCause(ctx, cause)
	if p.keys != nil {
		ctx = outbox.WithKeys(ctx, p.keys)
	}
	if err := p.handler.apply(ctx, tx, p.Event, p.payload); err != nil {
		return fmt.Errorf("apply %s: %w", p.Type, err)
	}
	return nil
}

// reason is why an event parked, without anything it may have carried.
func reason(err error) string {
	if errors.Is(err, event.ErrMalformed) {
		return err.Error()
	}
	return fmt.Sprintf("%.400s", scrub(err))
}

// arrivals are the events of a batch, to be claimed.
func arrivals(batch []prepared) []Arrival {
	out := make([]Arrival, len(batch))
	for i, p := range batch {
		out[i] = Arrival{p.Delivery, p.handler == nil}
	}
	return out
}

func cases(batch []prepared) []string {
	out := make([]string, 0, len(batch))
	for _, p := range batch {
		if p.About != "" {
			out = append(out, p.About)
		}
	}
	return out
}

// ends are the ends of each lane's unbroken run in a batch.
func ends(batch []prepared) []Progress {
	at := map[lane]int{}
	var out []Progress
	for _, p := range batch {
		if p.Position == 0 {
			continue
		}
		l := lane{p.Speaker, p.Partition}
		i, ok := at[l]
		if !ok {
			i = len(out)
			at[l] = i
			out = append(out, Progress{})
		}
		out[i] = Progress{p.Speaker, p.Partition, p.Epoch, p.Position, p.Hash}
	}
	return out
}

// scrub keeps what a database error says of tables and constraints, and drops its detail, which repeats values.
func scrub(err error) string {
	var pe *pgconn.PgError
	if errors.As(err, &pe) {
		return strings.TrimSpace(fmt.Sprintf("database: %s %s %s %s", pe.Code, pe.TableName, pe.ColumnName, pe.ConstraintName))
	}
	return err.Error()
}
