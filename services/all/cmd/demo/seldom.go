package main

import (
	"context"
	"fmt"
	"io"

	"example.org/waypost/schemas/register"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/all/internal/demo"
	"example.org/waypost/services/all/internal/demo/stage"
)

// train has a colleague join the desk of some practices with a GP, whose training in care navigation has run out: they may begin a referral and
// not send it.
func train(ctx context.Context, on *scene, setting demo.Setting) (all []demo.Trainee, err error) {
	const trainees = 3
	var facts []stage.Fact
	for _, gp := range setting.People {
		g := gp.Grants[0]
		if g.Role != string(terms.RoleGP) || len(all) == trainees {
			continue
		}
		o := stage.Beside(stage.Join(demo.Organisation{ID: g.Organisation, Kind: terms.KindPractice, Name: g.OrganisationName}, terms.RoleReceptionist), terms.RoleReceptionist)
		if err := on.Introduce(ctx, o); err != nil {
			return nil, err
		}
		who, now := o.Staff[terms.RoleReceptionist], on.Now().UTC()
		facts = append(facts, &register.CompetencyExpiredV1{PersonID: who.Person.ID, Competency: terms.CompetencyCareNavigation, At: now})
		all = append(all, demo.Trainee{Who: who, Supervisor: gp})
	}
	return all, on.Say(ctx, facts...)
}

// seldom prints what a week of this size might have none of, and fails where one did not happen as often as it should.
func seldom(out io.Writer, s *demo.Seldom) error {
	d := s.Did
	fmt.Fprintf(out, "Played whatever the rates are: %d red flags at a desk, %d of them taken by nobody in time; %d signatures of a supervisor for a trainee; %d who agreed until a day that came; "+
		"%d crises on a link worker's telephone; %d looks in an emergency; %d provider closed for good, with %d people on its list\n", d.Flags, d.Late, d.Signed, d.Dated, d.Crises, d.Looks, d.Closed, s.OnList)
	if d != s.Want {
		return fmt.Errorf("what happens seldom did not happen as often as it should: %+v, not %+v", d, s.Want)
	}
	return nil
}
