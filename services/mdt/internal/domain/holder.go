package domain

import (
	"strings"
	"time"
	"unicode/utf8"

	"example.org/waypost/pkg/fault"
	"example.org/waypost/schemas/terms"
)

// HoldingState is where a person stands with a case.
type HoldingState string

// The states.
const (
	HoldingOffered   HoldingState = "offered"
	HoldingHolds     HoldingState = "holds"
	HoldingRefused   HoldingState = "refused"
	HoldingTakenBack HoldingState = "taken_back"
	HoldingReleased  HoldingState = "released"
)

// Holding is one person's part in a case as its case-holder: asked, holding, or no longer.
type Holding struct {
	ID             string
	CaseID         string
	PatientRef     string
	PersonID       string
	OrganisationID string
	Role           terms.Role
	State          HoldingState
	ItemID         string
	AskedBy        string
	AskedByOrg     string
	AskedAt        time.Time
	DueAt          time.Time
	AnsweredAt     time.Time
	ReleasedAt     time.Time
	HandedTo       string    // who holds it now; "" when the case was closed
	LeftAt         time.Time // they hold it on paper only: they no longer work there, and the case waits for somebody else
	WhyNot         string
	Version        int64
}

// Left tells whether they hold it on paper only.
func (h Holding) Left() bool { return !h.LeftAt.IsZero() }

// of tells whether it is this person's for this organisation.
func (h *Holding) of(person, organisation string) bool {
	return h != nil && h.PersonID == person && h.OrganisationID == organisation
}

// Holders is who holds a case and who is asked to. It knows no step that leaves an open case without the holder it has.
type Holders struct {
	Current *Holding
	Asked   *Holding
}

// Ask puts the case to somebody. Whoever holds it goes on holding it until they say yes.
func (h *Holders) Ask(next Holding) error {
	role, _ := terms.RoleByCode(next.Role)
	switch {
	case !role.Holds:
		return ErrMayNotHold
	case h.Asked != nil:
		return ErrAsked
	case h.Current != nil && h.Current.PersonID == next.PersonID && !h.Current.Left():
		return ErrHoldsAlready
	}
	next.State, next.Version = HoldingOffered, 1
	h.Asked = &next
	return nil
}

// Accept makes the person who was asked the holder, and in the same step releases whoever was it before.
func (h *Holders) Accept(person string, now time.Time) (released *Holding, err error) {
	if h.Asked == nil {
		return nil, ErrAnswered
	}
	if h.Asked.PersonID != person {
		return nil, ErrNotYours
	}
	if h.Current != nil {
		released = h.Current
		released.State, released.ReleasedAt, released.HandedTo = HoldingReleased, now, person
		released.Version++
	}
	h.Current, h.Asked = h.Asked, nil
	h.Current.State, h.Current.AnsweredAt = HoldingHolds, now
	h.Current.Version++
	return released, nil
}

// Refuse is the person's no. Whoever held the case still does.
func (h *Holders) Refuse(person, whyNot string, now time.Time) (*Holding, error) {
	var f fault.Fields
	if whyNot = strings.TrimSpace(whyNot); whyNot == "" {
		f.Add("why_not", "Enter why you can not hold this case")
	} else if utf8.RuneCountInString(whyNot) > MaxNote {
		f.Add("why_not", "Shorten this to 500 characters or fewer")
	}
	switch err := f.Err(); {
	case h.Asked == nil:
		return nil, ErrAnswered
	case h.Asked.PersonID != person:
		return nil, ErrNotYours
	case err != nil:
		return nil, err
	}
	x := h.Asked
	x.State, x.AnsweredAt, x.WhyNot = HoldingRefused, now, whyNot
	x.Version++
	h.Asked = nil
	return x, nil
}

// TakeBack ends the asking.
func (h *Holders) TakeBack(now time.Time) (*Holding, error) {
	if h.Asked == nil {
		return nil, ErrAnswered
	}
	x := h.Asked
	x.State, x.AnsweredAt = HoldingTakenBack, now
	x.Version++
	h.Asked = nil
	return x, nil
}

// Close ends all of it with the case, and only then is nobody left.
func (h *Holders) Close(now time.Time) (released, takenBack *Holding) {
	if h.Asked != nil {
		takenBack, _ = h.TakeBack(now)
	}
	if h.Current != nil {
		released = h.Current
		released.State, released.ReleasedAt = HoldingReleased, now
		released.Version++
		h.Current = nil
	}
	return released, takenBack
}

// KeyWorker is who stays in touch with the person.
type KeyWorker struct {
	ID             string
	CaseID         string
	PatientRef     string
	PersonID       string
	OrganisationID string
	Role           terms.Role
	AssignedBy     string
	AssignedByOrg  string
	AssignedAt     time.Time
	ReleasedAt     time.Time
	Version        int64
}
