package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"go.uber.org/zap"

	"example.org/waypost/pkg/id"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/all/internal/cluster"
	"example.org/waypost/services/all/internal/demo"
	"example.org/waypost/services/all/internal/demo/stage"
)

// run makes a cluster, races on it, and judges what is left.
func run(ctx context.Context, out io.Writer, s settings) (err error) {
	dir, err := os.MkdirTemp("", "waypost-races-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	fmt.Fprintln(out, "Building, and starting three brokers, a database and two copies of every service.")
	c, err := cluster.Open(ctx, cluster.Options{Dir: dir, Simulated: "Everything here is invented"})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	hall, err := c.OpenHall(ctx, nil, nil, zap.NewNop())
	if err != nil {
		return err
	}
	defer hall.Close()
	on, err := stage.Attach(ctx, c.Databases.Main, c.Address)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, on.Close()) }()
	t, err := openTrack(ctx, on)
	if err != nil {
		return err
	}
	began := time.Now()
	numbered, err := t.all(ctx, out, s, s.races, oneNumber)
	if err != nil {
		return err
	}
	unnumbered, err := t.all(ctx, out, s, s.races/10, noNumber)
	if err != nil {
		return err
	}
	slips, err := t.all(ctx, out, s, s.races/10, slipEach)
	if err != nil {
		return err
	}
	overlaps, err := t.all(ctx, out, s, s.races/10, overlap)
	if err != nil {
		return err
	}
	took := time.Since(began)
	stepped, err := t.steps(ctx, out, max(1, s.races/100), s.only)
	if err != nil {
		return err
	}
	if err := t.settle(ctx); err != nil {
		return err
	}
	return t.judge(ctx, out, numbered, unnumbered, slips, overlaps, stepped, took)
}

// openTrack has two practices and a provider join, and the provider offer something to be referred to.
func openTrack(ctx context.Context, on *stage.Stage) (*track, error) {
	one := stage.Organise(terms.KindPractice, "Start Lane Surgery (simulated)", "U99001", terms.RoleReceptionist, terms.RoleGP)
	other := stage.Organise(terms.KindPractice, "Starting Block Practice (simulated)", "U99001", terms.RoleReceptionist)
	provider := stage.Organise(terms.KindProvider, "Finish Line Friends (simulated)", "", terms.RoleProviderWorker)
	office := stage.Organise(terms.KindOtherCare, "Area office (simulated)", "", terms.RoleCoordinator, terms.RoleMDTCoordinator, terms.RolePrivacyOfficer)
	team := stage.Organise(terms.KindLinkWorkerTeam, "Baton Link Workers (simulated)", "U99001", terms.RoleLinkWorker, terms.RoleServiceLead)
	receptionist, officer := stage.Beside(other, terms.RoleReceptionist), stage.Beside(office, terms.RolePrivacyOfficer)
	linkWorker, trainee := stage.Beside(team, terms.RoleLinkWorker), stage.Beside(one, terms.RoleReceptionist)
	gp, worker := stage.Beside(one, terms.RoleGP), stage.Beside(provider, terms.RoleProviderWorker)
	coordinator, chair := stage.Beside(office, terms.RoleCoordinator), stage.Beside(office, terms.RoleMDTCoordinator)
	if err := on.Introduce(ctx, one, other, provider, office, team, receptionist, officer, gp, worker, coordinator, chair, linkWorker, trainee); err != nil {
		return nil, err
	}
	t := &track{on: on, team: team.OrganisationID}
	for i, o := range []stage.Organisation{one, other} {
		t.desks[i] = on.Cast.As(o.Staff[terms.RoleReceptionist])
	}
	as := func(o stage.Organisation, r terms.Role) *demo.Client { return on.Cast.As(o.Staff[r]) }
	t.helper, t.colleague = as(provider, terms.RoleProviderWorker), as(worker, terms.RoleProviderWorker)
	t.beside, t.trainee = as(receptionist, terms.RoleReceptionist), as(trainee, terms.RoleReceptionist)
	t.officers = [2]*demo.Client{as(office, terms.RolePrivacyOfficer), as(officer, terms.RolePrivacyOfficer)}
	t.linkWorkers = [2]*demo.Client{as(team, terms.RoleLinkWorker), as(linkWorker, terms.RoleLinkWorker)}
	t.clinicians = [2]*demo.Client{as(one, terms.RoleGP), as(gp, terms.RoleGP)}
	t.chairs = [2]*demo.Client{as(office, terms.RoleMDTCoordinator), as(chair, terms.RoleMDTCoordinator)}
	t.offices = [2]*demo.Client{as(office, terms.RoleCoordinator), as(coordinator, terms.RoleCoordinator)}
	var err error
	if t.service, err = t.offers(ctx, t.helper, "Running group", terms.NeedLoneliness); err != nil {
		return nil, err
	}
	if t.both, err = t.offers(ctx, t.helper, "Running lunch", terms.NeedLoneliness, terms.NeedFood); err != nil {
		return nil, err
	}
	lead, at := as(team, terms.RoleServiceLead), "/api/linkworker/v1/team"
	etag, err := lead.Get(ctx, at, nil)
	if err != nil {
		return nil, err
	}
	err = lead.Put(ctx, at, etag, map[string]any{
		"what_we_do": "Simulated", "accepts_referrals": true, "needs": []terms.Need{terms.NeedBereavement}, "network_codes": []string{team.NetworkCode},
	})
	if err != nil {
		return nil, err
	}
	return t, t.trains(ctx, t.trainee)
}

// offers publishes something that a provider does.
func (t *track) offers(ctx context.Context, as *demo.Client, name string, needs ...terms.Need) (string, error) {
	var made struct {
		ID string `json:"id"`
	}
	err := as.Make(ctx, "/api/vcse/v1/services", id.New(), map[string]any{
		"name": name, "needs": needs, "accepts_referrals": true, "simulated": true, "delivery": []string{"in_person"},
		"places": []map[string]any{{"name": "Track", "postcode": "M1 1AF"}},
	}, &made)
	return made.ID, err
}

// all runs so many races of a kind, some beside each other.
func (t *track) all(ctx context.Context, out io.Writer, s settings, races int, about kind) ([]pair, error) {
	pairs := make([]pair, races)
	var next, done atomic.Int64
	var wg sync.WaitGroup
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	for range s.atOnce {
		wg.Go(func() {
			for {
				n := int(next.Add(1)) - 1
				if n >= races || ctx.Err() != nil {
					return
				}
				p, err := t.race(ctx, n, about)
				if err != nil {
					stop(err)
					return
				}
				pairs[n] = p
				if d := done.Add(1); d%1000 == 0 {
					fmt.Fprintf(out, "%d of %d\n", d, races)
				}
			}
		})
	}
	wg.Wait()
	return pairs, context.Cause(ctx)
}

// settle waits until every request was answered for: some may still be on their way.
func (t *track) settle(ctx context.Context) error {
	if err := t.on.Settle(ctx); err != nil {
		return err
	}
	for {
		var open int
		if err := t.on.Admin.QueryRow(ctx, `select (select count(*) from coordination.errand) + (select count(*) from coordination.look_again) + (select count(*) from coordination.referral where state = 'requested')`).Scan(&open); err != nil {
			return err
		}
		if open == 0 {
			return t.on.Settle(ctx)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(100 * time.Millisecond):
		}
	}
}
