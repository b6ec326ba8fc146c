package faults

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/nats-io/nats.go/jetstream"

	"example.org/waypost/pkg/bus"
	"example.org/waypost/pkg/event"
	"example.org/waypost/pkg/id"
	"example.org/waypost/services/all/internal/faults/book"
)

// control is something done wrongly on purpose. The oracle must see it: one that it does not see shows that the oracle, and
// so the whole campaign, says nothing.
type control struct {
	name    string
	spoil   deed
	restore deed
}

func controls() []control {
	return []control{
		{"an inbox that takes everything for known", (*campaign).deafInbox, (*campaign).hearingInbox},
		{"a relay that goes by the number of the row", (*campaign).cursorRelay, (*campaign).rightRelay},
		{"the broker's data is gone and nobody reconciles", (*campaign).nobodyReconciles, (*campaign).reconcile},
		{"a message is missing in a stream", (*campaign).missingMessage, (*campaign).remakeStream},
		{"a byte of an outbox is another", (*campaign).edit, (*campaign).unedit},
		{"row-level security is off for one table", (*campaign).openTable, (*campaign).closeTable},
		{"days go by and nobody looks at the clock", (*campaign).stopClock, (*campaign).startClock},
	}
}

// memory is what a control must know to put things right again.
type memory struct {
	event string
	body  []byte
}

// controls spoils one thing after the other, and names those that the oracle did not see.
func (c *campaign) controls(ctx context.Context) (n int, passed []string, err error) {
	for _, k := range controls() {
		n++
		if err := k.spoil(c, ctx); err != nil {
			return n, passed, fmt.Errorf("%s: %w", k.name, err)
		}
		seen, err := c.look(ctx, 5*time.Second)
		if err != nil {
			return n, passed, err
		}
		word := "seen"
		if seen.broken() == 0 {
			passed = append(passed, k.name)
			word = "NOT SEEN"
		}
		c.say("%-52s %s: lost=%d doubled=%d wrong=%d thin=%d", k.name, word, seen.lost, seen.doubled, seen.wrong, seen.thin)
		if err := k.restore(c, ctx); err != nil {
			return n, passed, fmt.Errorf("put right again: %s: %w", k.name, err)
		}
		if err := c.clean(ctx); err != nil {
			return n, passed, fmt.Errorf("put right again: %s: %w", k.name, err)
		}
	}
	return n, passed, nil
}

// clean waits until the oracle finds nothing, so that what it sees next is the next control's.
func (c *campaign) clean(ctx context.Context) error {
	var last sight
	for end := time.Now().Add(2 * time.Minute); time.Now().Before(end); {
		var err error
		if last, err = c.look(ctx, time.Minute); err != nil || last.broken() == 0 {
			return err
		}
		if err := c.hold(ctx, time.Second); err != nil {
			return err
		}
	}
	return fmt.Errorf("the oracle still finds something:\n%s", last.text)
}

// some has people work for a while.
func (c *campaign) some(ctx context.Context, commands int64) error {
	ticks := time.NewTicker(time.Second / pace)
	defer ticks.Stop()
	c.people.pace = ticks.C
	day, home := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() { c.people.work(day); close(done) }()
	var err error
	for until, end := c.book.Count(book.Done)+commands, time.Now().Add(time.Minute); c.book.Count(book.Done) < until && err == nil; {
		if time.Now().After(end) {
			err = fmt.Errorf("nobody can work: %v", c.people.last.Load())
			break
		}
		err = c.hold(ctx, 50*time.Millisecond)
	}
	home()
	<-done
	return err
}

func (c *campaign) exec(ctx context.Context, sql string, args ...any) error {
	_, err := c.site.admin.Exec(ctx, sql, args...)
	return err
}

func (c *campaign) deafInbox(ctx context.Context) error {
	return errors.Join(
		c.exec(ctx, `create function vcse.known_already() returns trigger language plpgsql as $$ begin return null; end $$`),
		c.exec(ctx, `create trigger known_already before insert on vcse.inbox for each row execute function vcse.known_already()`),
		c.some(ctx, 40))
}

// hearingInbox has what was passed over heard: the reader begins again where its rows end, and is told everything once more. By itself it would
// ask for what it has missed, after twenty seconds.
func (c *campaign) hearingInbox(ctx context.Context) error {
	c.leave("vcse")
	nc, js, err := c.as("bootstrap")
	if err != nil {
		return err
	}
	defer nc.Close()
	for _, s := range c.site.Services {
		if err := forget(ctx, js, s.Name, "vcse"); err != nil {
			return err
		}
	}
	err = errors.Join(c.site.Bootstrap(ctx),
		c.exec(ctx, `drop trigger known_already on vcse.inbox`), c.exec(ctx, `drop function vcse.known_already()`),
		c.exec(ctx, `update vcse.inbox_progress p set hash = '\x', position = (select coalesce(max(i.position), 0) from vcse.inbox i
			where i.consumer = p.consumer and i.speaker = p.speaker and i.partition = p.partition and i.epoch = p.epoch)`))
	for _, speaker := range []string{"coordination", "register", "mdt"} {
		err = errors.Join(err, c.exec(ctx, `update vcse.inbox_progress p set hash = o.hash from `+speaker+`.outbox o
			where p.speaker = $1 and (o.epoch, o.partition, o.position) = (p.epoch, p.partition, p.position)`, speaker))
	}
	return errors.Join(err, c.back("vcse"))
}

// cursorRelay numbers what lies behind the last row it saw, as a relay with a cursor does. A row with a lower number that is
// committed later is never seen by it.
func (c *campaign) cursorRelay(ctx context.Context) error {
	c.leave("vcse")
	late, err := c.site.admin.Begin(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = late.Rollback(ctx) }() // it is committed by then
	const again = `insert into vcse.outbox (event_id, event_type, about, partition, subject, occurred_at, correlation_id, classification, body)
		select $1, event_type, about, partition, subject, occurred_at, correlation_id, classification, body from vcse.outbox
		where event_type like '%capacity%' order by seq desc limit 1`
	if _, err := late.Exec(ctx, again, id.New()); err != nil {
		return err
	}
	if err := c.exec(ctx, again, id.New()); err != nil {
		return err
	}
	if err := numberBehind(ctx, c); err != nil {
		return err
	}
	if err := late.Commit(ctx); err != nil {
		return err
	}
	return numberBehind(ctx, c)
}

// numberBehind is the wrong relay: it asks for rows behind the highest that has a position.
func numberBehind(ctx context.Context, c *campaign) error {
	return pgx.BeginFunc(ctx, c.site.admin, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `select o.seq, o.event_id::text, o.event_type, o.about::text, o.partition, o.occurred_at, o.correlation_id::text,
			o.classification, o.body, r.epoch, r.position, r.hash from vcse.outbox o join vcse.relay_state r using (partition)
			where o.seq > (select max(seq) from vcse.outbox where position is not null) order by o.seq`)
		if err != nil {
			return err
		}
		type found struct {
			seq int64
			event.Event
		}
		all, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (f found, err error) {
			err = row.Scan(&f.seq, &f.ID, &f.Type, &f.About, &f.Partition, &f.Time, &f.Correlation, &f.Classification, (*[]byte)(&f.Data), &f.Epoch, &f.Position, &f.PrevHash)
			return f, err
		})
		if err != nil {
			return err
		}
		for _, f := range all {
			f.Source, f.Time = event.Source(c.site.Area, "vcse"), f.Time.UTC()
			f.Position++
			f.Hash = f.ChainHash(f.PrevHash)
			if _, err := tx.Exec(ctx, `update vcse.outbox set epoch = $2, position = $3, prev_hash = $4, hash = $5 where seq = $1`, f.seq, f.Epoch, f.Position, f.PrevHash, f.Hash); err != nil {
				return err
			}
			if _, err := tx.Exec(ctx, `update vcse.relay_state set position = $2, hash = $3 where partition = $1`, f.Partition, f.Position, f.Hash); err != nil {
				return err
			}
		}
		return nil
	})
}

func (c *campaign) rightRelay(context.Context) error { return c.back("vcse") }

// nobodyReconciles has the brokers lose all they have while the only one who could send it again, and could be asked for it,
// is away.
func (c *campaign) nobodyReconciles(ctx context.Context) error {
	c.leave("vcse")
	desks := c.people.providers
	c.people.providers = nil // nobody answers offers while their service is away
	err := c.some(ctx, 40)
	c.people.providers = desks
	if err != nil {
		return err
	}
	c.leave("coordination")
	names := c.site.BrokerNames()
	c.down(names)
	for _, b := range names {
		if err := errors.Join(empty(c.site.BrokerFolder(b)), c.site.Process(b).Start()); err != nil {
			return err
		}
	}
	return errors.Join(c.site.Bootstrap(ctx), c.back("vcse"))
}

func (c *campaign) reconcile(ctx context.Context) error {
	return errors.Join(c.back("coordination"), c.site.Ready(ctx))
}

// missingMessage makes a stream anew with all its messages but one.
func (c *campaign) missingMessage(ctx context.Context) error {
	c.leave("register")
	var err error
	for range 5 { // the brokers were started anew a moment ago, and may still be choosing who leads
		if err = c.withoutOne(ctx); err == nil || ctx.Err() != nil {
			return err
		}
	}
	return err
}

func (c *campaign) withoutOne(ctx context.Context) error {
	nc, js, err := c.as("bootstrap")
	if err != nil {
		return err
	}
	defer nc.Close()
	s, err := js.Stream(ctx, bus.Stream("register"))
	if err != nil {
		return err
	}
	info, err := s.Info(ctx)
	if err != nil {
		return err
	}
	var all []*jetstream.RawStreamMsg
	for seq := info.State.FirstSeq; seq <= info.State.LastSeq; seq++ {
		m, err := s.GetMsg(ctx, seq)
		if err != nil {
			return err
		}
		all = append(all, m)
	}
	if len(all) < 3 {
		return fmt.Errorf("the register's stream has %d messages", len(all))
	}
	if err := errors.Join(js.DeleteStream(ctx, bus.Stream("register")), c.site.Bootstrap(ctx)); err != nil {
		return err
	}
	return c.sayAgain(ctx, slices.Delete(all, len(all)/2, len(all)/2+1))
}

// sayAgain publishes messages of the register's stream as the register did: a stream files them under other subjects.
func (c *campaign) sayAgain(ctx context.Context, all []*jetstream.RawStreamMsg) error {
	nc, js, err := c.as("register")
	if err != nil {
		return err
	}
	defer nc.Close()
	for _, m := range all {
		e, err := event.FromMsg(m.Header, m.Data)
		if err != nil {
			return err
		}
		again, err := e.Msg() // without where it stood
		if err != nil {
			return err
		}
		if _, err := js.PublishMsg(ctx, again); err != nil {
			return err
		}
	}
	return nil
}

// remakeStream makes the stream empty; the relay sees that when it starts, and fills it from the outbox.
func (c *campaign) remakeStream(ctx context.Context) error {
	nc, js, err := c.as("bootstrap")
	if err != nil {
		return err
	}
	defer nc.Close()
	return errors.Join(js.DeleteStream(ctx, bus.Stream("register")), c.site.Bootstrap(ctx),
		c.back("register"))
}

func (c *campaign) edit(ctx context.Context) error {
	err := c.site.admin.QueryRow(ctx, `select event_id::text, body from coordination.outbox where position is not null order by seq limit 1`).Scan(&c.spoiled.event, &c.spoiled.body)
	if err != nil {
		return err
	}
	other := bytes.Clone(c.spoiled.body)
	at := bytes.LastIndexAny(other, "0123456789")
	if at < 0 {
		return errors.New("an event without a digit")
	}
	other[at] = '0' + (other[at]-'0'+1)%10
	return c.exec(ctx, `update coordination.outbox set body = $2 where event_id = $1`, c.spoiled.event, other)
}

func (c *campaign) unedit(ctx context.Context) error {
	return c.exec(ctx, `update coordination.outbox set body = $2 where event_id = $1`, c.spoiled.event, c.spoiled.body)
}

func (c *campaign) openTable(ctx context.Context) error {
	return c.exec(ctx, `alter table vcse.offer disable row level security`)
}

func (c *campaign) closeTable(ctx context.Context) error {
	return c.exec(ctx, `alter table vcse.offer enable row level security`)
}

func (c *campaign) stopClock(ctx context.Context) error {
	c.leave("coordination")
	return c.days(ctx)
}

func (c *campaign) startClock(ctx context.Context) error {
	return errors.Join(c.back("coordination"), c.site.Ready(ctx))
}
