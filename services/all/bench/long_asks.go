package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/id"
	"example.org/waypost/services/all/internal/demo"
)

// pages are those that people have open all day, and the case of somebody picked by chance among all.
func (l *long) pages(ctx context.Context, cases []caseOf) (out []page, err error) {
	desks := l.byPractice()
	var tender *demo.Client
	for _, tender = range l.tenders {
		break
	}
	for _, p := range []struct {
		name string
		who  func() (*demo.Client, string)
	}{
		{"case", func() (*demo.Client, string) {
			c := cases[rand.IntN(len(cases))]
			return desks[c.sender], "/case/" + c.id
		}},
		{"cases", func() (*demo.Client, string) { return l.desks[0], "/case" }},
		{"overdue", func() (*demo.Client, string) { return l.office, "/case/overdue" }},
		{"practice", func() (*demo.Client, string) { return l.desks[0], "/practice" }},
		{"practice_referrals", func() (*demo.Client, string) { return l.desks[0], "/practice/referrals" }},
		{"provider_tray", func() (*demo.Client, string) { return tender, "/provider/offers" }},
	} {
		t, err := l.times(func() error {
			who, path := p.who()
			_, err := who.Get(ctx, path, nil)
			return err
		})
		if err != nil {
			return nil, fmt.Errorf("page %s: %w", p.name, err)
		}
		out = append(out, page{p.name, t})
	}
	return out, nil
}

// matched is the time from a request until it is in a tray: the matcher's look among everybody there is, whether somebody asks for the same
// or helps already, and the offer. All of that is coordination's and comes after the request was answered, which is timed by itself.
func (l *long) matched(ctx context.Context) (spread, error) {
	if err := l.Prepare(ctx, l.samples); err != nil {
		return spread{}, err
	}
	w := startWatch(ctx, l.product, often)
	defer w.end()
	return l.times(func() error {
		referral, err := l.Refer(ctx, 0)
		if err != nil {
			return err
		}
		_, err = w.await(ctx, isVisible, referral)
		return err
	})
}

// asks are what coordination is asked about somebody picked by chance: who helps already, before sending (the same need, what overlaps; the
// matcher does not look then), and what can be done with a referral now.
func (l *long) asks(ctx context.Context, cases []caseOf) (out []page, err error) {
	desks := l.byPractice()
	for _, p := range []struct {
		name string
		ask  func(*demo.Client, caseOf) error
	}{
		{"who_helps", func(desk *demo.Client, c caseOf) error {
			return desk.Make(ctx, "/api/coordination/v1/who-helps", id.New(), map[string]any{"patient_ref": c.ref, "need": c.need}, nil)
		}},
		{"actions", func(desk *demo.Client, c caseOf) error {
			_, err := desk.Get(ctx, "/api/coordination/v1/referrals/"+c.referral, nil)
			return err
		}},
	} {
		t, err := l.times(func() error {
			c := cases[rand.IntN(len(cases))]
			return p.ask(desks[c.sender], c)
		})
		if err != nil {
			return nil, fmt.Errorf("ask %s: %w", p.name, err)
		}
		out = append(out, page{p.name, t})
	}
	return out, nil
}

type caseOf struct{ id, sender, referral, ref, need string }

func (l *long) someCases(ctx context.Context) ([]caseOf, error) {
	rows, err := l.Admin.Query(ctx, `select case_id::text, sender_organisation_id::text, id::text, patient_ref::text, need from coordination.referral
		where sender_organisation_id = any($1) order by random() limit 1000`, slices.Collect(maps.Keys(l.byPractice())))
	if err != nil {
		return nil, err
	}
	out, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (c caseOf, err error) {
		return c, row.Scan(&c.id, &c.sender, &c.referral, &c.ref, &c.need)
	})
	if err == nil && len(out) == 0 {
		err = errors.New("there is no case")
	}
	return out, err
}

func (l *long) byPractice() map[string]*demo.Client {
	desks := map[string]*demo.Client{}
	for _, d := range l.desks {
		desks[d.Who().Grants[0].Organisation] = d
	}
	return desks
}
