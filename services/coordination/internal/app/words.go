package app

import (
	"time"

	"example.org/waypost/pkg/clock"
)

// clockTime is "10:42" in London.
func clockTime(t time.Time) string { return t.In(clock.London).Format("15:04") }
