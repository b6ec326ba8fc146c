package faults

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"example.org/waypost/deploy/sample"
	"example.org/waypost/pkg/authn"
	"example.org/waypost/pkg/id"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/all/internal/demo"
	"example.org/waypost/services/all/internal/demo/stage"
)

// neighbours are the rest of the area: two practices with their link worker team, providers of other things, a meeting, and the area's office,
// played as in the demonstration. They write no ledger and do not ask again. What they leave undone is for the clocks, and the oracle goes by the
// tables. Beside them people do, one after the other, what a play has no part for (errands.go).
type neighbours struct {
	on     *stage.Stage
	play   *demo.Play
	visits []demo.Visit

	north, south, team, helper, office, hospital stage.Organisation

	service string       // one of the helper's
	begun   atomic.Int64 // errands
	people  atomic.Int64 // whom they are about

	mu     sync.Mutex
	who    []string // the organisations that keep no ledger
	done   map[string]int
	failed map[string]error
}

// needs of which each helper offers one.
var needs = []terms.Need{terms.NeedHousing, terms.NeedFood, terms.NeedBereavement}

// How the neighbourhood is played: what is rare in an area is common here, and an hour of people's work takes a moment.
const (
	atWork      = 100 * time.Millisecond
	visitors    = time.Second     // between two
	atErrands   = 3               // so many people at a time
	errandEvery = 2 * time.Second // between two of one person's
	lookAgain   = 3 * time.Second // the office's lists have hundreds of others' referrals on them
)

func often(rates map[string]sample.Rate) map[string]sample.Rate {
	rates = maps.Clone(rates)
	for name, value := range map[string]float64{
		"duplicate": 0.15, "another_need_in_the_week": 0.2, "second_door_has_no_number": 0.6, "merge_was_wrong": 0.5, "no_longer_agrees": 0.04, "asks_to_be_erased": 0.02,
		"withdrawn": 0.06, "silent": 0.12, "bounced": 0.15, "more_information_asked": 0.12, "waitlisted": 0.12, "accepted_at_first": 0.49, "discussed_at_mdt": 0.3,
		"case_holder_declines": 0.3,
	} {
		rates[name] = sample.Rate{Value: value}
	}
	return rates
}

// moveIn introduces everybody. Nothing is broken yet.
func moveIn(ctx context.Context, on *stage.Stage, office stage.Organisation, seed uint64) (*neighbours, error) {
	n := &neighbours{
		on: on, office: office, done: map[string]int{}, failed: map[string]error{},
		north:    stage.Organise(terms.KindPractice, "North Surgery", "U90001", terms.RoleReceptionist, terms.RoleGP),
		team:     stage.Organise(terms.KindLinkWorkerTeam, "North Link Workers", "U90001", terms.RoleLinkWorker, terms.RoleServiceLead, terms.RoleMDTCoordinator),
		helper:   stage.Organise(terms.KindProvider, "Helper 1", "", terms.RoleProviderWorker),
		south:    stage.Organise(terms.KindPractice, "South Surgery", "U90001", terms.RoleReceptionist, terms.RoleGP),
		hospital: stage.Organise(terms.KindOtherCare, "North Hospital", "", terms.RoleCareProfessional),
	}
	helpers := []stage.Organisation{n.helper}
	for i := 1; i < len(needs); i++ {
		helpers = append(helpers, stage.Organise(terms.KindProvider, fmt.Sprintf("Helper %d", i+1), "", terms.RoleProviderWorker))
	}
	n.hospital.MayRefer = true
	n.helper.Email = "helper@example.org" // it is told of what comes, and the others are not
	helpers[0] = n.helper
	if err := on.Introduce(ctx, append(slices.Clone(helpers), n.north, n.south, n.team, n.hospital)...); err != nil {
		return nil, err
	}
	if err := n.install(ctx); err != nil {
		return nil, err
	}
	for _, o := range append(slices.Clone(helpers), n.north, n.south, n.team) {
		n.who = append(n.who, o.OrganisationID)
	}
	setting := demo.Setting{Services: map[terms.Need][]string{}, Office: office.Staff[terms.RoleCoordinator], Privacy: office.Staff[terms.RolePrivacyOfficer]}
	for _, p := range []stage.Organisation{n.north, n.south} {
		setting.Practices = append(setting.Practices, demo.Practice{
			ID: p.OrganisationID, Name: p.Name, Patients: 10_000, Team: n.team.OrganisationID, Postcode: "M14 5AB", Who: p.Staff[terms.RoleReceptionist],
		})
	}
	setting.Receivers = append(setting.Receivers, demo.Receiver{Kind: terms.ReceiverTeam, ID: n.team.OrganisationID, Name: n.team.Name, Who: n.team.Staff[terms.RoleLinkWorker]})
	for i, h := range helpers {
		who := h.Staff[terms.RoleProviderWorker]
		setting.Receivers = append(setting.Receivers, demo.Receiver{Kind: terms.ReceiverService, ID: h.OrganisationID, Name: h.Name, Who: who})
		service, err := publish(ctx, on.Cast.As(who), needs[i], terms.NeedLoneliness)
		if err != nil {
			return nil, err
		}
		for _, need := range []terms.Need{needs[i], terms.NeedLoneliness} {
			setting.Services[need] = append(setting.Services[need], service)
		}
	}
	n.service = setting.Services[needs[0]][0]
	setting.Seat([]authn.Identity{n.north.Staff[terms.RoleGP], n.team.Staff[terms.RoleLinkWorker]}, demo.Chair{
		Who: n.team.Staff[terms.RoleMDTCoordinator], Invite: []authn.Identity{n.team.Staff[terms.RoleLinkWorker], n.north.Staff[terms.RoleGP]},
	})
	if err := n.opens(ctx); err != nil {
		return nil, err
	}
	rates, err := sample.Assumptions()
	if err != nil {
		return nil, err
	}
	n.play = &demo.Play{
		Cast: on.Cast, Setting: setting, Rates: often(rates), Seed: seed, Now: on.Now, Short: true,
		After: func(from time.Time, hours float64) time.Time {
			return from.Add(time.Duration(hours * float64(atWork)))
		},
	}
	n.visits = demo.Plan(seed, setting, n.play.Rates, on.Now(), 1000)
	return n, on.Settle(ctx)
}

// install has the register know the area's coordinator, as it does from the day on which a Waypost is set up: what else is introduced was only said.
func (n *neighbours) install(ctx context.Context) error {
	o, who := n.office, n.office.Staff[terms.RoleCoordinator].Person
	_, err := n.on.Admin.Exec(ctx, `insert into register.organisation (id, kind, name, status, may_refer, simulated, version, changed_at) values ($1, $2, $3, 'active', false, true, 1, now())`,
		o.OrganisationID, o.Kind, o.Name)
	if err == nil {
		_, err = n.on.Admin.Exec(ctx, `insert into register.person_role (id, person_id, issuer, subject, display_name, organisation_id, role, from_on, granted_at, simulated, version)
			values ($1, $2, $3, $4, $5, $6, $7, $8, now(), true, 1)`,
			id.New(), who.ID, who.Issuer, who.Subject, who.Name, o.OrganisationID, terms.RoleCoordinator, n.on.Now().AddDate(0, 0, -30))
	}
	if err != nil {
		return fmt.Errorf("install the area's coordinator: %w", err)
	}
	return nil
}

// publish has a provider offer something with a number of places.
func publish(ctx context.Context, provider *demo.Client, needs ...terms.Need) (string, error) {
	var made struct {
		ID string `json:"id"`
	}
	err := provider.Make(ctx, "/api/vcse/v1/services", id.New(), map[string]any{
		"name": "Simulated help", "needs": needs, "accepts_referrals": true, "simulated": true, "delivery": []string{"in_person"},
		"places": []map[string]any{{"name": "Hall", "postcode": "M14 5AB"}},
	}, &made)
	if err != nil {
		return "", err
	}
	return made.ID, provider.Put(ctx, "/api/vcse/v1/services/"+made.ID+"/capacity", `"0"`, map[string]any{"status": terms.CapacityHas, "places_free": 500, "simulated": true})
}

// opens has the team say what it does.
func (n *neighbours) opens(ctx context.Context) error {
	const team = "/api/linkworker/v1/team"
	lead := n.as(n.team, terms.RoleServiceLead)
	etag, err := lead.Get(ctx, team, nil)
	if err != nil {
		return err
	}
	all := append(slices.Clone(needs), terms.NeedLoneliness)
	if err = lead.Put(ctx, team, etag, map[string]any{"what_we_do": "Simulated", "accepts_referrals": true, "needs": all, "network_codes": []string{n.team.NetworkCode}}); err != nil {
		return err
	}
	if etag, err = lead.Get(ctx, team+"/capacity", nil); err != nil {
		return err
	}
	return lead.Put(ctx, team+"/capacity", etag, map[string]any{"status": terms.CapacityHas})
}

func (n *neighbours) as(o stage.Organisation, r terms.Role) *demo.Client {
	return n.on.Cast.As(o.Staff[r])
}

// live goes on until ctx ends. What goes wrong while things are broken is left as it is.
func (n *neighbours) live(ctx context.Context) {
	var all sync.WaitGroup
	defer all.Wait()
	for range atErrands {
		all.Go(func() {
			for ctx.Err() == nil {
				n.errand(ctx)
				pause(ctx, errandEvery)
			}
		})
	}
	all.Go(func() {
		for ctx.Err() == nil && len(n.visits) > 0 {
			v := n.visits[0]
			n.visits, v.At = n.visits[1:], n.on.Now()
			n.play.Expect(v)
			pause(ctx, visitors)
		}
	})
	for ctx.Err() == nil {
		n.play.LookAtDuty(ctx)
		n.play.Run(ctx)
		n.play.LookAtTrays(ctx)
		n.play.LookAtOffice(ctx)
		n.play.LookAtMeetings(ctx)
		pause(ctx, lookAgain)
	}
}
