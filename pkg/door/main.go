package door

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"
	"go.uber.org/zap"

	"example.org/waypost/pkg/failpoint"
	"example.org/waypost/pkg/httpx"
	"example.org/waypost/pkg/mtls"
	"example.org/waypost/pkg/trace/export"
)

// Settings are what a deployed service is told, by flags or by the environment. Secrets come as files, so that they stand in no process list.
type Settings struct {
	Listen     string            `env:"LISTEN" default:"127.0.0.1:8080" help:"Address to answer on."`
	Area       string            `env:"WAYPOST_AREA" required:"" help:"What this deployment serves, such as greater-manchester."`
	Database   string            `env:"WAYPOST_DATABASE" required:"" help:"Postgres address, signed in as the service's own role."`
	Vault      string            `env:"WAYPOST_VAULT" help:"Address of the vault's database, same role; leave out for a service that holds no patient."`
	KeyFile    string            `env:"WAYPOST_KEY_FILE" help:"File with the vault's key-encryption keys."`
	AuditKey   string            `env:"WAYPOST_AUDIT_KEY_FILE" required:"" help:"File with the key that signs where the audit trail stands: bin/waypost audit key makes one."`
	Checkpoint string            `name:"checkpoints" env:"WAYPOST_CHECKPOINTS" required:"" help:"Folder that those signatures are appended to, on a disk that whoever looks after the database can not write to."`
	Sessions   string            `env:"WAYPOST_SESSIONS" required:"" help:"Postgres address of the session store, as waypost_session."`
	Broker     string            `env:"WAYPOST_BROKER" required:"" help:"NATS address."`
	BrokerSeed string            `env:"WAYPOST_BROKER_SEED_FILE" help:"File with the nkey seed of the service's NATS user."`
	TLSCA      string            `name:"tls-ca" env:"WAYPOST_TLS_CA_FILE" help:"File with the authority by which our processes know each other. With it, the broker and the other services are reached over TLS, and only who shows a certificate of its is answered."`
	TLSCert    string            `name:"tls-cert" env:"WAYPOST_TLS_CERT_FILE" help:"File with this service's certificate."`
	TLSKey     string            `name:"tls-key" env:"WAYPOST_TLS_KEY_FILE" help:"File with the key of the certificate."`
	Replay     map[string]string `env:"WAYPOST_REPLAY" help:"Where each speaker's replay API is: vcse=https://…;coordination=https://…"`
	TokenFile  string            `env:"WAYPOST_TOKEN_FILE" required:"" help:"File with the token that services show each other."`
	Metrics    string            `env:"WAYPOST_METRICS_TOKEN_FILE" help:"File with a token that is good for /metrics only; the services' token is good for it too."`
	SecretFile string            `env:"WAYPOST_SECRET_FILE" required:"" help:"File with at least 32 bytes, the same for all copies of the service."`
	HTTPS      bool              `env:"WAYPOST_HTTPS" help:"People reach us over https."`
	Simulated  string            `env:"WAYPOST_SIMULATED" help:"What of the data is made up, said on every page."`
	MaxConns   int32             `env:"WAYPOST_MAX_CONNECTIONS" default:"8" help:"Database connections at most."`
	Clocks     string            `env:"WAYPOST_CLOCKS_FILE" help:"File with the area's own times: kind,priority,organisation,time."`
	Days       string            `env:"WAYPOST_DAYS_FILE" help:"File with days that are worked or not, against the calendar: date,day,name."`
	SMTP       string            `name:"smtp-url" env:"WAYPOST_SMTP_URL" help:"Mail server, such as smtp://user@host:587 or smtps://user@host:465; without it no e-mail is sent, and pages say so."`
	SMTPPass   string            `name:"smtp-password" env:"WAYPOST_SMTP_PASSWORD_FILE" help:"File with the mail server's password."`
	MailFrom   string            `env:"WAYPOST_MAIL_FROM" help:"Whom e-mails come from: Waypost <waypost@example.org>."`
	Public     string            `name:"public-url" env:"WAYPOST_PUBLIC_URL" help:"Where people open Waypost, for the links in e-mails: https://waypost.example.org."`
	Migrate    string            `env:"WAYPOST_MIGRATE" help:"Admin Postgres address: bring the tables up to date first."`
}

// Opened is a service's door that was opened from its Config.
type Opened interface {
	Handler() http.Handler
	Run(ctx context.Context)
	Close()
}

// Main is the whole of a deployed service's main function. It answers until it is interrupted, and returns the process's exit code.
func Main[D Opened](service string, migrate func(ctx context.Context, adminURL string) error, open func(ctx context.Context, c Config) (D, error)) int {
	var s Settings
	kong.Parse(&s, kong.Name(service), kong.Description("The "+service+" service of Waypost."))
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := s.run(ctx, migrate, func(ctx context.Context, c Config) (Opened, error) { return open(ctx, c) }); err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", service, err)
		return 1
	}
	return 0
}

func (s Settings) run(ctx context.Context, migrate func(context.Context, string) error, open func(context.Context, Config) (Opened, error)) error {
	log, err := zap.NewProduction()
	if err != nil {
		return fmt.Errorf("start the log: %w", err)
	}
	defer func() { _ = log.Sync() }() // standard error can not always be synced
	c, err := s.config(log)
	if err != nil {
		return err
	}
	if s.Migrate != "" {
		if err := migrate(ctx, s.Migrate); err != nil {
			return err
		}
	}
	if c.Spans, err = export.Open(ctx); err != nil {
		return err
	}
	defer export.Close(c.Spans)
	d, err := open(ctx, c)
	if err != nil {
		return err
	}
	defer d.Close()
	ln, err := (&net.ListenConfig{}).Listen(ctx, "tcp", s.Listen)
	if err != nil {
		return fmt.Errorf("answer on %s: %w", s.Listen, err)
	}
	if c.TLS != nil {
		ln = tls.NewListener(ln, c.TLS)
	}
	work, stop := context.WithCancel(context.WithoutCancel(ctx))
	done := make(chan struct{})
	go func() { d.Run(work); close(done) }()
	err = httpx.Serve(ctx, ln, d.Handler(), log)
	stop() // requests are over; what they committed is relayed by the next process if not by this one
	<-done
	return err
}

func (s Settings) config(log *zap.Logger) (Config, error) {
	var errs []error
	file := func(path string) []byte {
		if path == "" {
			return nil
		}
		b, err := os.ReadFile(path)
		if err != nil {
			errs = append(errs, fmt.Errorf("read settings: %w", err))
		}
		return []byte(strings.TrimSpace(string(b)))
	}
	c := Config{
		Area: s.Area, Database: s.Database, Vault: s.Vault, KeyFile: s.KeyFile, AuditKey: s.AuditKey, Checkpoints: s.Checkpoint, Sessions: s.Sessions, BrokerURL: s.Broker,
		BrokerSeed: file(s.BrokerSeed), Replay: s.Replay, Token: string(file(s.TokenFile)), MetricsToken: string(file(s.Metrics)), Secret: file(s.SecretFile),
		HTTPS: s.HTTPS, Simulated: s.Simulated, MaxConns: s.MaxConns, Log: log, Now: failpoint.Now,
	}
	var err error
	if c.Times, err = ReadTimes(s.Clocks, s.Days); err != nil {
		errs = append(errs, err)
	}
	if c.Mail, err = OpenMail(s.SMTP, string(file(s.SMTPPass)), s.MailFrom, s.Public); err != nil {
		errs = append(errs, err)
	}
	if c.TLS, err = (mtls.Files{CA: s.TLSCA, Cert: s.TLSCert, Key: s.TLSKey}).Config(); err != nil {
		errs = append(errs, err)
	}
	if len(errs) == 0 && len(c.Secret) < 32 {
		errs = append(errs, errors.New("read settings: the secret needs 32 bytes or more"))
	}
	return c, errors.Join(errs...)
}
