package faults

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"example.org/waypost/pkg/id"
	"example.org/waypost/pkg/nhsnumber"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/all/internal/demo"
	"example.org/waypost/services/all/internal/demo/stage"
	"example.org/waypost/services/all/internal/faults/book"
)

// How many work through a campaign. Providers answer in two sessions each, so that two answers to one offer cross.
const (
	practices = 8
	providers = 4
)

// people use the platform through its public API while it is being broken, and do what a client must: they write down what
// they are about to do, and ask again under the same key until they are answered, or give up and say so.
type people struct {
	book      *book.Book
	now       func() time.Time
	desks     []*demo.Client
	providers []*demo.Client
	officer   *demo.Client // the area's privacy officer
	office    stage.Organisation
	services  []string // one of each provider
	pace      <-chan time.Time
	seed      uint64
	first     int64 // of the numbers that patients get
	next      atomic.Int64
	again     atomic.Int64 // requests that were sent again
	last      atomic.Value // what went wrong last, for when nothing goes on
	served    sync.Map     // offers somebody is at
	earlier   chan string  // some patients who were referred a while ago
	refusals  chan refusal // of people who have just been referred
}

// open introduces everybody and publishes a service of each provider. Nothing is broken yet.
func open(ctx context.Context, on *stage.Stage, b *book.Book, seed uint64) (*people, error) {
	var cast []stage.Organisation
	for i := range practices {
		cast = append(cast, stage.Organise(terms.KindPractice, fmt.Sprintf("Practice %d", i+1), "", terms.RoleReceptionist))
	}
	for i := range providers {
		cast = append(cast, stage.Organise(terms.KindProvider, fmt.Sprintf("Provider %d", i+1), "", terms.RoleProviderWorker))
	}
	office := stage.Organise(terms.KindOtherCare, "The area's office", "", terms.RoleCoordinator, terms.RolePrivacyOfficer)
	cast = append(cast, office)
	if err := on.Introduce(ctx, cast...); err != nil {
		return nil, err
	}
	p := &people{book: b, now: on.Now, seed: seed, office: office, officer: on.Cast.As(office.Staff[terms.RolePrivacyOfficer]), earlier: make(chan string, 40), refusals: make(chan refusal, practices)}
	for _, o := range cast {
		if who, ok := o.Staff[terms.RoleReceptionist]; ok {
			p.desks = append(p.desks, on.Cast.As(who))
		}
		if who, ok := o.Staff[terms.RoleProviderWorker]; ok {
			if err := p.publish(ctx, on.Cast.As(who)); err != nil {
				return nil, err
			}
		}
	}
	return p, on.Settle(ctx)
}

func (p *people) publish(ctx context.Context, provider *demo.Client) error {
	var made struct {
		ID string `json:"id"`
	}
	err := provider.Make(ctx, "/api/vcse/v1/services", id.New(), map[string]any{
		"name": "Lunch club", "needs": []terms.Need{terms.NeedLoneliness}, "accepts_referrals": true, "simulated": true,
	}, &made)
	if err != nil {
		return err
	}
	p.providers, p.services = append(p.providers, provider), append(p.services, made.ID)
	return provider.Put(ctx, "/api/vcse/v1/services/"+made.ID+"/capacity", `"0"`, map[string]any{"status": terms.CapacityHas, "simulated": true})
}

// work goes on until ctx ends; what is begun by then is finished or given up.
func (p *people) work(ctx context.Context) {
	var all sync.WaitGroup
	for i := range p.desks {
		all.Go(func() {
			r := rand.New(rand.NewPCG(p.seed, uint64(i)))
			for p.wait(ctx) {
				p.visit(ctx, i, r)
			}
		})
		all.Go(func() {
			r := rand.New(rand.NewPCG(p.seed, uint64(50+i)))
			for {
				select {
				case <-ctx.Done():
					return
				case x := <-p.refusals:
					p.refuse(ctx, r, x)
				}
			}
		})
	}
	for i, provider := range p.providers {
		for j := range 2 {
			all.Go(func() {
				r := rand.New(rand.NewPCG(p.seed, uint64(100+10*i+j)))
				for ctx.Err() == nil {
					p.answer(ctx, provider, r)
					pause(ctx, 300*time.Millisecond)
				}
			})
		}
	}
	all.Wait()
}

func (p *people) wait(ctx context.Context) bool {
	select {
	case <-ctx.Done():
		return false
	case <-p.pace:
		return true
	}
}

// Patience: most ask until they are answered, for so long; some do not ask twice.
const (
	insists  = 40 * time.Second
	hurried  = 0.05
	betweens = 100 * time.Millisecond
)

// command writes down what is about to be sent, sends it, and writes down what came of it. learn puts what the answer said
// into the command.
func (p *people) command(ctx context.Context, r *rand.Rand, c book.Command, send func(ctx context.Context, key string) error, learn func(*book.Command)) book.Outcome {
	c.Key = id.New()
	c, err := p.book.Intend(c, time.Now())
	if err != nil {
		p.last.Store(err.Error())
		return book.Unknown
	}
	c.Outcome = book.Unknown
	hasty := r.Float64() < hurried
	work := context.WithoutCancel(ctx) // what was begun when the day ends is brought to its end
	for end := time.Now().Add(insists); ; {
		err := send(work, c.Key)
		var no *demo.Refusal
		if err == nil {
			c.Outcome = book.Done
			if learn != nil {
				learn(&c)
			}
			break
		}
		p.last.Store(err.Error())
		if errors.As(err, &no) && final(no.Status) {
			c.Outcome, c.Status = book.Refused, no.Status
			break
		}
		if hasty || time.Now().After(end) {
			break
		}
		p.again.Add(1)
		<-time.After(betweens)
	}
	if err := p.book.Conclude(c, time.Now()); err != nil {
		p.last.Store(err.Error())
	}
	return c.Outcome
}

// final tells whether the platform itself has decided. Who is not known as signed in, or not known to work there yet, asks
// again, as who meets a fault does.
func final(status int) bool {
	return status < http.StatusInternalServerError && status != http.StatusUnauthorized && status != http.StatusForbidden &&
		status != http.StatusTooManyRequests && status != http.StatusRequestTimeout
}

// visit is somebody who comes to a practice; some are known to another one already. A few have no NHS number with them and go to a second
// practice as well: what both write down is alike in everything, and is made one.
func (p *people) visit(ctx context.Context, desk int, r *rand.Rand) {
	n := p.first + p.next.Add(1)
	if r.Float64() < 0.03 && n > p.first+50 {
		n -= 1 + r.Int64N(40)
	}
	number := nhsnumber.Test(int(n))
	if r.Float64() < 0.03 {
		number = ""
		p.helps(ctx, p.desks[(desk+1+r.IntN(len(p.desks)-1))%len(p.desks)], r, n, number)
	}
	p.helps(ctx, p.desks[desk], r, n, number)
}

// helps adds a patient and refers them. Some take that back, some do not want what they said to be shared any more, and some want it erased.
func (p *people) helps(ctx context.Context, desk *demo.Client, r *rand.Rand, n int64, number string) {
	var patient struct {
		Ref string `json:"ref"`
	}
	done := p.command(ctx, r, book.Command{Kind: "patient", Number: number}, func(ctx context.Context, key string) error {
		who := demo.Simulated(int(n))
		if number != "" {
			who["nhs_number"] = number
		} else {
			who["no_number_reason"] = "not_known"
		}
		return desk.Make(ctx, "/api/primarycare/v1/patients", key, who, &patient)
	}, func(c *book.Command) { c.Patient = patient.Ref })
	if done != book.Done || !p.wait(ctx) {
		return
	}
	var referral struct {
		ID string `json:"id"`
	}
	done = p.command(ctx, r, book.Command{Kind: "refer", Patient: patient.Ref}, func(ctx context.Context, key string) error {
		return desk.Make(ctx, "/api/primarycare/v1/referrals", key, map[string]any{
			"patient_ref": patient.Ref, "red_flags_clear": true, "need": terms.NeedLoneliness, "urgency": terms.UrgencyRoutine,
			"receivers": []map[string]string{{"kind": "service", "id": p.services[int(n)%len(p.services)]}},
			"consent":   map[string]any{"given": true, "how": terms.ConsentInPerson},
		}, &referral)
	}, func(c *book.Command) { c.Referral = referral.ID })
	then := r.Float64()
	if done != book.Done || then > 0.15 || !p.wait(ctx) {
		return
	}
	switch {
	case then < 0.05:
		p.withdraw(ctx, desk, r, patient.Ref, referral.ID)
	case then < 0.08:
		select {
		case p.refusals <- refusal{desk, patient.Ref, referral.ID}:
		default: // enough wait for their case
		}
	default:
		select {
		case p.earlier <- patient.Ref:
		default:
			p.erase(ctx, r, <-p.earlier)
		}
	}
}

// refusal is somebody who does not agree to sharing any more.
type refusal struct {
	desk              *demo.Client
	patient, referral string
}

// refuse says so as soon as the shared case is there.
func (p *people) refuse(ctx context.Context, r *rand.Rand, x refusal) {
	at := "/api/coordination/v1/patients/" + x.patient + "/consent"
	for range 60 { // half a minute
		if _, err := x.desk.Get(ctx, at, nil); err == nil || ctx.Err() != nil {
			break
		}
		pause(ctx, 5*betweens)
	}
	p.command(ctx, r, book.Command{Kind: "refuse", Patient: x.patient, Referral: x.referral}, func(ctx context.Context, key string) error {
		return x.desk.Make(ctx, at+"/withdraw", key, map[string]any{"purpose": terms.ConsentShareToHelp, "how": terms.ConsentInPerson}, nil)
	}, nil)
}

func (p *people) erase(ctx context.Context, r *rand.Rand, patient string) {
	p.command(ctx, r, book.Command{Kind: "erase", Patient: patient}, func(ctx context.Context, key string) error {
		return p.officer.Make(ctx, "/api/coordination/v1/patients/"+patient+"/erase", key, map[string]any{"why": "patient_asked"}, nil)
	}, nil)
}

func (p *people) withdraw(ctx context.Context, desk *demo.Client, r *rand.Rand, patient, referral string) {
	at := "/api/primarycare/v1/referrals/" + referral
	etag, err := desk.Get(ctx, at, nil)
	if err != nil {
		return
	}
	p.command(ctx, r, book.Command{Kind: "withdraw", Patient: patient, Referral: referral}, func(ctx context.Context, key string) error {
		return desk.Step(ctx, at+"/withdraw", key, etag, map[string]any{"reason": terms.WithdrawalPatientChangedMind}, nil)
	}, nil)
}

// offer is one in a provider's list.
type offer struct {
	ID       string `json:"id"`
	Referral string `json:"referral_id"`
	State    string `json:"state"`
}

// answer looks at what waits and at what is in hand, and does the next step of each. Two sessions of one provider may be at
// the same offer, and may answer it differently.
func (p *people) answer(ctx context.Context, provider *demo.Client, r *rand.Rand) {
	for _, show := range []string{"waiting", "people"} {
		var list struct {
			Items []offer `json:"items"`
		}
		if _, err := provider.Get(ctx, "/api/vcse/v1/offers?show="+show+"&limit=40", &list); err != nil {
			p.last.Store(err.Error())
			return
		}
		for _, o := range list.Items {
			if !p.mine(o.ID, r) || !p.wait(ctx) {
				continue
			}
			p.step(ctx, provider, r, o)
			p.served.Delete(o.ID)
		}
	}
}

// mine tells whether to take an offer: as a rule nobody else is at it.
func (p *people) mine(offer string, r *rand.Rand) bool {
	_, taken := p.served.LoadOrStore(offer, true)
	return !taken || r.Float64() < 0.1
}

func (p *people) step(ctx context.Context, provider *demo.Client, r *rand.Rand, o offer) {
	at := "/api/vcse/v1/offers/" + o.ID
	var now struct {
		offer
		Attendance []struct{} `json:"attendance"`
	}
	etag, err := provider.Get(ctx, at, &now)
	if err != nil {
		return
	}
	day := p.now().UTC().Format(time.DateOnly)
	c := book.Command{Offer: o.ID, Kind: "accept"}
	body := map[string]any{}
	switch {
	case now.State == "offered" && r.Float64() < 0.15:
		c.Kind, body = "bounce", map[string]any{"reason": terms.BounceWrongArea}
	case now.State == "offered":
	case now.State == "accepted" && len(now.Attendance) == 0:
		c.Kind, c.On, body = "attendance", day, map[string]any{"session_on": day, "result": "attended"}
	case now.State == "accepted":
		c.Kind, body = "end", map[string]any{"outcome": terms.OutcomeHelped}
	default:
		return
	}
	p.command(ctx, r, c, func(ctx context.Context, key string) error {
		return provider.Step(ctx, at+"/"+c.Kind, key, etag, body, nil)
	}, nil)
}

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}
