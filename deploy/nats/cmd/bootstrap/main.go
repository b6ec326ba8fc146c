// Command bootstrap makes or updates the brokers' streams and consumers, as the one user who may. It runs once at each
// deployment, before the services that need what is new, and may be run at any time: what is as it should be stays.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/alecthomas/kong"
	"github.com/nats-io/nats.go/jetstream"
	"go.uber.org/zap"

	"example.org/waypost/deploy/nats"
	"example.org/waypost/pkg/bus"
	"example.org/waypost/pkg/mtls"
	"example.org/waypost/schemas"
)

type settings struct {
	Broker   string        `env:"WAYPOST_BROKER" required:"" help:"NATS addresses, with commas between them."`
	Seed     string        `env:"WAYPOST_BROKER_SEED_FILE" required:"" help:"File with the nkey seed of the user bootstrap."`
	TLSCA    string        `name:"tls-ca" env:"WAYPOST_TLS_CA_FILE" help:"File with the authority of our certificates."`
	TLSCert  string        `name:"tls-cert" env:"WAYPOST_TLS_CERT_FILE" help:"File with our certificate."`
	TLSKey   string        `name:"tls-key" env:"WAYPOST_TLS_KEY_FILE" help:"File with its key."`
	Replicas int           `env:"WAYPOST_REPLICAS" default:"3" enum:"1,3" help:"How many brokers keep each event: 1 or 3."`
	MaxBytes int64         `env:"WAYPOST_STREAM_BYTES" default:"0" help:"How large a stream may become; 0: as large as the broker lets it."`
	Remake   []string      `help:"First delete the streams of these services, with commas between them: each is made anew, empty, and its relay publishes again what it should hold."`
	Within   time.Duration `default:"2m" help:"How long to wait until enough brokers are there."`
}

func main() {
	var s settings
	kong.Parse(&s, kong.Name("bootstrap"), kong.Description("Makes or updates Waypost's streams and consumers."))
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := s.run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "bootstrap:", err)
		os.Exit(1) //nolint:gocritic // nothing is left to stop
	}
}

func (s settings) run(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, s.Within)
	defer cancel()
	for _, speaker := range s.Remake {
		if !slices.Contains(schemas.Speakers, speaker) {
			return fmt.Errorf("%q is none of %s", speaker, strings.Join(schemas.Speakers, ", "))
		}
	}
	seed, err := os.ReadFile(s.Seed)
	if err != nil {
		return fmt.Errorf("read the key: %w", err)
	}
	secure, err := mtls.Files{CA: s.TLSCA, Cert: s.TLSCert, Key: s.TLSKey}.Config()
	if err != nil {
		return err
	}
	log, err := zap.NewProduction()
	if err != nil {
		return fmt.Errorf("start the log: %w", err)
	}
	nc, err := bus.Connect(bus.Config{
		URL: s.Broker, Service: nats.Bootstrapper, Seed: []byte(strings.TrimSpace(string(seed))), TLS: secure, Log: log,
	})
	if err != nil {
		return err
	}
	defer nc.Close()
	js, err := jetstream.New(nc)
	if err != nil {
		return err
	}
	for _, speaker := range s.Remake { // before anything is asked of it: one that has no leader does not answer
		if err := bus.Delete(ctx, js, speaker); err != nil {
			return s.waited(err)
		}
	}
	return s.waited(bus.BootstrapWhenThere(ctx, js, schemas.Speakers, schemas.Listens, bus.Storage{Replicas: s.Replicas, MaxBytes: s.MaxBytes}))
}

func (s settings) waited(err error) error {
	if errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("not enough brokers answered within %v, or a stream has no leader: %w", s.Within, err)
	}
	return err
}
