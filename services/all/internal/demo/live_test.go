package demo_test

import (
	"context"
	"io"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/zap/zaptest"

	"example.org/waypost/services/all/internal/demo"
	"example.org/waypost/services/all/internal/demo/stage"
)

// The live play goes all the way by itself, and touches nothing that somebody else sent.
func TestLivePlay(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	s, err := stage.Open(ctx, stage.Options{Fast: true})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	require.NoError(t, s.LoadSample(ctx, io.Discard))
	people, err := s.Personas(ctx)
	require.NoError(t, err)

	playing, stop := context.WithCancel(ctx)
	ended := make(chan error, 1)
	live := demo.Live{Cast: s.Cast, People: people, Log: zaptest.NewLogger(t), Hour: 5 * time.Millisecond, Every: 200 * time.Millisecond}
	go func() { ended <- live.Run(playing) }()
	require.Eventually(t, func() bool {
		var closed, waiting int
		err := s.Admin.QueryRow(ctx, `select count(*) filter (where state = 'closed'), count(*) filter (where state = 'offered') from coordination.referral`).Scan(&closed, &waiting)
		return err == nil && closed > 0 && waiting > 0
	}, 90*time.Second, 100*time.Millisecond, "no referral was closed, or none was left to answer")
	var onDuty bool
	require.NoError(t, s.Admin.QueryRow(ctx, `select exists (select from primarycare.duty where deputy_id is not null)`).Scan(&onDuty))
	require.True(t, onDuty, "a red flag would reach nobody")
	stop()
	require.NoError(t, <-ended)
}
