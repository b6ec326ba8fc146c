package faults

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/jackc/pgx/v5/pgxpool"

	"example.org/waypost/pkg/mail/mailbox"
	"example.org/waypost/services/all/internal/cluster"
	"example.org/waypost/services/all/internal/faults/disk"
	"example.org/waypost/services/all/internal/faults/proxy"
)

// site is a cluster on which everything can be broken: a spoilable link between every two processes that speak with each
// other, and disks whose power can be cut where this machine allows it.
type site struct {
	*cluster.Cluster
	dir    string
	points string // folder of the failpoints
	admin  *pgxpool.Pool
	mail   *mailbox.Box // which takes what providers are told

	mu    sync.Mutex
	links map[string]*proxy.Link // "vcse broker-1", "vcse postgres", "vcse coordination", "broker-1 broker-2"
	disks map[string]*disk.Disk  // "broker-1", "postgres"
}

// sizes of the disks, in MiB.
const (
	brokerDisk   = 1024
	postgresDisk = 3072
)

// build starts a site. root: disks may be made.
func build(ctx context.Context, dir string, root bool) (_ *site, err error) {
	s := &site{dir: dir, points: filepath.Join(dir, "failpoints"), links: map[string]*proxy.Link{}, disks: map[string]*disk.Disk{}}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.close(context.WithoutCancel(ctx)))
		}
	}()
	for _, d := range []string{dir, s.points, dir + "/sockets"} {
		if err := os.MkdirAll(d, 0o755); err != nil { //nolint:gosec // the database's user must get through
			return nil, err
		}
	}
	folders := map[string]string{}
	if root {
		if folders, err = s.plugIn(ctx); err != nil {
			return nil, err
		}
	}
	if s.mail, err = mailbox.Listen(); err != nil {
		return nil, err
	}
	s.Cluster, err = cluster.Open(ctx, cluster.Options{
		Dir: dir + "/cluster", Tags: []string{"failpoint"}, Folders: folders, Via: s.via, SyncAlways: true,
		Programs: []string{"example.org/waypost/services/all/cmd/check", "example.org/waypost/services/all/cmd/epoch"},
		Extra:    []string{"WAYPOST_FAILPOINTS=" + s.points, "WAYPOST_SMTP_URL=" + s.mail.URL(), "WAYPOST_MAIL_FROM=Waypost <waypost@example.org>", "WAYPOST_PUBLIC_URL=https://waypost.example.org"},
	})
	if err != nil {
		return nil, err
	}
	s.admin, err = pgxpool.New(ctx, s.Databases.Main)
	return s, err
}

// plugIn makes a disk for every broker and one for the database, and says where each keeps its data on it.
func (s *site) plugIn(ctx context.Context) (folders map[string]string, err error) {
	folders = map[string]string{}
	for name, size := range map[string]int64{"broker-1": brokerDisk, "broker-2": brokerDisk, "broker-3": brokerDisk, "postgres": postgresDisk} {
		at := filepath.Join(s.dir, "disks", name)
		if s.disks[name], err = disk.Make(ctx, at, size); err != nil {
			return nil, err
		}
		folders[name] = filepath.Join(s.disks[name].Path, "data")
	}
	return folders, nil
}

// via puts a link between two processes.
func (s *site) via(from, to, address string) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	name := from + " " + to
	if l := s.links[name]; l != nil {
		return at(l, to), nil
	}
	network, here := "tcp", "127.0.0.1:0"
	if to == "postgres" { // a socket is named after its folder
		network, here, address = "unix", filepath.Join(s.dir, "sockets", from, socketName), filepath.Join(address, socketName)
		if err := os.MkdirAll(filepath.Dir(here), 0o755); err != nil { //nolint:gosec // the services run as we do
			return "", fmt.Errorf("open a link from %s: %w", from, err)
		}
	}
	l, err := proxy.Listen(network, here, address)
	if err != nil {
		return "", fmt.Errorf("%s to %s: %w", from, to, err)
	}
	s.links[name] = l
	return at(l, to), nil
}

const socketName = ".s.PGSQL.5432"

func at(l *proxy.Link, to string) string {
	if to == "postgres" {
		return filepath.Dir(l.Address())
	}
	return l.Address()
}

// between are the links of a kind, in order: "vcse broker" are those of vcse to all brokers.
func (s *site) between(from, to string) (all []*proxy.Link) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for name, l := range s.links {
		f, t, _ := strings.Cut(name, " ")
		if (from == "" || strings.HasPrefix(f, from)) && strings.HasPrefix(t, to) {
			all = append(all, l)
		}
	}
	return all
}

// heal ends every weather.
func (s *site) heal() {
	for _, l := range s.between("", "") {
		l.Set(proxy.Weather{})
	}
}

func (s *site) close(ctx context.Context) error {
	if s.admin != nil {
		s.admin.Close()
	}
	var errs []error
	if s.Cluster != nil {
		errs = append(errs, s.Cluster.Close())
	}
	if s.mail != nil {
		s.mail.Down()
	}
	for _, l := range s.between("", "") {
		l.Close()
	}
	for _, d := range s.disks {
		errs = append(errs, d.Remove(ctx))
	}
	return errors.Join(errs...)
}
