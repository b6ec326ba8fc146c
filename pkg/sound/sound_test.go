package sound_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/sound"
)

func TestNamesThatSoundAlikeMeet(t *testing.T) {
	t.Parallel()
	for _, pair := range [][2]string{
		{"Catherine", "Kathryn"},
		{"Stephens", "Stevens"},
		{"Smith", "Schmidt"},
		{"Smyth", "Smith"},
		{"Philip", "Filip"},
		{"Geoffrey", "Jeffrey"},
		{"Clarke", "Clark"},
		{"Wright", "Right"},
		{"Knight", "Night"},
		{"Hussain", "Hussein"},
		{"Mohammed", "Muhammad"},
		{"Reid", "Reed"},
		{"Read", "Reid"},
		{"Macdonald", "McDonald"},
		{"Siobhan", "Shioban"},
		{"O'Brien", "OBrian"},
		{"Zoe", "Zoey"},
	} {
		require.True(t, sound.Alike(pair[0], pair[1]), "%v %v %v", pair, sound.Keys(pair[0]), sound.Keys(pair[1]))
	}
	for _, pair := range [][2]string{{"Smith", "Jones"}, {"Anna", "Peter"}, {"Khan", "Patel"}, {"Ali", "Begum"}} {
		require.False(t, sound.Alike(pair[0], pair[1]), "%v", pair)
	}
}

func TestNamesThatAreMistypedAreNear(t *testing.T) {
	t.Parallel()
	for _, pair := range [][2]string{{"john", "jokn"}, {"hannah", "hnnah"}, {"helen", "ehlen"}, {"kenneth", "kennet"}, {"thomson", "thompson"}, {"shazia", "shaziya"}} {
		require.True(t, sound.Near(pair[0], pair[1]), "%v", pair)
		require.True(t, sound.Near(pair[1], pair[0]), "%v", pair)
	}
	for _, pair := range [][2]string{{"al", "bo"}, {"", "a"}, {"", ""}, {"grace", "peter"}, {"mark", "olivia"}} {
		require.False(t, sound.Near(pair[0], pair[1]), "%v", pair)
	}
	require.Equal(t, []string{"oneill", "smith", "jones"}, sound.Words("O’Neill Smith-JONES"))
	require.Equal(t, []string{"zoe"}, sound.Words(" Zoë. "))
}

func TestWhatHasNoLetterHasNoSound(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"", "123", "李", "-- '"} {
		require.Empty(t, sound.Keys(name))
	}
}

func FuzzKeys(f *testing.F) {
	for _, name := range []string{"Schwarzenegger", "Xavier", "McHugh", "Filipowicz", "JOSE", "gh", "wr", "ssc", "Breaux", "Zhao", "\xff"} {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		keys := sound.Keys(name)
		require.LessOrEqual(t, len(keys), 2)
		for _, k := range keys {
			require.NotEmpty(t, k)
			require.LessOrEqual(t, len(k), 4)
		}
	})
}
