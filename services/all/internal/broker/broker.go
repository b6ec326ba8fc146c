// Package broker runs NATS with JetStream inside this process, with a user for each service that may speak only under its
// own name. What it keeps is a cache of the databases; losing it costs time, not facts.
package broker

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"go.uber.org/zap"

	"example.org/waypost/pkg/bus"
)

const (
	upWithin = 15 * time.Second
	onDisk   = 8 << 30 // bytes all streams together may take
	inMemory = 64 << 20
)

// User is a service and the speakers it listens to.
type User struct {
	Service string
	Listens []string
	Seed    []byte // nil: a new key, known to this process only
}

// Options say where the streams live and who may connect.
type Options struct {
	Dir     string
	Users   []User
	Address string // host:port for other processes to connect to; "" opens no port
	Log     *zap.Logger
}

// Broker is a running server. The users' keys are new at every start, unless somebody outside of this process keeps them.
type Broker struct {
	server *server.Server
	admin  []byte
	seeds  map[string][]byte
	said   *words
}

// Start starts the server and returns when it takes connections.
func Start(ctx context.Context, o Options) (*Broker, error) {
	if err := os.MkdirAll(o.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("the folder for the broker can not be used: %w", err)
	}
	b := &Broker{seeds: map[string][]byte{}, said: &words{log: o.Log.Named("broker"), fatal: make(chan string, 1)}}
	opts := &server.Options{
		ServerName: "waypost", JetStream: true, StoreDir: o.Dir, NoSigs: true, DontListen: true,
		JetStreamMaxStore: onDisk, JetStreamMaxMemory: inMemory, MaxPayload: 1 << 20,
	}
	if err := listen(opts, o.Address); err != nil {
		return nil, err
	}
	if err := b.addUsers(opts, o.Users); err != nil {
		return nil, err
	}
	s, err := server.NewServer(opts)
	if err != nil {
		return nil, fmt.Errorf("start the broker: %w", err)
	}
	b.server = s
	s.SetLogger(b.said, false, false)
	s.Start()
	if err := b.await(ctx); err != nil {
		s.Shutdown()
		return nil, fmt.Errorf("start the broker: %w", err)
	}
	return b, nil
}

// addUsers makes the users; the one for ourselves, who makes the streams, may do anything.
func (b *Broker) addUsers(opts *server.Options, users []User) error {
	seed, public, err := bus.NewUser()
	if err != nil {
		return err
	}
	b.admin = seed
	opts.Nkeys = append(opts.Nkeys, &server.NkeyUser{Nkey: public})
	for _, u := range users {
		if seed = u.Seed; seed == nil {
			seed, public, err = bus.NewUser()
		} else {
			public, err = bus.PublicOf(seed)
		}
		if err != nil {
			return err
		}
		b.seeds[u.Service] = seed
		publish, subscribe := bus.Permissions(u.Service, u.Listens)
		opts.Nkeys = append(opts.Nkeys, &server.NkeyUser{Nkey: public, Permissions: &server.Permissions{
			Publish:   &server.SubjectPermission{Allow: publish},
			Subscribe: &server.SubjectPermission{Allow: subscribe},
		}})
	}
	return nil
}

func (b *Broker) await(ctx context.Context) error {
	ready := make(chan bool, 1)
	go func() { ready <- b.server.ReadyForConnections(upWithin) }()
	select {
	case why := <-b.said.fatal:
		return errors.New(why)
	case <-ctx.Done():
		return ctx.Err()
	case up := <-ready:
		if !up {
			return fmt.Errorf("it was not ready after %v", upWithin)
		}
		return nil
	}
}

// Seed is the key with which a service signs in.
func (b *Broker) Seed(service string) []byte { return b.seeds[service] }

// InProcess connects without a socket.
func (b *Broker) InProcess() nats.InProcessConnProvider { return b.server }

// URL is where other processes connect, when an address was given.
func (b *Broker) URL() string { return b.server.ClientURL() }

// Bootstrap makes the speakers' streams and the listeners' consumers, or updates them.
func (b *Broker) Bootstrap(ctx context.Context, speakers []string, listens map[string][]string) error {
	return b.asAdmin(func(js jetstream.JetStream) error { return bus.Bootstrap(ctx, js, speakers, listens, bus.Storage{}) })
}

// Remake makes a speaker's stream anew, empty: see bus.Remake for what that loses.
func (b *Broker) Remake(ctx context.Context, speaker string, listens map[string][]string) error {
	return b.asAdmin(func(js jetstream.JetStream) error { return bus.Remake(ctx, js, speaker, listens, bus.Storage{}) })
}

func (b *Broker) asAdmin(do func(js jetstream.JetStream) error) error {
	nc, err := bus.Connect(bus.Config{Service: "bootstrap", Seed: b.admin, InProcess: b.server})
	if err != nil {
		return err
	}
	defer nc.Close()
	js, err := jetstream.New(nc)
	if err != nil {
		return fmt.Errorf("manage the broker: %w", err)
	}
	return do(js)
}

// Stop writes what is in memory to the disk and ends the server. Close the clients first.
func (b *Broker) Stop() {
	b.server.Shutdown()
	b.server.WaitForShutdown()
}
