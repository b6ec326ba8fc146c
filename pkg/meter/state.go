package meter

import (
	"context"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/prometheus/client_golang/prometheus"

	"example.org/waypost/pkg/standing"
)

// How long a scrape waits for the state, and how long one that was read is good enough: several who scrape cost no more than one.
const (
	readTime = 4 * time.Second
	goodFor  = 3 * time.Second
)

// stateCollector reads the state when it is asked.
type stateCollector struct {
	read  func(ctx context.Context) standing.State
	mu    sync.Mutex
	state standing.State
	at    time.Time
}

func newStateCollector(read func(ctx context.Context) standing.State) *stateCollector {
	return &stateCollector{read: read}
}

func (c *stateCollector) latest() standing.State {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.at.IsZero() || time.Since(c.at) > goodFor {
		ctx, cancel := context.WithTimeout(context.Background(), readTime)
		defer cancel()
		c.state = c.read(ctx)
		c.at = time.Now()
	}
	return c.state
}

func desc(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("waypost_"+name, help, labels, nil)
}

var (
	up       = desc("up", "1 when the service's database answered the question how it stands. What needs it is left out otherwise.")
	degraded = desc("degraded", "How many things are wrong with the service that do not keep it from working.")

	numbered        = desc("outbox_numbered_events", "Events said and numbered, in the present epoch.")
	unpublished     = desc("unpublished_events", "Events said that the broker has not acknowledged.")
	unpublishedAge  = desc("unpublished_oldest_age_seconds", "Age of the oldest of them; 0 when there is none.")
	speakerAnswers  = desc("speaker_answers", "1 when the speaker said how far it is. What is left to hear of it is left out otherwise.", "speaker")
	heard           = desc("heard_events", "Events heard without a break, in the present epochs.", "speaker")
	unapplied       = desc("unapplied_events", "Events that the speaker has numbered and this service has not applied.", "speaker")
	unappliedAge    = desc("unapplied_oldest_age_seconds", "Age of the oldest of them; 0 when there is none.", "speaker")
	parked          = desc("parked_events", "Events that could not be applied and wait for a person.", "speaker")
	parkedDue       = desc("parked_due_events", "Those of them that somebody should have looked at by now.", "speaker")
	parkedAge       = desc("parked_oldest_age_seconds", "How long the oldest of them has been parked; 0 when there is none.", "speaker")
	holes           = desc("holes_open", "Partitions in which something is missing that the speaker has not given us yet.", "speaker")
	holeAge         = desc("hole_oldest_age_seconds", "How long the oldest of them has been open; 0 when there is none.", "speaker")
	fetched         = desc("events_fetched_total", "Events taken from the speaker's replay since this process started.", "speaker")
	altered         = desc("events_altered_total", "Events that were not what their speaker said when they arrived.", "speaker")
	resubscribed    = desc("resubscribed_total", "Times a consumer had stalled and was subscribed to anew.", "speaker")
	mended          = desc("stream_mended_total", "Partitions of the service's stream that the broker had lost the end of, and that were published again.")
	streamFaults    = desc("stream_faults", "Things that are not as they should be with the service's stream, as the broker describes it.")
	brokerConnected = desc("broker_connected", "1 while this process is connected to the broker.")
	brokerAway      = desc("broker_away_seconds", "How long it has not been; 0 while it is.")
	leaseHeld       = desc("lease_held", "1 when this process does the job that only one may do at a time.", "lease")
	leaseOver       = desc("lease_over", "1 when the right to do it ran out and nobody took it.", "lease")
	leaseTerm       = desc("lease_term", "Goes up when the job changes hands.", "lease")
	loopMoves       = desc("loop_moves", "1 while this loop does its work; 0 when it hangs or has ended.", "loop")
	loopWorks       = desc("loop_works", "1 unless a loop of this process has long brought no work to a good end, though it moves.", "loop")
	loopSilent      = desc("loop_silent_seconds", "How long this loop has brought no work to a good end; 0 for one of which none is expected.", "loop")
	clocksOverdue   = desc("clocks_overdue", "Clocks of this kind that have run out without the next step.", "clock")
)

// Describe leaves out what it collects, which prometheus allows: the state decides what there is.
func (c *stateCollector) Describe(chan<- *prometheus.Desc) {}

// Collect tells the state.
func (c *stateCollector) Collect(to chan<- prometheus.Metric) {
	st := c.latest()
	t := teller{to}
	t.gauge(up, one(st.Unread == ""))
	t.gauge(degraded, float64(len(st.Degraded)))
	t.running(st)
	if st.Unread != "" {
		return
	}
	t.gauge(numbered, float64(st.Said.Numbered))
	t.gauge(unpublished, float64(st.Said.Unpublished))
	t.gauge(unpublishedAge, st.Age(st.Said.Oldest).Seconds())
	for _, h := range st.Heard {
		t.heard(st, h)
	}
	for _, l := range st.Leases {
		t.gauge(leaseHeld, one(l.Ours), l.Job)
		t.gauge(leaseOver, one(l.Over && l.Holder != ""), l.Job)
		t.gauge(leaseTerm, float64(l.Term), l.Job)
	}
	for _, o := range st.Overdue {
		t.gauge(clocksOverdue, float64(o.Count), o.Clock)
	}
}

type teller struct{ to chan<- prometheus.Metric }

func (t teller) gauge(d *prometheus.Desc, v float64, labels ...string) {
	t.to <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
}

func (t teller) counter(d *prometheus.Desc, v int64, labels ...string) {
	t.to <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(v), labels...)
}

// running is what the process knows without its database.
func (t teller) running(st standing.State) {
	t.gauge(brokerConnected, one(st.Broker.Connected))
	away := 0.0
	if !st.Broker.Connected {
		away = st.Age(st.Broker.Since).Seconds()
	}
	t.gauge(brokerAway, away)
	t.counter(mended, st.Repairs.Mended)
	t.gauge(streamFaults, float64(len(st.Stream.Faults)))
	for _, l := range st.Loops {
		t.gauge(loopMoves, one(l.Moves()), l.Name)
		t.gauge(loopWorks, one(!l.Failing), l.Name)
		t.gauge(loopSilent, l.Silent.Seconds(), l.Name)
	}
	for _, h := range st.Heard {
		m := st.Repairs.Streams[h.Speaker]
		t.counter(fetched, m.Fetched, h.Speaker)
		t.counter(altered, m.Altered, h.Speaker)
		t.counter(resubscribed, m.Resubscribed, h.Speaker)
		t.gauge(holes, float64(len(h.Holes)), h.Speaker)
		var oldest time.Duration
		for _, hole := range h.Holes {
			oldest = max(oldest, st.Age(hole.Since))
		}
		t.gauge(holeAge, oldest.Seconds(), h.Speaker)
	}
}

func (t teller) heard(st standing.State, h standing.Heard) {
	t.gauge(heard, float64(h.Position), h.Speaker)
	t.gauge(parked, float64(h.Parked.Count), h.Speaker)
	t.gauge(parkedDue, float64(h.Parked.Due), h.Speaker)
	t.gauge(parkedAge, st.Age(h.Parked.Oldest).Seconds(), h.Speaker)
	t.gauge(speakerAnswers, one(h.Asked), h.Speaker)
	if h.Asked {
		t.gauge(unapplied, float64(h.Behind), h.Speaker)
		t.gauge(unappliedAge, st.Age(h.Oldest).Seconds(), h.Speaker)
	}
}

func one(yes bool) float64 {
	if yes {
		return 1
	}
	return 0
}

// poolCollector tells of the connections to the service's database.
type poolCollector struct{ stat func() *pgxpool.Stat }

var (
	connections = desc("database_connections", "Connections to the service's database, by what they do.", "state")
	poolMost    = desc("database_connections_most", "How many there may be.")
	poolWaits   = desc("database_waits_total", "How often work had to wait for a connection.")
	poolWaited  = desc("database_waited_seconds_total", "How long it waited for one, all waits together.")
)

func (c *poolCollector) Describe(chan<- *prometheus.Desc) {}

func (c *poolCollector) Collect(to chan<- prometheus.Metric) {
	s, t := c.stat(), teller{to}
	t.gauge(connections, float64(s.AcquiredConns()), "busy")
	t.gauge(connections, float64(s.IdleConns()), "idle")
	t.gauge(poolMost, float64(s.MaxConns()))
	t.counter(poolWaits, s.EmptyAcquireCount())
	to <- prometheus.MustNewConstMetric(poolWaited, prometheus.CounterValue, s.EmptyAcquireWaitTime().Seconds())
}
