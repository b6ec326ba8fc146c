// Package natstest runs a real NATS server with JetStream inside a test.
package natstest

import (
	"context"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/bus"
)

// Broker is one server, and a client of it that may do anything.
type Broker struct {
	Server *server.Server
	Conn   *nats.Conn
	JS     jetstream.JetStream
}

// User is a service's user with its permissions.
type User struct {
	Public             string
	Publish, Subscribe []string
}

// Run starts a server in the test's own folder and stops it at the end. No port is opened.
func Run(t testing.TB, users ...User) *Broker {
	t.Helper()
	opts := &server.Options{DontListen: true, JetStream: true, StoreDir: t.TempDir(), NoLog: true, NoSigs: true, JetStreamMaxStore: 4 << 30, JetStreamMaxMemory: 1 << 30}
	admin, public, err := bus.NewUser()
	require.NoError(t, err)
	if len(users) > 0 {
		opts.Nkeys = append(opts.Nkeys, &server.NkeyUser{Nkey: public})
		for _, u := range users {
			opts.Nkeys = append(opts.Nkeys, &server.NkeyUser{Nkey: u.Public, Permissions: &server.Permissions{
				Publish: &server.SubjectPermission{Allow: u.Publish}, Subscribe: &server.SubjectPermission{Allow: u.Subscribe},
			}})
		}
	} else {
		admin = nil
	}
	s, err := server.NewServer(opts)
	require.NoError(t, err)
	s.Start()
	require.True(t, s.ReadyForConnections(10*time.Second), "the broker did not come up")
	b := &Broker{Server: s}
	b.Conn = b.Connect(t, "admin", admin)
	b.JS, err = jetstream.New(b.Conn)
	require.NoError(t, err)
	t.Cleanup(func() { s.Shutdown(); s.WaitForShutdown() })
	t.Cleanup(b.Conn.Close) // the client first: runs before the server's
	return b
}

// Connect makes one more client, as the user of the seed.
func (b *Broker) Connect(t testing.TB, service string, seed []byte) *nats.Conn {
	t.Helper()
	nc, err := bus.Connect(bus.Config{Service: service, Seed: seed, InProcess: b.Server})
	require.NoError(t, err)
	t.Cleanup(nc.Close)
	return nc
}

// Bootstrap makes the streams and consumers.
func (b *Broker) Bootstrap(t testing.TB, speakers []string, listens map[string][]string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	require.NoError(t, bus.Bootstrap(ctx, b.JS, speakers, listens, bus.Storage{Memory: true}))
}
