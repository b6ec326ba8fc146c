//go:build !failpoint

// Package failpoint names the places at which a process may be made to die, so that a fault campaign can end it exactly there.
// What is built without the tag "failpoint", which is everything that is deployed, has no such places and reads its own clock.
package failpoint

import "time"

// Here is a place at which the process may be made to die.
func Here(string) {}

// Now is the time.
func Now() time.Time { return time.Now() }
