package who

import (
	"context"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/fault"
	"example.org/waypost/schemas/terms"
)

// MayTake refuses an actor who may not take a referral of this need: the refusal names what is missing, and the right door.
func MayTake(ctx context.Context, tx pgx.Tx, by actor.Actor, need terms.Need, sensitive bool, at time.Time) error {
	return may(ctx, tx, by, terms.ActTake, need, sensitive, at)
}

// MayGive refuses to give a referral of this need to a colleague who may not take it, in any of their roles there. field is the one of
// the form that names the colleague.
func MayGive(ctx context.Context, tx pgx.Tx, field, person, organisation string, need terms.Need, sensitive bool, at time.Time) error {
	able, err := Able(ctx, tx, organisation, terms.ActTake, need, sensitive, at)
	if err != nil || slices.ContainsFunc(able, func(r Role) bool { return r.PersonID == person }) {
		return err
	}
	door := Lacks{Act: terms.ActTake}
	return fault.Invalid(field, "Select somebody who may take this: by their role or training this colleague may not. "+door.RightDoor(able))
}

// MayStay refuses to have somebody stay in touch with a person whose need their role takes only with a training that they lack. A role that
// takes no referrals, such as a doctor's, needs none. field is the one of the form that names them.
func MayStay(ctx context.Context, tx pgx.Tx, field string, x Role, need terms.Need, sensitive bool, at time.Time) error {
	if need == "" { // what they need most was not said
		return nil
	}
	s, err := StandingOf(ctx, tx, actor.Actor{Person: actor.Person{ID: x.PersonID}, Role: string(x.Role), Organisation: x.OrganisationID}, at)
	if err != nil {
		return err
	}
	lacks := s.Lacks(terms.ActTake, need, sensitive)
	if lacks == nil || !lacks.Trainable() {
		return nil
	}
	able, err := Able(ctx, tx, x.OrganisationID, terms.ActTake, need, sensitive, at)
	if err != nil {
		return err
	}
	return fault.Invalid(field, "Select somebody whose training for this need is recorded and has not run out: theirs is not. "+lacks.rightDoor("their", able))
}

// Takers lists, of some people of any organisation, those who may take a referral of this need in the roles that are given with them.
func Takers(ctx context.Context, tx pgx.Tx, people []Role, need terms.Need, at time.Time) (map[string]bool, error) {
	lines, err := scopeLines(ctx, tx)
	if err != nil {
		return nil, err
	}
	held, err := heldBy(ctx, tx, people)
	if err != nil {
		return nil, err
	}
	out := map[string]bool{}
	for _, p := range people {
		s := Standing{PersonID: p.PersonID, Role: p.Role, Day: day(at), Trainings: held[p.PersonID], Lines: lines}
		out[p.PersonID] = out[p.PersonID] || s.Lacks(terms.ActTake, need, false) == nil
	}
	return out, nil
}
