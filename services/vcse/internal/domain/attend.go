package domain

import (
	"time"
)

// Attend notes a session; the row itself stands elsewhere.
func (o *Offer) Attend(by string, at time.Time) error {
	if err := o.allow(ActionAttend); err != nil {
		return err
	}
	o.Last = Act{by, at, "recorded a session"}
	return nil
}
