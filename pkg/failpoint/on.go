//go:build failpoint

// Package failpoint names the places at which a process may be made to die, so that a fault campaign can end it exactly there.
//
// A file of a place's name in the folder WAYPOST_FAILPOINTS arms it; the first process that comes by renames it to name.fired
// and is gone. The file clock.<copy> there, a number of seconds, moves the clock of one copy.
package failpoint

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"
)

var folder = os.Getenv("WAYPOST_FAILPOINTS")

// Here is a place at which the process may be made to die.
func Here(name string) {
	if folder == "" {
		return
	}
	// Only one process can rename it, so one place fires once for each time that it is armed.
	if os.Rename(filepath.Join(folder, name), filepath.Join(folder, name+".fired")) == nil {
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
		select {} // the signal is on its way
	}
}

var (
	offset atomic.Int64
	read   atomic.Int64 // when the file was last looked at, unix nanoseconds
)

// Now is the time, as far as this copy knows.
func Now() time.Time {
	now := time.Now()
	if last := read.Load(); now.UnixNano()-last > int64(200*time.Millisecond) && read.CompareAndSwap(last, now.UnixNano()) {
		b, _ := os.ReadFile(filepath.Join(folder, "clock."+os.Getenv("WAYPOST_COPY"))) // none: the clock is right
		seconds, _ := strconv.ParseInt(strings.TrimSpace(string(b)), 10, 64)
		offset.Store(seconds)
	}
	if s := offset.Load(); s != 0 {
		return now.Add(time.Duration(s) * time.Second)
	}
	return now
}
