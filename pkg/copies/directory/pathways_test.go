package directory_test

import (
	"context"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/copies/directory"
	"example.org/waypost/pkg/id"
	"example.org/waypost/schemas/coordination"
	"example.org/waypost/schemas/linkworker"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/schemas/vcse"
)

func TestASenderIsWarnedOfWhatRecurs(t *testing.T) {
	t.Parallel()
	db := open(t)
	s, mill, canal := id.New(), id.New(), id.New()
	counted := func(sender string, reason terms.BounceReason, same int, at time.Time) coordination.PathwayCountedV1 {
		return coordination.PathwayCountedV1{
			ReceiverKind: terms.ReceiverService, ReceiverID: s, Need: terms.NeedDebtAndMoney, SenderOrganisationID: sender, People: 10, CameBack: 5,
			Reason: reason, Same: &same, NewestAt: noon, At: at,
		}
	}
	warned := func(sender string, need terms.Need, at time.Time) (directory.Warning, bool) {
		of := ask(t, db, func(ctx context.Context, tx pgx.Tx) (map[string]directory.Warning, error) {
			return directory.Warnings(ctx, tx, need, sender, at, s, id.New())
		})
		w, ok := of[s]
		return w, ok
	}
	_, ok := warned(mill, terms.NeedDebtAndMoney, noon)
	require.False(t, ok)

	hear(t, db, said(0, directory.OnPathwayCounted, counted("", terms.BounceWrongArea, 4, noon)))
	w, ok := warned(mill, terms.NeedDebtAndMoney, noon)
	require.True(t, ok)
	require.Equal(t, "4 of the last 10 referrals for “Debt and money” to Advice came back: not in its area", w.Words(terms.NeedDebtAndMoney, "Advice"))
	hear(t, db, said(0, directory.OnServicePublished, but(walks(s), func(p *vcse.ServicePublishedV1) { p.Needs = []terms.Need{terms.NeedDebtAndMoney} })))
	found := find(t, db, directory.Query{Needs: []terms.Need{terms.NeedDebtAndMoney}, Sender: mill, Now: noon}).Found
	require.Len(t, found, 1)
	require.Contains(t, found[0].Warns(), "4 of the last 10 referrals")
	_, ok = warned(mill, terms.NeedFood, noon)
	require.False(t, ok, "another need is another way")
	_, ok = warned(mill, terms.NeedDebtAndMoney, noon.Add(181*24*time.Hour))
	require.False(t, ok, "half a year later nobody knows")

	// A sender's own numbers count before everybody's: of its own none come back.
	hear(t, db, said(0, directory.OnPathwayCounted, counted(mill, "", 0, noon.Add(time.Hour))))
	_, ok = warned(mill, terms.NeedDebtAndMoney, noon)
	require.False(t, ok)
	_, ok = warned(canal, terms.NeedDebtAndMoney, noon)
	require.True(t, ok)
	hear(t, db, said(0, directory.OnPathwayCounted, counted(mill, terms.BounceNoCapacity, 3, noon.Add(2*time.Hour))), said(0, directory.OnPathwayCounted, counted(mill, "", 0, noon)))
	w, ok = warned(mill, terms.NeedDebtAndMoney, noon)
	require.True(t, ok, "what is older changes nothing")
	require.Equal(t, "3 of your last 10 referrals for “Debt and money” to Advice came back: no room", w.Words(terms.NeedDebtAndMoney, "Advice"))
}

func TestNoRoomUntilIsShownAndHolds(t *testing.T) {
	t.Parallel()
	db := open(t)
	s := id.New()
	full := room(s, terms.CapacityNone, noon)
	full.UntilOn, full.PlacesFree = noon.AddDate(0, 0, 40).Format(time.DateOnly), nil
	hear(t, db, said(0, directory.OnServicePublished, walks(s)), said(0, directory.OnServiceCapacityReported, full))
	at := func(when time.Time) directory.Capacity {
		return ask(t, db, func(ctx context.Context, tx pgx.Tx) (directory.Service, error) {
			return directory.ServiceByID(ctx, tx, s, when)
		}).Capacity
	}
	require.Equal(t, "No room until "+noon.AddDate(0, 0, 40).Format("2 January 2006"), at(noon.AddDate(0, 0, 30)).Words())
	require.Equal(t, terms.FreshnessUnknown, at(noon.AddDate(0, 0, 41)).Freshness)
}

// Whoever looks for a team reads what recurs on the way there, as of a service.
func TestATeamThatOftenBouncesIsWarnedOf(t *testing.T) {
	t.Parallel()
	db := open(t)
	x, ward, same := id.New(), id.New(), 4
	hear(t, db, said(0, directory.OnTeamOfferPublished, team(x, "Team", func(*linkworker.TeamOfferPublishedV1) {})), said(0, directory.OnPathwayCounted, coordination.PathwayCountedV1{
		ReceiverKind: terms.ReceiverTeam, ReceiverID: x, Need: terms.NeedDebtAndMoney, People: 10, CameBack: 5,
		Reason: terms.BounceWrongArea, Same: &same, NewestAt: noon, At: noon,
	}))
	warns := func(q directory.TeamQuery) string {
		return ask(t, db, func(ctx context.Context, tx pgx.Tx) ([]directory.Team, error) { return directory.Teams(ctx, tx, q) })[0].Warns()
	}
	require.Contains(t, warns(directory.TeamQuery{Need: terms.NeedDebtAndMoney, Sender: ward, Now: noon}), "4 of the last 10 referrals")
	require.Empty(t, warns(directory.TeamQuery{Need: terms.NeedFood, Sender: ward, Now: noon}))
	require.Empty(t, warns(directory.TeamQuery{Need: terms.NeedDebtAndMoney, Now: noon}), "nobody sends")
}
