package domain

import (
	"time"
)

// StandDown confirms that nobody of the provider's goes on with it.
func (o *Offer) StandDown(by string, at time.Time) error {
	if !o.MustStandDown() {
		return ErrNotNow
	}
	o.StoodDownAt, o.StoodDownBy = at, by
	o.Last = Act{by, at, "stood down"}
	return nil
}
