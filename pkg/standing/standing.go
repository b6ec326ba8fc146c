// Package standing tells how a service stands: what it said that is not out yet, what it has not heard yet, what was mended on
// the way, and whether its own loops move. Numbers, names of services and times only: nothing of what an event holds.
package standing

import (
	"cmp"
	"slices"
	"time"

	"example.org/waypost/pkg/bus"
)

// State is how one process of a service stands at a moment. What stands in the database is the same for every copy of the
// service; Broker, Stream, Repairs, Holes and Loops are this process's own.
type State struct {
	Service  string     `json:"service"`
	At       time.Time  `json:"at"`
	Since    time.Time  `json:"since"`            // this process opened the service
	Unread   string     `json:"unread,omitempty"` // why Said, Leases, and parts of Heard, are empty: the database did not answer
	Said     Said       `json:"said"`
	Heard    []Heard    `json:"heard"` // one for each speaker it listens to
	Repairs  Repairs    `json:"repairs"`
	Broker   Broker     `json:"broker"`
	Stream   bus.Health `json:"stream"` // our own, as the broker described it last
	Leases   []Lease    `json:"leases"`
	Loops    []Loop     `json:"loops"`
	Overdue  []Overdue  `json:"overdue"`
	Holder   string     `json:"holder"` // this process, in leases
	Degraded []string   `json:"degraded,omitempty"`
}

// Said is the service's own outbox.
type Said struct {
	Numbered    int64     `json:"numbered"`  // events of the present epoch
	Published   int64     `json:"published"` // of those, acknowledged by the broker without a break
	Unpublished int64     `json:"unpublished"`
	Oldest      time.Time `json:"oldest,omitzero"` // of the unpublished, unnumbered ones among them
}

// Heard is what came from one speaker.
type Heard struct {
	Speaker  string    `json:"speaker"`
	Asked    bool      `json:"asked"` // the speaker answered how far it is; without it Behind and Oldest say nothing
	Behind   int64     `json:"behind"`
	Oldest   time.Time `json:"oldest,omitzero"` // when the first of those that are missing was said
	Position int64     `json:"position"`        // events heard, in the present epochs
	Lanes    []Lane    `json:"lanes"`
	Parked   Parked    `json:"parked"`
	Holes    []Hole    `json:"holes"` // open now
}

// Lane is one partition of a speaker.
type Lane struct {
	Partition int   `json:"partition"`
	Epoch     int   `json:"epoch"`
	Position  int64 `json:"position"` // heard without a break
	Head      int64 `json:"head"`     // numbered by the speaker; 0 when it was not asked
	Behind    int64 `json:"behind"`
}

// Parked is what could not be applied, and waits for a person.
type Parked struct {
	Count  int64     `json:"count"`
	Due    int64     `json:"due"`             // somebody should have looked at these by now
	Oldest time.Time `json:"oldest,omitzero"` // parked first
}

// Hole is a place on a lane where something is missing that its speaker did not give us yet; what follows waits.
type Hole struct {
	Partition int       `json:"partition"`
	Since     time.Time `json:"since"`
}

// Repairs counts what was put right since the process started.
type Repairs struct {
	Mended  int64             `json:"mended"` // partitions of our stream that the broker had lost the end of
	Streams map[string]Mended `json:"streams"`
}

// Mended is what was put right on the way from one speaker.
type Mended struct {
	Fetched      int64 `json:"fetched"`      // events taken from the speaker's replay
	Altered      int64 `json:"altered"`      // events that were not what their speaker said
	Resubscribed int64 `json:"resubscribed"` // times the consumer had stalled
}

// Broker is our connection to it. Work is taken without one; nothing reaches the others meanwhile, save by replay.
type Broker struct {
	Connected bool      `json:"connected"`
	Since     time.Time `json:"since"`
}

// Lease is who does a job that only one may do at a time. Holder is "" when it was given back.
type Lease struct {
	Job    string    `json:"job"`
	Holder string    `json:"holder,omitempty"`
	Ours   bool      `json:"ours"`
	Term   int64     `json:"term"`
	Until  time.Time `json:"until,omitzero"`
	Over   bool      `json:"over"` // it ran out and nobody took it
}

// Loop is one of the service's own loops.
type Loop struct {
	Name  string        `json:"name"`
	Busy  time.Duration `json:"busy_ns"` // with one piece of work; 0: it waits for the next
	Stuck bool          `json:"stuck"`
	Ended bool          `json:"ended"` // though the process goes on
	// Silent is how long none of its work has come to a good end, for a loop that comes round by itself; Failing that it is too long.
	// A new start does not help a loop that fails, so health does not ask for one.
	Silent  time.Duration `json:"silent_ns"`
	Failing bool          `json:"failing"`
}

// Moves tells whether the loop does its work.
func (l Loop) Moves() bool { return !l.Stuck && !l.Ended }

// Overdue is one kind of clock that the service keeps, and how many of it have run out without the next step.
type Overdue struct {
	Clock string `json:"clock"`
	Count int64  `json:"count"`
}

// Age is how long ago at was; 0 for no time and for the future.
func (st *State) Age(at time.Time) time.Duration {
	if at.IsZero() {
		return 0
	}
	return max(0, st.At.Sub(at))
}

// awayTooLong is how long the broker may be away before the service says that it is degraded. It goes on taking work.
const awayTooLong = 30 * time.Second

// sum fills in what follows from the rest.
func (st *State) sum() {
	if !st.Broker.Connected && st.Age(st.Broker.Since) > awayTooLong {
		st.Degraded = append(st.Degraded, "the broker is away")
	}
	if st.Unread != "" {
		st.Degraded = append(st.Degraded, st.Unread)
	}
	for _, l := range st.Loops {
		if !l.Moves() {
			st.Degraded = append(st.Degraded, "the loop "+l.Name+" does not move")
		}
		if l.Failing {
			st.Degraded = append(st.Degraded, "the loop "+l.Name+" does not do its work")
		}
	}
	slices.SortFunc(st.Heard, func(a, b Heard) int { return cmp.Compare(a.Speaker, b.Speaker) })
}
