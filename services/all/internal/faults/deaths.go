package faults

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"example.org/waypost/services/all/internal/cluster"
)

// one picks any of a list.
func one[T any](c *campaign, all []T) T { return all[c.chance.IntN(len(all))] }

func (c *campaign) service() string { return one(c, c.site.Services).Name }

func (c *campaign) copyOf(service string) *cluster.Process {
	return c.site.Process(fmt.Sprintf("%s-%d", service, 1+c.chance.IntN(2)))
}

func (c *campaign) broker() string { return one(c, c.site.BrokerNames()) }

func (c *campaign) killCopy(context.Context) error {
	c.copyOf(c.service()).Kill()
	return nil
}

func (c *campaign) killBoth(context.Context) error {
	service := c.service()
	c.site.Process(service + "-1").Kill()
	c.site.Process(service + "-2").Kill()
	return nil
}

func (c *campaign) killBroker(ctx context.Context) error {
	c.site.Process(c.broker()).Kill()
	return c.hold(ctx, 2*time.Second)
}

func (c *campaign) killBrokers(ctx context.Context) error {
	for _, b := range c.site.BrokerNames() {
		c.site.Process(b).Kill()
	}
	return c.hold(ctx, 4*time.Second)
}

func (c *campaign) killPostgres(ctx context.Context) error {
	if err := c.site.KillPostgres(); err != nil {
		return err
	}
	return c.site.StartPostgres(ctx)
}

// at1 kills whoever comes by a failpoint first.
func at1(point string) deed {
	return func(c *campaign, ctx context.Context) error {
		if err := c.arm(point); err != nil {
			return err
		}
		for end := time.Now().Add(8 * time.Second); time.Now().Before(end); {
			if c.hasFired(point) {
				return nil
			}
			if err := c.hold(ctx, 20*time.Millisecond); err != nil {
				return err
			}
		}
		c.disarm(point) // nobody came by, as when the brokers are away; it is armed again later in the round
		return errNobodyCame
	}
}

var errNobodyCame = errors.New("nobody came by in time")

func (c *campaign) arm(point string) error {
	return os.WriteFile(filepath.Join(c.site.points, point), nil, 0o600)
}

func (c *campaign) disarm(point string) { _ = os.Remove(filepath.Join(c.site.points, point)) }

func (c *campaign) hasFired(point string) bool {
	err := os.Rename(filepath.Join(c.site.points, point+".fired"), filepath.Join(c.site.points, point+".counted"))
	if err == nil {
		c.fired[point]++
	}
	return err == nil
}

func (c *campaign) cutPostgres(ctx context.Context) error {
	d := c.site.disks["postgres"]
	kill, err := c.site.PostgresKiller()
	if err != nil {
		return err
	}
	if err := errors.Join(d.Cut(), kill(), d.Restore(ctx)); err != nil {
		return err
	}
	return c.site.StartPostgres(ctx)
}

func (c *campaign) cutBroker(ctx context.Context) error {
	names := c.site.BrokerNames()
	i := c.chance.IntN(len(names))
	cut, paused := names[i], c.site.Process(names[(i+1)%len(names)])
	paused.Pause()
	err := errors.Join(c.hold(ctx, time.Second), c.cut(ctx, cut), c.hold(ctx, 3*time.Second))
	paused.Resume()
	return err
}

// cut is the power of some brokers going at once, and coming back.
func (c *campaign) cut(ctx context.Context, brokers ...string) error {
	var errs []error
	for _, b := range brokers {
		errs = append(errs, c.site.disks[b].Cut())
	}
	c.down(brokers)
	for _, b := range brokers {
		errs = append(errs, c.site.disks[b].Restore(ctx), c.site.Process(b).Start())
	}
	return errors.Join(errs...)
}

func (c *campaign) down(names []string) { c.each(names, (*cluster.Process).Down) }

// leave has both copies of some services end in good order: nobody need wait for their leases to run out.
func (c *campaign) leave(services ...string) { c.each(copiesOf(services), (*cluster.Process).Stop) }

// back starts them again.
func (c *campaign) back(services ...string) error {
	var errs []error
	for _, name := range copiesOf(services) {
		errs = append(errs, c.site.Process(name).Start())
	}
	return errors.Join(errs...)
}

func copiesOf(services []string) (names []string) {
	for _, s := range services {
		names = append(names, s+"-1", s+"-2")
	}
	return names
}

func (c *campaign) each(names []string, do func(*cluster.Process)) {
	var all sync.WaitGroup
	for _, n := range names {
		all.Go(func() { do(c.site.Process(n)) })
	}
	all.Wait()
}

// cutBrokers has the brokers work with one of both settings for a while, and then cuts the power of all.
func cutBrokers(always bool) deed {
	return func(c *campaign, ctx context.Context) error {
		if !always {
			if err := c.sync(ctx, false); err != nil {
				return err
			}
		}
		err := errors.Join(c.hold(ctx, 2*time.Second), c.cut(ctx, c.site.BrokerNames()...), c.hold(ctx, 4*time.Second))
		if !always {
			err = errors.Join(err, c.sync(ctx, true))
		}
		return err
	}
}

// sync has the brokers start anew with the other setting.
func (c *campaign) sync(ctx context.Context, always bool) error {
	if err := c.site.SetSync(always); err != nil {
		return err
	}
	for _, b := range c.site.BrokerNames() {
		c.site.Process(b).Kill()
	}
	return c.hold(ctx, 4*time.Second)
}

// rollBack puts each broker's folder back as it was two seconds ago, copied while it stood still: whatever it acknowledged
// since is gone, as in a power cut of a disk that lies.
func (c *campaign) rollBack(ctx context.Context) error {
	names := c.site.BrokerNames()
	var errs []error
	for _, b := range names {
		c.site.Process(b).Pause()
	}
	for _, b := range names {
		errs = append(errs, os.CopyFS(c.kept(b), os.DirFS(c.site.BrokerFolder(b))))
	}
	for _, b := range names {
		c.site.Process(b).Resume()
	}
	errs = append(errs, c.hold(ctx, 2*time.Second))
	c.down(names)
	for _, b := range names {
		errs = append(errs, empty(c.site.BrokerFolder(b)), os.CopyFS(c.site.BrokerFolder(b), os.DirFS(c.kept(b))), os.RemoveAll(c.kept(b)), c.site.Process(b).Start())
	}
	return errors.Join(append(errs, c.hold(ctx, 4*time.Second))...)
}

func (c *campaign) kept(broker string) string { return filepath.Join(c.site.dir, "kept", broker) }

// empty removes what is in a folder, not the folder.
func empty(dir string) error {
	all, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range all {
		if err := os.RemoveAll(filepath.Join(dir, e.Name())); err != nil {
			return err
		}
	}
	return nil
}

func (c *campaign) wipe(ctx context.Context) error {
	if err := c.arm(takenBack); err != nil {
		return err
	}
	names := c.site.BrokerNames()
	c.down(names)
	for _, b := range names {
		if err := errors.Join(empty(c.site.BrokerFolder(b)), c.site.Process(b).Start()); err != nil {
			return err
		}
	}
	return errors.Join(c.site.Bootstrap(ctx), c.hold(ctx, 3*time.Second))
}

// flip changes one bit of a message file of a broker that is down for a moment.
func (c *campaign) flip(ctx context.Context) error {
	b := c.broker()
	c.site.Process(b).Down()
	err := c.flipIn(c.site.BrokerFolder(b))
	return errors.Join(err, c.site.Process(b).Start(), c.hold(ctx, 3*time.Second))
}

func (c *campaign) flipIn(dir string) error {
	var files []string
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && strings.HasSuffix(path, ".blk") && strings.Contains(path, "waypost_") {
			files = append(files, path)
		}
		return err
	})
	if err != nil || len(files) == 0 {
		return err
	}
	f, err := os.OpenFile(one(c, files), os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	if err != nil || info.Size() == 0 {
		return err
	}
	at := c.chance.Int64N(info.Size())
	var b [1]byte
	if _, err := f.ReadAt(b[:], at); err != nil {
		return err
	}
	b[0] ^= 1 << c.chance.IntN(8)
	_, err = f.WriteAt(b[:], at)
	return err
}

func (c *campaign) fillBroker(ctx context.Context) error {
	b := c.broker()
	free, err := c.site.disks[b].Fill()
	if err != nil {
		return err
	}
	err = errors.Join(c.hold(ctx, 3*time.Second), free())
	c.site.Process(b).Kill() // a broker whose disk was full must be started anew
	return errors.Join(err, c.hold(ctx, time.Second))
}

func (c *campaign) fillPostgres(ctx context.Context) error {
	free, err := c.site.disks["postgres"].Fill()
	if err != nil {
		return err
	}
	err = errors.Join(c.hold(ctx, 2*time.Second), free())
	select {
	case <-c.site.Postgres().Done(): // it ends when it can not write its log
		_ = c.site.Postgres().Stop(ctx)
		return errors.Join(err, c.site.StartPostgres(ctx))
	default:
		return err
	}
}

// zombie pauses the process that relays for a service until its lease has run out and another relays, and wakes it.
func (c *campaign) zombie(ctx context.Context) error {
	service := one(c, []string{"primarycare", "coordination", "vcse"})
	var holder string
	if err := c.site.admin.QueryRow(ctx, "select holder from "+service+".lease where name = 'relay'").Scan(&holder); err != nil {
		return errNobodyCame // the database may be on its way up: another time
	}
	words := strings.Fields(holder)
	if len(words) < 2 {
		return fmt.Errorf("a relay's holder is %q", holder)
	}
	pid, err := strconv.Atoi(words[1])
	if err != nil {
		return err
	}
	for _, name := range c.site.Names() {
		if p := c.site.Process(name); p.PID() == pid {
			p.Pause()
			err := c.hold(ctx, 12*time.Second) // its lease is for ten
			p.Resume()
			return err
		}
	}
	return errNobodyCame // it has died since
}

func (c *campaign) slowReader(ctx context.Context) error {
	p := c.copyOf(one(c, []string{"coordination", "vcse"}))
	p.Pause()
	err := c.hold(ctx, c.long(8*time.Second, 65*time.Second)) // a broker waits a minute for an acknowledgement
	p.Resume()
	return err
}
