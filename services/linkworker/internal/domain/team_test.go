package domain_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/linkworker/internal/domain"
)

func TestATeamsOfferIsAListForEachNeighbourhood(t *testing.T) {
	t.Parallel()
	everywhere := domain.Refusal{Need: terms.NeedHousing, Why: "The housing office does."}
	there := domain.Refusal{Need: terms.NeedFood, Why: "The pantry does.", NetworkCode: "U2"}
	team := domain.Team{WhatWeDo: "x", Accepts: true, NetworkCodes: []string{"U1", "U2"}, Needs: []terms.Need{terms.NeedLoneliness, terms.NeedFood}, NotHere: []domain.Refusal{everywhere, there}}
	require.NoError(t, team.Check(), "what is not done in one neighbourhood may be done in another")
	require.Equal(t, []domain.Here{
		{NetworkCode: "U1", Does: []terms.Need{terms.NeedLoneliness, terms.NeedFood}, Not: []domain.Refusal{everywhere}},
		{NetworkCode: "U2", Does: []terms.Need{terms.NeedLoneliness}, Not: []domain.Refusal{everywhere, there}},
	}, team.Offer())
	team.NotHere = []domain.Refusal{{Need: terms.NeedFood, NetworkCode: "U3"}}
	require.ErrorContains(t, team.Check(), "U3 is not among them")
	team.NotHere = []domain.Refusal{{Need: terms.NeedFood}}
	require.ErrorContains(t, team.Check(), "is in both lists")
}
