package domain

import (
	"testing"

	"github.com/stretchr/testify/require"

	"example.org/waypost/schemas/terms"
)

func TestOverlaps(t *testing.T) {
	t.Parallel()
	debt := in(Offered)
	debt.ID, debt.Need = "debt", terms.NeedDebtAndMoney
	same := in(UnderWay)
	ended := in(Closed)
	ended.Need = terms.NeedHousing
	all := []Referral{debt, same, ended, in(Held)}
	helps := func(refuses ...terms.Need) []Candidate {
		return []Candidate{{Receiver: first, Needs: []terms.Need{terms.NeedDebtAndMoney, terms.NeedLoneliness}, Refuses: refuses}}
	}
	require.Equal(t, []Overlap{{"debt", terms.NeedDebtAndMoney, first}}, Overlaps(terms.NeedLoneliness, all, helps()))
	require.Empty(t, Overlaps(terms.NeedLoneliness, all, helps(terms.NeedLoneliness)), "they say that they do not do it here")
	require.Empty(t, Overlaps(terms.NeedFood, all, helps()))
	require.Empty(t, Overlaps(terms.NeedLoneliness, all, nil), "nothing is known of them")
	require.Equal(t, []Receiver{first}, InHand(all))
}
