package domain

import (
	"fmt"
	"time"

	"example.org/waypost/pkg/fault"
	"example.org/waypost/schemas/terms"
)

// Capacity is how much room a service has, as somebody said it.
type Capacity struct {
	ServiceID    string
	Organisation string
	Status       terms.CapacityStatus
	PlacesFree   *int // nil: the service does not count places. Those kept for open offers are among them
	Reserved     int  // how many are kept
	Waiting      *int
	NextReviewOn string
	UntilOn      string // with no room: the day from which there may be some; yyyy-mm-dd, or ""
	ReportedBy   string
	ReportedAt   time.Time
	Simulated    bool
	Version      int64
}

// MaxCounted is the highest number in a report: more is a slip of the keyboard.
const MaxCounted = 10_000

// Check tells what is wrong with a report. reserved places can not be given away by counting fewer.
func (c Capacity) Check() error {
	var f fault.Fields
	if !c.Status.Known() {
		f.Add("status", "Select how much room there is")
	}
	if c.PlacesFree != nil && (*c.PlacesFree < 0 || *c.PlacesFree > MaxCounted) {
		f.Add("places_free", "Enter a number of places from 0 to 10,000")
	}
	if c.Waiting != nil && (*c.Waiting < 0 || *c.Waiting > MaxCounted) {
		f.Add("waiting", "Enter a number of people from 0 to 10,000")
	}
	switch kept := c.Reserved; {
	case kept == 1 && free(c.PlacesFree) < 1:
		f.Add("places_free", "1 place is kept for an open offer. Enter 1 or more, or answer the offer first")
	case kept > 1 && free(c.PlacesFree) < kept:
		f.Add("places_free", fmt.Sprintf("%d places are kept for open offers. Enter %d or more, or answer the offers first", kept, kept))
	}
	return f.Err()
}

func free(n *int) int {
	if n == nil {
		return 0
	}
	return *n
}

// Room tells whether a place can be kept for one more offer.
func (c Capacity) Room() bool { return c.PlacesFree != nil && *c.PlacesFree > c.Reserved }

// Freshness is how far the report can still be believed.
func (c Capacity) Freshness(now time.Time) terms.Freshness {
	return terms.FreshnessUntil(c.Status, c.UntilOn, c.ReportedAt, now)
}

// Take uses one place; it tells whether the report changed by it.
func (c *Capacity) Take() bool {
	if c.PlacesFree == nil || *c.PlacesFree == 0 {
		return false
	}
	left := *c.PlacesFree - 1
	c.PlacesFree = &left
	if left == 0 && c.Status == terms.CapacityHas {
		c.Status = terms.CapacityNone
	}
	return true
}

// Give gives one place back; it tells whether the report changed by it.
func (c *Capacity) Give() bool {
	if c.PlacesFree == nil {
		return false
	}
	left := *c.PlacesFree + 1
	c.PlacesFree = &left
	if left == 1 && c.Status == terms.CapacityNone {
		c.Status, c.UntilOn = terms.CapacityHas, ""
	}
	return true
}

// Fill says that there is no room until a day. Places that are kept for open offers stay kept.
func (c *Capacity) Fill(until string) {
	c.Status, c.UntilOn = terms.CapacityNone, until
	if c.PlacesFree != nil {
		kept := c.Reserved
		c.PlacesFree = &kept
	}
}
