// Package app is what can be done in link work: each command opens one transaction in which it decides, saves, says and audits;
// reactions to what others say are methods On<Fact>.
package app

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/audit"
	"example.org/waypost/pkg/clock"
	"example.org/waypost/pkg/copies/who"
	"example.org/waypost/pkg/nhsnumber"
	"example.org/waypost/pkg/outbox"
	"example.org/waypost/pkg/pg"
	"example.org/waypost/pkg/vault"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/linkworker/internal/domain"
	"example.org/waypost/services/linkworker/internal/store"
)

// Vault is what link work needs of the vault. Evict forgets the keys of an erased patient.
type Vault interface {
	Keys(ctx context.Context, refs []string, classes ...string) (*vault.Keys, error)
	Evict(ref string)
	RefForNumber(ctx context.Context, nhsNumber string, of nhsnumber.Holder) (string, error)
	NewRef(ctx context.Context) (string, error)
}

// App is link work's commands, reads and reactions.
type App struct {
	DB     *pg.DB
	Out    *outbox.Outbox
	Vault  Vault
	Hint   func(topics ...string) // tells open pages; may lose a word
	Now    func() time.Time
	NewID  func() string
	Random func([]byte) // for references
	Times  *clock.Rules

	Simulated bool // what is published is invented: the sample
}

// Done is the answer to a command: which thing it was about or made.
type Done struct {
	ID string `json:"id"`
}

var staffRoles = []terms.Role{terms.RoleLinkWorker, terms.RoleCareCoordinator, terms.RoleHealthCoach, terms.RoleServiceLead}

// now is the moment as it is kept and said: UTC, to the microsecond.
func (a *App) now() time.Time { return a.Now().UTC().Truncate(time.Microsecond) }

// today is the London day as 2006-01-02.
func (a *App) today() string { return a.Now().In(clock.London).Format(time.DateOnly) }

// tomorrow is when today ends in London.
func (a *App) tomorrow() time.Time {
	y, m, d := a.Now().In(clock.London).Date()
	return time.Date(y, m, d+1, 0, 0, 0, 0, clock.London)
}

// due is when a step is owed whose clock starts now.
func (a *App) due(c terms.Clock, from time.Time, o domain.Offer) time.Time {
	return a.Times.Due(from, string(c), string(o.Urgency), o.OrganisationID)
}

// changed tells open pages of a team and an offer, after the commit.
func (a *App) changed(ctx context.Context, organisation string, things ...string) {
	topics := []string{"org." + organisation}
	for _, t := range things {
		if t != "" {
			topics = append(topics, "thing."+t)
		}
	}
	pg.AfterCommit(ctx, func() { a.Hint(topics...) })
}

// refOfOffer finds the patient of an offer, as they are known now, before the transaction that needs their keys.
func (a *App) refOfOffer(ctx context.Context, by actor.Actor, offer string) (ref string, err error) {
	err = a.DB.InTx(ctx, by, func(ctx context.Context, tx pgx.Tx) error {
		o, err := store.Offer(ctx, tx, offer, false)
		if err == nil {
			ref, err = store.CurrentRef(ctx, tx, o.PatientRef)
		}
		return err
	})
	return ref, err
}

// onOffer runs a command on a locked offer: keys first, then one transaction. fn gets the ref under which events are said.
func (a *App) onOffer(ctx context.Context, by actor.Actor, cmd pg.Command, offer string, classes []string,
	fn func(ctx context.Context, tx pgx.Tx, o *domain.Offer, ref string, keys *vault.Keys) (Done, error),
) (Done, error) {
	ref, err := a.refOfOffer(ctx, by, offer)
	if err != nil {
		return Done{}, err
	}
	var keys *vault.Keys
	if len(classes) > 0 {
		if keys, err = a.Vault.Keys(ctx, []string{ref}, classes...); err != nil {
			return Done{}, err
		}
	}
	return pg.Do(ctx, a.DB, by, cmd, func(ctx context.Context, tx pgx.Tx) (Done, error) {
		o, err := store.Offer(ctx, tx, offer, true)
		if err != nil {
			return Done{}, err
		}
		done, err := fn(ctx, tx, &o, ref, keys)
		if err != nil {
			return Done{}, a.explain(ctx, tx, by, &o, err)
		}
		if err := audit.Write(ctx, tx, audit.Entry{Verb: cmd.Verb, Object: "offer", ObjectID: o.ID, PatientRef: ref}); err != nil {
			return Done{}, err
		}
		a.changed(ctx, o.OrganisationID, o.ID)
		return done, nil
	})
}

// explain puts into the refusal of a second answer who was first.
func (a *App) explain(ctx context.Context, tx pgx.Tx, by actor.Actor, o *domain.Offer, err error) error {
	if !errors.Is(err, domain.ErrAnswered) {
		return err
	}
	who, at, did := o.AnsweredBy, o.AnsweredAt, didWhat(o.Answer)
	if o.State == terms.OfferEnded {
		who, at, did = o.EndedBy, o.EndedAt, "ended the support"
	}
	if who == "" {
		return err
	}
	if who == by.Person.ID {
		return domain.ErrAnswered.With("You " + did + " " + a.when(at) + ". Nothing was changed again")
	}
	name, nameErr := nameOf(ctx, tx, who)
	if nameErr != nil {
		return nameErr
	}
	return domain.ErrAnswered.With(name + " " + did + " " + a.when(at) + ". Nothing was changed by you")
}

func didWhat(answer terms.Answer) string {
	switch answer {
	case terms.AnswerAccepted:
		return "accepted this"
	case terms.AnswerBounced:
		return "bounced this"
	case terms.AnswerAsked:
		return "asked for more information"
	}
	return "answered this"
}

// when is "at 10:42" today and "at 10:42 on 20 November" otherwise.
func (a *App) when(t time.Time) string {
	local, now := t.In(clock.London), a.Now().In(clock.London)
	if local.Format(time.DateOnly) == now.Format(time.DateOnly) {
		return local.Format("at 15:04")
	}
	return local.Format("at 15:04 on 2 January")
}

// unknownName is what somebody is called of whom the register has not told us.
const unknownName = "A colleague"

func nameOf(ctx context.Context, tx pgx.Tx, person string) (string, error) {
	names, err := who.Names(ctx, tx, person)
	if err != nil {
		return "", err
	}
	if n := names[person]; n != "" {
		return n, nil
	}
	return unknownName, nil
}

// Colleague is somebody who can be given people, and how many they have.
type Colleague struct {
	ID, Name string
	Role     terms.Role
	Load     int
}

// colleagues lists who works in the team now, each once, by name.
func (a *App) colleagues(ctx context.Context, tx pgx.Tx, team string) ([]Colleague, error) {
	loads, err := store.Loads(ctx, tx)
	if err != nil {
		return nil, err
	}
	people, err := who.People(ctx, tx, team, "", a.Now())
	if err != nil {
		return nil, err
	}
	var list []Colleague
	seen := map[string]bool{}
	for _, p := range people {
		if seen[p.PersonID] || !slices.Contains(staffRoles, p.Role) {
			continue
		}
		seen[p.PersonID] = true
		list = append(list, Colleague{p.PersonID, p.PersonName, p.Role, loads[p.PersonID]})
	}
	return list, nil
}

// colleague checks that somebody works in the team. The error is domain.ErrNotColleague.
func (a *App) colleague(ctx context.Context, tx pgx.Tx, team, person string) error {
	for _, role := range staffRoles {
		ok, err := who.HasRole(ctx, tx, person, team, role, a.Now())
		if err != nil || ok {
			return err
		}
	}
	return domain.ErrNotColleague
}

// Active tells whether the role that somebody acts in still stands.
func (a *App) Active(ctx context.Context, by actor.Actor) (bool, error) {
	return who.Check(a.DB, a.Now)(ctx, by)
}

// Clocks wakes the open pages of teams for whom something became due since the last call, and sweeps what nobody will need.
// Whoever misses it sees the same at the next poll: what is due is asked of the database, not remembered here.
func (a *App) Clocks(since time.Time) func(ctx context.Context) error {
	return func(ctx context.Context) error {
		now := a.now()
		var teams []string
		err := a.DB.InTx(ctx, actor.Machine(actor.Clock), func(ctx context.Context, tx pgx.Tx) (err error) {
			if teams, err = store.BecameDue(ctx, tx, since, now); err != nil {
				return err
			}
			return store.SweepEarly(ctx, tx, now.AddDate(0, 0, -35))
		})
		if err != nil {
			return fmt.Errorf("work the clocks: %w", err)
		}
		since = now
		for _, t := range teams {
			a.Hint("org." + t)
		}
		return nil
	}
}
