package domain

import "time"

// Leave is that a person no longer works for the organisation they hold the case for, or were asked for. An asking ends; a holder stays
// in the chair on paper, so that the case is never without, and it waits for somebody else.
func (h *Holders) Leave(person, organisation string, now time.Time) (left, takenBack *Holding) {
	if h.Asked.of(person, organisation) {
		takenBack, _ = h.TakeBack(now)
	}
	if h.Current.of(person, organisation) && !h.Current.Left() {
		left = h.Current
		left.LeftAt = now
		left.Version++
	}
	return left, takenBack
}

// ComeBack ends Leave, when they work there again before anybody else has the case.
func (h *Holders) ComeBack(person, organisation string) (back *Holding) {
	if !h.Current.of(person, organisation) || !h.Current.Left() {
		return nil
	}
	h.Current.LeftAt = time.Time{}
	h.Current.Version++
	return h.Current
}

// Reopen gives a case that was closed, and is open again, back to whoever held it last. left tells whether they have gone since.
func (h *Holders) Reopen(last Holding, id string, left bool, now time.Time) *Holding {
	if h.Current != nil {
		return nil
	}
	last.ID, last.State, last.AskedAt, last.AnsweredAt, last.ReleasedAt, last.LeftAt, last.Version = id, HoldingHolds, now, now, time.Time{}, time.Time{}, 1
	if left {
		last.LeftAt = now
	}
	h.Current = &last
	return h.Current
}
