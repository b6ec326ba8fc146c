package domain

import "time"

// HolderAt is who held the case at a time, of everybody who was ever asked; nil for nobody.
func HolderAt(all []Holding, at time.Time) *Holding {
	for _, h := range all {
		if (h.State == HoldingHolds || h.State == HoldingReleased) && !h.AnsweredAt.After(at) && (h.ReleasedAt.IsZero() || h.ReleasedAt.After(at)) {
			return &h
		}
	}
	return nil
}

// AskedAt is who was asked at a time and had not answered.
func AskedAt(all []Holding, at time.Time) *Holding {
	for _, h := range all {
		if !h.AskedAt.After(at) && (h.AnsweredAt.IsZero() || h.AnsweredAt.After(at)) {
			return &h
		}
	}
	return nil
}

// Ended is the time as of which a meeting's minutes speak: when it was recorded as held, or now.
func (m Meeting) Ended(now time.Time) time.Time {
	if m.Planned() {
		return now
	}
	return m.ChangedAt
}
