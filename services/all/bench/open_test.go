package main

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// still is a program that does nothing, and for a time does not even answer.
type still struct {
	mu          sync.Mutex
	n, patients int
	from, until time.Time // it does not answer meanwhile
	refuse      int       // the how manieth it answers with an error
}

func (s *still) Prepare(_ context.Context, n int) error {
	s.patients = n
	return nil
}

func (s *still) Refer(ctx context.Context, _ int) (string, error) {
	if now := time.Now(); !now.Before(s.from) && now.Before(s.until) {
		if err := wait(ctx, s.until.Sub(now)); err != nil {
			return "", err
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.patients == 0 {
		return "", errNobodyLeft
	}
	s.patients--
	if s.n++; s.n == s.refuse {
		return "", errors.New("it said no")
	}
	return strconv.Itoa(s.n), nil
}

// slow does one at a time, each for so long.
type slow struct {
	still
	each time.Duration
	turn chan struct{}
}

func newSlow(patients int, each time.Duration) *slow {
	return &slow{still: still{patients: patients}, each: each, turn: make(chan struct{}, 1)}
}

func (s *slow) Refer(ctx context.Context, client int) (string, error) {
	s.turn <- struct{}{}
	defer func() { <-s.turn }()
	if err := wait(ctx, s.each); err != nil {
		return "", err
	}
	return s.still.Refer(ctx, client)
}

func (s *still) Visible(context.Context) (int64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return int64(s.n), nil
}

func (s *still) Reached(_ context.Context, _ point, referrals []string) (map[string]mark, error) {
	there := map[string]mark{}
	for _, r := range referrals {
		there[r] = mark{}
	}
	return there, nil
}

func (s *still) Weight(context.Context) (messages, rows int64, err error) { return 0, 0, nil }
func (s *still) Close()                                                   {}

// Coordinated omission: a second in which nothing is answered is met by everybody who would have come in it.
func TestAStandstillIsMetByEverybodyWhoWouldHaveCome(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		x := &still{patients: 1000, from: time.Now().Add(2 * time.Second), until: time.Now().Add(3 * time.Second)}
		p, err := pace(t.Context(), x, 100, 10*time.Second)
		require.NoError(t, err)
		require.True(t, p.Kept)
		require.InDelta(t, 100, p.PerSecond, 1)
		require.Less(t, p.P50, 10*time.Millisecond)
		require.InDelta(t, 0.9, p.P99.Seconds(), 0.02) // a tenth of all came in that second, and waited the rest of it
	})
}

func TestARateThatIsTooHighIsGivenUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		x := newSlow(10000, 10*time.Millisecond) // a hundred a second
		p, err := pace(t.Context(), x, 300, 20*time.Second)
		require.NoError(t, err)
		require.False(t, p.Kept)
		require.InDelta(t, 100, p.PerSecond, 2)
		require.Zero(t, p.P99, "there is no figure that means anything")
		require.Greater(t, x.patients, 7000, "most were not asked for")
	})
}

func TestAnErrorIsNotARateThatWasKept(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p, err := pace(t.Context(), &still{patients: 1000, refuse: 500}, 100, 10*time.Second)
		require.NoError(t, err)
		require.False(t, p.Kept)
		require.Equal(t, 1, p.Failed)
		require.Equal(t, "it said no", p.Why)
		require.Equal(t, "not kept up: 100/s, 1 answered with an error", p.String())
	})
}

func TestJudge(t *testing.T) {
	t.Parallel()
	const s = time.Second
	even := func(n int, took func(i int) time.Duration) (all []arrival) {
		for i := range n {
			at := time.Duration(i) * 10 * s / time.Duration(n)
			all = append(all, arrival{scheduled: at, seen: at + took(i)})
		}
		return all
	}
	same := func(int) time.Duration { return 20 * time.Millisecond }
	for name, c := range map[string]struct {
		all      []arrival
		stopped  bool
		kept     bool
		p50, p99 time.Duration
	}{
		"even":                       {all: even(1000, same), kept: true, p50: 20 * time.Millisecond, p99: 20 * time.Millisecond},
		"one in fifty is slow":       {all: even(1000, func(i int) time.Duration { return 20*time.Millisecond + time.Duration(i%50/49)*s/10 }), kept: true, p50: 20 * time.Millisecond, p99: 120 * time.Millisecond},
		"one in two hundred is slow": {all: even(1000, func(i int) time.Duration { return 20*time.Millisecond + time.Duration(i%200/199)*s/10 }), kept: true, p50: 20 * time.Millisecond, p99: 20 * time.Millisecond},
		"falls behind":               {all: even(1000, func(i int) time.Duration { return time.Duration(i) * time.Millisecond })},
		"given up":                   {all: even(100, same), stopped: true},
		"nobody came":                {},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := judge(100, 10*s, c.all, c.stopped)
			require.Equal(t, c.kept, got.Kept)
			require.Equal(t, c.p50, got.P50)
			require.Equal(t, c.p99, got.P99)
		})
	}
}

func TestAt(t *testing.T) {
	t.Parallel()
	var hundred []time.Duration
	for i := range 100 {
		hundred = append(hundred, time.Duration(100-i))
	}
	for _, c := range []struct {
		all  []time.Duration
		p    float64
		want time.Duration
	}{{hundred, 0.50, 50}, {hundred, 0.99, 99}, {hundred, 1, 100}, {hundred[:1], 0.5, 100}, {hundred[98:], 0.5, 1}, {hundred[98:], 0.99, 2}, {nil, 0.5, 0}} {
		require.Equal(t, c.want, at(c.all, c.p), "%d of %d", int(c.p*100), len(c.all))
	}
}

func TestARateCountsAsKeptWhenMostTurnsKeptIt(t *testing.T) {
	t.Parallel()
	kept := func(p99 time.Duration) paced { return paced{Rate: 300, Kept: true, PerSecond: 300, P50: 1, P99: p99} }
	lost := paced{Rate: 300, PerSecond: 200, Failed: 2}
	for name, c := range map[string]struct {
		all  []paced
		want paced
	}{
		"all":      {[]paced{kept(5), kept(3), kept(4)}, kept(4)},
		"most":     {[]paced{kept(5), lost, kept(3)}, paced{Rate: 300, Kept: true, Failed: 2, PerSecond: 300, P50: 1, P99: 5}},
		"half":     {[]paced{kept(5), lost}, paced{Rate: 300, Failed: 2, PerSecond: 300}},
		"a single": {[]paced{lost}, lost},
	} {
		require.Equal(t, c.want, medianPace(c.all), name)
	}
}

// Whoever runs out of patients says so, and what was done until then counts.
func TestRushEndsWhenNobodyIsLeft(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r, err := rush(t.Context(), newSlow(50, 10*time.Millisecond), time.Minute, 4)
		require.NoError(t, err)
		require.Equal(t, 50, r.n)
		require.True(t, r.short)
		require.InDelta(t, 100, r.perSecond, 10)
		_, err = rush(t.Context(), &still{}, time.Minute, 4)
		require.ErrorContains(t, err, "nothing was asked")
	})
}
