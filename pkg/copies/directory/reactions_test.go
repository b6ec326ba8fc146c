package directory_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/copies/directory"
	"example.org/waypost/pkg/copies/who"
	"example.org/waypost/pkg/id"
	"example.org/waypost/pkg/inbox"
	"example.org/waypost/schemas/linkworker"
	"example.org/waypost/schemas/register"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/schemas/vcse"
)

var errUndo = errors.New("undo")

// permutations calls fn with every order of 0..n-1.
func permutations(n int, fn func(order []int)) {
	var step func(order, left []int)
	step = func(order, left []int) {
		if len(left) == 0 {
			fn(order)
		}
		for i := range left {
			rest := append(append([]int{}, left[:i]...), left[i+1:]...)
			step(append(append([]int{}, order...), left[i]), rest)
		}
	}
	all := make([]int, n)
	for i := range all {
		all[i] = i
	}
	step(nil, all)
}

const everything = `select coalesce((select string_agg(t::text, ';' order by t::text) from service_copy t), '') || '|' ||
	coalesce((select string_agg(t::text, ';' order by t::text) from capacity_copy t), '') || '|' ||
	coalesce((select string_agg(t::text, ';' order by t::text) from team_copy t), '') || '|' ||
	coalesce((select string_agg(t::text, ';' order by t::text) from note_copy t), '')`

func TestEveryOrderGivesTheSameRows(t *testing.T) {
	t.Parallel()
	db := open(t)
	s, team, note := id.New(), id.New(), id.New()
	first := walks(s)
	second := but(first, func(p *vcse.ServicePublishedV1) { p.Version, p.Name, p.Places = 2, "Walks and talks", nil })
	third := but(second, func(p *vcse.ServicePublishedV1) { p.Version, p.Needs = 3, nil })
	gone := vcse.ServiceWithdrawnV1{ServiceID: s, Reason: terms.ServiceEnded, At: noon}
	full, some := room(s, terms.CapacityNone, noon.Add(time.Hour)), room(s, terms.CapacityHas, noon)
	offer := linkworker.TeamOfferPublishedV1{TeamID: team, Name: "Link workers", WhatWeDo: "We listen", AcceptsReferrals: true, At: noon, Version: 1}
	changed := offer
	changed.Version, changed.NotHere = 2, []linkworker.TeamOfferPublishedV1NotHere{{Need: terms.NeedDebtAndMoney, Why: "Citizens Advice does"}}
	teamFull := linkworker.CapacityReportedV1{ReceiverKind: terms.ReceiverTeam, ReceiverID: team, Status: terms.CapacityWaitlist, ReportedAt: noon}
	said1 := vcse.NoteAddedV1{NoteID: note, ServiceID: s, Kind: terms.NoteNew, Text: "Ask for Jo", By: id.New(), OrganisationID: id.New(), At: noon}
	said2 := vcse.NoteAddedV1{NoteID: id.New(), ServiceID: s, Kind: terms.NoteConfirm, AboutNoteID: note, By: id.New(), OrganisationID: id.New(), At: noon}

	for name, facts := range map[string][]fact{
		"gone": {said(1, directory.OnServicePublished, first), said(2, directory.OnServicePublished, second), said(3, directory.OnServiceWithdrawn, gone)},
		"back again": {
			said(1, directory.OnServicePublished, first), said(2, directory.OnServicePublished, second),
			said(3, directory.OnServiceWithdrawn, gone), said(4, directory.OnServicePublished, third),
		},
		"capacity": {said(1, directory.OnServicePublished, first), said(1, directory.OnServiceCapacityReported, some), said(2, directory.OnServiceCapacityReported, full)},
		"team":     {said(1, directory.OnTeamOfferPublished, offer), said(2, directory.OnTeamOfferPublished, changed), said(3, directory.OnTeamCapacityReported, teamFull)},
		"notes":    {said(1, directory.OnServicePublished, first), said(1, directory.OnNoteAdded, said1), said(2, directory.OnNoteAdded, said2)},
	} {
		var want string
		permutations(len(facts), func(order []int) {
			var got string
			err := db.InTx(t.Context(), actor.Machine(actor.Inbox), func(ctx context.Context, tx pgx.Tx) error {
				for _, i := range append(order, order...) { // and once more: a replay changes nothing
					if err := facts[i](ctx, tx); err != nil {
						return err
					}
				}
				return errors.Join(tx.QueryRow(ctx, everything).Scan(&got), errUndo)
			})
			require.ErrorIs(t, err, errUndo)
			if want == "" {
				want = got
			}
			require.Equal(t, want, got, "%s: in the order %v", name, order)
		})
	}
}

func TestWithdrawnServicesKeepTheirName(t *testing.T) {
	t.Parallel()
	db := open(t)
	s, early := id.New(), id.New()
	hear(t, db, said(0, directory.OnServicePublished, walks(s)), said(1, directory.OnServiceWithdrawn, vcse.ServiceWithdrawnV1{ServiceID: s}),
		said(0, directory.OnServiceWithdrawn, vcse.ServiceWithdrawnV1{ServiceID: early}), said(0, directory.OnServiceCapacityReported, room(id.New(), terms.CapacityHas, noon)))
	require.Zero(t, find(t, db, directory.Query{}).Total)
	got := ask(t, db, func(ctx context.Context, tx pgx.Tx) (directory.Service, error) {
		return directory.ServiceByID(ctx, tx, s, noon)
	})
	require.True(t, got.Withdrawn)
	require.False(t, got.TakesReferrals())
	of := ask(t, db, func(ctx context.Context, tx pgx.Tx) (map[string]directory.Receiver, error) {
		return directory.Receivers(ctx, tx, s, early, id.New())
	})
	require.Len(t, of, 1)
	require.Equal(t, "Walking group", of[s].Name)
	require.Equal(t, "Walks for All", of[s].OrganisationName)
	err := db.InTx(t.Context(), somebody, func(ctx context.Context, tx pgx.Tx) error {
		_, err := directory.ServiceByID(ctx, tx, early, noon)
		return err
	})
	require.ErrorIs(t, err, directory.ErrNoService, "only its end was heard of")
}

func TestAServiceComesBackAsItWasSaid(t *testing.T) {
	t.Parallel()
	db := open(t)
	s := id.New()
	p := but(walks(s), func(p *vcse.ServicePublishedV1) {
		p.MinimumAge, p.Eligibility, p.Fees, p.URL, p.Phone, p.Email = new(18), "Anybody", "Free", "https://example.org", "0161 496 0000", "a@example.org"
		p.Languages, p.Accessibility, p.Categories, p.Simulated = []string{"en", "ur"}, []terms.Accessibility{terms.AccessStepFree}, []string{"Walks"}, true
		p.Places = append(p.Places, vcse.ServicePublishedV1Place{Name: "Hall", Address: "1 High Street", Postcode: "SK1 3XE"}, vcse.ServicePublishedV1Place{Name: "Somewhere"})
		p.Sessions = []vcse.ServicePublishedV1Session{{Weekday: terms.Friday, From: "10:00", To: "11:30", Place: new(1)}}
	})
	hear(t, db, said(0, directory.OnServicePublished, p))
	got := ask(t, db, func(ctx context.Context, tx pgx.Tx) (directory.Service, error) {
		return directory.ServiceByID(ctx, tx, s, noon)
	})
	require.NotNil(t, got.Places[1].Latitude)
	require.True(t, got.Places[1].Near, "a district's middle is not the place")
	require.Nil(t, got.Places[2].Latitude)
	got.Places[1].Latitude, got.Places[1].Longitude, got.Places[1].Near = nil, nil, false
	require.Equal(t, directory.Service{
		ID: s, Version: 1, ProviderID: p.ProviderID, ProviderName: "Walks for All", Name: "Walking group", Description: p.Description, Needs: p.Needs, NeedsMapped: true,
		Categories: p.Categories, Source: "own", SourceID: s, SourceLicence: "OGL", Claimed: true, AcceptsReferrals: true, Simulated: true, Status: terms.ServiceActive,
		MinimumAge: new(18), Eligibility: "Anybody", Fees: "Free", URL: "https://example.org", Phone: "0161 496 0000", Email: "a@example.org", Languages: p.Languages,
		Accessibility: p.Accessibility, Delivery: p.Delivery, Sessions: []directory.Session{{Weekday: terms.Friday, From: "10:00", To: "11:30", Place: new(1)}},
		Places: []directory.Place{
			{Name: "Piccadilly Basin", Postcode: "M1 1AE", Latitude: &piccadilly.Latitude, Longitude: &piccadilly.Longitude},
			{Name: "Hall", Address: "1 High Street", Postcode: "SK1 3XE"},
			{Name: "Somewhere"},
		},
		Capacity: directory.Capacity{Freshness: terms.FreshnessUnknown},
	}, got)

	f := find(t, db, directory.Query{From: &stockport}).Found[0]
	require.Equal(t, "Hall", f.Nearest.Name, "of several places the nearest counts")
	require.Less(t, *f.Km, 3.0)
	require.Equal(t, time.Date(2026, 7, 3, 9, 0, 0, 0, time.UTC), f.Next.From.UTC())
	require.Equal(t, 1, *f.Next.Place)
}

func TestOnlyTheInboxWrites(t *testing.T) {
	t.Parallel()
	db := open(t)
	s := id.New()
	hear(t, db, said(0, directory.OnServicePublished, walks(s)))
	for _, a := range []actor.Actor{somebody, actor.Machine(actor.Clock), actor.Machine(actor.Matcher)} {
		for _, f := range []fact{
			said(1, directory.OnServicePublished, walks(s)), said(1, directory.OnServiceCapacityReported, room(s, terms.CapacityHas, noon)),
			said(1, directory.OnTeamOfferPublished, linkworker.TeamOfferPublishedV1{TeamID: s}),
			said(1, directory.OnNoteAdded, vcse.NoteAddedV1{NoteID: s, ServiceID: s, By: s, OrganisationID: s}),
			said(1, directory.OnNoticeRecorded, vcse.NoticeRecordedV1{OfferID: s, State: terms.NoticeFailed}),
			func(ctx context.Context, tx pgx.Tx) error {
				_, err := tx.Exec(ctx, `delete from service_copy`)
				return err
			},
		} {
			var refused *pgconn.PgError
			require.ErrorAs(t, db.InTx(t.Context(), a, f), &refused)
			require.Equal(t, "42501", refused.Code)
		}
		require.NoError(t, db.InTx(t.Context(), a, func(ctx context.Context, tx pgx.Tx) error {
			p, err := directory.Find(ctx, tx, directory.Query{Now: noon})
			require.Equal(t, 1, p.Total)
			return err
		}), "everybody reads")
	}
}

func TestEveryTableIsGuarded(t *testing.T) {
	t.Parallel()
	db := open(t)
	loose := ask(t, db, func(ctx context.Context, tx pgx.Tx) ([]string, error) {
		rows, err := tx.Query(ctx, `select relname from pg_class where relnamespace = current_schema()::regnamespace and relkind = 'r'
			and relname not like 'migration\_%' and not (relrowsecurity and relforcerowsecurity)`)
		if err != nil {
			return nil, err
		}
		return pgx.CollectRows(rows, pgx.RowTo[string])
	})
	require.Empty(t, loose)
}

// Who sent something reads how far the e-mail about its offer got for as long as it has not arrived, and whom to ring.
func TestWhomNoEmailReaches(t *testing.T) {
	t.Parallel()
	db := open(t)
	offer, s, provider := id.New(), id.New(), id.New()
	p := walks(s)
	p.ProviderID = provider
	hear(t, db, said(0, directory.OnServicePublished, p),
		said(0, who.OnOrganisationRegistered, register.OrganisationRegisteredV1{OrganisationID: provider, Name: "Walks for All", Phone: "0161 496 0101", Status: terms.OrganisationActive, Version: 1}))
	for _, x := range []struct{ said, want terms.NoticeState }{
		{"", ""},
		{terms.NoticeWaiting, terms.NoticeWaiting},
		{terms.NoticeFailed, terms.NoticeFailed},
		{terms.NoticeSettled, ""},
		{terms.NoticeNoAddress, terms.NoticeNoAddress},
		{terms.NoticeSent, ""},
		{terms.NoticeFailed, terms.NoticeFailed},
		{terms.NoticePhoned, ""},
	} {
		if x.said != "" {
			hear(t, db, said(0, directory.OnNoticeRecorded, vcse.NoticeRecordedV1{OfferID: offer, State: x.said}))
		}
		require.Equal(t, x.want, ask(t, db, func(ctx context.Context, tx pgx.Tx) (state terms.NoticeState, err error) {
			return state, tx.QueryRow(ctx, `select notice_state($1)`, offer).Scan(&state)
		}), "after %q", x.said)
	}
	phone := func(of string) string {
		return ask(t, db, func(ctx context.Context, tx pgx.Tx) (string, error) { return directory.PhoneOf(ctx, tx, of) })
	}
	require.Equal(t, "0161 496 0101", phone(s))
	require.Empty(t, phone(id.New()))
	require.Empty(t, phone(""))
}

func TestRegister(t *testing.T) {
	t.Parallel()
	var all, some inbox.Reader
	directory.Register(&all)
	directory.Register(&some, vcse.TypeServicePublishedV1, linkworker.TypeCapacityReportedV1)
	require.Len(t, all.Types(), 8)
	require.Len(t, some.Types(), 6)
}
