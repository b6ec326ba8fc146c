package outbox_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/bus"
	"example.org/waypost/pkg/event"
	"example.org/waypost/pkg/outbox"
)

// Nothing is said while the stream is made anew, so nothing but a look can find that it is empty.
func TestARelayThatIsToldToLookPublishesAgain(t *testing.T) {
	t.Parallel()
	s := newSpeaker(t)
	r := &outbox.Relay{DB: s.db, JS: s.b.JS, Source: event.Source("test", "delta"), Holder: "one", Log: s.zap, Poll: 5 * time.Millisecond, Verify: time.Hour}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { r.Run(ctx); close(done) }()
	t.Cleanup(func() { cancel(); <-done })
	s.say("one", "two", "three")
	before := s.messages(3)
	require.NoError(t, bus.Remake(t.Context(), s.b.JS, "delta", nil, bus.Storage{Memory: true}))
	r.LookAgain()
	again := s.messages(3)
	for i := range before {
		require.Equal(t, before[i].ID, again[i].ID)
	}
}
