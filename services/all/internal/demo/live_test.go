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

// The live play goes all the way by itself, a meeting included, and touches nothing that somebody else sent.
func TestLivePlay(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Minute)
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
	require.Eventually(t, func() bool {
		var met bool
		err := s.Admin.QueryRow(ctx, `select exists (select from mdt.item i join mdt.meeting m on m.id = i.meeting_id where i.state = 'discussed' and m.status = 'held')
			and exists (select from mdt.case_holder) and exists (select from mdt.meeting where status = 'planned' and weekly)`).Scan(&met)
		return err == nil && met
	}, 90*time.Second, 100*time.Millisecond, "no meeting was held, nobody was asked to hold a case, or the weekly one was not left alone")
	require.Empty(t, s.Cast.Failures())
	var onDuty bool
	require.NoError(t, s.Admin.QueryRow(ctx, `select exists (select from primarycare.duty where deputy_id is not null)`).Scan(&onDuty))
	require.True(t, onDuty, "a red flag would reach nobody")
	stop()
	require.NoError(t, <-ended)
}
