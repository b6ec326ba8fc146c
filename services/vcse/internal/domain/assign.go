package domain

import (
	"time"
)

// Assign gives the offer to a colleague; "" takes it back from them.
func (o *Offer) Assign(by string, at time.Time, to string) error {
	if err := o.allow(ActionAssign); err != nil {
		return err
	}
	o.AssignedTo = to
	o.Last = Act{by, at, "changed who deals with this"}
	return nil
}
