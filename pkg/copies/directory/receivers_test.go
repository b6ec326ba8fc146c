package directory_test

import (
	"context"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/copies/directory"
	"example.org/waypost/pkg/copies/who"
	"example.org/waypost/pkg/id"
	"example.org/waypost/schemas/linkworker"
	"example.org/waypost/schemas/register"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/schemas/vcse"
)

func organisation(organisation string, kind terms.OrganisationKind, network string) register.OrganisationRegisteredV1 {
	return register.OrganisationRegisteredV1{OrganisationID: organisation, Kind: kind, Name: "Ancoats", Status: terms.OrganisationActive, NetworkCode: network, Version: 1}
}

func team(id, name string, f func(p *linkworker.TeamOfferPublishedV1)) linkworker.TeamOfferPublishedV1 {
	p := linkworker.TeamOfferPublishedV1{TeamID: id, Name: name, WhatWeDo: "We listen", AcceptsReferrals: true, At: noon, Version: 1}
	if f != nil {
		f(&p)
	}
	return p
}

func TestTeamsOfAPractice(t *testing.T) {
	t.Parallel()
	db := open(t)
	practice := id.New()
	byNetwork, byPractice, elsewhere, shut, full := id.New(), id.New(), id.New(), id.New(), id.New()
	hear(t, db,
		said(0, directory.OnTeamOfferPublished, team(byNetwork, "A by network", func(p *linkworker.TeamOfferPublishedV1) {
			p.NetworkCodes = []string{"U12345", "U1"}
			p.NotHere = []linkworker.TeamOfferPublishedV1NotHere{{Need: terms.NeedDebtAndMoney, Why: "Citizens Advice does"}}
		})),
		said(0, directory.OnTeamOfferPublished, team(byPractice, "B by practice", func(p *linkworker.TeamOfferPublishedV1) {
			p.PracticeIDs, p.Needs = []string{practice}, []terms.Need{terms.NeedDebtAndMoney}
		})),
		said(0, directory.OnTeamOfferPublished, team(elsewhere, "elsewhere", func(p *linkworker.TeamOfferPublishedV1) { p.NetworkCodes = []string{"U99999"} })),
		said(0, directory.OnTeamOfferPublished, team(shut, "shut", func(p *linkworker.TeamOfferPublishedV1) { p.NetworkCodes = []string{"U12345"} })),
		said(0, directory.OnTeamOfferPublished, team(full, "C full", func(p *linkworker.TeamOfferPublishedV1) { p.NetworkCodes = []string{"U12345"} })),
		said(0, who.OnOrganisationClosed, register.OrganisationClosedV1{OrganisationID: shut}),
		said(0, directory.OnTeamCapacityReported, linkworker.CapacityReportedV1{ReceiverKind: terms.ReceiverTeam, ReceiverID: full, Status: terms.CapacityNone, ReportedAt: noon}))

	teams := func(q directory.TeamQuery) (list []string) {
		q.Now = noon
		for _, x := range ask(t, db, func(ctx context.Context, tx pgx.Tx) ([]directory.Team, error) { return directory.Teams(ctx, tx, q) }) {
			list = append(list, x.Name)
		}
		return list
	}
	require.Equal(t, []string{"B by practice"}, teams(directory.TeamQuery{PracticeID: practice}), "the practice's network was not heard of yet")
	hear(t, db, said(0, who.OnOrganisationRegistered, organisation(practice, terms.KindPractice, "U12345")))
	require.Equal(t, []string{"A by network", "B by practice", "C full"}, teams(directory.TeamQuery{PracticeID: practice}), "who has no room stands last")
	require.Equal(t, []string{"B by practice", "C full", "A by network"}, teams(directory.TeamQuery{PracticeID: practice, Need: terms.NeedDebtAndMoney}), "who takes it stands first")
	require.Equal(t, []string{"A by network"}, teams(directory.TeamQuery{NetworkCode: "U1"}))
	require.Len(t, teams(directory.TeamQuery{}), 4)
	require.Empty(t, teams(directory.TeamQuery{PracticeID: id.New()}))

	got := ask(t, db, func(ctx context.Context, tx pgx.Tx) (directory.Team, error) {
		return directory.TeamByID(ctx, tx, byNetwork, noon)
	})
	why, refused := got.Refuses(terms.NeedDebtAndMoney)
	require.True(t, refused)
	require.Equal(t, "Citizens Advice does", why)
	require.False(t, got.Takes(terms.NeedDebtAndMoney))
	require.True(t, got.Takes(terms.NeedLoneliness))
	err := db.InTx(t.Context(), somebody, func(ctx context.Context, tx pgx.Tx) error {
		_, err := directory.TeamByID(ctx, tx, id.New(), noon)
		return err
	})
	require.ErrorIs(t, err, directory.ErrNoTeam)
}

func TestCandidates(t *testing.T) {
	t.Parallel()
	db := open(t)
	practice, fits, old, listed, named, ours, theirs := id.New(), id.New(), id.New(), id.New(), id.New(), id.New(), id.New()
	hear(t, db,
		said(0, directory.OnServicePublished, walks(fits)),
		said(0, directory.OnServiceCapacityReported, room(fits, terms.CapacityWaitlist, noon.Add(-8*24*time.Hour))),
		said(0, directory.OnServicePublished, but(walks(old), func(p *vcse.ServicePublishedV1) { p.MinimumAge = new(65) })),
		said(0, directory.OnServicePublished, but(walks(listed), func(p *vcse.ServicePublishedV1) { p.Claimed, p.ProviderID = false, "" })),
		said(0, directory.OnServicePublished, but(walks(named), func(p *vcse.ServicePublishedV1) {
			p.Needs, p.Status, p.Places, p.Delivery = nil, terms.ServiceInactive, nil, []terms.Delivery{terms.DeliveryOnline}
		})),
		said(0, directory.OnTeamOfferPublished, team(ours, "ours", func(p *linkworker.TeamOfferPublishedV1) { p.PracticeIDs = []string{practice} })),
		said(0, directory.OnTeamOfferPublished, team(theirs, "theirs", nil)))
	candidates := func(q directory.CandidateQuery) map[string]directory.Candidate {
		q.Need, q.Now = terms.NeedLoneliness, noon
		of := map[string]directory.Candidate{}
		for _, c := range ask(t, db, func(ctx context.Context, tx pgx.Tx) ([]directory.Candidate, error) {
			return directory.Candidates(ctx, tx, q)
		}) {
			of[c.ID] = c
		}
		return of
	}
	of := candidates(directory.CandidateQuery{From: &stockport, Age: new(40), PracticeID: practice})
	require.Len(t, of, 2)
	require.InDelta(t, 10, *of[fits].Km, 1)
	require.Equal(t, terms.CapacityWaitlist, of[fits].Capacity.Status)
	require.Equal(t, terms.FreshnessStale, of[fits].Capacity.Freshness)
	require.True(t, of[ours].Serves)
	require.True(t, of[ours].Active)

	of = candidates(directory.CandidateQuery{Also: []string{named, theirs, listed, id.New()}})
	require.Len(t, of, 5, "who was named is there, fit or not, and without an age nobody is ruled out")
	require.Contains(t, of, old)
	require.False(t, of[named].Active)
	require.True(t, of[named].Remote)
	require.Nil(t, of[named].Km)
	require.False(t, of[listed].Claimed)
	require.False(t, of[theirs].Serves)
}

func TestNotes(t *testing.T) {
	t.Parallel()
	db := open(t)
	s, by, practice, ask1, ask2, wrong := id.New(), id.New(), id.New(), id.New(), id.New(), id.New()
	note := func(id, about string, kind terms.NoteKind, text string, days int) fact {
		return said(0, directory.OnNoteAdded, vcse.NoteAddedV1{NoteID: id, ServiceID: s, Kind: kind, AboutNoteID: about, Text: text, By: by, OrganisationID: practice, At: noon.AddDate(0, 0, days)})
	}
	hear(t, db, // what answers comes before what it answers
		note(id.New(), ask1, terms.NoteConfirm, "", 5), note(id.New(), ask1, terms.NoteConfirm, "", 6), note(id.New(), ask1, terms.NoteDispute, "Not any more", 7),
		note(id.New(), wrong, terms.NoteCorrect, "Ring the bell at the back", 4),
		note(ask1, "", terms.NoteNew, "Ask for <b>Jo</b>", 1), note(ask2, "", terms.NoteNew, "Good tea", 2), note(wrong, "", terms.NoteNew, "Ring the bell", 3),
		note(id.New(), "", terms.NoteConfirm, "Still runs", 0))
	notes := func(limit int) []directory.Note {
		return ask(t, db, func(ctx context.Context, tx pgx.Tx) ([]directory.Note, error) {
			return directory.Notes(ctx, tx, s, limit)
		})
	}
	var texts []string
	for _, n := range notes(10) {
		texts = append(texts, n.Text)
	}
	require.Equal(t, []string{"Ring the bell at the back", "Good tea", "Ask for <b>Jo</b>", "Still runs"}, texts)
	n := notes(10)[2]
	require.Equal(t, 2, n.Confirmed)
	require.Equal(t, 1, n.Disputed)
	require.Equal(t, noon.AddDate(0, 0, 7), n.LastSaidAt)
	require.Empty(t, n.ByName)

	hear(t, db, said(0, directory.OnServicePublished, walks(s)), said(0, who.OnOrganisationRegistered, organisation(practice, terms.KindPractice, "")),
		said(0, who.OnPersonRoleGranted, register.PersonRoleGrantedV1{PersonID: by, OrganisationID: practice, Role: terms.RoleGP, DisplayName: "Dr Ada", FromOn: "2026-01-01"}))
	f := find(t, db, directory.Query{}).Found[0]
	require.Len(t, f.Notes, 3)
	require.Equal(t, "Dr Ada", f.Notes[0].ByName)
	require.Equal(t, "Ancoats", f.Notes[0].OrganisationName)
	require.Equal(t, noon.AddDate(0, 0, 4), f.Notes[0].At)
}
