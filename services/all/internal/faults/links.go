package faults

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"example.org/waypost/pkg/bus"
	"example.org/waypost/pkg/id"
	"example.org/waypost/services/all/internal/cluster"
	"example.org/waypost/services/all/internal/faults/proxy"
)

// weather spoils every link of one service to what begins so, for some seconds. anew: connections that stand are reset, so
// that new ones meet it.
func weather(to string, w proxy.Weather, anew bool) deed {
	return func(c *campaign, ctx context.Context) error {
		links := c.site.between(c.service(), to)
		for _, l := range links {
			l.Set(w)
			if anew {
				l.Reset()
			}
		}
		err := c.hold(ctx, c.long(3*time.Second, time.Duration(2+c.chance.IntN(30))*time.Second))
		for _, l := range links {
			l.Set(proxy.Weather{})
			if anew {
				l.Reset()
			}
		}
		return err
	}
}

// silence keeps a service from asking the others for what it has missed.
func (c *campaign) silence(ctx context.Context) error {
	service := c.service()
	var links []*proxy.Link
	for _, s := range c.site.Services {
		links = append(links, c.site.between(service, s.Name)...)
	}
	for _, l := range links {
		l.Set(proxy.Weather{Cut: true})
	}
	err := c.hold(ctx, 3*time.Second)
	for _, l := range links {
		l.Set(proxy.Weather{})
	}
	return err
}

func (c *campaign) partBrokers(ctx context.Context) error {
	names := c.site.BrokerNames()
	i := c.chance.IntN(len(names))
	a, b := names[i], names[(i+1)%len(names)]
	links := append(c.site.between(a, b), c.site.between(b, a)...)
	for _, l := range links {
		l.Set(proxy.Weather{Cut: true})
	}
	err := c.hold(ctx, c.long(4*time.Second, 20*time.Second))
	for _, l := range links {
		l.Set(proxy.Weather{})
	}
	return err
}

// noMail has the mail server die, and come back.
func (c *campaign) noMail(ctx context.Context) error {
	c.site.mail.Down()
	return errors.Join(c.hold(ctx, c.long(3*time.Second, 20*time.Second)), c.site.mail.Up())
}

func (c *campaign) reset(context.Context) error {
	for _, l := range c.site.between(c.service(), "") {
		l.Reset()
	}
	return nil
}

// longTransaction holds a snapshot, a number of the outbox and a row of it, and gives them back after a while: who reads by
// number would have gone past it.
func (c *campaign) longTransaction(ctx context.Context) error {
	tx, err := c.site.admin.Begin(ctx)
	if err != nil {
		return errNobodyCame // the database may be on its way up: another time
	}
	service := one(c, []string{"primarycare", "coordination", "vcse"})
	_, err = tx.Exec(ctx, `insert into `+service+`.outbox (event_id, event_type, about, partition, subject, occurred_at, correlation_id, classification, body)
		select gen_random_uuid(), event_type, about, partition, subject, occurred_at, correlation_id, classification, body from `+service+`.outbox limit 1`)
	if err != nil {
		_ = tx.Rollback(ctx)
		return errNobodyCame // as above
	}
	c.beside.Go(func() {
		_ = c.hold(ctx, c.long(30*time.Second, 10*time.Minute))
		_ = tx.Rollback(context.WithoutCancel(ctx)) // it was never said
	})
	return nil
}

// as connects to the brokers, without links between, as one of their users.
func (c *campaign) as(user string) (*nats.Conn, jetstream.JetStream, error) {
	nc, err := c.site.Connect(user)
	if err != nil {
		return nil, nil, err
	}
	js, err := jetstream.New(nc)
	return nc, js, err
}

// poisons are messages that no reader can apply: no event at all, an event without a position, one of a type that does not
// exist, and one that says it is another's.
func poisons(speaker, eventID string) []*nats.Msg {
	about := id.NewRandom()
	head := func(kind, source string) nats.Header {
		return nats.Header{
			"ce-specversion": {"1.0"}, "ce-id": {eventID}, "ce-type": {kind}, "ce-source": {source}, "ce-time": {time.Now().UTC().Format(time.RFC3339Nano)},
			"ce-subject": {about}, "content-type": {"application/json"},
		}
	}
	return []*nats.Msg{
		{Data: []byte("\x00\xffno event")},
		{Data: []byte(`{}`), Header: head("waypost."+speaker+".nothing_known.v1", "/waypost/greater-manchester/"+speaker)},
		{Data: []byte(`{"a":`), Header: head("waypost."+speaker+".offer_accepted.v1", "/waypost/greater-manchester/mdt")},
	}
}

// poison says something in a service's name that its readers can not apply. Each must park it, and nothing else.
func (c *campaign) poison(ctx context.Context) error {
	speaker := one(c, []string{"coordination", "vcse", "primarycare"})
	nc, js, err := c.as(speaker)
	if err != nil {
		return err
	}
	defer nc.Close()
	m := one(c, poisons(speaker, id.New()))
	m.Subject = fmt.Sprintf("waypost.%s.%d.poison.%s", speaker, c.chance.IntN(16), id.NewRandom())
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	for ctx.Err() == nil {
		if _, err = js.PublishMsg(ctx, m, jetstream.WithMsgID("poison-"+id.New())); err == nil {
			c.poisoned[speaker]++
			return nil
		}
		if err := c.hold(ctx, 200*time.Millisecond); err != nil {
			break
		}
	}
	return errNobodyCame // the brokers may be on their way up: another time
}

// replay has one service hear everything again, three times.
func (c *campaign) replay(ctx context.Context) error {
	nc, js, err := c.as("bootstrap")
	if err != nil {
		return err
	}
	defer nc.Close()
	reader := one(c, []string{"coordination", "vcse", "primarycare"})
	for range 3 {
		for _, s := range c.site.Services {
			if forget(ctx, js, s.Name, reader) != nil {
				return errNobodyCame // the brokers may be on their way up: another time
			}
		}
		if err := c.site.Bootstrap(ctx); err != nil {
			return err
		}
		if err := c.hold(ctx, 2*time.Second); err != nil {
			return err
		}
	}
	return nil
}

// forget deletes what a reader remembers of how far it has heard a speaker, as far as the brokers know it.
func forget(ctx context.Context, js jetstream.JetStream, speaker, reader string) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	s, err := js.Stream(ctx, bus.Stream(speaker))
	if err != nil {
		return err
	}
	names := s.ConsumerNames(ctx)
	for name := range names.Name() {
		if isOf(name, reader) {
			if err := s.DeleteConsumer(ctx, name); err != nil {
				return err
			}
		}
	}
	return names.Err()
}

// jump moves the clock of one copy for some seconds.
func (c *campaign) jump(ctx context.Context) error {
	jumps := []int{-86400, -600, 600, 26 * 3600}
	if !c.Smoke {
		jumps = append(jumps, 400*86400)
	}
	name := one(c, c.site.Names())
	if err := cluster.SetClock(c.site.points, name, c.clock.Ahead()+time.Duration(one(c, jumps))*time.Second); err != nil {
		return err
	}
	return errors.Join(c.hold(ctx, 3*time.Second), cluster.SetClock(c.site.points, name, c.clock.Ahead()))
}

// goBy is how much time passes at once: more than anybody has for an answer, or for an action.
const goBy = 4 * 24 * time.Hour

// days has some days go by for everybody: what nobody did by then is overdue, is said so, and goes to who is next.
func (c *campaign) days(ctx context.Context) error {
	c.clock.Set(c.clock.Now().Add(goBy))
	return c.hold(ctx, cluster.Seen)
}

// hands sets the clocks of all copies.
func (c *campaign) hands(ahead time.Duration) {
	for _, name := range c.site.Names() {
		if err := cluster.SetClock(c.site.points, name, ahead); err != nil {
			c.say("%v", err)
		}
	}
}
