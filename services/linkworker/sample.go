package linkworker

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/id"
	"example.org/waypost/pkg/pg"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/linkworker/internal/domain"
)

// sampleTeams is teams.json of deploy/sample, as far as link work needs it.
type sampleTeams struct {
	Organisations []struct {
		ID          string `json:"id"`
		Name        string `json:"name"`
		NetworkCode string `json:"network_code"`
		Phone       string `json:"phone"`
	} `json:"organisations"`
}

// sampleNeeds are what the sample's teams take; what needs a specialist is named as somebody else's.
var sampleNeeds = []terms.Need{
	terms.NeedLoneliness, terms.NeedDebtAndMoney, terms.NeedBenefits, terms.NeedHousing, terms.NeedFood, terms.NeedCarerSupport, terms.NeedBereavement,
	terms.NeedMentalWellbeing, terms.NeedPhysicalActivity, terms.NeedArtsCulture, terms.NeedHealthyLiving, terms.NeedOlderPeople,
}

// LoadSample publishes what the sample's invented teams do, and their room; all of it is simulated. A team that has said something
// stays as it is, so it can be run at every start. out hears, in one line, what was new; nothing when nothing was.
func (d *Door) LoadSample(ctx context.Context, files fs.FS, out io.Writer) error {
	var sample sampleTeams
	b, err := fs.ReadFile(files, "teams.json")
	if err == nil {
		err = json.Unmarshal(b, &sample)
	}
	if err != nil {
		return fmt.Errorf("load the sample of linkworker: teams.json: %w", err)
	}
	own := *d.App
	own.Simulated = true
	added := 0
	for i, o := range sample.Organisations {
		lead := actor.Actor{
			Person: actor.Person{ID: id.FromName("sample-worker", o.ID), Name: "A worker of the sample"}, Role: string(terms.RoleServiceLead),
			Organisation: o.ID, OrganisationKind: string(terms.KindLinkWorkerTeam), OrganisationName: o.Name, Purpose: "operation",
		}
		v, err := own.Team(ctx, lead)
		if err != nil {
			return fmt.Errorf("load the sample of linkworker: %w", err)
		}
		if v.Team.Version > 0 {
			continue
		}
		team := domain.Team{
			WhatWeDo: "We listen to what matters to you, and find with you what could help nearby.", Accepts: true, Needs: sampleNeeds, Phone: o.Phone,
			NetworkCodes: []string{o.NetworkCode}, NotHere: []domain.Refusal{
				{Need: terms.NeedHomelessness, Why: "the council's housing options team, the same day"},
				{Need: terms.NeedAlcoholDrugs, Why: "the drug and alcohol service; we can make the first call with them"},
			},
		}
		if _, err := own.PublishTeam(ctx, lead, pg.Command{}, team, 0); err != nil {
			return fmt.Errorf("load the sample of linkworker: %w", err)
		}
		free := i % 7
		room := domain.Capacity{Status: terms.CapacityHas, PlacesFree: &free}
		if free == 0 {
			room.Status = terms.CapacityWaitlist
		}
		if _, err := own.ReportCapacity(ctx, lead, pg.Command{}, room, v.Capacity.Version); err != nil {
			return fmt.Errorf("load the sample of linkworker: %w", err)
		}
		added++
	}
	if added > 0 {
		fmt.Fprintf(out, "linkworker: %d teams say what they do; they and their room are simulated\n", added)
	}
	return nil
}
