package demo

import (
	"context"
	"fmt"
	"maps"
	"time"

	"go.uber.org/zap"

	"example.org/waypost/deploy/sample"
	"example.org/waypost/pkg/authn"
	"example.org/waypost/schemas/terms"
)

// Live says how referrals are played beside somebody who looks. It ends when its context does, and leaves what it began as it
// is: every referral of the play is one like any other, and its clocks run on.
type Live struct {
	Cast   *Cast
	People []authn.Identity // the invented ones: only organisations where one of them works take part
	Log    *zap.Logger
	Hour   time.Duration // how long an hour of people's work takes; 0: 5 s
	Every  time.Duration // how often somebody comes to a desk; 0: 20 s, and a third as often after the first minutes
}

// How the live play differs from a week at speed.
const (
	mostOpen    = 40   // so many referrals at a time: a tray can still be read
	leftAlone   = 0.25 // of the offers, for whoever looks to answer
	discussed   = 0.25 // of the visits: nobody waits a week for the meeting
	lookEvery   = 3 * time.Second
	livelyFor   = 10 * time.Minute
	sampleAgain = 5 * time.Second // the sample may still be on its way
)

// Run plays until ctx ends. Trouble is logged and never ends Waypost.
func (l Live) Run(ctx context.Context) error {
	if l.Hour == 0 {
		l.Hour = 5 * time.Second
	}
	if l.Every == 0 {
		l.Every = 20 * time.Second
	}
	rates, err := sample.Assumptions()
	if err != nil {
		return fmt.Errorf("play live: %w", err)
	}
	setting, ok := l.setting(ctx)
	if !ok {
		return nil // asked to stop
	}
	rates = maps.Clone(rates)
	rates["silent"], rates["discussed_at_mdt"] = sample.Rate{Value: leftAlone}, sample.Rate{Value: discussed}
	p := &Play{
		Cast: l.Cast, Setting: setting, Rates: rates, Seed: uint64(l.Cast.Now().UnixNano()), Now: l.Cast.Now, Short: true,
		After:   func(from time.Time, hours float64) time.Time { return from.Add(time.Duration(hours * float64(l.Hour))) },
		Trouble: func(err error) { l.Log.Info("live demonstration", zap.Error(err)) },
	}
	l.Log.Info("live demonstration", zap.Int("practices", len(setting.Practices)), zap.Int("receivers", len(setting.Receivers)))
	l.play(ctx, p)
	return nil
}

func (l Live) play(ctx context.Context, p *Play) {
	begun := l.Cast.Now()
	n := int(begun.Unix()) // other people each time
	visit := begun
	look := time.NewTicker(min(lookEvery, max(l.Hour, 10*time.Millisecond)))
	defer look.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-look.C:
		}
		now := l.Cast.Now()
		if !now.Before(visit) && p.Left() < mostOpen {
			n++
			v := aVisit(chance(p.Seed, n, "visit"), n, p.Setting, p.Rates, now)
			v.At = now
			p.Expect(v)
			every := l.Every
			if now.Sub(begun) > livelyFor {
				every *= 3
			}
			visit = now.Add(every)
		}
		p.LookAtDuty(ctx)
		p.Run(ctx)
		p.LookAtTrays(ctx)
		p.LookAtOffice(ctx)
		p.LookAtMeetings(ctx)
	}
}

// setting waits until there is somebody to send and somebody to answer.
func (l Live) setting(ctx context.Context) (Setting, bool) {
	coordinator, ok := With(l.People, terms.RoleCoordinator)
	if !ok {
		l.Log.Info("live demonstration: nobody coordinates, so nothing is played")
		return Setting{}, false
	}
	for {
		s, err := Discover(ctx, l.Cast.As(coordinator), l.at)
		if err == nil && len(s.Practices) > 0 && len(s.Services) > 0 {
			s.Seat(l.People)
			return s, true
		}
		if err != nil && ctx.Err() == nil {
			l.Log.Info("live demonstration: look who is there", zap.Error(err))
		}
		select {
		case <-ctx.Done():
			return Setting{}, false
		case <-time.After(sampleAgain):
		}
	}
}

// at is the invented person who acts for an organisation: at a practice somebody who may send referrals without a course.
func (l Live) at(o Organisation) (authn.Identity, bool) {
	wanted := map[terms.OrganisationKind]terms.Role{
		terms.KindPractice: terms.RoleGP, terms.KindLinkWorkerTeam: terms.RoleLinkWorker, terms.KindProvider: terms.RoleProviderWorker,
	}[o.Kind]
	for _, one := range l.People {
		for _, g := range one.Grants {
			if g.Organisation == o.ID && g.Role == string(wanted) {
				one.Grants = []authn.Grant{g}
				return one, true
			}
		}
	}
	return authn.Identity{}, false
}
