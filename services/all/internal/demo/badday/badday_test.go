package badday

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/id"
	"example.org/waypost/pkg/nhsnumber"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/all/internal/demo"
	"example.org/waypost/services/all/internal/demo/stage"
)

const (
	referrals = 2000
	rounds    = 3 // how often each service is killed
	within    = 4 * time.Minute
)

func createDatabase(ctx context.Context, adminURL, name string) error {
	conn, err := pgx.Connect(ctx, adminURL)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(ctx) }()
	_, err = conn.Exec(ctx, "create database "+pgx.Identifier{name}.Sanitize())
	return err
}

// Each service is killed and started three times, Postgres once, and the broker loses everything once, while 2,000 referrals
// are sent and answered; every client does what a client must: it asks again under the same key until it is answered.
func TestNothingIsLostOnABadDay(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), within)
	defer cancel()
	p := newPlatform(ctx, t)
	on, err := stage.Attach(ctx, p.main, p.address)
	require.NoError(t, err)
	t.Cleanup(func() { _ = on.Close() })
	day := open(ctx, t, on)

	working, home := context.WithCancel(ctx)
	var all sync.WaitGroup
	for _, provider := range day.providers {
		all.Go(func() { day.answer(working, provider) })
	}
	var sent sync.WaitGroup
	for _, desk := range day.desks {
		sent.Go(func() { day.send(ctx, desk) })
	}
	finished := make(chan struct{})
	go func() { sent.Wait(); close(finished) }()
	p.havoc(ctx, finished, &day.acknowledged)
	<-finished
	home()
	all.Wait()
	require.EqualValues(t, referrals, day.acknowledged.Load(), "not every request was answered in the end: %v", day.last.Load())

	out, err := exec.CommandContext(ctx, p.dir+"/bin/check", "-database", p.main, "-area", stage.Area, "-settle", "90s").CombinedOutput()
	t.Logf("%s", out)
	require.NoError(t, err)
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	require.Contains(t, lines[len(lines)-1], fmt.Sprintf("lost=0 doubled=0 requested=%d ", referrals))
	// Who was told that an answer is taken must find it: an answer whose acknowledgement was lost may be there as well.
	var said int64
	require.NoError(t, on.Admin.QueryRow(ctx, `select count(*) from vcse.outbox where split_part(event_type, '.', 3) in ('offer_accepted', 'offer_bounced')`).Scan(&said))
	require.GreaterOrEqual(t, said, day.answered.Load(), "an answer that was acknowledged is lost")
	require.Contains(t, p.reconciled(ctx), " missing=0 altered=0 ", "the ledgers do not agree")
	t.Logf("killed %d times, Postgres once, the broker's disk lost once; %d answers of providers, %d requests sent again", rounds*len(p.services), day.answered.Load(), day.again.Load())
}

// havoc kills one service after the other, each when its part of the work is done, Postgres in the middle, and takes the broker's
// disk away near the end.
func (p *platform) havoc(ctx context.Context, finished <-chan struct{}, done *atomic.Int64) {
	total := int64(rounds * len(p.services))
	for i := range total {
		reach(ctx, finished, done, referrals*i/(total+1))
		if i == total/2 {
			p.killPostgres()
			p.startPostgres(ctx)
		}
		if i == total-2 {
			p.loseBroker(ctx)
		}
		x := p.running[p.services[i%int64(len(p.services))].Name]
		x.kill()
		x.start(p.t)
	}
	for _, x := range p.running {
		x.await(ctx, p.t)
	}
}

// reach waits until so many referrals were acknowledged, or all was sent.
func reach(ctx context.Context, finished <-chan struct{}, done *atomic.Int64, n int64) {
	for done.Load() < n {
		select {
		case <-ctx.Done():
			return
		case <-finished:
			return
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// day is the people who work through it.
type day struct {
	desks, providers []*demo.Client
	services         []string
	next             atomic.Int64
	acknowledged     atomic.Int64
	answered, again  atomic.Int64
	last             atomic.Value // the last error a client met
}

func open(ctx context.Context, t *testing.T, on *stage.Stage) *day {
	t.Helper()
	var cast []stage.Organisation
	for i := range 8 {
		cast = append(cast, stage.Organise(terms.KindPractice, fmt.Sprintf("Practice %d", i+1), "", terms.RoleReceptionist))
	}
	for i := range 4 {
		cast = append(cast, stage.Organise(terms.KindProvider, fmt.Sprintf("Provider %d", i+1), "", terms.RoleProviderWorker))
	}
	cast = append(cast, stage.Organise(terms.KindOtherCare, "The area's office", "", terms.RoleCoordinator))
	require.NoError(t, on.Introduce(ctx, cast...))
	d := &day{}
	for _, o := range cast {
		if who, ok := o.Staff[terms.RoleReceptionist]; ok {
			d.desks = append(d.desks, on.Cast.As(who))
		}
		who, ok := o.Staff[terms.RoleProviderWorker]
		if !ok {
			continue
		}
		provider := on.Cast.As(who)
		d.providers = append(d.providers, provider)
		var made struct {
			ID string `json:"id"`
		}
		require.NoError(t, provider.Make(ctx, "/api/vcse/v1/services", id.New(), map[string]any{
			"name": "Lunch club", "needs": []terms.Need{terms.NeedLoneliness}, "accepts_referrals": true, "simulated": true,
		}, &made))
		require.NoError(t, provider.Put(ctx, "/api/vcse/v1/services/"+made.ID+"/capacity", `"0"`, map[string]any{"status": terms.CapacityHas}))
		d.services = append(d.services, made.ID)
	}
	require.NoError(t, on.Settle(ctx))
	return d
}

// insist asks until there is an answer: a service or the database that is away comes back. A refusal is an answer.
func (d *day) insist(ctx context.Context, do func() error) error {
	for {
		err := do()
		var refusal *demo.Refusal
		if err == nil || ctx.Err() != nil || errors.As(err, &refusal) && refusal.Status < http.StatusInternalServerError && refusal.Status != http.StatusUnauthorized && refusal.Status != http.StatusForbidden {
			return err
		}
		d.last.Store(err.Error())
		d.again.Add(1)
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// send adds a patient and sends a referral, again and again until all are sent. Each has a key of its own that stays.
func (d *day) send(ctx context.Context, desk *demo.Client) {
	for n := d.next.Add(1); n <= referrals && ctx.Err() == nil; n = d.next.Add(1) {
		var patient, referral struct {
			Ref string `json:"ref"`
			ID  string `json:"id"`
		}
		number, key := nhsnumber.Test(int(n)), id.New()
		err := d.insist(ctx, func() error {
			return desk.Make(ctx, "/api/primarycare/v1/patients", "patient-"+key, map[string]any{
				"given_name": "Simulated", "family_name": "Patient " + number, "date_of_birth": "1951-03-27", "nhs_number": number, "phone": "0161 496 0000", "postcode": "M14 5RL",
				"safe_ways": map[string]bool{"phone": true, "text": false, "email": false, "letter": false},
			}, &patient)
		})
		if err == nil {
			err = d.insist(ctx, func() error {
				return desk.Make(ctx, "/api/primarycare/v1/referrals", "referral-"+key, map[string]any{
					"patient_ref": patient.Ref, "red_flags_clear": true, "need": terms.NeedLoneliness,
					"receivers": []map[string]string{{"kind": "service", "id": d.services[int(n)%len(d.services)]}},
					"consent":   map[string]any{"given": true, "how": terms.ConsentInPerson},
				}, &referral)
			})
		}
		if err != nil {
			d.last.Store(err.Error())
			return
		}
		d.acknowledged.Add(1)
	}
}

// answer accepts what waits, bounces every fifth, and does not mind what fails: the next look finds it again.
func (d *day) answer(ctx context.Context, provider *demo.Client) {
	for n := 0; ctx.Err() == nil; {
		var list struct {
			Items []struct {
				ID      string `json:"id"`
				Version int    `json:"version"`
			} `json:"items"`
		}
		if _, err := provider.Get(ctx, "/api/vcse/v1/offers?show=waiting&limit=20", &list); err != nil {
			list.Items = nil
		}
		for _, o := range list.Items {
			step, body := "accept", map[string]any{}
			if n++; n%5 == 0 {
				step, body = "bounce", map[string]any{"reason": terms.BounceWrongArea}
			}
			if provider.Change(ctx, "/api/vcse/v1/offers/"+o.ID+"/"+step, fmt.Sprintf(`"%d"`, o.Version), body, nil) == nil {
				d.answered.Add(1)
			}
		}
		select {
		case <-ctx.Done():
		case <-time.After(200 * time.Millisecond):
		}
	}
}
