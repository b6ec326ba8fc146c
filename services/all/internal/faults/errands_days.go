package faults

import (
	"context"
	"fmt"
	"maps"
	"time"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/authn"
	"example.org/waypost/pkg/id"
	"example.org/waypost/schemas/terms"
)

// What these leave behind ends by itself when the days go by.

func (n *neighbours) tomorrow() string { return n.on.Now().AddDate(0, 0, 1).Format(time.DateOnly) }

// agreesUntil has somebody agree to sharing until tomorrow.
func (n *neighbours) agreesUntil(ctx context.Context) error {
	ref, _, err := n.patient(ctx)
	if err != nil {
		return err
	}
	until := maps.Clone(agreed)
	until["until_on"] = n.tomorrow()
	_, err = n.requestAs(ctx, ref, terms.ReceiverService, n.service, until)
	return err
}

// leadsBy is how they sign in.
const leadsBy = "waypost"

// lasts has the office register a provider and name who leads it until tomorrow, and them write down a training of theirs that lasts as long.
func (n *neighbours) lasts(ctx context.Context) error {
	office := n.as(n.office, terms.RoleCoordinator)
	subject := fmt.Sprintf("lead-%d@example.org", n.people.Add(1))
	var provider thing
	err := office.Make(ctx, "/api/register/v1/organisations", id.New(), map[string]any{"kind": terms.KindProvider, "name": "Until tomorrow, " + subject}, &provider)
	if err != nil {
		return err
	}
	var role struct {
		Person string `json:"person_id"`
	}
	err = office.Make(ctx, "/api/register/v1/organisations/"+provider.ID+"/roles", id.New(), map[string]any{
		"issuer": leadsBy, "subject": subject, "display_name": "Simulated", "role": terms.RoleServiceLead, "until_on": n.tomorrow(),
	}, &role)
	if err != nil {
		return err
	}
	lead := n.on.Cast.As(authn.Identity{
		Person: actor.Person{ID: role.Person, Issuer: leadsBy, Subject: subject, Name: "Simulated"}, Assurance: 2,
		Grants: []authn.Grant{{Role: string(terms.RoleServiceLead), Organisation: provider.ID, OrganisationKind: string(terms.KindProvider), OrganisationName: "Until tomorrow"}},
	})
	return lead.Make(ctx, "/api/register/v1/organisations/"+provider.ID+"/people/"+role.Person+"/competencies", id.New(), map[string]any{
		"competency": terms.CompetencyRedFlags, "from_on": n.on.Now().Format(time.DateOnly), "until_on": n.tomorrow(),
	}, nil)
}
