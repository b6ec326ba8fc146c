package broker_test

import (
	"os"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap"

	"example.org/waypost/pkg/bus"
	"example.org/waypost/services/all/internal/broker"
)

var users = []broker.User{{Service: "vcse", Listens: []string{"register"}}, {Service: "register"}}

func start(t *testing.T, dir string) *broker.Broker {
	t.Helper()
	b, err := broker.Start(t.Context(), broker.Options{Dir: dir, Users: users, Log: zap.NewNop()})
	require.NoError(t, err)
	require.NoError(t, b.Bootstrap(t.Context(), []string{"vcse", "register"}, map[string][]string{"vcse": {"register"}}))
	return b
}

func connect(t *testing.T, b *broker.Broker, service string) (*nats.Conn, jetstream.JetStream) {
	t.Helper()
	nc, err := bus.Connect(bus.Config{Service: service, Seed: b.Seed(service), InProcess: b.InProcess()})
	require.NoError(t, err)
	t.Cleanup(nc.Close)
	js, err := jetstream.New(nc)
	require.NoError(t, err)
	return nc, js
}

func TestSpeaksOnlyUnderItsOwnName(t *testing.T) {
	t.Parallel()
	b := start(t, t.TempDir())
	t.Cleanup(b.Stop)
	nc, js := connect(t, b, "vcse")
	refused := make(chan error, 1)
	nc.SetErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) { refused <- err })

	_, err := js.Publish(t.Context(), "waypost.vcse.3.note_added.x", []byte("{}"))
	require.NoError(t, err)
	require.NoError(t, nc.Publish("waypost.register.3.organisation_closed.x", []byte("{}")))
	select {
	case err := <-refused:
		require.ErrorIs(t, err, nats.ErrPermissionViolation)
	case <-time.After(10 * time.Second):
		t.Fatal("the broker let vcse speak for register")
	}
}

func TestStreamsOutliveAStop(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	b := start(t, dir)
	nc, js := connect(t, b, "register")
	_, err := js.Publish(t.Context(), "waypost.register.1.organisation_registered.x", []byte("{}"))
	require.NoError(t, err)
	nc.Close()
	b.Stop()

	b = start(t, dir)
	t.Cleanup(b.Stop)
	_, js = connect(t, b, "register")
	stream, err := js.Stream(t.Context(), bus.Stream("register"))
	require.NoError(t, err)
	require.EqualValues(t, 1, stream.CachedInfo().State.Msgs)
}

func TestOtherProcessesMayConnect(t *testing.T) {
	t.Parallel()
	b, err := broker.Start(t.Context(), broker.Options{Dir: t.TempDir(), Users: users, Address: "127.0.0.1:0", Log: zap.NewNop()})
	require.NoError(t, err)
	t.Cleanup(b.Stop)
	nc, err := bus.Connect(bus.Config{URL: b.URL(), Service: "register", Seed: b.Seed("register")})
	require.NoError(t, err)
	t.Cleanup(nc.Close)
	require.NoError(t, nc.FlushTimeout(10*time.Second))
}

func TestFolderThatCanNotBeUsed(t *testing.T) {
	t.Parallel()
	file := t.TempDir() + "/file"
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	_, err := broker.Start(t.Context(), broker.Options{Dir: file, Log: zap.NewNop()})
	require.ErrorContains(t, err, "the folder for the broker can not be used")
	damaged := t.TempDir()
	require.NoError(t, os.WriteFile(damaged+"/jetstream", nil, 0o600))
	_, err = broker.Start(t.Context(), broker.Options{Dir: damaged, Log: zap.NewNop()})
	require.ErrorContains(t, err, "start the broker")
	t.Log(err)
}
