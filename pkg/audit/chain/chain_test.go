package chain_test

import (
	"context"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/audit"
	"example.org/waypost/pkg/audit/chain"
	"example.org/waypost/pkg/id"
	"example.org/waypost/pkg/leaktest"
	"example.org/waypost/pkg/pg"
	"example.org/waypost/pkg/pgtest"
)

func TestMain(m *testing.M) { leaktest.Main(m) }

// trail is one service's audit trail, its key and where checkpoints go. Owner signs in as whoever may do anything to the database.
type trail struct {
	*testing.T
	db       *pg.DB
	owner    *pgx.Conn
	key      ed25519.PrivateKey
	public   ed25519.PublicKey
	dir      string
	somebody actor.Actor
}

func newTrail(t *testing.T) *trail {
	t.Helper()
	url := pgtest.Database(t, func(ctx context.Context, url string) error { return pg.Migrate(ctx, url, "delta", nil) }, "delta")
	as, err := pg.As(url, "delta", "")
	require.NoError(t, err)
	x := &trail{T: t, dir: t.TempDir(), somebody: actor.Actor{Person: actor.Person{ID: id.New()}, Organisation: id.New(), Role: "gp"}}
	x.db, err = pg.Open(t.Context(), pg.Config{URL: as, Service: "delta", MaxConns: 24})
	require.NoError(t, err)
	t.Cleanup(x.db.Close)
	x.owner, err = pgx.Connect(t.Context(), url)
	require.NoError(t, err)
	t.Cleanup(func() { _ = x.owner.Close(context.Background()) })
	x.does(`set search_path to delta`)
	require.NoError(t, chain.CreateKey(x.dir+"/audit.key"))
	x.key, err = chain.ReadKey(x.dir + "/audit.key")
	require.NoError(t, err)
	x.public, err = chain.ReadPublic(chain.PublicName(x.dir + "/audit.key"))
	require.NoError(t, err)
	return x
}

func (x *trail) does(sql string, args ...any) {
	x.Helper()
	_, err := x.owner.Exec(x.Context(), sql, args...)
	require.NoError(x, err, sql)
}

func (x *trail) count(sql string, args ...any) (n int64) {
	x.Helper()
	require.NoError(x, x.owner.QueryRow(x.Context(), sql, args...).Scan(&n), sql)
	return n
}

func (x *trail) reads(ctx context.Context, tx pgx.Tx) error {
	return audit.Write(ctx, tx, audit.Entry{Verb: "read", Object: "case", ObjectID: id.New(), PatientRef: id.NewRandom()})
}

func (x *trail) writes(n int) {
	x.Helper()
	for range n {
		require.NoError(x, x.db.InTx(x.Context(), x.somebody, x.reads))
	}
}

func (x *trail) sealer(holder string) *chain.Sealer {
	return &chain.Sealer{DB: x.db, Area: "test", Holder: holder, Key: x.key, Dir: x.dir, Poll: 5 * time.Millisecond, Every: time.Nanosecond}
}

// sealed runs a sealer until nothing waits, and stops it in order.
func (x *trail) sealed() {
	x.Helper()
	stop := x.running(x.sealer("one"))
	defer stop()
	x.eventually("everything is sealed", func() bool { return x.count(`select count(*) from audit_waiting w join audit a using (seq)`) == 0 })
}

func (x *trail) running(s *chain.Sealer) (stop func()) {
	ctx, cancel := context.WithCancel(x.Context())
	done := make(chan struct{})
	go func() { defer close(done); s.Run(ctx) }()
	return func() { cancel(); <-done }
}

func (x *trail) eventually(what string, is func() bool) {
	x.Helper()
	require.Eventually(x, is, 20*time.Second, 5*time.Millisecond, what)
}

func (x *trail) verify() chain.Report { return x.verifyAt(time.Now()) }

func (x *trail) verifyAt(now time.Time) chain.Report {
	x.Helper()
	r, err := chain.Verifier{Keys: []ed25519.PublicKey{x.public}, Dirs: []string{x.dir}, Now: func() time.Time { return now }}.Verify(x.Context(), x.db)
	require.NoError(x, err)
	return r
}

// A row is in the chain within a second of its commit, and one that commits after others with higher numbers is not forgotten.
func TestALateRowIsSealedLikeAnyOther(t *testing.T) {
	t.Parallel()
	x := newTrail(t)
	s := x.sealer("one")
	s.Poll, s.Every = 0, 0 // as they are deployed
	defer x.running(s)()
	early, late := make(chan struct{}), make(chan struct{})
	done := make(chan error, 1)
	go func() {
		done <- x.db.InTx(x.Context(), x.somebody, func(ctx context.Context, tx pgx.Tx) error {
			if err := x.reads(ctx, tx); err != nil {
				return err
			}
			if _, err := tx.Exec(ctx, `select 1`); err != nil { // sends what was gathered: the number is drawn
				return err
			}
			close(early)
			<-late
			return nil
		})
	}()
	<-early
	began := time.Now()
	x.writes(3)
	x.eventually("three are sealed", func() bool { return x.count(`select count(*) from audit_seal`) == 3 })
	require.Less(t, time.Since(began), 3*time.Second) // a second, on a machine that does nothing else
	require.Equal(t, int64(1), x.count(`select min(seq) - 1 from audit_seal`), "the first number is not committed yet")
	close(late)
	require.NoError(t, <-done)
	x.eventually("the late one is sealed", func() bool { return x.count(`select count(*) from audit_seal where seq = 1`) == 1 })
	require.Equal(t, int64(4), x.count(`select position from audit_seal where seq = 1`))
	r := x.verify()
	require.Nil(t, r.Broken)
	require.Equal(t, int64(4), r.Sealed)
}

// By its own clock, as it is deployed: a checkpoint leaves the database each minute in which something was written, each hour otherwise, and says
// where the chain stands.
func TestACheckpointLeavesEachMinute(t *testing.T) {
	t.Parallel()
	x := newTrail(t)
	now := time.Now()
	s := x.sealer("one")
	s.Poll, s.Every, s.Now = 0, 0, func() time.Time { return now }
	ok, err := s.Take(t.Context())
	require.NoError(t, err)
	require.True(t, ok)
	turn := func() (left int) {
		t.Helper()
		_, err := s.Round(t.Context())
		require.NoError(t, err)
		require.NoError(t, s.Checkpoint())
		return len(x.lines())
	}
	x.writes(1)
	require.Equal(t, 1, turn(), "the first leaves at once")
	for minute := 2; minute <= 4; minute++ {
		x.writes(2)
		now = now.Add(time.Minute - time.Second)
		require.Equal(t, minute-1, turn(), "a minute is not over")
		now = now.Add(time.Second)
		require.Equal(t, minute, turn(), "a minute is over")
		var c chain.Checkpoint
		require.NoError(t, json.Unmarshal(x.lines()[minute-1], &c))
		require.Equal(t, int64(2*minute-1), c.Position)
		require.Equal(t, now.UTC(), c.At.UTC())
		require.True(t, c.Signed([]ed25519.PublicKey{x.public}))
	}
	now = now.Add(59 * time.Minute)
	require.Equal(t, 4, turn(), "nothing was written")
	now = now.Add(time.Minute)
	require.Equal(t, 5, turn(), "each hour one leaves all the same")
	require.Nil(t, x.verifyAt(now).Broken)
}

// What was written before there was a sealer is sealed by the first one.
func TestTheFirstSealerTakesWhatWaits(t *testing.T) {
	t.Parallel()
	x := newTrail(t)
	x.writes(30)
	r := x.verify()
	require.Nil(t, r.Broken)
	require.Equal(t, int64(30), r.Waiting)
	x.sealed()
	r = x.verify()
	require.Nil(t, r.Broken)
	require.Equal(t, int64(30), r.Sealed)
	require.Zero(t, r.Since, "the last checkpoint is of the end")
}

// Two sealers at once, who keep taking the lease from each other in the middle of their work, while people write: one chain.
func TestTwoSealersNeverForkTheChain(t *testing.T) {
	t.Parallel()
	x := newTrail(t)
	var all sync.WaitGroup
	ctx, cancel := context.WithCancel(t.Context())
	sealed := make([]int, 4)
	for i := range sealed {
		all.Go(func() {
			s := x.sealer(id.New())
			s.Lease, s.Batch = time.Nanosecond, 7 // over as soon as it is given: everybody thinks it is theirs
			for ctx.Err() == nil {
				if ok, err := s.Take(ctx); err != nil || !ok {
					continue
				}
				for range 3 {
					n, err := s.Round(ctx)
					sealed[i] += n
					if err != nil {
						break // ErrLeaseLost as a rule
					}
				}
			}
		})
	}
	var people sync.WaitGroup
	for range 6 {
		people.Go(func() { x.writes(50) })
	}
	people.Wait()
	x.eventually("everything is sealed", func() bool { return x.count(`select count(*) from audit_waiting`) == 0 })
	cancel()
	all.Wait()
	require.Equal(t, int64(300), x.count(`select count(distinct seq) from audit_seal`))
	require.Equal(t, int64(300), x.count(`select max(position) from audit_seal`))
	r := x.verify()
	require.Nil(t, r.Broken)
	some := 0
	for _, n := range sealed {
		if n > 0 {
			some++
		}
	}
	require.Greater(t, some, 1, "one sealer did it all, which shows nothing: %v", sealed)
}

// A lease that was lost stops its sealer even where nothing else would: what it read before is old.
func TestASealerThatWokeUpSealsNothing(t *testing.T) {
	t.Parallel()
	x := newTrail(t)
	first, second := x.sealer("first"), x.sealer("second")
	first.Lease = time.Nanosecond
	ok, err := first.Take(t.Context())
	require.NoError(t, err)
	require.True(t, ok)
	ok, err = second.Take(t.Context())
	require.NoError(t, err)
	require.True(t, ok)
	x.writes(2)
	_, err = first.Round(t.Context())
	require.ErrorIs(t, err, pg.ErrLeaseLost)
	n, err := second.Round(t.Context())
	require.NoError(t, err)
	require.Equal(t, 2, n)
}

// Every column of an audit row is hashed: one that is added to the table must be added to the hash.
func TestEveryColumnIsHashed(t *testing.T) {
	t.Parallel()
	x := newTrail(t)
	rows, err := x.owner.Query(t.Context(), `select column_name from information_schema.columns where table_schema = 'delta' and table_name = 'audit'`)
	require.NoError(t, err)
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	require.NoError(t, err)
	hashed := []string{"seq", "at"}
	for _, m := range regexp.MustCompile(`a\.(\w+)`).FindAllStringSubmatch(chain.Columns, -1) {
		hashed = append(hashed, m[1])
	}
	require.ElementsMatch(t, names, hashed)
}

// onlyAddedTo tries everything that a service may not do with its trail, and what its tables' owner may not; nil when all was refused.
func (x *trail) onlyAddedTo() error {
	x.writes(1)
	x.sealed()
	machines := []actor.Actor{x.somebody}
	for _, m := range actor.Machines {
		machines = append(machines, actor.Machine(m))
	}
	for _, a := range machines {
		for _, sql := range []string{
			`update audit set verb = 'x'`, `delete from audit`, `truncate audit`, `update audit_seal set seq = -seq`, `delete from audit_seal`, `truncate audit_seal`,
		} {
			err := x.db.InTx(x.Context(), a, func(ctx context.Context, tx pgx.Tx) error { _, err := tx.Exec(ctx, sql); return err })
			if err == nil {
				return errors.New(a.Role + a.Machine + " may " + sql)
			}
		}
	}
	for _, sql := range []string{`update audit set verb = 'x'`, `delete from audit`, `truncate audit`, `delete from audit_seal`, `update audit_seal set position = position + 10`} {
		tx, err := x.owner.Begin(x.Context())
		require.NoError(x, err)
		_, err = tx.Exec(x.Context(), sql)
		_ = tx.Rollback(x.Context())
		if err == nil || !strings.Contains(err.Error(), "only ever added to") {
			return errors.New("nothing stops " + sql)
		}
	}
	return nil
}

// A service adds to its trail and changes nothing of it, whoever of it acts; with the trigger off this very test fails.
func TestATrailIsOnlyAddedTo(t *testing.T) {
	t.Parallel()
	x := newTrail(t)
	require.NoError(t, x.onlyAddedTo())
	for _, table := range []string{"audit", "audit_seal"} {
		x.does(`alter table ` + table + ` disable trigger ` + table + `_only_added`)
		require.ErrorContains(t, x.onlyAddedTo(), "nothing stops", "without the trigger of %s", table)
		x.does(`alter table ` + table + ` enable trigger ` + table + `_only_added`)
	}
}

// With the trigger off that has rows wait for the sealer, they are in no chain, and that is named.
func TestWithoutItsTriggerARowIsNamed(t *testing.T) {
	t.Parallel()
	x := newTrail(t)
	x.writes(3)
	x.does(`alter table audit disable trigger audit_waits`)
	x.writes(1)
	x.sealed()
	r := x.verify()
	require.NotNil(t, r.Broken)
	require.Equal(t, chain.RowInserted, r.Broken.Kind)
	require.Equal(t, int64(4), r.Broken.Seq)
}

// A sealer that does not run is told from tampering.
func TestASealerThatDoesNotRunIsNamed(t *testing.T) {
	t.Parallel()
	x := newTrail(t)
	x.writes(1)
	require.Nil(t, x.verify().Broken)
	require.Equal(t, chain.NotSealed, x.verifyAt(time.Now().Add(time.Hour)).Broken.Kind)
}

// Whoever has the checkpoints of a copy of the folder needs no more; whoever removed them all has not hidden anything.
func TestWithoutCheckpointsNothingIsVouchedFor(t *testing.T) {
	t.Parallel()
	x := newTrail(t)
	x.writes(3)
	x.sealed()
	require.NoError(t, os.Remove(filepath.Join(x.dir, "delta.checkpoints")))
	require.Equal(t, chain.NothingSigned, x.verifyAt(time.Now().Add(time.Hour)).Broken.Kind)
}
