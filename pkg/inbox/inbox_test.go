package inbox_test

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap/zaptest"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/event"
	"example.org/waypost/pkg/id"
	"example.org/waypost/pkg/inbox"
	"example.org/waypost/pkg/natstest"
	"example.org/waypost/pkg/outbox"
	"example.org/waypost/pkg/pg"
	"example.org/waypost/pkg/pgtest"
)

// said is the only fact of the test's speaker.
type said struct {
	PatientRef string `json:"patient_ref"`
	N          int    `json:"n"`
}

func (*said) EventType() string { return "waypost.alpha.word_said.v1" }
func (*said) EachSealed(func(path, class string, b event.Box) error) error {
	return nil
}

// pair is a speaker "alpha" and a reader "beta" with a table of what it heard, on real Postgres and NATS.
type pair struct {
	t           testing.TB
	url         string // of the database, as its administrator
	broker      *natstest.Broker
	alpha, beta *pg.DB
	out         *outbox.Outbox
	reader      *inbox.Reader
	heard       chan int
	fail        func(n int) error
}

func newPair(t testing.TB) *pair {
	t.Helper()
	url := pgtest.Database(t, func(ctx context.Context, url string) error {
		if err := pg.Migrate(ctx, url, "alpha", nil); err != nil {
			return err
		}
		return pg.Migrate(ctx, url, "beta", betaTables)
	}, "pair")
	p := &pair{t: t, url: url, broker: natstest.Run(t), heard: make(chan int, 1000)}
	p.broker.Bootstrap(t, []string{"alpha"}, map[string][]string{"beta": {"alpha"}})
	p.alpha, p.beta = open(t, url, "alpha"), open(t, url, "beta")
	p.out = &outbox.Outbox{Speaker: "alpha", Area: "test", Now: time.Now, NewID: id.New}
	p.reader = p.listen("one")
	return p
}

// listen makes a reader of the process called holder.
func (p *pair) listen(holder string) *inbox.Reader {
	r := &inbox.Reader{
		DB: p.beta, JS: p.broker.JS, Consumer: "beta", Speakers: []string{"alpha"}, Holder: holder,
		Log: zaptest.NewLogger(p.t), Now: time.Now, Replay: p.replay(),
	}
	inbox.On(r, nil, func(ctx context.Context, tx pgx.Tx, e *event.Event, s *said) error {
		if p.fail != nil {
			if err := p.fail(s.N); err != nil {
				return err
			}
		}
		// an effect that is not idempotent: applied twice it shows
		_, err := tx.Exec(ctx, `insert into heard (patient_ref, n) values ($1, $2)`, s.PatientRef, s.N)
		pg.AfterCommit(ctx, func() { p.heard <- s.N })
		return err
	})
	return r
}

func open(t testing.TB, url, service string) *pg.DB {
	t.Helper()
	u, err := pg.As(url, service, "")
	require.NoError(t, err)
	db, err := pg.Open(t.Context(), pg.Config{URL: u, Service: service})
	require.NoError(t, err)
	t.Cleanup(db.Close)
	return db
}

func (p *pair) replay() inbox.Replayer {
	h := outbox.ReplayHandler(p.alpha, event.Source("test", "alpha"), "token")
	s := httptest.NewServer(h)
	p.t.Cleanup(s.Close)
	return inbox.HTTPReplay(http.DefaultClient, map[string]string{"alpha": s.URL}, "token")
}

func (p *pair) heads() inbox.Header {
	s := httptest.NewServer(outbox.HeadsHandler(p.alpha, "token"))
	p.t.Cleanup(s.Close)
	return inbox.HTTPHeads(http.DefaultClient, map[string]string{"alpha": s.URL}, "token")
}

func (p *pair) run(f func(ctx context.Context)) (stop func()) {
	ctx, cancel := context.WithCancel(p.t.Context())
	done := make(chan struct{})
	go func() { f(ctx); close(done) }()
	stop = func() { cancel(); <-done }
	p.t.Cleanup(stop)
	return stop
}

func (p *pair) relay(js jetstream.JetStream) *outbox.Relay {
	// What is lost here stays lost to the broker: the reader alone must find it.
	return &outbox.Relay{DB: p.alpha, JS: js, Source: event.Source("test", "alpha"), Holder: "one", Log: zaptest.NewLogger(p.t), Poll: 10 * time.Millisecond, Verify: -1}
}

func (p *pair) say(ref string, ns ...int) {
	p.t.Helper()
	err := p.alpha.InTx(p.t.Context(), actor.Machine(actor.Clock), func(ctx context.Context, tx pgx.Tx) error {
		for _, n := range ns {
			if _, err := p.out.Append(ctx, tx, ref, &said{ref, n}, nil); err != nil {
				return err
			}
		}
		return nil
	})
	require.NoError(p.t, err)
}

func (p *pair) hear(count int) []int {
	p.t.Helper()
	var got []int
	deadline := time.After(30 * time.Second)
	for len(got) < count {
		select {
		case n := <-p.heard:
			got = append(got, n)
		case <-deadline:
			p.t.Fatalf("heard only %v", got)
		}
	}
	return got
}

func (p *pair) rows(ref string) (ns []int) {
	p.t.Helper()
	err := p.beta.InTx(p.t.Context(), actor.Machine(actor.Inbox), func(ctx context.Context, tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `select n from heard where patient_ref = $1 order by at`, ref)
		if err != nil {
			return err
		}
		ns, err = pgx.CollectRows(rows, pgx.RowTo[int])
		return err
	})
	require.NoError(p.t, err)
	return ns
}

func upTo(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i + 1
	}
	return out
}

func TestEveryEventIsAppliedOnceAndInOrder(t *testing.T) {
	t.Parallel()
	p := newPair(t)
	p.run(p.relay(p.broker.JS).Run)
	p.run(p.reader.Run)
	one, two := id.NewRandom(), id.NewRandom()
	for n := 1; n <= 100; n++ {
		p.say(one, n)
		p.say(two, n)
	}
	p.hear(200)
	require.Equal(t, upTo(100), p.rows(one))
	require.Equal(t, upTo(100), p.rows(two))
}

// Trap 10: a dedupe that lasts only as long as the broker's window. Here the same events come again with fresh message ids' window gone:
// the stream is thrown away and everything is published anew.
func TestEverythingPublishedAgainHasNoSecondEffect(t *testing.T) {
	t.Parallel()
	p := newPair(t)
	ref := id.NewRandom()
	p.say(ref, upTo(20)...)
	stopRelay := p.run(p.relay(p.broker.JS).Run)
	stopReader := p.run(p.reader.Run)
	p.hear(20)
	stopRelay()
	stopReader()

	require.NoError(t, p.broker.JS.DeleteStream(t.Context(), "waypost_alpha"))
	p.broker.Bootstrap(t, []string{"alpha"}, map[string][]string{"beta": {"alpha"}})
	p.markUnpublished()
	p.run(p.relay(p.broker.JS).Run)
	p.run(p.reader.Run)
	p.say(ref, 21)
	p.hear(1)
	require.Equal(t, upTo(21), p.rows(ref))
}

func (p *pair) markUnpublished() {
	err := p.alpha.InTx(p.t.Context(), actor.Machine(actor.Reconciler), func(ctx context.Context, tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `update relay_state set published = 0`)
		return err
	})
	require.NoError(p.t, err)
}

func TestWhatTheBrokerLostIsFetchedFromTheSpeaker(t *testing.T) {
	t.Parallel()
	p := newPair(t)
	ref := id.NewRandom()
	p.say(ref, 1, 2, 3)
	stop := p.run(p.relay(p.broker.JS).Run)
	p.published(3)
	stop()
	require.NoError(t, p.broker.JS.DeleteStream(t.Context(), "waypost_alpha")) // acknowledged, then lost
	p.broker.Bootstrap(t, []string{"alpha"}, map[string][]string{"beta": {"alpha"}})
	p.run(p.relay(p.broker.JS).Run)
	p.run(p.reader.Run)
	p.say(ref, 4)
	p.hear(4)
	require.Equal(t, upTo(4), p.rows(ref))
}

// Nothing is said after what the broker lost, so no gap shows: the speaker is asked how far it is.
func TestTheLastEventsAreNotLost(t *testing.T) {
	t.Parallel()
	p := newPair(t)
	refs := []string{id.NewRandom(), id.NewRandom(), id.NewRandom()}
	for _, ref := range refs {
		p.say(ref, 1, 2, 3)
	}
	stop := p.run(p.relay(p.broker.JS).Run)
	p.published(9)
	stop()
	require.NoError(t, p.broker.JS.DeleteStream(t.Context(), "waypost_alpha"))
	p.broker.Bootstrap(t, []string{"alpha"}, map[string][]string{"beta": {"alpha"}})
	var asked atomic.Int64 // by each group of partitions
	heads := p.heads()
	p.reader.Tail = 5 * time.Millisecond
	p.reader.Heads = func(ctx context.Context, speaker string) ([]outbox.Head, error) {
		if asked.Add(1) == 1 {
			return nil, errors.New("the speaker is away")
		}
		return heads(ctx, speaker)
	}
	p.run(p.reader.Run)
	p.hear(9)
	for _, ref := range refs {
		require.Equal(t, upTo(3), p.rows(ref))
	}
	p.say(refs[0], 4) // and it goes on
	p.run(p.relay(p.broker.JS).Run)
	p.hear(1)
	require.Equal(t, upTo(4), p.rows(refs[0]))
}

// altering is a broker that changes what it was given.
type altering struct {
	jetstream.JetStream
	change func(m *nats.Msg)
}

func (a altering) PublishMsgAsync(m *nats.Msg, opts ...jetstream.PublishOpt) (jetstream.PubAckFuture, error) {
	a.change(m)
	return a.JetStream.PublishMsgAsync(m, opts...)
}

// An event that was altered on the way, or put in the place of another, is asked of its speaker.
func TestWhatWasAlteredOnTheWayIsAskedOfItsSpeaker(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(m *nats.Msg){
		"its words": func(m *nats.Msg) { m.Data = bytes.Replace(m.Data, []byte(`"n":2`), []byte(`"n":7`), 1) },
		"its place in the chain": func(m *nats.Msg) {
			if !bytes.Contains(m.Data, []byte(`"n":2`)) {
				return
			}
			e, err := event.FromMsg(m.Header, bytes.Replace(m.Data, []byte(`"n":2`), []byte(`"n":7`), 1))
			if err != nil {
				panic(err)
			}
			e.PrevHash = []byte("another chain, of the same length")[:32]
			e.Hash = e.ChainHash(e.PrevHash)
			forged, err := e.Msg()
			if err != nil {
				panic(err)
			}
			*m = *forged
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPair(t)
			ref := id.NewRandom()
			p.say(ref, 1, 2, 3)
			p.run(p.relay(altering{p.broker.JS, change}).Run)
			p.run(p.reader.Run)
			p.hear(3)
			require.Equal(t, upTo(3), p.rows(ref))
			parked, err := inbox.ListParked(t.Context(), p.beta, "beta", "", 10)
			require.NoError(t, err)
			require.Empty(t, parked)
		})
	}
}

// A hole that the speaker can not fill yet holds up its own partition only.
func TestAHoleHoldsUpItsPartitionOnly(t *testing.T) {
	t.Parallel()
	p := newPair(t)
	real, open := p.reader.Replay, make(chan struct{})
	p.reader.Replay = func(ctx context.Context, speaker string, partition, epoch int, from, to int64) ([]*event.Event, error) {
		select {
		case <-open:
			return real(ctx, speaker, partition, epoch, from, to)
		default:
			return nil, errors.New("not yet")
		}
	}
	lost := id.NewRandom()
	other := id.NewRandom()
	for event.PartitionOf(other) == event.PartitionOf(lost) || groupOf(other) != groupOf(lost) { // the same worker has both
		other = id.NewRandom()
	}
	p.say(lost, 1)
	stop := p.run(p.relay(p.broker.JS).Run)
	p.published(1)
	stop()
	require.NoError(t, p.broker.JS.DeleteStream(t.Context(), "waypost_alpha"))
	p.broker.Bootstrap(t, []string{"alpha"}, map[string][]string{"beta": {"alpha"}})
	p.run(p.relay(p.broker.JS).Run)
	p.run(p.reader.Run)
	p.say(lost, 2)
	p.say(other, 1, 2)
	p.hear(2)
	require.Equal(t, []int{1, 2}, p.rows(other))
	require.Empty(t, p.rows(lost))
	close(open)
	p.hear(2)
	require.Equal(t, []int{1, 2}, p.rows(lost))
}

// published waits until the relay has marked n events as acknowledged, so that a later one does not send them again.
func (p *pair) published(n int) {
	p.t.Helper()
	require.Eventually(p.t, func() bool {
		var sum int
		err := p.alpha.InTx(p.t.Context(), actor.Machine(actor.Relay), func(ctx context.Context, tx pgx.Tx) error {
			return tx.QueryRow(ctx, `select sum(published) from relay_state`).Scan(&sum)
		})
		return err == nil && sum >= n
	}, 20*time.Second, 5*time.Millisecond)
}

func TestAPoisonEventParksAloneWithItsCase(t *testing.T) {
	t.Parallel()
	p := newPair(t)
	bad, good := id.NewRandom(), id.NewRandom()
	healed := make(chan struct{})
	p.fail = func(n int) error {
		select {
		case <-healed:
			return nil
		default:
		}
		if n == 13 {
			return errors.New("no such thing")
		}
		return nil
	}
	p.run(p.relay(p.broker.JS).Run)
	p.run(p.reader.Run)
	p.say(bad, 12, 13, 14)
	p.say(good, 1, 2, 3)
	p.hear(4)
	require.Equal(t, upTo(3), p.rows(good))
	var parked []inbox.Parked
	require.Eventually(t, func() bool {
		var err error
		parked, err = inbox.ListParked(t.Context(), p.beta, "beta", "", 10)
		return err == nil && len(parked) == 2
	}, 20*time.Second, 5*time.Millisecond)
	require.Equal(t, []int{12}, p.rows(bad))

	require.Error(t, p.reader.Retry(t.Context(), parked[0].EventID, ""))
	close(healed)
	require.NoError(t, p.reader.Retry(t.Context(), parked[0].EventID, ""))
	require.Equal(t, []int{12, 13, 14}, p.rows(bad))
	require.ErrorIs(t, p.reader.Retry(t.Context(), parked[0].EventID, ""), inbox.ErrNotParked)
	p.say(bad, 15)
	p.hear(3)
	require.Equal(t, []int{12, 13, 14, 15}, p.rows(bad))
}

// Trap 4: a transaction that draws its id early and commits late must not be skipped.
func TestALateCommitIsNotSkipped(t *testing.T) {
	t.Parallel()
	p := newPair(t)
	p.run(p.relay(p.broker.JS).Run)
	p.run(p.reader.Run)
	slow, quick := id.NewRandom(), id.NewRandom()
	began, goOn, done := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	go func() {
		done <- p.alpha.InTx(t.Context(), actor.Machine(actor.Clock), func(ctx context.Context, tx pgx.Tx) error {
			_, err := p.out.Append(ctx, tx, slow, &said{slow, 1}, nil)
			close(began)
			<-goOn
			return err
		})
	}()
	<-began
	p.say(quick, 1)
	p.hear(1)
	close(goOn)
	require.NoError(t, <-done)
	p.hear(1)
	require.Equal(t, []int{1}, p.rows(slow))
}

func TestAMalformedMessageParksAndTheRestGoesOn(t *testing.T) {
	t.Parallel()
	p := newPair(t)
	_, err := p.broker.JS.Publish(t.Context(), "waypost.alpha.3.word_said."+id.NewRandom(), []byte("\xff not an event"))
	require.NoError(t, err)
	p.run(p.relay(p.broker.JS).Run)
	p.run(p.reader.Run)
	ref := id.NewRandom()
	p.say(ref, 1)
	p.hear(1)
	require.Eventually(t, func() bool {
		parked, err := inbox.ListParked(t.Context(), p.beta, "beta", "", 10)
		return err == nil && len(parked) == 1
	}, 20*time.Second, 5*time.Millisecond)
}

func TestASecondProcessWaitsAndTakesOver(t *testing.T) {
	t.Parallel()
	p := newPair(t)
	p.run(p.relay(p.broker.JS).Run)
	stop := p.run(p.reader.Run)
	ref := id.NewRandom()
	p.say(ref, 1)
	p.hear(1)
	second := p.listen("two")
	second.Lease = 200 * time.Millisecond
	p.run(second.Run)
	stop()
	p.say(ref, 2)
	p.hear(1)
	require.Equal(t, []int{1, 2}, p.rows(ref))
}

func BenchmarkOneHop(b *testing.B) {
	p := newPair(b)
	p.reader.Log, p.heard = nil, make(chan int, b.N+1)
	r := p.relay(p.broker.JS)
	r.Log = nil
	p.run(r.Run)
	p.run(p.reader.Run)
	refs := make([]string, 256)
	for i := range refs {
		refs[i] = id.NewRandom()
	}
	b.ResetTimer()
	go func() {
		for i := range b.N {
			p.say(refs[i%256], i)
		}
	}()
	for range b.N {
		<-p.heard
	}
}
