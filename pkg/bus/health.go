package bus

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"go.uber.org/zap"

	"example.org/waypost/pkg/beat"
)

// Health is what the broker says of a speaker's stream. The speaker's relay finds what is missing at its ends; this finds what a
// broker knows and tells nobody: holes in the middle, copies that fell behind, a stream that is nearly full.
type Health struct {
	At       time.Time `json:"at,omitzero"`      // when the broker answered last
	Unseen   string    `json:"unseen,omitempty"` // why it could not be looked at; what follows is then as it was at At
	Created  time.Time `json:"created,omitzero"`
	Remade   time.Time `json:"remade,omitzero"` // when we saw that it had been made anew, if that was since we first looked
	Messages uint64    `json:"messages"`
	Bytes    uint64    `json:"bytes"`
	MaxBytes int64     `json:"max_bytes"` // 0 or less: no bound
	Replicas int       `json:"replicas"`
	Faults   []Fault   `json:"faults,omitempty"`
}

// Fault is one thing that is not as it should be with a stream. Kind is for programs, Words for whoever looks after the machines.
type Fault struct {
	Kind  string `json:"kind"`
	Words string `json:"words"`
}

// The kinds of faults.
const (
	FaultLost    = "lost"    // the broker found messages damaged on its disk, and gives them to nobody
	FaultDeleted = "deleted" // messages are gone from the middle
	FaultCount   = "count"   // its numbers do not fit each other
	FaultCopies  = "copies"  // not every replica has everything
	FaultFull    = "full"    // nearly: then publishing fails, and events wait in the outbox
	FaultOpen    = "open"    // it lets messages be deleted, so it was not made by us
)

// nearlyFull is the share of MaxBytes from which a stream is.
const nearlyFull = 0.9

// Lookout looks at a speaker's stream every minute, as the speaker's own user, and remembers what it saw.
type Lookout struct {
	Conn    *nats.Conn
	Speaker string
	Every   time.Duration // 0: a minute
	Now     func() time.Time
	Log     *zap.Logger
	Beat    *beat.Beat // nil: nobody asks whether it still looks

	mu   sync.Mutex
	seen Health
}

// Run looks until ctx ends.
func (l *Lookout) Run(ctx context.Context) {
	every := l.Every
	if every == 0 {
		every = time.Minute
	}
	t := time.NewTicker(every)
	defer t.Stop()
	for {
		l.Beat.Works()
		l.Look(ctx)
		l.Beat.Waits()
		select {
		case <-ctx.Done():
			return
		case <-t.C:
		}
	}
}

// Seen is what the last look saw.
func (l *Lookout) Seen() Health {
	l.mu.Lock()
	defer l.mu.Unlock()
	h := l.seen
	h.Faults = slices.Clone(h.Faults)
	return h
}

// Look looks now. What has changed for the worse since the last look is a warning in the log.
func (l *Lookout) Look(ctx context.Context) Health {
	info, err := l.ask(ctx)
	if ctx.Err() != nil {
		return l.Seen()
	}
	before := l.Seen()
	now := before
	if err != nil {
		now.Unseen = err.Error()
	} else {
		now = info.judge()
		now.At, now.Remade = l.Now().UTC(), before.Remade
		if !before.Created.IsZero() && !before.Created.Equal(now.Created) {
			now.Remade = now.At
		}
	}
	l.mu.Lock()
	l.seen = now
	l.mu.Unlock()
	l.tell(before, now)
	return l.Seen()
}

// tell writes down what is different.
func (l *Lookout) tell(before, now Health) {
	if now.Unseen != "" && before.Unseen == "" {
		l.Log.Warn("stream: it can not be looked at", zap.String("why", now.Unseen))
	}
	if now.Remade != before.Remade {
		l.Log.Warn("stream: it was made anew", zap.Time("created", now.Created))
	}
	kinds := func(h Health) (all []string) {
		for _, f := range h.Faults {
			all = append(all, f.Kind)
		}
		return all
	}
	for _, f := range now.Faults {
		if !slices.Contains(kinds(before), f.Kind) {
			l.Log.Warn("stream: not as it should be", zap.String("kind", f.Kind), zap.String("what", f.Words))
		}
	}
	for _, kind := range kinds(before) {
		if !slices.Contains(kinds(now), kind) {
			l.Log.Info("stream: as it should be again", zap.String("kind", kind))
		}
	}
}

// streamInfo is the part of the broker's answer that is looked at. jetstream.StreamInfo leaves out what was lost.
type streamInfo struct {
	Config struct {
		MaxBytes   int64 `json:"max_bytes"`
		Replicas   int   `json:"num_replicas"`
		DenyDelete bool  `json:"deny_delete"`
		DenyPurge  bool  `json:"deny_purge"`
	} `json:"config"`
	Created time.Time `json:"created"`
	State   struct {
		Messages uint64 `json:"messages"`
		Bytes    uint64 `json:"bytes"`
		First    uint64 `json:"first_seq"`
		Last     uint64 `json:"last_seq"`
		Deleted  uint64 `json:"num_deleted"`
		Lost     *struct {
			Messages []uint64 `json:"msgs"`
		} `json:"lost"`
	} `json:"state"`
	Cluster *struct {
		Replicas []struct {
			Current bool `json:"current"`
			Offline bool `json:"offline"`
		} `json:"replicas"`
	} `json:"cluster"`
	Error *struct {
		Description string `json:"description"`
	} `json:"error"`
}

const lookTime = 5 * time.Second

func (l *Lookout) ask(ctx context.Context) (*streamInfo, error) {
	ctx, cancel := context.WithTimeout(ctx, lookTime)
	defer cancel()
	m, err := l.Conn.RequestWithContext(ctx, "$JS.API.STREAM.INFO."+Stream(l.Speaker), nil)
	if err != nil {
		return nil, errors.New("the broker does not answer")
	}
	var info streamInfo
	if err := json.Unmarshal(m.Data, &info); err != nil {
		return nil, errors.New("the broker's answer can not be read")
	}
	if info.Error != nil {
		return nil, fmt.Errorf("the broker says: %s", info.Error.Description)
	}
	return &info, nil
}

// judge says what of it is not as it should be.
func (i *streamInfo) judge() Health {
	s := i.State
	h := Health{Created: i.Created, Messages: s.Messages, Bytes: s.Bytes, MaxBytes: i.Config.MaxBytes, Replicas: i.Config.Replicas}
	fault := func(kind, format string, args ...any) {
		h.Faults = append(h.Faults, Fault{kind, fmt.Sprintf(format, args...)})
	}
	if s.Lost != nil {
		fault(FaultLost, "the broker found %d messages damaged on its disk", len(s.Lost.Messages))
	}
	if s.Deleted > 0 {
		fault(FaultDeleted, "%d messages are gone from the middle", s.Deleted)
	}
	if numbered := s.Last + 1 - s.First; s.First > 0 && s.Messages+s.Deleted != numbered && s.Lost == nil {
		fault(FaultCount, "it counts %d messages, and numbers %d", s.Messages, numbered)
	}
	if missing := i.behind(); missing > 0 {
		fault(FaultCopies, "%d of %d replicas do not have everything", missing, i.Config.Replicas)
	}
	if h.MaxBytes > 0 && float64(s.Bytes) > nearlyFull*float64(h.MaxBytes) {
		fault(FaultFull, "it is full to %d %%", 100*s.Bytes/uint64(h.MaxBytes))
	}
	if !i.Config.DenyDelete || !i.Config.DenyPurge {
		fault(FaultOpen, "it lets messages be deleted, so it was not made by us")
	}
	return h
}

// behind counts the replicas that are not there, or do not have everything. The leader, who answers, has.
func (i *streamInfo) behind() int {
	if i.Config.Replicas <= 1 {
		return 0
	}
	current := 1
	if i.Cluster != nil {
		for _, r := range i.Cluster.Replicas {
			if r.Current && !r.Offline {
				current++
			}
		}
	}
	return max(0, i.Config.Replicas-current)
}
