package all

import (
	"os"
	"runtime/debug"
)

// Tune has the process collect its garbage a quarter as often as Go would by itself, as long as it stays under a gigabyte:
// the live data is some tens of megabytes, so Go would sweep them many times a second for nothing. Whoever says GOGC or
// GOMEMLIMIT has the last word.
func Tune() {
	if os.Getenv("GOGC") == "" && os.Getenv("GOMEMLIMIT") == "" {
		debug.SetGCPercent(400)
		debug.SetMemoryLimit(1 << 30)
	}
}
