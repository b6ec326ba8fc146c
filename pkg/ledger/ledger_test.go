package ledger_test

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap/zaptest"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/event"
	"example.org/waypost/pkg/id"
	"example.org/waypost/pkg/inbox"
	"example.org/waypost/pkg/ledger"
	"example.org/waypost/pkg/natstest"
	"example.org/waypost/pkg/outbox"
	"example.org/waypost/pkg/pg"
	"example.org/waypost/pkg/pgtest"
)

type said struct {
	PatientRef string `json:"patient_ref"`
	N          int    `json:"n"`
}

func (*said) EventType() string                                            { return "waypost.alpha.word_said.v1" }
func (*said) EachSealed(func(path, class string, b event.Box) error) error { return nil }

// talk is a speaker and one who listens, with everything said and heard.
type talk struct {
	t           *testing.T
	broker      *natstest.Broker
	alpha, beta *pg.DB
	admin       string
}

var listens = map[string][]string{"beta": {"alpha"}}

func newTalk(t *testing.T) *talk {
	t.Helper()
	w := &talk{t: t, broker: natstest.Run(t)}
	w.admin = pgtest.Database(t, func(ctx context.Context, url string) error {
		if err := pg.Migrate(ctx, url, "alpha", nil); err != nil {
			return err
		}
		return pg.Migrate(ctx, url, "beta", nil)
	}, "ledger")
	w.alpha, w.beta = w.open("alpha"), w.open("beta")
	w.broker.Bootstrap(t, []string{"alpha", "beta"}, listens)
	out := &outbox.Outbox{Speaker: "alpha", Area: "test", Now: time.Now, NewID: id.New}
	for range 20 {
		ref := id.NewRandom()
		require.NoError(t, w.alpha.InTx(t.Context(), actor.Machine(actor.Clock), func(ctx context.Context, tx pgx.Tx) error {
			for n := range 3 {
				if _, err := out.Append(ctx, tx, ref, &said{ref, n}, nil); err != nil {
					return err
				}
			}
			return nil
		}))
	}
	relay := &outbox.Relay{DB: w.alpha, JS: w.broker.JS, Source: event.Source("test", "alpha"), Holder: "one", Log: zaptest.NewLogger(t), Poll: 5 * time.Millisecond}
	reader := &inbox.Reader{DB: w.beta, JS: w.broker.JS, Consumer: "beta", Speakers: []string{"alpha"}, Holder: "one", Log: zaptest.NewLogger(t), Now: time.Now}
	inbox.On(reader, nil, func(context.Context, pgx.Tx, *event.Event, *said) error { return nil })
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan struct{}, 2)
	go func() { relay.Run(ctx); done <- struct{}{} }()
	go func() { reader.Run(ctx); done <- struct{}{} }()
	require.Eventually(t, func() bool { return len(w.compare()) == 0 && w.book(w.alpha).Stream.Messages == 60 }, 30*time.Second, 20*time.Millisecond)
	stop()
	<-done
	<-done
	return w
}

func (w *talk) open(service string) *pg.DB {
	w.t.Helper()
	u, err := pg.As(w.admin, service, "")
	require.NoError(w.t, err)
	db, err := pg.Open(w.t.Context(), pg.Config{URL: u, Service: service})
	require.NoError(w.t, err)
	w.t.Cleanup(db.Close)
	return db
}

func (w *talk) book(db *pg.DB) ledger.Book {
	w.t.Helper()
	b, err := ledger.Open(w.t.Context(), db, w.broker.JS.Conn())
	require.NoError(w.t, err)
	return b
}

func (w *talk) compare() []ledger.Difference {
	w.t.Helper()
	return ledger.Compare(map[string]ledger.Book{"alpha": w.book(w.alpha), "beta": w.book(w.beta)}, listens)
}

func (w *talk) sql(sql string) {
	w.t.Helper()
	conn, err := pgx.Connect(w.t.Context(), w.admin)
	require.NoError(w.t, err)
	defer conn.Close(context.Background())
	tag, err := conn.Exec(w.t.Context(), sql)
	require.NoError(w.t, err)
	require.NotZero(w.t, tag.RowsAffected(), "nothing was spoilt")
}

// some event of alpha, as it was published.
func (w *talk) message() *nats.Msg {
	w.t.Helper()
	s, err := w.broker.JS.Stream(w.t.Context(), "waypost_alpha")
	require.NoError(w.t, err)
	m, err := s.GetMsg(w.t.Context(), 7)
	require.NoError(w.t, err)
	return &nats.Msg{Subject: m.Subject, Header: m.Header, Data: m.Data}
}

func (w *talk) publish(m *nats.Msg) {
	w.t.Helper()
	m.Header.Del(nats.MsgIdHdr)
	m.Header.Del(nats.ExpectedLastSeqHdr)
	_, err := w.broker.JS.PublishMsg(w.t.Context(), m)
	require.NoError(w.t, err)
}

// Whatever is spoilt anywhere shows, and what does no harm does not.
func TestTheLedgersShowWhatWasSpoilt(t *testing.T) {
	t.Parallel()
	for name, x := range map[string]struct {
		spoil func(w *talk)
		want  string // "" for what does no harm
	}{
		"an event that was not heard": {func(w *talk) {
			w.sql(`delete from beta.inbox where position = 2 and partition = (select min(partition) from beta.inbox where position = 2)`)
		}, "beta: of alpha's"},
		"the last one not heard": {func(w *talk) {
			w.sql(`delete from beta.inbox i where position = (select max(position) from beta.inbox o where o.partition = i.partition) and partition = (select min(partition) from beta.inbox)`)
		}, "beta: of alpha's"},
		"another heard in its place": {func(w *talk) {
			w.sql(`update beta.inbox set event_id = gen_random_uuid() where position = 1 and partition = (select min(partition) from beta.inbox)`)
		}, "beta: of alpha's"},
		"one heard that was never said": {func(w *talk) {
			w.sql(`insert into beta.inbox select consumer, gen_random_uuid(), speaker, 7, partition, position, applied_at, outcome from beta.inbox limit 1`)
		}, "beta: of alpha's"},
		"a row gone from the outbox": {func(w *talk) {
			w.sql(`delete from alpha.outbox where position = 2 and partition = (select min(partition) from alpha.outbox where position = 2)`)
		}, "alpha: its own positions"},
		"a byte edited in the outbox": {func(w *talk) {
			w.sql(`update alpha.outbox set hash = sha256(hash) where position = 2 and partition = (select min(partition) from alpha.outbox where position = 3)`)
		}, "stream of alpha: 1 events are missing, 1 were altered"},
		"the chain": {func(w *talk) {
			w.sql(`update alpha.outbox set prev_hash = sha256(hash) where position = 2 and partition = (select min(partition) from alpha.outbox where position = 2)`)
		}, "the chain of its events is broken"},
		"a commit that was not numbered": {func(w *talk) {
			w.sql(`insert into alpha.outbox (event_id, event_type, about, partition, subject, occurred_at, correlation_id, classification, body)
				select gen_random_uuid(), event_type, about, partition, subject, occurred_at, correlation_id, classification, body from alpha.outbox limit 1`)
		}, "have no position yet"},
		"the stream": {func(w *talk) {
			require.NoError(w.t, w.broker.JS.DeleteStream(w.t.Context(), "waypost_alpha"))
			w.broker.Bootstrap(w.t, []string{"alpha"}, nil)
		}, "stream of alpha: 60 events are missing"},
		"an event of nobody's": {func(w *talk) {
			m := w.message()
			e, err := event.FromMsg(m.Header, m.Data)
			require.NoError(w.t, err)
			e.ID = id.New()
			if m, err = e.Msg(); err == nil {
				w.publish(m)
			}
		}, "1 messages are no events of it"},
		"what is no event": {func(w *talk) {
			_, err := w.broker.JS.Publish(w.t.Context(), "waypost.alpha.0.word_said.x", []byte("\xff"))
			require.NoError(w.t, err)
		}, "1 messages are no events of it"},
		"the same again": {func(w *talk) { w.publish(w.message()) }, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newTalk(t)
			x.spoil(w)
			found := w.compare()
			if x.want == "" {
				require.Empty(t, found)
				require.EqualValues(t, 1, w.book(w.alpha).Stream.Doubled)
				return
			}
			require.NotEmpty(t, found)
			all, err := json.Marshal(found)
			require.NoError(t, err)
			require.Contains(t, string(all), x.want)
		})
	}
}
