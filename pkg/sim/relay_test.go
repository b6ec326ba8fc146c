package sim_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/event"
	"example.org/waypost/pkg/outbox"
	"example.org/waypost/pkg/sim"
)

// What the simulation found in the relay, each by itself: a seed says other things when the world changes, these do not.

// stage is one outbox and its stream; the test is the broker between them.
type stage struct {
	*simDesk
	stream     *sim.Stream
	down       bool
	reconnects uint64
	before     func(e *event.Event)   // runs before each publication
	answer     func(did string) error // of what the store did
	silent     int                    // so many publications reach nobody, and nobody says so
	unheard    string                 // what is said of this word's arrival is not heard, once
	blind      bool                   // nobody learns where the stream ends
}

func newStage() *stage {
	return &stage{simDesk: &simDesk{sim.NewOutbox(source)}, stream: sim.NewStream()}
}

func (s *stage) Connection() (up bool, reconnects uint64) { return !s.down, s.reconnects }

func (s *stage) Ends(ctx context.Context, partition int) (first, last *event.Event, err error) {
	return s.stream.Ends(ctx, partition)
}

func (s *stage) Last(ctx context.Context) (uint64, error) {
	if s.blind {
		return 0, errors.New("there was no answer")
	}
	return s.stream.Last(ctx)
}

func (s *stage) Publish(e *event.Event, after uint64) (func(ctx context.Context) (outbox.Ack, error), error) {
	if s.before != nil {
		s.before(e)
	}
	if s.silent > 0 {
		s.silent--
		return func(ctx context.Context) (outbox.Ack, error) {
			select {
			case <-ctx.Done():
				return outbox.Ack{}, ctx.Err()
			case <-time.After(10 * time.Second):
				return outbox.Ack{}, errors.New("there was no answer")
			}
		}, nil
	}
	ack, err := s.stream.Add(e, after)
	if s.unheard != "" && s.unheard == saidIn(e) {
		s.unheard, err = "", errors.New("there was no answer")
	}
	return func(context.Context) (outbox.Ack, error) { return ack, err }, nil
}

func saidIn(e *event.Event) string {
	var w said
	if err := json.Unmarshal(e.Data, &w); err != nil {
		panic(err) // the test wrote it
	}
	return w.Word
}

// forgetful is a store whose answers may get lost.
type forgetful struct {
	outbox.Store
	s *stage
}

func (f forgetful) TakeBack(ctx context.Context, stands map[int]int64) error {
	err := f.Store.TakeBack(ctx, stands)
	if f.s.answer != nil {
		return errors.Join(err, f.s.answer("take back"))
	}
	return err
}

// relay runs one for a while, and stops it.
func (s *stage) relays(t *testing.T, d time.Duration) {
	t.Helper()
	r := &outbox.Relay{Store: forgetful{s.o.Relay("one", 10*time.Second), s}, Stream: s, Verify: 10 * time.Second}
	ctx, stop := context.WithTimeout(t.Context(), d)
	defer stop()
	r.Run(ctx)
}

// complete fails unless the stream has everything that was said in a partition.
func (s *stage) complete(t *testing.T, partition int, words ...string) {
	t.Helper()
	there := map[string]bool{}
	for _, e := range s.stream.Events() {
		there[wordOf(t, e)] = true
	}
	for _, w := range words {
		require.True(t, there[w], "%s was lost", w)
	}
	require.Empty(t, unmarked(t, s, partition))
}

func unmarked(t *testing.T, s *stage, partition int) (out []int64) {
	t.Helper()
	left, err := s.o.Relay("look", time.Second).Unpublished(t.Context(), 100)
	require.NoError(t, err)
	for _, e := range left {
		if e.Partition == partition {
			out = append(out, e.Position)
		}
	}
	return out
}

// What is published while the broker is away comes behind a hole, when it returns without its end.
func TestARelayThatBeginsWhileTheBrokerIsAwayWaitsAndNumbers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, about := newStage(), inPartition(3)
		s.say(t, about, nil, "a", "b", "c")
		s.relays(t, time.Minute)
		s.down = true
		s.stream.LoseEnd(2, false)
		s.say(t, about, nil, "d")
		s.relays(t, time.Minute)
		require.Len(t, s.stream.Events(), 1)
		require.Equal(t, []outbox.Head{{Partition: 3, Epoch: 1, Position: 4}}, s.heads(t), "readers can have it from the outbox")
		s.down, s.reconnects = false, 1
		s.relays(t, time.Minute)
		s.complete(t, 3, "a", "b", "c", "d")
		require.True(t, s.stream.InOrder())
	})
}

// A stream that is deleted beneath a batch answers none of it. Who waits for each in turn stands still for minutes.
func TestABatchThatNobodyAnswersIsWaitedForOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, about := newStage(), inPartition(3)
		s.say(t, about, nil, "a", "b", "c", "d", "e", "f")
		s.silent = 6
		s.relays(t, 15*time.Second)
		s.complete(t, 3, "a", "b", "c", "d", "e", "f")
	})
}

// Marks were taken back, and the answer was lost: what they covered is to be sent all the same.
func TestMarksTakenBackWithoutAnAnswer(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, about := newStage(), inPartition(3)
		s.say(t, about, nil, "a", "b")
		time.AfterFunc(15*time.Second, s.stream.LoseAll)
		s.answer = func(string) error {
			s.answer = nil
			return errors.New("the answer was lost")
		}
		s.relays(t, time.Minute)
		s.complete(t, 3, "a", "b")
	})
}

// The stream loses its end while one batch is on its way, and by the batch's end would be longer than it was before.
func TestNothingComesBehindALossWithinOneBatch(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, about := newStage(), inPartition(3)
		s.say(t, about, nil, "a", "b", "c", "d", "e")
		s.before = func(e *event.Event) {
			if wordOf(t, e) == "d" {
				s.before = nil
				s.stream.LoseEnd(1, false)
			}
		}
		s.relays(t, time.Minute)
		s.complete(t, 3, "a", "b", "c", "d", "e")
		require.True(t, s.stream.InOrder())
	})
}

// And nobody hears of the one that would have told, had it been let in.
func TestNothingComesBehindALossOfWhichNothingIsHeard(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, about := newStage(), inPartition(3)
		s.say(t, about, nil, "a", "b", "c", "d")
		s.unheard = "d"
		s.before = func(e *event.Event) {
			if wordOf(t, e) == "d" {
				s.before = nil
				s.stream.LoseEnd(2, false)
			}
		}
		s.relays(t, time.Minute)
		s.complete(t, 3, "a", "b", "c", "d")
		require.True(t, s.stream.InOrder())
	})
}

// And the relay does not live to see it.
func TestAnotherRelayMendsWhatWasLostWithinABatch(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, about := newStage(), inPartition(3)
		s.say(t, about, nil, "a", "b")
		s.relays(t, time.Minute)
		s.say(t, about, nil, "c", "d", "e")
		s.before = func(e *event.Event) {
			if wordOf(t, e) == "e" {
				s.before, s.blind = nil, true
				s.stream.LoseEnd(3, false)
			}
		}
		s.relays(t, 2*time.Second)
		require.Len(t, s.stream.Events(), 1)
		s.blind = false
		s.relays(t, time.Minute)
		s.complete(t, 3, "a", "b", "c", "d", "e")
		require.True(t, s.stream.InOrder())
	})
}

// What a relay sent and did not live to mark is marked by the next, and not sent again, whether the broker remembers it or not.
func TestWhatIsThereIsMarkedAndNotSentAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, about := newStage(), inPartition(3)
		s.say(t, about, nil, "a", "b", "c")
		s.sentByAnother(t)
		s.stream.Forget()
		s.say(t, about, nil, "d")
		sent := 0
		s.before = func(*event.Event) { sent++ }
		s.relays(t, time.Minute)
		s.complete(t, 3, "a", "b", "c", "d")
		require.Len(t, s.stream.Events(), 4)
		require.Equal(t, 1, sent)
	})
}

// When it can not be seen what is there, all is sent again: what the broker knows takes no number, and must not look like a loss for ever.
func TestRepeatsAreSentOneByOne(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, about := newStage(), inPartition(3)
		var words []string
		for n := range 100 {
			words = append(words, fmt.Sprint("word ", n))
		}
		s.say(t, about, nil, words...)
		s.sentByAnother(t)
		s.stream.AddBad(3, "it hides what stands before it")
		s.say(t, about, nil, "and more")
		sent := 0
		s.before = func(*event.Event) { sent++ }
		s.relays(t, time.Minute)
		s.complete(t, 3, append(words, "and more")...)
		require.Less(t, sent, 3*len(words), "in one batch, which the first repeat puts an end to, and then one by one")
	})
}

// sentByAnother has a relay number and send everything, and die before it marks.
func (s *stage) sentByAnother(t *testing.T) {
	t.Helper()
	r := s.o.Relay("died before it marked", time.Second)
	mustTake(t, r)
	events, err := r.Number(t.Context(), 1000)
	require.NoError(t, err)
	for _, e := range events {
		_, err = s.stream.Add(e, outbox.Anywhere)
		require.NoError(t, err)
	}
	require.NoError(t, r.Release(t.Context()))
}

// A relay that has sent nothing itself knows where the stream ends too.
func TestNothingComesBehindALossAfterWhatAnotherSent(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, about := newStage(), inPartition(3)
		s.say(t, about, nil, "a", "b", "c")
		s.sentByAnother(t)
		s.before = func(e *event.Event) {
			if wordOf(t, e) == "d" {
				s.before = nil
				s.stream.LoseEnd(2, false)
			}
		}
		said := false
		time.AfterFunc(3*time.Second, func() { said = true; s.say(t, about, nil, "d") })
		s.relays(t, time.Minute)
		require.True(t, said)
		s.complete(t, 3, "a", "b", "c", "d")
	})
}

// The message that a loss made the last one was altered as well: what comes after it is sent.
func TestALossBehindAnAlteredMessage(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, about := newStage(), inPartition(3)
		s.say(t, about, nil, "a", "b", "c")
		s.relays(t, time.Minute)
		s.stream.Alter(1)
		s.stream.LoseEnd(1, false)
		s.relays(t, time.Minute)
		s.complete(t, 3, "a", "b", "c")
		require.Len(t, s.stream.Events(), 3, "nothing was sent twice")
	})
}

// A stream that something was published on before anybody looked is out of order once it is mended, and its last message is not the
// last that was said.
func TestAMendedStreamLosesItsEnd(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, about := newStage(), inPartition(3)
		s.say(t, about, nil, "a", "b", "c", "d")
		s.relays(t, time.Minute)
		d := s.stream.Events()[3]
		s.stream.LoseAll()
		_, err := s.stream.Add(d, outbox.Anywhere)
		require.NoError(t, err)
		time.AfterFunc(30*time.Second, func() {
			require.False(t, s.stream.InOrder())
			s.stream.LoseEnd(2, false) // d stands before a, b and c
		})
		s.relays(t, time.Minute)
		s.complete(t, 3, "a", "b", "c", "d")
		require.Len(t, s.stream.Events(), 4, "nothing was sent twice")
	})
}

// After a loss that was found not everything is sent again for ever.
func TestALossIsMendedOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, about := newStage(), inPartition(3)
		s.say(t, about, nil, "a", "b", "c")
		var lost atomic.Bool
		sent := 0
		s.before = func(*event.Event) {
			if lost.Load() {
				sent++
			}
		}
		time.AfterFunc(15*time.Second, func() {
			s.stream.LoseAll()
			lost.Store(true)
		})
		s.relays(t, time.Minute)
		s.complete(t, 3, "a", "b", "c")
		require.Equal(t, 3, sent)
	})
}
