// Package live tells open pages that something they show has changed, whichever copy of the service changed it.
//
// A hint may be lost: core NATS keeps nothing, and a page may be drawn just before the change and connect just after it. So a stream
// says "changed" when it begins, and again at a slow poll; a lost hint costs a page at most that long. A hint carries a topic, which is
// made of identifiers only, and never what changed.
package live

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"

	"example.org/waypost/pkg/fault"
	"example.org/waypost/pkg/httpx"
	"example.org/waypost/pkg/id"
	"example.org/waypost/pkg/pg"
)

// Config of a Hub. The times are for tests; zero means the default.
type Config struct {
	Service string
	Conn    *nats.Conn    // nil: this process's own changes and the poll only
	Gap     time.Duration // at least so long between two events of one stream: 200 ms
	Beat    time.Duration // a comment that keeps the connection open: 15 s
	Poll    time.Duration // "changed" without a hint: 30 s
	Life    time.Duration // then the browser comes back, and is asked again who it is: 5 min
}

// maxStreams bounds what one process holds open.
const maxStreams = 5000

// All is the topic of an event that may concern everything on the page.
const All = "*"

// Hub hands hints to the streams of this process.
type Hub struct {
	Config
	own     string // marks our own hints, which come back to us
	sub     *nats.Subscription
	closed  chan struct{}
	mu      sync.Mutex
	streams map[*stream]struct{}
}

// stream is one connected page: what it wants to hear of, and what has changed since it was last told.
type stream struct {
	topics  []string
	pending map[string]struct{}
	wake    chan struct{}
}

// New makes a hub and listens to the hints of all copies of the service.
func New(c Config) (*Hub, error) {
	h := &Hub{Config: c, own: id.NewRandom(), closed: make(chan struct{}), streams: map[*stream]struct{}{}}
	h.Gap, h.Beat = orDefault(c.Gap, 200*time.Millisecond), orDefault(c.Beat, 15*time.Second)
	h.Poll, h.Life = orDefault(c.Poll, 30*time.Second), orDefault(c.Life, 5*time.Minute)
	if c.Conn == nil {
		return h, nil
	}
	sub, err := c.Conn.Subscribe(h.subject(">"), func(m *nats.Msg) {
		if string(m.Data) != h.own {
			h.tell(strings.TrimPrefix(m.Subject, h.subject("")))
		}
	})
	if err != nil {
		return nil, fmt.Errorf("listen to hints: %w", err)
	}
	h.sub = sub
	return h, nil
}

func orDefault(d, otherwise time.Duration) time.Duration {
	if d == 0 {
		return otherwise
	}
	return d
}

func (h *Hub) subject(topic string) string { return "hint." + h.Service + "." + topic }

// Close ends all streams and stops listening.
func (h *Hub) Close() {
	h.mu.Lock()
	defer h.mu.Unlock()
	select {
	case <-h.closed:
		return
	default:
		close(h.closed)
	}
	if h.sub != nil {
		h.sub.Unsubscribe() //nolint:errcheck // the connection is gone, and with it the subscription
	}
}

var topicForm = regexp.MustCompile(`^[a-z0-9_-]+(\.[a-z0-9_-]+)*$`)

// Say hints that these topics changed: words and identifiers in lower case, with dots between them; anything else is no topic and is
// passed over. Call it after the commit, or use AfterCommit. It waits for nothing, and may be lost.
func (h *Hub) Say(topics ...string) {
	for _, t := range topics {
		if !topicForm.MatchString(t) {
			continue
		}
		h.tell(t)
		if h.Conn != nil {
			h.Conn.Publish(h.subject(t), []byte(h.own)) //nolint:errcheck // a hint may be lost: the poll makes up for it
		}
	}
}

// AfterCommit says so once the transaction of ctx is committed.
func (h *Hub) AfterCommit(ctx context.Context, topics ...string) {
	pg.AfterCommit(ctx, func() { h.Say(topics...) })
}

func (h *Hub) tell(topic string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for s := range h.streams {
		if !slices.Contains(s.topics, topic) {
			continue
		}
		s.pending[topic] = struct{}{}
		select {
		case s.wake <- struct{}{}:
		default: // it has not woken from the hint before
		}
	}
}

var errFull = fault.Unavailable("Too many pages are open. This one will show changes when it is loaded again")

func (h *Hub) join(topics []string) (*stream, error) {
	s := &stream{topics: topics, pending: map[string]struct{}{}, wake: make(chan struct{}, 1)}
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.streams) >= maxStreams {
		return nil, errFull
	}
	h.streams[s] = struct{}{}
	return s, nil
}

func (h *Hub) leave(s *stream) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.streams, s)
}

// take empties what is pending, as one line in order.
func (h *Hub) take(s *stream) string {
	h.mu.Lock()
	defer h.mu.Unlock()
	list := make([]string, 0, len(s.pending))
	for t := range s.pending {
		list = append(list, t)
	}
	clear(s.pending)
	slices.Sort(list)
	return strings.Join(list, " ")
}

// Handler streams to a page. topics says what this request may hear of, or refuses; it is called once, before the stream begins.
// The page gets "event: changed" with the topics that changed, or All, as data. Mount it with httpx.FaceLive.
func (h *Hub) Handler(topics func(r *http.Request) ([]string, error)) httpx.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		wanted, err := topics(r)
		if err != nil {
			return err
		}
		s, err := h.join(wanted)
		if err != nil {
			return err
		}
		defer h.leave(s)
		w.Header().Set("Content-Type", "text/event-stream")
		w.Header().Set("X-Accel-Buffering", "no") // a proxy must not gather events
		out := &writer{w: w, rc: http.NewResponseController(w)}
		out.send("retry: 2000\n" + changed(All))
		h.run(r.Context(), s, out)
		return nil
	}
}

func (h *Hub) run(ctx context.Context, s *stream, out *writer) {
	beat, poll := time.NewTicker(h.Beat), time.NewTicker(h.Poll)
	life, gap := time.NewTimer(h.Life), time.NewTimer(h.Gap)
	defer beat.Stop()
	defer poll.Stop()
	defer life.Stop()
	defer gap.Stop()
	var wake chan struct{} // nil while the gap lasts, so that hints gather
	for out.err == nil {
		select {
		case <-ctx.Done():
			return
		case <-httpx.Closing(ctx):
			return
		case <-h.closed:
			return
		case <-life.C:
			return
		case <-gap.C:
			wake = s.wake
		case <-wake:
			wake = nil
			gap.Reset(h.Gap)
			if topics := h.take(s); topics != "" {
				out.send(changed(topics))
			}
		case <-poll.C:
			out.send(changed(All))
		case <-beat.C:
			out.send(": beat\n\n")
		}
	}
}

func changed(topics string) string { return "event: changed\ndata: " + topics + "\n\n" }

// patience is how long a browser that reads nothing is waited for.
const patience = 10 * time.Second

type writer struct {
	w   http.ResponseWriter
	rc  *http.ResponseController
	err error
}

func (o *writer) send(s string) {
	if err := o.rc.SetWriteDeadline(time.Now().Add(patience)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		o.err = err
		return
	}
	if _, o.err = o.w.Write([]byte(s)); o.err == nil {
		o.err = o.rc.Flush()
	}
}
