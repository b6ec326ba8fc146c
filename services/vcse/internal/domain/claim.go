package domain

import "time"

// ClaimState is where a claim stands.
type ClaimState string

// The states of a claim.
const (
	ClaimAsked     ClaimState = "asked"
	ClaimConfirmed ClaimState = "confirmed"
	ClaimRefused   ClaimState = "refused"
)

// Claim is a provider saying that it answers for a listing. The area's office decides.
type Claim struct {
	ID           string
	ServiceID    string
	Organisation string
	Why          string
	AskedBy      string
	AskedAt      time.Time
	State        ClaimState
	DecidedBy    string
	DecidedAt    time.Time
	DecisionNote string
	Version      int64
}

// Decide confirms or refuses. organisation is the decider's.
func (c *Claim) Decide(by, organisation string, at time.Time, confirm bool, note string) error {
	switch {
	case c.Organisation == organisation:
		return ErrOwnClaim
	case c.State != ClaimAsked:
		return ErrDecided
	}
	c.State = ClaimRefused
	if confirm {
		c.State = ClaimConfirmed
	}
	c.DecidedBy, c.DecidedAt, c.DecisionNote = by, at, note
	return nil
}
