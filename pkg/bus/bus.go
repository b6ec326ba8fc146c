// Package bus is the edge to the broker: connections, the streams and consumers one bootstrapper makes, and who may publish what.
package bus

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"go.uber.org/zap"
	"golang.org/x/sync/errgroup"
)

// Stream is the name of a speaker's stream. One stream a speaker: what one of them loses or repeats is nobody else's matter.
func Stream(speaker string) string { return "waypost_" + speaker }

// Storage says how much a stream keeps. The databases are the truth; the stream is a cache of them.
type Storage struct {
	Replicas int   // 1 on one machine, 3 in a cluster
	MaxBytes int64 // with "discard new" a publisher sees an error when it is full, never silent loss
	Memory   bool  // tests that do not need files
}

// MaxAge is how long the stream keeps events; older ones come from replay.
const MaxAge = 35 * 24 * time.Hour

// Bootstrap makes or updates every speaker's stream and every reader's consumer. Only one process does it, at start:
// two that update a consumer at once can lose messages that were handed back (nats-server#5526).
// listens maps a reader to the speakers it listens to.
func Bootstrap(ctx context.Context, js jetstream.JetStream, speakers []string, listens map[string][]string, s Storage) error {
	return work(ctx, steps(js, speakers, listens, s), func(step step) error { return step(ctx) })
}

// step makes one thing, and is safe to do again.
type step func(ctx context.Context) error

// steps is what is to be made: the streams, then the consumers, then what is not needed goes.
func steps(js jetstream.JetStream, speakers []string, listens map[string][]string, s Storage) [][]step {
	s.Replicas = max(s.Replicas, 1)
	var streams, consumers, rest []step
	for _, sp := range speakers {
		streams = append(streams, func(ctx context.Context) error { return makeStream(ctx, js, sp, s) })
		rest = append(rest, func(ctx context.Context) error { return dropOthers(ctx, js, sp, listens) })
	}
	for reader, heard := range listens {
		for _, sp := range heard {
			for group := range Groups {
				consumers = append(consumers, func(ctx context.Context) error { return makeConsumer(ctx, js, sp, reader, group, s.Replicas) })
			}
		}
	}
	return [][]step{streams, consumers, rest}
}

// atOnce is how many steps are done at once: three brokers agree about each, and wait for each other more than they work.
const atOnce = 8

// work does the steps of each phase beside each other, and stops after the phase in which one failed.
func work(ctx context.Context, phases [][]step, do func(step) error) error {
	for _, steps := range phases {
		all, ctx := errgroup.WithContext(ctx)
		all.SetLimit(atOnce)
		for _, step := range steps {
			all.Go(func() error {
				if err := ctx.Err(); err != nil {
					return err
				}
				return do(step)
			})
		}
		if err := all.Wait(); err != nil {
			return err
		}
	}
	return nil
}

func makeStream(ctx context.Context, js jetstream.JetStream, speaker string, s Storage) error {
	if err := dropMisfiled(ctx, js, speaker); err != nil {
		return err
	}
	kind := jetstream.FileStorage
	if s.Memory {
		kind = jetstream.MemoryStorage
	}
	_, err := js.CreateOrUpdateStream(ctx, jetstream.StreamConfig{
		Name:        Stream(speaker),
		Subjects:    []string{"waypost." + speaker + ".>"},
		Retention:   jetstream.LimitsPolicy, // work-queue and interest streams were seen to lose messages
		Discard:     jetstream.DiscardNew,
		Storage:     kind,
		Replicas:    s.Replicas,
		MaxBytes:    s.MaxBytes,
		MaxAge:      MaxAge,
		MaxMsgSize:  256 << 10,
		Duplicates:  time.Hour, // spares the inbox work after a relay's restart; correctness does not rest on it
		DenyDelete:  true,
		DenyPurge:   true,
		AllowDirect: true,
		// It files every message under its group, so that a group's consumer needs one filter.
		SubjectTransform: &jetstream.SubjectTransformConfig{Source: published(speaker), Destination: filed(speaker)},
	})
	if err != nil {
		return fmt.Errorf("make stream of %s: %w", speaker, err)
	}
	return nil
}

// attempt is how long an answer is waited for while brokers may not have agreed yet who leads: what is asked before that is not answered.
const attempt = 5 * time.Second

// BootstrapWhenThere is Bootstrap, each step tried again until ctx ends: brokers that are just starting refuse or do not answer, and
// three that are busy take a second for each consumer.
func BootstrapWhenThere(ctx context.Context, js jetstream.JetStream, speakers []string, listens map[string][]string, s Storage) error {
	return work(ctx, steps(js, speakers, listens, s), func(step step) error { return whenThere(ctx, step) })
}

func whenThere(ctx context.Context, step step) error {
	for {
		once, cancel := context.WithTimeout(ctx, attempt)
		err := step(once)
		cancel()
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return errors.Join(ctx.Err(), err)
		case <-time.After(200 * time.Millisecond):
		}
	}
}

func makeConsumer(ctx context.Context, js jetstream.JetStream, speaker, reader string, group, replicas int) error {
	_, err := js.CreateOrUpdateConsumer(ctx, Stream(speaker), jetstream.ConsumerConfig{
		Durable:       Durable(reader, group),
		FilterSubject: filedIn(speaker, group),
		DeliverPolicy: jetstream.DeliverAllPolicy,
		AckPolicy:     jetstream.AckExplicitPolicy,
		AckWait:       60 * time.Second, // runs while a message waits in our buffer, so it is longer than the buffer lasts
		MaxDeliver:    -1,               // what can not be applied is parked in Postgres, never given up on here
		MaxAckPending: 4096,
		Replicas:      replicas,
	})
	if err != nil {
		return fmt.Errorf("make consumer of %s on %s: %w", reader, speaker, err)
	}
	return nil
}

// dropMisfiled removes a stream of another number of groups, or of none: what it holds is filed where nobody looks. The speaker's
// relay publishes into the new one what it should hold.
func dropMisfiled(ctx context.Context, js jetstream.JetStream, speaker string) error {
	s, err := js.Stream(ctx, Stream(speaker))
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("look at the stream of %s: %w", speaker, err)
	}
	if t := s.CachedInfo().Config.SubjectTransform; t != nil && t.Destination == filed(speaker) {
		return nil
	}
	if err := js.DeleteStream(ctx, Stream(speaker)); err != nil {
		return fmt.Errorf("remove the stream of %s: %w", speaker, err)
	}
	return nil
}

// dropOthers removes consumers that nobody reads any more, such as those of another number of groups. They would say for ever
// that events wait.
func dropOthers(ctx context.Context, js jetstream.JetStream, speaker string, listens map[string][]string) error {
	wanted := map[string]bool{}
	for reader, heard := range listens {
		for group := range Groups {
			wanted[Durable(reader, group)] = slices.Contains(heard, speaker)
		}
	}
	stream, err := js.Stream(ctx, Stream(speaker))
	if err != nil {
		return fmt.Errorf("list the consumers on %s: %w", speaker, err)
	}
	all := stream.ListConsumers(ctx)
	var old []string
	for c := range all.Info() {
		if c.Config.Durable != "" && !wanted[c.Config.Durable] {
			old = append(old, c.Config.Durable)
		}
	}
	if err := all.Err(); err != nil {
		return fmt.Errorf("list the consumers on %s: %w", speaker, err)
	}
	for _, name := range old {
		if err := stream.DeleteConsumer(ctx, name); err != nil && !errors.Is(err, jetstream.ErrConsumerNotFound) {
			return fmt.Errorf("remove the consumer %s on %s: %w", name, speaker, err)
		}
	}
	return nil
}

// Permissions is what a service's NATS user may do, as allow-lists only (deny rules were bypassed: nats-io secnote 2026-18).
// It publishes under its own name, binds to the consumers made for it, and hears its own hints.
func Permissions(service string, listens []string) (publish, subscribe []string) {
	publish = []string{
		"waypost." + service + ".>",
		"hint." + service + ".>",
		"$JS.API.INFO",
	}
	for _, sp := range listens {
		s := Stream(sp)
		publish = append(publish, "$JS.API.STREAM.INFO."+s)
		for group := range Groups {
			d := Durable(service, group)
			publish = append(publish, "$JS.API.CONSUMER.INFO."+s+"."+d, "$JS.API.CONSUMER.MSG.NEXT."+s+"."+d, "$JS.ACK."+s+"."+d+".>")
		}
	}
	publish = append(publish, "$JS.API.STREAM.INFO."+Stream(service), "$JS.API.DIRECT.GET."+Stream(service)+".>", "$JS.API.DIRECT.GET."+Stream(service))
	subscribe = []string{InboxPrefix(service) + ".>", "hint." + service + ".>"}
	return publish, subscribe
}

// BootstrapPermissions is what the user of that name may do, who makes streams and consumers: nothing else, and it says no event.
func BootstrapPermissions(user string) (publish, subscribe []string) {
	return []string{"$JS.API.>"}, []string{InboxPrefix(user) + ".>"}
}

// InboxPrefix keeps one service's replies out of reach of the others.
func InboxPrefix(service string) string { return "_INBOX_" + service }

// Config says how a service reaches the broker.
type Config struct {
	URL       string
	Service   string
	Seed      []byte                     // nkey seed of the service's user; nil where the server asks for none
	TLS       *tls.Config                // nil: the broker is in this process, or asks for none
	InProcess nats.InProcessConnProvider // services/all: no socket in between
	Changed   func(connected bool)       // the connection came or went; nil: nobody asks
	Log       *zap.Logger
}

// Connect dials, and goes on trying for ever: the platform takes work while the broker is away.
func Connect(c Config) (*nats.Conn, error) {
	log := c.Log
	if log == nil {
		log = zap.NewNop()
	}
	changed := c.Changed
	if changed == nil {
		changed = func(bool) {}
	}
	opts := []nats.Option{
		nats.Name("waypost " + c.Service),
		nats.CustomInboxPrefix(InboxPrefix(c.Service)),
		nats.MaxReconnects(-1), // the default gives up after two minutes, for good
		// What is published while the broker is away fails at once instead of being sent when it is back: the relay must look
		// first what the broker still has.
		nats.ReconnectBufSize(-1),
		nats.ReconnectWait(250 * time.Millisecond),
		nats.RetryOnFailedConnect(true),
		nats.ConnectHandler(func(*nats.Conn) { changed(true) }),
		nats.DisconnectErrHandler(func(_ *nats.Conn, err error) {
			changed(false)
			if err != nil { // nil: we closed it ourselves
				log.Warn("broker disconnected", zap.Error(err))
			}
		}),
		nats.ReconnectHandler(func(*nats.Conn) {
			changed(true)
			log.Info("broker reconnected")
		}),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) { log.Warn("broker error", zap.Error(err)) }),
	}
	if c.TLS != nil {
		opts = append(opts, nats.Secure(c.TLS.Clone()))
	}
	if c.InProcess != nil {
		opts = append(opts, nats.InProcessServer(c.InProcess))
	}
	if len(c.Seed) > 0 {
		o, err := seedOption(c.Seed)
		if err != nil {
			return nil, err
		}
		opts = append(opts, o)
	}
	nc, err := nats.Connect(c.URL, opts...)
	if err != nil {
		return nil, fmt.Errorf("connect %s to the broker: %w", c.Service, err)
	}
	return nc, nil
}
