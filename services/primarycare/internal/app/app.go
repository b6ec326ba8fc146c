// Package app is what can be done at a practice's desk: each command is one transaction, and only here is a fact said.
package app

import (
	"context"
	"crypto/rand"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/clock"
	"example.org/waypost/pkg/copies/directory"
	"example.org/waypost/pkg/copies/who"
	"example.org/waypost/pkg/fault"
	"example.org/waypost/pkg/nhsnumber"
	"example.org/waypost/pkg/outbox"
	"example.org/waypost/pkg/pg"
	"example.org/waypost/pkg/vault"
	"example.org/waypost/schemas"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/primarycare/internal/domain"
	"example.org/waypost/services/primarycare/internal/store"
)

// App is the desk. Vault is asked before transactions, never inside one.
type App struct {
	DB      *pg.DB
	Out     *outbox.Outbox
	Vault   *vault.Vault
	Hint    func(topics ...string) // tells open pages; may be lost
	Now     func() time.Time
	NewID   func() string
	Numbers nhsnumber.Policy
	Times   *clock.Rules
}

// Receiver is what to call a service or team on a page.
type Receiver = directory.Receiver

// Names are what to call people, organisations, services and teams on one page.
type Names struct {
	Of        map[string]string   // people and organisations by id
	Receivers map[string]Receiver // services and teams by id
}

// Name is somebody's or something's name, or other words when the register has not told of them.
func (n Names) Name(id, otherwise string) string {
	if name := n.Of[id]; name != "" {
		return name
	}
	return otherwise
}

// Receiver is a service's or team's name.
func (n Names) Receiver(id string) string {
	if r, ok := n.Receivers[id]; ok {
		return r.Name
	}
	return "a service that is no longer listed"
}

func (a *App) names(ctx context.Context, tx pgx.Tx, people, receivers []string) (n Names, err error) {
	given := func(s string) bool { return s == "" }
	people, receivers = slices.DeleteFunc(people, given), slices.DeleteFunc(receivers, given)
	n = Names{Of: map[string]string{}, Receivers: map[string]Receiver{}}
	if len(people) > 0 {
		if n.Of, err = who.Names(ctx, tx, people...); err != nil {
			return n, err
		}
	}
	if len(receivers) > 0 {
		n.Receivers, err = directory.Receivers(ctx, tx, receivers...)
	}
	return n, err
}

// atDesk refuses whoever does not act for a practice.
func atDesk(by actor.Actor) error {
	if by.OrganisationKind != string(terms.KindPractice) {
		return domain.ErrNotAPractice
	}
	return nil
}

// read is a transaction as the person that shows things.
func (a *App) read(ctx context.Context, by actor.Actor, fn func(ctx context.Context, tx pgx.Tx) error) error {
	if err := atDesk(by); err != nil {
		return err
	}
	return a.DB.InTx(ctx, by, fn)
}

// do is a transaction as the person that changes things, once for each key.
func do[T any](ctx context.Context, a *App, by actor.Actor, cmd pg.Command, fn func(ctx context.Context, tx pgx.Tx) (T, error)) (answer T, err error) {
	if err := atDesk(by); err != nil {
		return answer, err
	}
	return pg.Do(ctx, a.DB, by, cmd, fn)
}

// now is the time to the microsecond, which is what the database keeps.
func (a *App) now() time.Time { return a.Now().UTC().Truncate(time.Microsecond) }

// Today is the London date, as midnight UTC.
func (a *App) Today() time.Time {
	y, m, d := a.Now().In(clock.London).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}

func (a *App) day() string { return a.Today().Format(time.DateOnly) }

// changed hints to the practice's open pages after the commit.
func (a *App) changed(ctx context.Context, practice string) {
	pg.AfterCommit(ctx, func() { a.Hint(Topic(practice)) })
}

// Topic is what open pages of a practice listen to.
func Topic(practice string) string { return "practice." + practice }

// due is when a clock of the design runs out that starts now.
func (a *App) due(c terms.Clock, u terms.Urgency) time.Time {
	return a.Times.Due(a.now(), string(c), string(u), "")
}

// FollowUpOn is the date by which a signpost given now is asked about, unless another is chosen.
func (a *App) FollowUpOn() time.Time { return londonDate(a.due(terms.ClockSignpost, "")) }

// CheckedBy is by when somebody will have answered a referral sent now. Who will be asked, and may have times of their own, is not known yet.
func (a *App) CheckedBy(c terms.Clock, u terms.Urgency) time.Time { return a.due(c, u) }

func londonDate(t time.Time) time.Time {
	y, m, d := t.In(clock.London).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}

// reference makes one that can be read out. The database refuses the rare double.
func reference() string {
	b := make([]byte, 8)
	rand.Read(b) // it never fails
	return terms.Reference(b)
}

// MayRefer is nil when the person may send referrals for ordinary needs now, or the refusal that says what is missing and who can fix it.
func (a *App) MayRefer(ctx context.Context, by actor.Actor) error {
	return a.read(ctx, by, func(ctx context.Context, tx pgx.Tx) error { return a.mayRefer(ctx, tx, by, "", false) })
}

// stale refuses a change made from an old copy, and says who was first.
func (a *App) stale(ctx context.Context, tx pgx.Tx, by actor.Actor, what, changedBy string, at time.Time) error {
	name := "Somebody else"
	if changedBy != "" && changedBy != by.Person.ID {
		if names, err := who.Names(ctx, tx, changedBy); err == nil && names[changedBy] != "" {
			name = names[changedBy]
		}
	}
	if changedBy == by.Person.ID {
		name = "You"
	}
	when := at.In(clock.London).Format("15:04")
	if londonDate(at) != a.Today() {
		when = at.In(clock.London).Format("15:04 on Monday 2 January")
	}
	return fault.Stale(fmt.Sprintf("%s changed this %s at %s. Nothing was changed by this page. What you typed is still below", name, what, when))
}

// contact is what travels, sealed, of a patient's details.
func contact(p domain.Patient) schemas.Contact {
	c := schemas.Contact{
		GivenName: p.GivenName, FamilyName: p.FamilyName, NHSNumber: p.NHSNumber, Sex: p.Sex, Phone: p.Phone, Email: p.Email, Postcode: p.Postcode,
		DateOfBirth: p.DateOfBirth.Format(time.DateOnly), Language: p.Language, InterpreterNeeded: p.InterpreterNeeded, Accessibility: p.Accessibility,
		SafeWays: schemas.SafeWays(p.Safe), SafeNote: p.SafeNote, NextOfKin: p.NextOfKin,
	}
	c.AddressLines = lines(p.Address)
	return c
}

func receiversOf(r domain.Referral) []string {
	ids := []string{r.Receiver.ID}
	for _, x := range r.Receivers {
		ids = append(ids, x.ID)
	}
	return ids
}

func peopleOf(r domain.Referral) []string {
	return []string{r.RequestedBy, r.SignedBy, r.WithdrawnBy, r.OwesOrg, r.OwesPerson, r.ReceiverOf, r.EscalatedTo, r.ChangedBy}
}

// nameAll finds names for a list of referrals.
func (a *App) nameAll(ctx context.Context, tx pgx.Tx, list []store.Listed, more ...string) (Names, error) {
	var people, receivers []string
	for _, r := range list {
		people, receivers = append(people, peopleOf(r.Referral)...), append(receivers, receiversOf(r.Referral)...)
	}
	return a.names(ctx, tx, append(people, more...), receivers)
}

func timeOfDay(t time.Time) string { return t.In(clock.London).Format("15:04") }
