package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"

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
	office   *demo.Client            // who coordinates the area
	tenders  map[string]*demo.Client // who answers for a provider, by its id
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

func openProduct(ctx context.Context) (subject, error) {
	s, err := stage.Open(ctx, stage.Options{})
	if err != nil {
		return nil, err
	}
	return newProduct(ctx, s)
}

// newProduct brings those who ask and those who answer. They are the same people and organisations each time.
func newProduct(ctx context.Context, s *stage.Stage) (_ *product, err error) {
	p := &product{Stage: s, tenders: map[string]*demo.Client{}}
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
		if who, ok := o.Staff[terms.RoleCoordinator]; ok {
			p.office = s.Cast.As(who)
		}
		if who, ok := o.Staff[terms.RoleProviderWorker]; ok {
			p.tenders[o.OrganisationID] = s.Cast.As(who)
			if err = p.publish(ctx, p.tenders[o.OrganisationID]); err != nil {
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

// Prepare adds patients until there are so many, which is no part of what is measured: a practice has them.
func (p *product) Prepare(ctx context.Context, n int) error {
	n -= len(p.patients) // nobody refers meanwhile
	var all sync.WaitGroup
	errs := make([]error, len(p.desks))
	for d, desk := range p.desks {
		all.Go(func() {
			for i := d; i < n && errs[d] == nil; i += len(p.desks) {
				var made struct {
					Ref string `json:"ref"`
				}
				errs[d] = desk.Make(ctx, "/api/primarycare/v1/patients", id.New(), someone(int(p.sent.Add(1))), &made)
				p.mu.Lock()
				p.patients = append(p.patients, patient{made.Ref, d})
				p.mu.Unlock()
			}
		})
	}
	all.Wait()
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("add patients: %w", err)
	}
	if err := p.Settle(ctx); err != nil {
		return err
	}
	return known(ctx, p.Admin)
}

// someone is the n-th invented patient. Beyond the numbers that there are for such, patients have none.
func someone(n int) map[string]any {
	who := demo.Simulated(n)
	who["address_lines"] = []string{"1 Example Street", "Manchester"}
	if n < nhsnumber.TestNumbers {
		who["nhs_number"] = nhsnumber.Test(n)
	} else {
		who["no_number_reason"] = "not_known"
	}
	return who
}

func (p *product) Refer(ctx context.Context, _ int) (string, error) {
	who, ok := p.next()
	if !ok {
		return "", errNobodyLeft
	}
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
	return made.ID, again(ctx, func() error { return p.desks[who.desk].Make(ctx, "/api/primarycare/v1/referrals", key, body, &made) })
}

func (p *product) next() (who patient, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.patients) == 0 {
		return who, false
	}
	who = p.patients[len(p.patients)-1]
	p.patients = p.patients[:len(p.patients)-1]
	return who, true
}

// again does what was told to come back, or answered with a fault, under the same key, and the time that takes counts.
func again(ctx context.Context, do func() error) error {
	for end := time.Now().Add(patience); ; {
		err := do()
		var refusal *demo.Refusal
		if !errors.As(err, &refusal) || refusal.Status < http.StatusInternalServerError || time.Now().After(end) {
			return err
		}
		if err := wait(ctx, 20*time.Millisecond); err != nil {
			return err
		}
	}
}

func (p *product) Accept(ctx context.Context, m mark) error {
	return p.answer(ctx, m, isVisible, "accept", map[string]any{})
}

func (p *product) End(ctx context.Context, m mark) error {
	return p.answer(ctx, m, isAccepted, "end", map[string]any{"outcome": terms.OutcomeHelped})
}

// answer is a step of the provider's own program. Where what it knew was overtaken, it looks again.
func (p *product) answer(ctx context.Context, m mark, at point, step string, body map[string]any) error {
	for {
		key := id.New()
		err := again(ctx, func() error {
			return p.tenders[m.organisation].Step(ctx, "/api/vcse/v1/offers/"+m.offer+"/"+step, key, fmt.Sprintf(`"%d"`, m.version), body, nil)
		})
		var refusal *demo.Refusal
		if !errors.As(err, &refusal) || refusal.Status != http.StatusPreconditionFailed {
			return err
		}
		now, err := p.Reached(ctx, at, []string{m.referral})
		if err != nil {
			return err
		}
		referral, was := m.referral, m.version
		if m = now[referral]; m.version == was {
			return fmt.Errorf("%s: %w", step, refusal)
		}
		m.referral = referral
	}
}

// Faults are what was answered with a fault and asked again.
func (p *product) Faults() []string { return p.Cast.Failures() }

// inTrayAndOnCase is one offer that both the provider and the case have.
const inTrayAndOnCase = `from vcse.offer o join coordination.offer c using (id)`

func (p *product) Visible(ctx context.Context) (n int64, err error) {
	return n, p.Admin.QueryRow(ctx, `select count(*) `+inTrayAndOnCase).Scan(&n)
}

// reached finds those who have come to a point, with their offer as it is.
var reached = map[point]string{
	isVisible: `select o.referral_id::text, o.id::text, o.organisation_id::text, o.version ` + inTrayAndOnCase + ` where o.referral_id = any($1)`,
	isAccepted: `select referral_id::text, id::text, organisation_id::text, version from vcse.offer
		where referral_id = any($1) and state = 'accepted' and receipt = 'confirmed'`,
	isFedBack: `select id::text, '', '', 0 from primarycare.referral where id = any($1) and state = 'closed' and outcome <> '' and not open`,
}

func (p *product) Reached(ctx context.Context, at point, referrals []string) (map[string]mark, error) {
	rows, err := p.Admin.Query(ctx, reached[at], referrals)
	if err != nil {
		return nil, err
	}
	there := map[string]mark{}
	var referral string
	var m mark
	_, err = pgx.ForEachRow(rows, []any{&referral, &m.offer, &m.organisation, &m.version}, func() error {
		there[referral] = m
		return nil
	})
	return there, err
}

func (p *product) Weight(ctx context.Context) (messages, rows int64, err error) {
	if err := p.Settle(ctx); err != nil {
		return 0, 0, err
	}
	var outboxes, inboxes []string
	for _, s := range p.Services() {
		outboxes, inboxes = append(outboxes, s+".outbox"), append(inboxes, s+".inbox")
	}
	return weight(ctx, p.Admin, p.Services(), outboxes, inboxes)
}

func (p *product) Close() { _ = p.Stage.Close() } // the folder goes anyway
