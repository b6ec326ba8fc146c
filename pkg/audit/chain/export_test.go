package chain

import "context"

// Take prepares the sealer and asks for the lease; Round seals what waits, under it.
func (s *Sealer) Take(ctx context.Context) (bool, error) {
	s.defaults()
	return s.lease.Take(ctx, s.DB, machine)
}

// Round is one look at what waits.
func (s *Sealer) Round(ctx context.Context) (int, error) { return s.round(ctx) }

// Checkpoint writes one when it is time, as after each round.
func (s *Sealer) Checkpoint() error { return s.checkpoint(true, false) }

// Columns are those that are hashed.
const Columns = columns
