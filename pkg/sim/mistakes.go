package sim

import (
	"slices"
)

// Mistake is a way of relaying or reading that is known to lose, double or disorder. The simulation is worth something only if
// it finds each of them.
type Mistake string

func (w *world) makes(m Mistake) bool { return slices.Contains(w.mistakes, m) }
