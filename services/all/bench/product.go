package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"example.org/waypost/pkg/id"
	"example.org/waypost/pkg/nhsnumber"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/all/internal/demo"
	"example.org/waypost/services/all/internal/demo/stage"
)

// product is Waypost as it runs on one machine, asked through its public API as programs of practices would.
type product struct {
	*stage.Stage
	desks    []*demo.Client
	services []string
	sent     atomic.Int64
	mu       sync.Mutex
	patients []patient // not yet referred
}

type patient struct {
	ref  string
	desk int
}

// How large the setting is.
const (
	practices = 16
	providers = 8
)

func openProduct(ctx context.Context) (_ subject, err error) {
	s, err := stage.Open(ctx, stage.Options{})
	if err != nil {
		return nil, err
	}
	p := &product{Stage: s}
	defer func() {
		if err != nil {
			p.Close()
		}
	}()
	var cast []stage.Organisation
	for i := range practices {
		cast = append(cast, stage.Organise(terms.KindPractice, fmt.Sprintf("Practice %d", i+1), "", terms.RoleReceptionist))
	}
	for i := range providers {
		cast = append(cast, stage.Organise(terms.KindProvider, fmt.Sprintf("Provider %d", i+1), "", terms.RoleProviderWorker))
	}
	cast = append(cast, stage.Organise(terms.KindOtherCare, "The area's office", "", terms.RoleCoordinator))
	if err = s.Introduce(ctx, cast...); err != nil {
		return nil, err
	}
	for _, o := range cast {
		if who, ok := o.Staff[terms.RoleReceptionist]; ok {
			p.desks = append(p.desks, s.Cast.As(who))
		}
		if who, ok := o.Staff[terms.RoleProviderWorker]; ok {
			if err = p.publish(ctx, s.Cast.As(who)); err != nil {
				return nil, err
			}
		}
	}
	return p, s.Settle(ctx)
}

// publish makes a service with room that does not count places.
func (p *product) publish(ctx context.Context, provider *demo.Client) error {
	var made struct {
		ID string `json:"id"`
	}
	err := provider.Make(ctx, "/api/vcse/v1/services", id.New(), map[string]any{
		"name": "Coffee morning", "description": "Company, a warm room and somebody to talk to.", "needs": []string{string(terms.NeedLoneliness)},
		"delivery": []string{"in_person"}, "accepts_referrals": true, "simulated": true,
		"places": []map[string]any{{"name": "Hall", "postcode": "M14 5RL", "latitude": 53.45, "longitude": -2.22}},
	}, &made)
	if err != nil {
		return err
	}
	p.services = append(p.services, made.ID)
	return provider.Put(ctx, "/api/vcse/v1/services/"+made.ID+"/capacity", `"0"`, map[string]any{"status": "capacity", "simulated": true})
}

// Prepare adds patients, which is no part of what is measured: a practice has them.
func (p *product) Prepare(ctx context.Context, n int) error {
	var all sync.WaitGroup
	errs := make([]error, len(p.desks))
	for d, desk := range p.desks {
		all.Go(func() {
			for i := d; i < n && errs[d] == nil; i += len(p.desks) {
				var made struct {
					Ref string `json:"ref"`
				}
				number := nhsnumber.Test(int(p.sent.Add(1)))
				errs[d] = desk.Make(ctx, "/api/primarycare/v1/patients", id.New(), map[string]any{
					"given_name": "Simulated", "family_name": "Patient " + number, "date_of_birth": "1951-03-27", "nhs_number": number,
					"phone": "0161 496 0000", "address_lines": []string{"1 Example Street", "Manchester"}, "postcode": "M14 5RL",
					"safe_ways": map[string]bool{"phone": true, "text": false, "email": false, "letter": false},
				}, &made)
				p.mu.Lock()
				p.patients = append(p.patients, patient{made.Ref, d})
				p.mu.Unlock()
			}
		})
	}
	all.Wait()
	if err := first(errs); err != nil {
		return fmt.Errorf("add patients: %w", err)
	}
	if err := p.Settle(ctx); err != nil {
		return err
	}
	return known(ctx, p.Admin)
}

func (p *product) Refer(ctx context.Context, _ int) (string, error) {
	p.mu.Lock()
	who := p.patients[len(p.patients)-1]
	p.patients = p.patients[:len(p.patients)-1]
	p.mu.Unlock()
	var made struct {
		ID string `json:"id"`
	}
	key := id.New()
	body := map[string]any{
		"patient_ref": who.ref, "red_flags_clear": true, "need": terms.NeedLoneliness, "urgency": "routine",
		"receivers": []map[string]string{{"kind": "service", "id": p.services[int(key[len(key)-1])%len(p.services)]}},
		"consent":   map[string]any{"given": true, "how": "in_person"},
		"narrative": "Has not left the house much since her husband died and would like company.",
	}
	// Who is told to come back does so under the same key, and the time that takes counts.
	for end := time.Now().Add(patience); ; {
		err := p.desks[who.desk].Make(ctx, "/api/primarycare/v1/referrals", key, body, &made)
		var refusal *demo.Refusal
		if !errors.As(err, &refusal) || refusal.Status != http.StatusServiceUnavailable || time.Now().After(end) {
			return made.ID, err
		}
		if err := wait(ctx, 20*time.Millisecond); err != nil {
			return "", err
		}
	}
}

// inTrayAndOnCase is one offer that both the provider and the case have.
const inTrayAndOnCase = `from vcse.offer o join coordination.offer c using (id)`

func (p *product) Visible(ctx context.Context) (n int64, err error) {
	return n, p.Admin.QueryRow(ctx, `select count(*) `+inTrayAndOnCase).Scan(&n)
}

func (p *product) Seen(ctx context.Context, referral string) (seen bool, err error) {
	return seen, p.Admin.QueryRow(ctx, `select exists (select `+inTrayAndOnCase+` where o.referral_id = $1)`, referral).Scan(&seen)
}

func (p *product) Weight(ctx context.Context) (messages, rows int64, err error) {
	return weight(ctx, p.Admin, p.Services())
}

func (p *product) Close() { _ = p.Stage.Close() } // the folder goes anyway
