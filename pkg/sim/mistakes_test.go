package sim_test

import (
	"testing"

	"example.org/waypost/pkg/sim"
)

// A simulation that a wrong relay or reader comes through shows nothing. Each is found within some seeds, and most at once.
func TestMistakesAreFound(t *testing.T) {
	t.Parallel()
	for _, m := range []sim.Mistake{sim.MarkBeforeAck, sim.IDCursor, sim.VerifyByNumber, sim.Anywhere, sim.AckBeforeCommit, sim.NoDedupe, sim.NoTailWatch, sim.AroundAHole, sim.NoteApart, sim.AnswerApart, sim.RingApart} {
		t.Run(string(m), func(t *testing.T) {
			t.Parallel()
			for seed := uint64(1); seed <= within; seed++ {
				if r := play(t, seed, false, m); len(r.Wrong) > 0 {
					t.Logf("seed %d: %s", seed, r.Wrong[0])
					return
				}
			}
			t.Errorf("it came through %d seeds", within)
		})
	}
}

const within = 2000
