// Package app is what can be done with meetings, cases and referrals: each verb is one transaction that loads, decides, saves and says.
package app

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/audit"
	"example.org/waypost/pkg/clock"
	"example.org/waypost/pkg/copies/who"
	"example.org/waypost/pkg/event"
	"example.org/waypost/pkg/nhsnumber"
	"example.org/waypost/pkg/outbox"
	"example.org/waypost/pkg/pg"
	"example.org/waypost/pkg/vault"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/mdt/internal/domain"
	"example.org/waypost/services/mdt/internal/store"
)

// App is everything the service can do.
type App struct {
	DB      *pg.DB
	Out     *outbox.Outbox
	Vault   *vault.Vault
	Numbers nhsnumber.Policy
	Hint    func(ctx context.Context, topics ...string) // after the commit: pages that show this should look again
	Times   *clock.Rules
	Now     func() time.Time
	NewID   func() string
	Random  func([]byte) // for references
}

// Done is what a command answers: identifiers only, because it is kept beside the idempotency key.
type Done struct {
	ID      string `json:"id"`
	Version int64  `json:"version"`
	Made    bool   `json:"made,omitempty"` // false: it was there already
}

// now is to the microsecond, as Postgres keeps it.
func (a *App) now() time.Time { return a.Now().UTC().Truncate(time.Microsecond) }

// today is the date in England.
func (a *App) today() string { return day(a.Now()) }

func day(t time.Time) string { return t.In(clock.London).Format(time.DateOnly) }

// endOfToday is the last moment of the day in England.
func (a *App) endOfToday() time.Time {
	y, m, d := a.Now().In(clock.London).Date()
	return time.Date(y, m, d+1, 0, 0, 0, 0, clock.London).Add(-time.Microsecond)
}

// due is when an organisation owes a step of this clock that begins at from.
func (a *App) due(from time.Time, c terms.Clock, organisation string) time.Time {
	return a.Times.Due(from, string(c), "", organisation)
}

// say appends what is sealed with keys fetched before the transaction; nil when nothing is.
func (a *App) say(ctx context.Context, tx pgx.Tx, about string, p event.Payload, keys outbox.Sealer) error {
	_, err := a.Out.Append(ctx, tx, about, p, keys)
	return err
}

// OrgTopic is what an organisation's open pages listen to; PersonTopic what a person's do.
func OrgTopic(organisation string) string { return "org." + organisation }

// PersonTopic is the topic of what one person is asked or owes.
func PersonTopic(person string) string { return "person." + person }

func (a *App) hint(ctx context.Context, organisations ...string) {
	if a.Hint == nil {
		return
	}
	for _, o := range slices.Compact(organisations) {
		if o != "" {
			a.Hint(ctx, OrgTopic(o))
		}
	}
}

func (a *App) hintItem(ctx context.Context, i domain.Item) {
	a.hint(ctx, append([]string{i.OrganisationID, i.PutByOrg}, i.Invited...)...)
	if a.Hint != nil {
		for _, p := range i.People {
			a.Hint(ctx, PersonTopic(p))
		}
	}
}

func (a *App) hintPerson(ctx context.Context, person string) {
	if a.Hint != nil && person != "" {
		a.Hint(ctx, PersonTopic(person))
	}
}

// looked writes that the actor saw a patient's data.
func looked(ctx context.Context, tx pgx.Tx, object, id, ref string) error {
	return audit.Write(ctx, tx, sight(object, id, ref))
}

// sight is what looked writes, for lists, which write it once about each person.
func sight(object, id, ref string) audit.Entry {
	return audit.Entry{Verb: "read", Object: object, ObjectID: id, PatientRef: ref}
}

// acted is looked for what changes something.
func acted(ctx context.Context, tx pgx.Tx, verb, object, id, ref string) error {
	return audit.Write(ctx, tx, audit.Entry{Verb: verb, Object: object, ObjectID: id, PatientRef: ref})
}

// Meets are the roles that prepare meetings and put people on agendas.
var Meets = []string{string(terms.RoleMDTCoordinator), string(terms.RoleGP), string(terms.RoleLinkWorker), string(terms.RoleCareCoordinator), string(terms.RoleHealthCoach), string(terms.RoleCareProfessional)}

func meets(by actor.Actor) error {
	if !slices.Contains(Meets, by.Role) {
		return domain.ErrRoleMayNot
	}
	return nil
}

// overtaken says who did what: "Jo Byrne recorded a decision at 10:42. Nothing was changed by you."
func (a *App) overtaken(ctx context.Context, tx pgx.Tx, by, did string, at time.Time) error {
	if by == "" || did == "" {
		return domain.ErrChanged
	}
	names, err := who.Names(ctx, tx, by)
	if err != nil {
		return err
	}
	name := names[by]
	if name == "" {
		name = "A colleague"
	}
	when := "at " + at.In(clock.London).Format("15:04")
	if day(at) != a.today() {
		when = "on " + at.In(clock.London).Format("2 January") + " " + when
	}
	return domain.ErrChanged.With(fmt.Sprintf("%s %s %s. Nothing was changed by you.", name, did, when))
}

// ref is whom a patient ref stands for now.
func ref(ctx context.Context, tx pgx.Tx, r string) (string, error) {
	return store.CurrentRef(ctx, tx, r)
}
