package standing_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
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
	"example.org/waypost/pkg/standing"
)

type said struct {
	PatientRef string `json:"patient_ref"`
	N          int    `json:"n"`
}

func (*said) EventType() string                                            { return "waypost.alpha.word_said.v1" }
func (*said) EachSealed(func(path, class string, b event.Box) error) error { return nil }

// talk is the speaker alpha and beta, who listens; nothing runs yet. Everything is said at one moment and looked at a minute later.
type talk struct {
	t           *testing.T
	broker      *natstest.Broker
	alpha, beta *pg.DB
	asked       standing.Asker
	watch       map[string]*standing.Watch
	fail        atomic.Bool
}

var moment = time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)

func newTalk(t *testing.T) *talk {
	t.Helper()
	admin := pgtest.Database(t, func(ctx context.Context, url string) error {
		return errors.Join(pg.Migrate(ctx, url, "alpha", nil), pg.Migrate(ctx, url, "beta", nil))
	}, "standing")
	open := func(service string) *pg.DB {
		u, err := pg.As(admin, service, "")
		require.NoError(t, err)
		db, err := pg.Open(t.Context(), pg.Config{URL: u, Service: service})
		require.NoError(t, err)
		t.Cleanup(db.Close)
		return db
	}
	w := &talk{t: t, broker: natstest.Run(t), alpha: open("alpha"), beta: open("beta"), watch: map[string]*standing.Watch{"alpha": {}, "beta": {}}}
	w.broker.Bootstrap(t, []string{"alpha"}, map[string][]string{"beta": {"alpha"}})
	s := httptest.NewServer(outbox.Internal("token", standing.BehindHandler(w.alpha)))
	t.Cleanup(s.Close)
	w.asked = standing.HTTPBehind(http.DefaultClient, map[string]string{"alpha": s.URL}, "token")
	return w
}

func (w *talk) say(n int) {
	out := &outbox.Outbox{Speaker: "alpha", Area: "test", Now: func() time.Time { return moment }, NewID: id.New}
	require.NoError(w.t, w.alpha.InTx(w.t.Context(), actor.Machine(actor.Clock), func(ctx context.Context, tx pgx.Tx) error {
		for i := range n {
			ref := id.FromName("patient", strconv.Itoa(i)) // the same patients each time, so the same lanes
			if _, err := out.Append(ctx, tx, ref, &said{ref, i}, nil); err != nil {
				return err
			}
		}
		return nil
	}))
}

func (w *talk) state(db *pg.DB, speakers ...string) standing.State {
	return standing.Source{
		DB: db, Speakers: speakers, Holder: "one", Watch: w.watch[db.Service()], Ask: w.asked,
		Now: func() time.Time { return moment.Add(time.Minute) },
	}.Read(w.t.Context())
}

func (w *talk) run(f func(ctx context.Context)) (stop func()) {
	ctx, cancel := context.WithCancel(w.t.Context())
	done := make(chan struct{})
	go func() { f(ctx); close(done) }()
	stop = func() { cancel(); <-done }
	w.t.Cleanup(stop)
	return stop
}

func (w *talk) relay() func() {
	return w.run((&outbox.Relay{
		DB: w.alpha, JS: w.broker.JS, Source: event.Source("test", "alpha"), Holder: "one", Log: zaptest.NewLogger(w.t),
		Poll: 5 * time.Millisecond, Watch: w.watch["alpha"],
	}).Run)
}

func (w *talk) reader() func() {
	r := &inbox.Reader{
		DB: w.beta, JS: w.broker.JS, Consumer: "beta", Speakers: []string{"alpha"}, Holder: "one", Log: zaptest.NewLogger(w.t),
		Now: time.Now, Watch: w.watch["beta"], Replay: func(context.Context, string, int, int, int64, int64) ([]*event.Event, error) {
			return nil, errors.New("the speaker is away")
		},
	}
	inbox.On(r, nil, func(context.Context, pgx.Tx, *event.Event, *said) error {
		if w.fail.Load() {
			return errors.New("it can not be applied")
		}
		return nil
	})
	return w.run(r.Run)
}

func (w *talk) eventually(what string, is func() bool) {
	w.t.Helper()
	require.Eventually(w.t, is, 30*time.Second, 10*time.Millisecond, what)
}

func TestWhatIsSaidIsUnpublishedUntilTheBrokerHasIt(t *testing.T) {
	t.Parallel()
	w := newTalk(t)
	require.Zero(t, w.state(w.alpha).Said)
	w.say(5)
	st := w.state(w.alpha)
	require.Equal(t, standing.Said{Unpublished: 5, Oldest: moment}, st.Said, "rows without a number count")
	require.Equal(t, time.Minute, st.Age(st.Said.Oldest))

	w.broker.Stop()
	stop := w.relay()
	w.eventually("numbered", func() bool {
		return w.state(w.alpha).Said == standing.Said{Numbered: 5, Unpublished: 5, Oldest: moment}
	})
	w.broker.Start(t)
	w.eventually("published", func() bool { return w.state(w.alpha).Said == standing.Said{Numbered: 5, Published: 5} })
	leases := w.state(w.alpha).Leases
	require.Len(t, leases, 1)
	require.True(t, leases[0].Ours)
	require.Equal(t, "relay", leases[0].Job)
	stop()
	leases = w.state(w.alpha).Leases
	require.False(t, leases[0].Ours)
	require.Empty(t, leases[0].Holder, "it was given back")
}

func TestWhatIsNotHeardIsBehind(t *testing.T) {
	t.Parallel()
	w := newTalk(t)
	w.say(40)
	w.relay()
	w.eventually("published", func() bool { return w.state(w.alpha).Said.Published == 40 })
	h := w.state(w.beta, "alpha").Heard[0]
	require.True(t, h.Asked)
	require.EqualValues(t, 40, h.Behind)
	require.Equal(t, moment, h.Oldest)
	require.Zero(t, h.Position)

	var late atomic.Int64
	w.watch["beta"].Applied = func(speaker string, delay time.Duration) {
		if speaker == "alpha" && delay > 0 {
			late.Add(1)
		}
	}
	stop := w.reader()
	w.eventually("heard", func() bool { return w.state(w.beta, "alpha").Heard[0].Behind == 0 })
	h = w.state(w.beta, "alpha").Heard[0]
	require.EqualValues(t, 40, h.Position)
	require.Zero(t, h.Oldest)
	for _, l := range h.Lanes {
		require.Equal(t, l.Head, l.Position)
	}
	stop()
	require.EqualValues(t, 40, late.Load())
	w.say(3)
	w.eventually("numbered", func() bool { return w.state(w.beta, "alpha").Heard[0].Behind == 3 })
}

func TestASpeakerThatDoesNotAnswerIsSaidSo(t *testing.T) {
	t.Parallel()
	w := newTalk(t)
	w.asked = standing.HTTPBehind(http.DefaultClient, map[string]string{"alpha": "http://127.0.0.1:1"}, "token")
	st := w.state(w.beta, "alpha")
	require.False(t, st.Heard[0].Asked)
	require.Empty(t, st.Unread)
	w.beta.Close()
	st = w.state(w.beta, "alpha")
	require.Equal(t, "the database does not answer", st.Unread)
	require.Contains(t, st.Degraded, st.Unread)
}

func TestParkedAndHolesShow(t *testing.T) {
	t.Parallel()
	w := newTalk(t)
	w.fail.Store(true)
	w.say(2)
	w.relay()
	stop := w.reader()
	w.eventually("parked", func() bool { return w.state(w.beta, "alpha").Heard[0].Parked.Count == 2 })
	p := w.state(w.beta, "alpha").Heard[0].Parked
	require.Zero(t, p.Due)
	require.False(t, p.Oldest.IsZero())

	// One position is skipped on the way, and the speaker does not answer: what follows waits.
	stop()
	require.NoError(t, w.beta.InTx(t.Context(), actor.Machine(actor.Inbox), func(ctx context.Context, tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `update inbox_progress set position = position - 1`)
		return err
	}))
	w.say(2)
	stop = w.reader()
	w.eventually("a hole", func() bool { return len(w.state(w.beta, "alpha").Heard[0].Holes) > 0 })
	stop()
	require.Empty(t, w.state(w.beta, "alpha").Heard[0].Holes, "nobody waits here any more")
}

func TestTheStateIsJSON(t *testing.T) {
	t.Parallel()
	w := newTalk(t)
	b, err := json.Marshal(w.state(w.beta, "alpha"))
	require.NoError(t, err)
	var back standing.State
	require.NoError(t, json.Unmarshal(b, &back))
	require.Equal(t, "beta", back.Service)
	require.NotContains(t, string(b), "null", "lists are lists")
}

func TestHowFarSomebodyHeardMustBeReadable(t *testing.T) {
	t.Parallel()
	w := newTalk(t)
	h := standing.BehindHandler(w.alpha)
	for query, status := range map[string]int{
		"": 200, "?heard=3.1.7,4.1.9": 200, "?heard=3.1": 400, "?heard=a.b.c": 400, "?heard=1.1.1x": 400, "?heard=1.1.-1": 400,
		"?heard=0.1.1,0.1.1,0.1.1,0.1.1,0.1.1,0.1.1,0.1.1,0.1.1,0.1.1,0.1.1,0.1.1,0.1.1,0.1.1,0.1.1,0.1.1,0.1.1,0.1.1": 400,
	} {
		rec := httptest.NewRecorder()
		h(rec, httptest.NewRequest(http.MethodGet, "/"+query, nil))
		require.Equal(t, status, rec.Code, query)
	}
}

func TestALoopThatDoesNotMoveIsNamed(t *testing.T) {
	t.Parallel()
	var none *standing.Watch
	none.Loop("nobody looks").Works()
	none.Fetched("alpha", 1)
	require.Empty(t, none.Loops())

	w := &standing.Watch{}
	w.Loop("b").Works()
	w.Loop("a").Ended()
	w.Loop("c").Waits()
	beats := w.Loops()
	require.Len(t, beats, 3)
	require.True(t, beats[0].Ended)
	require.False(t, beats[1].Ended || beats[1].Stuck)
	require.Positive(t, beats[1].Busy)
	require.Zero(t, beats[2].Busy)
}
