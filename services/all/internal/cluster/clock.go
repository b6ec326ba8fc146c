package cluster

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"time"
)

// Seen is how long it takes until a copy has looked at its clock's hands: it looks five times a second.
const Seen = 500 * time.Millisecond

// SetClock says to one copy, which looks for its failpoints in dir, how far its clock is ahead of the machine's. It goes by that Seen later.
func SetClock(dir, copied string, ahead time.Duration) error {
	name := filepath.Join(dir, "clock."+copied)
	err := os.WriteFile(name+".new", []byte(strconv.Itoa(int(math.Ceil(ahead.Seconds())))), 0o600)
	if err == nil {
		err = os.Rename(name+".new", name) // nobody reads half a number
	}
	if err != nil {
		return fmt.Errorf("set the clock of %s: %w", copied, err)
	}
	return nil
}
