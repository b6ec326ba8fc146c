package domain_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/mdt/internal/domain"
)

// Whatever people ask, accept, refuse and take back, a case that has a holder keeps exactly one until it is closed.
func TestHandOverNeverLeavesACaseEmptyAndNeverWithTwo(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var h domain.Holders
		var all []*domain.Holding
		held, closed := false, false
		now := time.Date(2026, 11, 24, 10, 0, 0, 0, time.UTC)
		person := rapid.SampledFrom([]string{"ann", "ben", "cat"})
		role := rapid.SampledFrom([]terms.Role{terms.RoleGP, terms.RoleCareProfessional, terms.RoleLinkWorker})
		t.Repeat(map[string]func(*rapid.T){
			"ask": func(t *rapid.T) {
				if closed {
					return
				}
				r := role.Draw(t, "role")
				before := h.Asked
				err := h.Ask(domain.Holding{PersonID: person.Draw(t, "who"), Role: r})
				if r == terms.RoleLinkWorker && err == nil {
					t.Fatal("a link worker can not hold a case")
				}
				if err == nil {
					all = append(all, h.Asked)
				} else if h.Asked != before {
					t.Fatal("a refusal changed something")
				}
			},
			"accept": func(t *rapid.T) {
				was := h.Current
				released, err := h.Accept(person.Draw(t, "who"), now)
				if err != nil {
					return
				}
				held = true
				if was != nil && (released != was || released.State != domain.HoldingReleased || released.HandedTo != h.Current.PersonID) {
					t.Fatal("whoever held it was not released to the new holder")
				}
			},
			"refuse":   func(t *rapid.T) { _, _ = h.Refuse(person.Draw(t, "who"), "no time", now) },
			"takeBack": func(*rapid.T) { _, _ = h.TakeBack(now) },
			"close": func(t *rapid.T) {
				if rapid.IntRange(0, 9).Draw(t, "rarely") == 0 {
					h.Close(now)
					held, closed = false, true
				}
			},
			"": func(t *rapid.T) {
				holding, asked := 0, 0
				for _, x := range all {
					switch x.State {
					case domain.HoldingHolds:
						holding++
					case domain.HoldingOffered:
						asked++
					}
				}
				want := 0
				if held {
					want = 1
				}
				if holding != want || asked > 1 || (h.Current != nil) != held {
					t.Fatalf("%d hold it and %d are asked", holding, asked)
				}
			},
		})
	})
}

func TestWhatComesBackToTheNextAgenda(t *testing.T) {
	t.Parallel()
	item := func(state domain.ItemState, decision terms.MDTDecision) domain.Item {
		return domain.Item{State: state, Decision: decision}
	}
	for name, c := range map[string]struct {
		standing domain.Standing
		why      domain.Why
	}{
		"an action that is not done":                {domain.Standing{Last: item(domain.ItemDiscussed, terms.MDTNoFurtherDiscussion), Actions: 1}, domain.WhyAction},
		"an action of a closed case":                {domain.Standing{Last: item(domain.ItemDiscussed, terms.MDTNoFurtherDiscussion), Actions: 1, CaseClosed: true}, domain.WhyAction},
		"what was kept under review":                {domain.Standing{Last: item(domain.ItemDiscussed, terms.MDTKeepUnderReview)}, domain.WhyDecision},
		"what a meeting did not get to":             {domain.Standing{Last: item(domain.ItemWaiting, "")}, domain.WhyWaiting},
		"a decision that ends it":                   {domain.Standing{Last: item(domain.ItemDiscussed, terms.MDTNoFurtherDiscussion)}, ""},
		"a closed case":                             {domain.Standing{Last: item(domain.ItemDiscussed, terms.MDTKeepUnderReview), CaseClosed: true}, ""},
		"on the next agenda, or taken off it":       {domain.Standing{Last: item(domain.ItemWaiting, ""), Actions: 2, OnNext: true}, ""},
		"every decision that the terms say returns": {domain.Standing{Last: item(domain.ItemDiscussed, terms.MDTEscalate)}, domain.WhyDecision},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := domain.Returning([]domain.Standing{c.standing})
			if c.why == "" {
				require.Empty(t, got)
				return
			}
			require.Len(t, got, 1)
			require.Equal(t, c.why, got[0].Why)
		})
	}
}

func TestTheNextMeetingIsAtTheSameTimeOnTheClocksOfLondon(t *testing.T) {
	t.Parallel()
	london, err := time.LoadLocation("Europe/London")
	require.NoError(t, err)
	at := time.Date(2026, 10, 21, 13, 0, 0, 0, london) // the clocks go back on the 25th
	m := domain.Meeting{StartsAt: at.UTC(), EndsAt: at.Add(time.Hour).UTC()}
	next := m.Next("next", london, at)
	require.Equal(t, "13:00", next.StartsAt.In(london).Format("15:04"))
	require.Equal(t, 7, next.StartsAt.In(london).Day()-at.Day())
	require.Equal(t, time.Hour, next.EndsAt.Sub(next.StartsAt))
}
