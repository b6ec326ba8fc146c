// Package app is what can be done with a case: a person's steps, and what follows from what other services say.
//
// Every step takes the lock of the patient first; that alone orders what happens on a case. It decides by the domain's table,
// saves, and says, in one transaction.
package app

import (
	"context"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/audit"
	"example.org/waypost/pkg/clock"
	"example.org/waypost/pkg/copies/who"
	"example.org/waypost/pkg/inbox"
	"example.org/waypost/pkg/outbox"
	"example.org/waypost/pkg/pg"
	"example.org/waypost/pkg/vault"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/coordination/internal/domain"
	"example.org/waypost/services/coordination/internal/store"
)

// App is the service's rooms put together. Fill in the exported fields, then call New.
type App struct {
	DB     *pg.DB
	Outbox *outbox.Outbox
	Keys   *vault.Vault
	Times  *clock.Rules
	Now    func() time.Time
	NewID  func() string
	Random func() [domain.ReferenceBytes]byte          // for references
	Hint   func(ctx context.Context, topics ...string) // tells open pages, after the commit; nil tells nobody
	Trails audit.Trails                                // of the other services
	Parked inbox.Everywhere                            // what could not be applied, in every service
	// FarthestKM is how far from the patient an offer may go that no person chose.
	FarthestKM float64

	wake   chan struct{}
	office *office
	ruled  time.Time // when the clock last looked at the retention rules; no other loop does
}

// Classes are the sealed classes that coordination reads and says.
var Classes = []vault.Class{vault.Contact, vault.Narrative, vault.Safeguarding, vault.Message}

// New makes the app ready.
func New(a App) *App {
	a.wake, a.office = make(chan struct{}, 1), &office{}
	if a.FarthestKM == 0 {
		a.FarthestKM = 20
	}
	if a.Hint == nil {
		a.Hint = func(context.Context, ...string) {}
	}
	return &a
}

// due makes the domain's Due for now.
func (a *App) due(now time.Time) domain.Due {
	return func(c terms.Clock, u terms.Urgency, organisation string) time.Time {
		return a.Times.Due(now, string(c), string(u), organisation)
	}
}

// Keyring is the inbox's: it fetches the keys of merged patients too, since what is heard about one ref is said about the others.
func (a *App) Keyring(ctx context.Context, refs, classes []string) (inbox.Keys, error) {
	refs, err := a.sameRefs(ctx, actor.Machine(actor.Inbox), refs)
	if err != nil {
		return nil, err
	}
	return a.Keys.Keys(ctx, refs, classes...)
}

// keysOf fetches the keys of these refs and of all others of the same people: what holds for all of them is said under each.
func (a *App) keysOf(ctx context.Context, refs ...string) (*vault.Keys, error) {
	refs, err := a.sameRefs(ctx, actor.Machine(actor.Matcher), refs)
	if err != nil {
		return nil, err
	}
	return a.Keys.Keys(ctx, refs, Classes...)
}

func (a *App) sameRefs(ctx context.Context, as actor.Actor, refs []string) (all []string, err error) {
	err = a.DB.InTx(ctx, as, func(ctx context.Context, tx pgx.Tx) error {
		all, err = store.SameRefs(ctx, tx, refs)
		return err
	})
	return all, err
}

// office remembers for a moment who answers for the area: it is asked at every step, and changes rarely.
type office struct {
	mu     sync.Mutex
	people []domain.Named
	until  time.Time
	forgot int // how often
}

const officeFor = 10 * time.Second

// forget makes the next step ask again, after somebody was given or lost the role.
func (o *office) forget() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.until = time.Time{}
	o.forgot++
}

func (o *office) known(now time.Time) (people []domain.Named, asOf int, ok bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.people, o.forgot, now.Before(o.until)
}

// keep does nothing when all was forgotten since it was asked: what is to be kept may be older than that.
func (o *office) keep(asOf int, people []domain.Named, until time.Time) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.forgot == asOf {
		o.people, o.until = people, until
	}
}

// coordinators lists who answers for the area's office now.
func (a *App) coordinators(ctx context.Context, tx pgx.Tx) ([]domain.Named, error) {
	now := a.Now()
	people, asOf, ok := a.office.known(now)
	if ok {
		return people, nil
	}
	roles, err := who.People(ctx, tx, "", terms.RoleCoordinator, now) // never under the mutex: it may wait for others' questions
	if err != nil {
		return nil, err
	}
	people = nil
	for _, r := range roles {
		people = append(people, domain.Named{Person: r.PersonID, Organisation: r.OrganisationID})
	}
	if len(people) > 0 { // that there is nobody is asked again at every step: the other copies do not hear of it at once
		a.office.keep(asOf, people, now.Add(officeFor))
	}
	return people, nil
}

// coordinator names one of them for a referral: the same one every time while nobody comes or goes.
func (a *App) coordinator(ctx context.Context, tx pgx.Tx, referralID string) (domain.Named, error) {
	people, err := a.coordinators(ctx, tx)
	if err != nil || len(people) == 0 {
		return domain.Named{}, err
	}
	sum := 0
	for _, b := range []byte(referralID) {
		sum = (sum*31 + int(b)) % 1_000_003
	}
	return people[sum%len(people)], nil
}
