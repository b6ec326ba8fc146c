package inbox

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"example.org/waypost/pkg/bus"
	"example.org/waypost/pkg/event"
	"example.org/waypost/pkg/id"
	"example.org/waypost/pkg/standing"
)

// Stream is what a reader needs of the broker. JetStream is the one that is deployed; the simulation has another.
type Stream interface {
	// Listen hands over what waits for us in one group of a speaker's partitions, until ctx ends or it can not. Everything comes at
	// least once, again when it was not acknowledged, and in any order; what comes when we have left goes back.
	Listen(ctx context.Context, speaker string, group int, into chan<- Delivery) error
}

// Delivery is an event and the message it came in.
type Delivery struct {
	*event.Event
	Speaker string
	Headers map[string][]string // nil for events from replay
	Message Message             // nil for events from replay
	Bad     error               // it could not be read, and is to be parked as it came; the event has an id and a type
}

// Message is what is told to the broker of it.
type Message interface {
	Ack() error
	Nak() error // it is to come again at once, to whoever reads the group next
}

// jetStream is the broker as it is deployed.
type jetStream struct {
	js       jetstream.JetStream
	consumer string
	watch    *standing.Watch
}

// JetStream is the broker, for one reader; watch notes what was mended.
func JetStream(js jetstream.JetStream, consumer string, watch *standing.Watch) Stream {
	return &jetStream{js, consumer, watch}
}

// stalled is how long a consumer may say that events wait and deliver none before we subscribe anew
// (consumers were seen to stall after a broker's leader changed).
const stalled = 30 * time.Second

// Listen binds to the consumer the bootstrapper made.
func (s *jetStream) Listen(ctx context.Context, speaker string, group int, into chan<- Delivery) error {
	c, err := s.js.Consumer(ctx, bus.Stream(speaker), bus.Durable(s.consumer, group))
	if err != nil {
		return err
	}
	broken := make(chan error, 1)
	last := newDoorbell()
	left := make(chan struct{}) // closed when we have told the broker that we read no more: before, it would send at once what goes back
	cc, err := c.Consume(func(m jetstream.Msg) {
		defer last.rings()()
		d := receive(speaker, m)
		select {
		case <-left:
			d.back()
			return
		default:
		}
		select {
		case into <- d:
		case <-left:
			d.back()
		}
	},
		// No more than a worker handles well within AckWait, which runs while a message waits here.
		jetstream.PullMaxMessages(512),
		jetstream.ConsumeErrHandler(func(_ jetstream.ConsumeContext, err error) {
			if errors.Is(err, jetstream.ErrConsumerDeleted) || errors.Is(err, jetstream.ErrNoHeartbeat) {
				select {
				case broken <- err:
				default:
				}
			}
		}))
	if err != nil {
		return err
	}
	defer s.stopListening(cc, left)
	return s.watchOver(ctx, speaker, c, broken, last)
}

// watchOver returns when the subscription is broken or delivers nothing although something waits.
func (s *jetStream) watchOver(ctx context.Context, speaker string, c jetstream.Consumer, broken chan error, last *doorbell) error {
	t := time.NewTicker(stalled / 3)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case err := <-broken:
			s.watch.Resubscribed(speaker)
			return err
		case <-t.C:
			if !last.silent(stalled) {
				continue
			}
			info, err := c.Info(ctx)
			if err != nil {
				return err
			}
			if info.NumPending > 0 {
				s.watch.Resubscribed(speaker)
				return errors.New("events wait and none is delivered")
			}
		}
	}
}

// drained is how long what has arrived may take to go back to the broker. Without that it comes again too, after AckWait.
const drained = time.Second

// stopListening ends a subscription; what arrived meanwhile is handed to its callback.
func (s *jetStream) stopListening(cc jetstream.ConsumeContext, left chan struct{}) {
	if s.js.Conn().IsConnected() {
		cc.Drain()
	} else {
		cc.Stop()
	}
	close(left)
	t := time.NewTimer(drained)
	defer t.Stop()
	select {
	case <-cc.Closed():
	case <-t.C:
	}
}

// receive reads a message. What can not be read is parked in turn.
func receive(speaker string, m jetstream.Msg) Delivery {
	d := Delivery{Headers: m.Headers(), Message: m, Speaker: speaker}
	e, err := event.FromMsg(m.Headers(), m.Data())
	if err == nil && e.Speaker() != speaker {
		err = fmt.Errorf("%w: it speaks for another service", event.ErrMalformed)
	}
	if err == nil && e.Position == 0 {
		err = fmt.Errorf("%w: it has no position", event.ErrMalformed)
	}
	if err != nil {
		d.Bad = err
		if d.Headers == nil {
			d.Headers = map[string][]string{}
		}
		d.Event = &event.Event{ID: idOf(m), Type: strings.Join(strings.Split(m.Subject(), ".")[:2], "."), Data: m.Data()}
		return d
	}
	d.Event = e
	return d
}

// idOf is an id for a message that can not be read. It is never the one in its header: the true event of that id may come yet.
func idOf(m jetstream.Msg) string {
	meta, err := m.Metadata()
	if err != nil {
		return id.New()
	}
	return id.FromName("unreadable", fmt.Sprintf("%s %d %s", meta.Stream, meta.Sequence.Stream, meta.Timestamp))
}

// doorbell knows when the broker last delivered something, and whether that still waits for the worker: a worker that takes long
// over a batch is no broker that delivers nothing, and sending back what has arrived would only make it later.
type doorbell struct {
	at      atomic.Int64
	waiting atomic.Int32
}

func newDoorbell() *doorbell { d := &doorbell{}; d.rings()(); return d }

// rings notes a delivery; what it returns is called when somebody has taken it.
func (d *doorbell) rings() (taken func()) {
	d.waiting.Add(1)
	return func() {
		d.at.Store(time.Now().UnixNano())
		d.waiting.Add(-1)
	}
}

// silent says that nothing waits to be taken and nothing was delivered for that long.
func (d *doorbell) silent(long time.Duration) bool {
	return d.waiting.Load() == 0 && time.Since(time.Unix(0, d.at.Load())) >= long
}
