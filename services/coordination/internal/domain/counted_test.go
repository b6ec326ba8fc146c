package domain

import (
	"testing"

	"github.com/stretchr/testify/require"

	"example.org/waypost/schemas/terms"
)

func TestCounted(t *testing.T) {
	t.Parallel()
	all := []Chosen{
		{Held: true, Need: terms.NeedFood, Choice: ChoseJoin, N: 3},
		{Held: true, Need: terms.NeedFood, Choice: ChoseSend, Reason: "different_help", N: 5},
		{Held: true, Need: terms.NeedHousing, Choice: ChoseJoin, N: 10},
		{Need: terms.NeedFood, Choice: ChoseJoin, N: 1},
	}
	require.Equal(t, []Count{{Need: terms.NeedHousing, N: 10}, {Need: terms.NeedFood, N: 8}}, Counted(all, true, true))
	require.Equal(t, []Count{{Choice: ChoseJoin, N: 13}, {Choice: ChoseSend, Reason: "different_help", N: 5}}, Counted(all, true, false))
	require.Equal(t, []Count{{Need: terms.NeedFood, N: 1}}, Counted(all, false, true))
}

// Beyond the office no number under eight is told, none is exact, and the order of those that are not told says nothing of them.
func TestSmallNumbersAreNotTold(t *testing.T) {
	t.Parallel()
	told := Beyond([]Count{{Need: "e", N: 13}, {Need: "d", N: 12}, {Need: "c", N: 8}, {Need: "b", N: 7}, {Need: "a", N: 1}, {Need: "z", N: 0}})
	require.Equal(t, []Count{{Need: "e", N: 15}, {Need: "c", N: 10}, {Need: "d", N: 10}, {Need: "a", Few: true}, {Need: "b", Few: true}, {Need: "z"}}, told)
}
