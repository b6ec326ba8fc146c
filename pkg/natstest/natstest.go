// Package natstest runs a real NATS server with JetStream inside a test.
package natstest

import (
	"context"
	"errors"
	"net"
	"sync"
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

	mu    sync.Mutex
	away  bool
	conns []net.Conn // those handed out, to be cut
}

var errAway = errors.New("the broker is away")

// InProcessConn connects a client, unless the broker is away.
func (b *Broker) InProcessConn() (net.Conn, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.away {
		return nil, errAway
	}
	c, err := b.Server.InProcessConn()
	if err == nil {
		b.conns = append(b.conns, c)
	}
	return c, err
}

// Stop takes the broker away from everybody: connections are cut and none is made until Start. What it stored stays, as it
// does on disk; these streams are in memory.
func (b *Broker) Stop() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.away = true
	for _, c := range b.conns {
		_ = c.Close()
	}
	b.conns = nil
}

// Start brings it back, and waits until the test's own client has found it.
func (b *Broker) Start(t testing.TB) {
	t.Helper()
	b.mu.Lock()
	b.away = false
	b.mu.Unlock()
	require.Eventually(t, func() bool {
		_, err := b.JS.AccountInfo(t.Context())
		return err == nil
	}, 20*time.Second, 5*time.Millisecond, "the client did not find the broker again")
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
	nc, err := bus.Connect(bus.Config{Service: service, Seed: seed, InProcess: b})
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
