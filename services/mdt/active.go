package mdt

import (
	"context"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/copies/who"
)

// active asks our own copy of the register whether the actor still has the role they act in.
func (d *Door) active(ctx context.Context, a actor.Actor) (bool, error) {
	return who.Check(d.DB, d.Now)(ctx, a)
}
