//go:build unix

// Package pgserver starts and stops a private Postgres, so that Waypost and its tests need none installed or running.
//
// The server listens on a unix socket in a folder only its owner may enter, never on the network. It dies with the process
// that started it, also when that process is killed; what was committed is safe then, unless Options.Fast gave that up.
package pgserver

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const (
	upWithin   = 60 * time.Second // long enough for crash recovery of a full write-ahead log
	handOver   = 10 * time.Second // how long the server of a process that was killed may take to leave
	stopWithin = 20 * time.Second // a fast shutdown writes a checkpoint; after that it is told to drop everything
)

// Options say where the server lives and how careful it is. Only Dir is needed.
type Options struct {
	Dir            string            // a folder of its own, made if it is not there
	Fast           bool              // for tests: no fsync, so a crash of the machine loses the data
	MaxConnections int               // 0: 100
	SharedBuffers  string            // "": 128MB
	Settings       map[string]string // further lines of postgresql.conf; they win over ours
	Bin            string            // use the programs in this folder and look nowhere else
	Install        string            // where npm may put a Postgres if there is none; "": nowhere
	Progress       func(line string) // hears what takes long; nil: nobody
}

// Server is a running Postgres.
type Server struct {
	version int
	socket  string
	lock    *os.File
	child   *child
}

// Start starts Postgres on the data in o.Dir, making it at the first start, and returns when it takes connections.
// It refuses with ErrFolder, ErrInUse, ErrMissing or ErrNotUp, each in one line that a person can act on.
func Start(ctx context.Context, o Options) (*Server, error) {
	own, err := whoRuns()
	if err != nil {
		return nil, err
	}
	home, err := openFolder(o.Dir, own)
	if err != nil {
		return nil, err
	}
	s, err := home.start(ctx, o, own)
	if err != nil {
		_ = home.lock.Close()
		return nil, err
	}
	return s, nil
}

func (f *folder) start(ctx context.Context, o Options, own owner) (*Server, error) {
	made, err := f.dataVersion()
	if err != nil {
		return nil, err
	}
	p, err := find(ctx, o, made, own)
	if err != nil {
		return nil, err
	}
	if err := f.check(ctx, p, own); err != nil {
		return nil, err
	}
	if made == 0 {
		if err := f.initialise(ctx, o, p, own); err != nil {
			return nil, err
		}
	}
	socket, err := f.socketFolder(own)
	if err != nil {
		return nil, err
	}
	c, err := f.run(ctx, o, p, own, socket)
	if err != nil {
		return nil, err
	}
	return &Server{version: p.version, socket: socket, lock: f.lock, child: c}, nil
}

// initialise makes the data beside its final place and moves it there, so that a start that was interrupted leaves nothing
// half done.
func (f *folder) initialise(ctx context.Context, o Options, p programs, own owner) error {
	fresh := f.dir + "/data.new"
	if err := os.RemoveAll(fresh); err != nil {
		return fmt.Errorf("%w: %s: %w", ErrFolder, f.dir, err)
	}
	args := []string{"-D", fresh, "-U", superuser, "-A", "trust", "-E", "UTF8", "--no-instructions"}
	if p.version >= 17 {
		args = append(args, "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8")
	} else {
		args = append(args, "--locale=C.UTF-8")
	}
	if o.Fast {
		args = append(args, "--no-sync")
	}
	cmd := exec.CommandContext(ctx, filepath.Join(p.bin, "initdb"), args...)
	cmd.Dir, cmd.Env = f.dir, environment()
	var said strings.Builder
	cmd.Stdout, cmd.Stderr = &said, &said
	c, err := launch(cmd, own)
	if err == nil {
		<-c.done
		err = c.err
	}
	if err != nil {
		return fmt.Errorf("%w: initdb: %s", ErrNotUp, lastLine(said.String(), err))
	}
	if err := os.Rename(fresh, f.data()); err != nil {
		return fmt.Errorf("%w: %s: %w", ErrFolder, f.dir, err)
	}
	return nil
}

// run starts the server and waits until it is ready. While the server of a process that was killed is still leaving the
// data, it tries again.
func (f *folder) run(ctx context.Context, o Options, p programs, own owner, socket string) (*child, error) {
	ctx, cancel := context.WithTimeout(ctx, upWithin)
	defer cancel()
	giveUp := time.Now().Add(handOver)
	for {
		c, err := f.runOnce(ctx, o, p, own, socket)
		if err == nil || !errors.Is(err, ErrInUse) || time.Now().After(giveUp) {
			return c, err
		}
		select {
		case <-ctx.Done():
			return nil, err
		case <-time.After(50 * time.Millisecond):
		}
	}
}

func (f *folder) runOnce(ctx context.Context, o Options, p programs, own owner, socket string) (*child, error) {
	logName := f.dir + "/postgres.log"
	_ = os.Rename(logName, logName+".1") // there is none at the first start
	log, err := os.OpenFile(logName, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ErrFolder, f.dir, err)
	}
	defer func() { _ = log.Close() }()

	//nolint:noctx // it outlives the context of its start; Stop ends it
	cmd := exec.Command(filepath.Join(p.bin, "postgres"), append([]string{"-D", f.data()}, settings(o, socket)...)...)
	cmd.Dir, cmd.Env = f.dir, environment()
	cmd.Stdout, cmd.Stderr = log, log
	c, err := launch(cmd, own)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNotUp, err)
	}
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-c.done:
			return nil, whyNot(f.dir, logName, c.err)
		case <-ctx.Done():
			c.stop(syscall.SIGQUIT, time.Second)
			return nil, fmt.Errorf("%w: %w; its last words: %s", ErrNotUp, ctx.Err(), lastLine(readLog(logName), nil))
		case <-tick.C:
			if f.ready(c.cmd.Process.Pid) {
				return c, nil
			}
		}
	}
}

// ready tells whether the postmaster's own note names our child and says that it takes connections.
func (f *folder) ready(pid int) bool {
	b, err := os.ReadFile(f.data() + "/postmaster.pid")
	if err != nil {
		return false
	}
	lines := strings.Split(string(b), "\n")
	return len(lines) >= 8 && lines[0] == strconv.Itoa(pid) && strings.TrimSpace(lines[7]) == "ready"
}

// settings are given on the command line, so that they hold for data made by an older Waypost too.
func settings(o Options, socket string) []string {
	set := map[string]string{
		"cluster_name":            "waypost",
		"listen_addresses":        "",
		"unix_socket_directories": socket,
		"unix_socket_permissions": "0700",
		"max_connections":         "100",
		"timezone":                "UTC",
		"log_timezone":            "UTC",
		"log_line_prefix":         "%m [%p] ",
		// An error's text, statement, parameters or detail may hold a patient's data. They go to who asked, and none to the log,
		// which keeps what the server says of itself.
		"log_min_messages":                    "log",
		"log_min_error_statement":             "panic",
		"log_parameter_max_length":            "0",
		"log_parameter_max_length_on_error":   "0",
		"log_error_verbosity":                 "terse",
		"log_autovacuum_min_duration":         "-1",
		"log_checkpoints":                     "off",
		"wal_level":                           "minimal",
		"max_wal_senders":                     "0",
		"idle_in_transaction_session_timeout": "5min",
	}
	if o.MaxConnections > 0 {
		set["max_connections"] = strconv.Itoa(o.MaxConnections)
	}
	if o.SharedBuffers != "" {
		set["shared_buffers"] = o.SharedBuffers
	}
	if o.Fast {
		maps.Copy(set, map[string]string{
			"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off",
			"checkpoint_timeout": "1h", "max_wal_size": "4GB",
		})
	}
	maps.Copy(set, o.Settings)
	var args []string
	for _, name := range slices.Sorted(maps.Keys(set)) {
		args = append(args, "-c", name+"="+set[name])
	}
	return args
}

// environment is ours without what would make Postgres speak another language or look elsewhere.
func environment() []string {
	env := slices.DeleteFunc(os.Environ(), func(kv string) bool {
		return strings.HasPrefix(kv, "PG") || strings.HasPrefix(kv, "LC_") || strings.HasPrefix(kv, "LANG")
	})
	return append(env, "LC_ALL=C")
}

// AdminURL connects as the superuser to the database "postgres".
func (s *Server) AdminURL() string { return URL(s.socket, superuser, "postgres") }

// Version is the major version, 15 to 18.
func (s *Server) Version() int { return s.version }

// Done is closed when the server has ended, whether asked to or not.
func (s *Server) Done() <-chan struct{} { return s.child.done }

// Stop ends the server: first as one switches it off (connections are cut, everything committed is written), and when ctx
// or 20 seconds are over at once, which loses nothing committed but makes the next start recover. Stopping twice is fine.
func (s *Server) Stop(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, stopWithin)
	defer cancel()
	defer func() { _ = s.lock.Close() }()
	s.child.signal(syscall.SIGINT)
	select {
	case <-s.child.done:
		return nil
	case <-ctx.Done():
	}
	if !s.child.stop(syscall.SIGQUIT, 5*time.Second) {
		return fmt.Errorf("stop postgres: it had to be killed: %w", ctx.Err())
	}
	return nil
}
