package operations

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/zap"

	"example.org/waypost/pkg/bus"
	"example.org/waypost/pkg/ledger"
	"example.org/waypost/pkg/standing"
)

// The line at the top says what stands still and since when, or that nothing does.
func TestTheHeadline(t *testing.T) {
	t.Parallel()
	ago := func(d time.Duration) time.Time { return storyNow.Add(-d) }
	for name, x := range map[string]struct {
		change func(states map[string]standing.State)
		want   string
		calm   bool
	}{
		"all is heard": {func(map[string]standing.State) {}, "Everything said has been heard.", true},
		"some are on their way": {func(s map[string]standing.State) {
			s["vcse"].Heard[0].Behind, s["vcse"].Heard[0].Oldest = 3, ago(time.Second)
		}, "3 events on the way, and nothing stands still.", true},
		"one has been on its way for too long": {func(s map[string]standing.State) {
			s["vcse"].Heard[0].Behind, s["vcse"].Heard[0].Oldest = 1, ago(12*time.Minute)
		}, "vcse has not heard 1 event of register since 10:30.", false},
		"one is missing": {func(s map[string]standing.State) {
			s["vcse"].Heard[0].Holes = []standing.Hole{{Since: ago(2 * time.Minute)}}
		}, "vcse has waited for an event of register that is missing since 10:40.", false},
		"a speaker did not answer": {func(s map[string]standing.State) { s["vcse"].Heard[0].Asked = false }, "Nothing is known to stand still, but not everybody could be asked.", true},
		"not out": {func(s map[string]standing.State) {
			st := s["mdt"]
			st.Said.Unpublished, st.Said.Oldest = 2, ago(25*time.Hour)
			s["mdt"] = st
		}, "2 events of mdt can not be published, the oldest since yesterday at 09:42.", false},
		"no broker": {func(s map[string]standing.State) {
			st := s["mdt"]
			st.Broker = standing.Broker{Since: ago(5 * time.Minute)}
			s["mdt"] = st
		}, "mdt has had no broker since 10:37. What it says waits in its database.", false},
		"no broker for a moment": {func(s map[string]standing.State) {
			st := s["mdt"]
			st.Broker = standing.Broker{Since: ago(5 * time.Second)}
			s["mdt"] = st
		}, "Everything said has been heard.", true},
		"no database": {func(s map[string]standing.State) {
			st := s["mdt"]
			st.Unread = "the database does not answer"
			s["mdt"] = st
		}, "mdt: the database does not answer.", false},
		"a job of nobody": {func(s map[string]standing.State) {
			s["mdt"].Leases[0] = standing.Lease{Job: "relay", Over: true, Until: ago(3 * time.Minute)}
		}, "In mdt nobody has done the job “relay” since 10:39.", false},
		"a part of a job of nobody": {func(s map[string]standing.State) {
			s["mdt"].Leases[2].Ours, s["mdt"].Leases[2].Over, s["mdt"].Leases[2].Until = false, true, ago(3*time.Minute)
		}, "In mdt nobody has done the job “inbox” since 10:39.", false},
		"a loop that is stuck": {func(s map[string]standing.State) {
			st := s["mdt"]
			st.Loops = []standing.Loop{{Name: "relay", Stuck: true}}
			s["mdt"] = st
		}, "In mdt the loop “relay” does not move.", false},
		"a clock that fails every time": {func(s map[string]standing.State) {
			st := s["mdt"]
			st.Loops = []standing.Loop{{Name: "work the clocks", Silent: 3 * time.Minute, Failing: true}}
			s["mdt"] = st
		}, "In mdt “work the clocks” has not worked since 10:39. What it should do waits.", false},
		"a stream": {func(s map[string]standing.State) {
			st := s["mdt"]
			st.Stream.Faults = []bus.Fault{{Kind: bus.FaultFull, Words: "it is full to 95 %"}}
			s["mdt"] = st
		}, "The stream of mdt: it is full to 95 %.", false},
		"parked":            {func(s map[string]standing.State) { s["vcse"].Heard[0].Parked.Count = 1 }, "1 event of register could not be applied in vcse.", false},
		"a service is away": {func(s map[string]standing.State) { delete(s, "mdt") }, "mdt does not answer.", false},
		"the gravest first": {func(s map[string]standing.State) {
			s["vcse"].Heard[0].Parked.Count = 1
			delete(s, "mdt")
		}, "mdt does not answer.", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			states := storyCalm()
			x.change(states)
			f := storyFlow(states)
			require.Equal(t, x.want, f.Headline)
			require.Equal(t, x.calm, f.Calm)
		})
	}
	require.Equal(t, "Nobody has looked yet.", storyFlow(nil).Headline)
}

// The picture and the table say the same of every arrow.
func TestEveryArrowIsDrawnAndListed(t *testing.T) {
	t.Parallel()
	f := storyFlow(storyTrouble())
	d := Picture(f)
	require.Len(t, d.Lines, 22)
	require.Len(t, d.Nodes, 6)
	require.Len(t, arrowsTable(f).Rows, 22)
	late := 0
	for i, l := range d.Lines {
		require.True(t, l.X1 >= 0 && l.X1 <= drawingWide && l.Y2 >= 0 && l.Y2 <= drawingHigh, "%+v", l)
		if l.Kind == "late" && l.Label != "" {
			late++
			require.Equal(t, "vcse to coordination", f.Arrows[i].Speaker+" to "+f.Arrows[i].Reader)
			require.Equal(t, "14", l.Label)
		}
	}
	require.Equal(t, 1, late)
}

// What was heard within the hour, and no longer ago.
func TestTheLastHour(t *testing.T) {
	t.Parallel()
	c := Config{Names: []string{"vcse", "mdt"}, Listens: map[string][]string{"mdt": {"vcse"}}}
	state := func(heard int64) map[string]standing.State {
		return map[string]standing.State{"mdt": {Heard: []standing.Heard{{Speaker: "vcse", Asked: true, Position: heard}}}}
	}
	var s sightings
	for minute := range 90 {
		s.note(storyNow.Add(time.Duration(minute)*time.Minute), state(int64(1000+10*minute)))
	}
	a := s.flow(c).Arrows[0]
	require.EqualValues(t, 600, a.Lately)
	require.Equal(t, storyNow.Add(29*time.Minute), a.Since)
	require.LessOrEqual(t, len(s.minutes), 61)
	s.note(storyNow.Add(91*time.Minute), state(3)) // restored from a backup: a new epoch
	require.Zero(t, s.flow(c).Arrows[0].Lately)
}

// What differs for longer than events may be on their way is told.
func TestLedgersThatDiffer(t *testing.T) {
	t.Parallel()
	c := &comparison{
		ask: make(chan struct{}, 1), changed: func() {}, now: time.Now, wait: 20 * time.Millisecond, again: time.Millisecond, log: zap.NewNop(),
		services: differing{}, names: []string{"vcse", "mdt"}, listens: map[string][]string{"mdt": {"vcse"}},
	}
	c.start()
	c.compare(t.Context())
	seen := c.seen()
	require.False(t, seen.Running)
	require.Greater(t, seen.Tries, 1)
	require.Len(t, seen.Differences, 1)
	require.Contains(t, seen.Differences[0], "mdt: of vcse's partition 0 it heard 0 events")
}

type differing struct{ Services }

func (differing) Books(context.Context, func(string)) (map[string]ledger.Book, error) {
	return map[string]ledger.Book{"vcse": {Said: []ledger.Run{{Epoch: 1, First: 1, Last: 7, Count: 7}}}, "mdt": {}}, nil
}
