package domain_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/mdt/internal/domain"
)

// Whatever people ask, accept, refuse and take back, whoever leaves and comes back, a case that has a holder keeps exactly one until it is
// closed, and has one again when it is opened again.
func TestHandOverNeverLeavesACaseEmptyAndNeverWithTwo(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var h domain.Holders
		var all []*domain.Holding
		var last domain.Holding // whoever held it when it was closed
		held, closed, ever := false, false, false
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
				held, ever = true, true
				if was != nil && (released != was || released.State != domain.HoldingReleased || released.HandedTo != h.Current.PersonID) {
					t.Fatal("whoever held it was not released to the new holder")
				}
			},
			"refuse":   func(t *rapid.T) { _, _ = h.Refuse(person.Draw(t, "who"), "no time", now) },
			"takeBack": func(*rapid.T) { _, _ = h.TakeBack(now) },
			"close": func(t *rapid.T) {
				if closed || rapid.IntRange(0, 9).Draw(t, "rarely") != 0 {
					return
				}
				if h.Current != nil {
					last = *h.Current
				}
				ever = held
				h.Close(now)
				held, closed = false, true
			},
			"reopen": func(t *rapid.T) {
				if !closed || !ever {
					return
				}
				left := rapid.Bool().Draw(t, "left meanwhile")
				again := h.Reopen(last, "again", left, now)
				if again == nil || again.PersonID != last.PersonID || again.Left() != left {
					t.Fatal("whoever held it does not hold it again")
				}
				all = append(all, again)
				held, closed = true, false
			},
			"leave": func(t *rapid.T) {
				p := person.Draw(t, "who")
				was := h.Current
				left, takenBack := h.Leave(p, "", now)
				if h.Current != was {
					t.Fatal("a leaving holder emptied the chair")
				}
				if left != nil && (left != was || left.PersonID != p || !left.Left() || left.State != domain.HoldingHolds) {
					t.Fatal("somebody else was said to have left")
				}
				if takenBack != nil && (takenBack.PersonID != p || h.Asked != nil) {
					t.Fatal("who left is still asked")
				}
			},
			"comeBack": func(t *rapid.T) {
				p := person.Draw(t, "who")
				wasLeft := h.Current != nil && h.Current.PersonID == p && h.Current.Left()
				if back := h.ComeBack(p, ""); (back != nil) != wasLeft || back != nil && back.Left() {
					t.Fatal("who came back does not hold it as before")
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
		"a case-holder who left":                    {domain.Standing{Last: item(domain.ItemDiscussed, terms.MDTNoFurtherDiscussion), HolderLeft: true, Actions: 1}, domain.WhyLeft},
		"a case that is open again":                 {domain.Standing{Last: item(domain.ItemDiscussed, terms.MDTNoFurtherDiscussion), Reopened: true}, domain.WhyReopened},
		"a question that nobody answered":           {domain.Standing{Last: item(domain.ItemDiscussed, terms.MDTNoFurtherDiscussion), Unanswered: true}, domain.WhyUnanswered},
		"one who left, taken off by a person":       {domain.Standing{Last: item(domain.ItemDiscussed, terms.MDTNoFurtherDiscussion), HolderLeft: true, OnNext: true}, ""},
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
