// Package app is what can be done with services and offers: each verb is one transaction that loads, decides, saves and says.
package app

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/audit"
	"example.org/waypost/pkg/clock"
	"example.org/waypost/pkg/copies/who"
	"example.org/waypost/pkg/event"
	"example.org/waypost/pkg/outbox"
	"example.org/waypost/pkg/pg"
	"example.org/waypost/pkg/vault"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/vcse/internal/domain"
	"example.org/waypost/services/vcse/internal/store"
)

// App is everything the service can do.
type App struct {
	DB    *pg.DB
	Out   *outbox.Outbox
	Vault *vault.Vault
	Hint  func(ctx context.Context, topics ...string) // after the commit: pages that show this should look again
	Mail  Mail                                        // how organisations are told of their offers
	Times *clock.Rules
	Now   func() time.Time
	NewID func() string
}

// Done is what a command answers: identifiers only, because it is kept beside the idempotency key.
type Done struct {
	ID      string `json:"id"`
	Version int64  `json:"version"`
	Made    bool   `json:"made,omitempty"`
}

// now is to the microsecond, as Postgres keeps it.
func (a *App) now() time.Time { return a.Now().UTC().Truncate(time.Microsecond) }

// today is the date in England.
func (a *App) today() string { return day(a.Now()) }

func day(t time.Time) string { return t.In(clock.London).Format(time.DateOnly) }

// due is when a step of this clock is owed about an offer that begins at from.
func (a *App) due(from time.Time, c terms.Clock, o domain.Offer) time.Time {
	return a.Times.Due(from, string(c), string(o.Urgency), o.Organisation)
}

// say appends what is sealed with keys fetched before the transaction; nil when nothing is.
func (a *App) say(ctx context.Context, tx pgx.Tx, about string, p event.Payload, keys outbox.Sealer) error {
	_, err := a.Out.Append(ctx, tx, about, p, keys)
	return err
}

// orgTopic is what an organisation's open pages listen to.
func orgTopic(organisation string) string { return "org." + organisation }

// OrgTopic is the topic of everything an organisation's people may see change.
func OrgTopic(organisation string) string { return orgTopic(organisation) }

func (a *App) hint(ctx context.Context, organisation string) {
	if a.Hint != nil && organisation != "" {
		a.Hint(ctx, orgTopic(organisation))
	}
}

// read runs fn as the person, in one transaction that says who looked at whom.
func (a *App) read(ctx context.Context, by actor.Actor, fn func(ctx context.Context, tx pgx.Tx) error) error {
	return a.DB.InTx(ctx, by, fn)
}

// looked writes that the actor saw the data of those whose offers these are.
func looked(ctx context.Context, tx pgx.Tx, offers ...domain.Offer) error {
	shown := make([]audit.Entry, len(offers))
	for i, o := range offers {
		shown[i] = audit.Entry{Verb: "read", Object: "offer", ObjectID: o.ID, PatientRef: o.PatientRef}
	}
	return audit.WriteOnce(ctx, tx, shown...)
}

// acted is looked for what changes something.
func acted(ctx context.Context, tx pgx.Tx, verb, object, id, patient string) error {
	return audit.Write(ctx, tx, audit.Entry{Verb: verb, Object: object, ObjectID: id, PatientRef: patient})
}

// OfferChange says which offer is changed and from which version.
type OfferChange struct {
	OfferID string
	Version int64
}

// lockFor loads the offer that a person wants to change and refuses a change made from an old copy, naming who was first.
func (a *App) lockFor(ctx context.Context, tx pgx.Tx, in OfferChange) (domain.Offer, error) {
	o, err := store.LockOffer(ctx, tx, in.OfferID)
	if err != nil {
		return o, err
	}
	if in.Version == o.Version {
		return o, nil
	}
	said, err := a.overtaken(ctx, tx, o)
	if err != nil {
		return o, err
	}
	return o, domain.ErrChanged.With(said)
}

// overtaken says who did what: "Jo Byrne accepted this at 10:42. Nothing was changed by you."
func (a *App) overtaken(ctx context.Context, tx pgx.Tx, o domain.Offer) (string, error) {
	when := "at " + o.Last.At.In(clock.London).Format("15:04")
	if day(o.Last.At) != a.today() {
		when = "on " + o.Last.At.In(clock.London).Format("2 January") + " " + when
	}
	if o.Last.By == "" || o.Last.Did == "" {
		return fmt.Sprintf("This changed %s: %s. Nothing was changed by you.", when, stateWords(o)), nil
	}
	names, err := who.Names(ctx, tx, o.Last.By)
	if err != nil {
		return "", err
	}
	name := names[o.Last.By]
	if name == "" {
		name = "A colleague"
	}
	return fmt.Sprintf("%s %s %s. Nothing was changed by you.", name, o.Last.Did, when), nil
}

func stateWords(o domain.Offer) string {
	info, _ := terms.OfferStateByCode(o.State)
	return info.Receiver
}

// refusal puts the name of who was first into a step that is not allowed any more.
func (a *App) refusal(ctx context.Context, tx pgx.Tx, o domain.Offer) error {
	said, err := a.overtaken(ctx, tx, o)
	if err != nil {
		return err
	}
	return domain.ErrNotNow.With(said)
}

// patientOf finds whom an offer is about before the transaction in which something is sealed for them.
func (a *App) patientOf(ctx context.Context, by actor.Actor, offer string) (ref string, err error) {
	err = a.read(ctx, by, func(ctx context.Context, tx pgx.Tx) error {
		o, err := store.Offer(ctx, tx, offer)
		ref = o.PatientRef
		return err
	})
	return ref, err
}

// messageKeys seal what the provider writes to the sender.
func (a *App) messageKeys(ctx context.Context, by actor.Actor, offer string) (*vault.Keys, error) {
	ref, err := a.patientOf(ctx, by, offer)
	if err != nil {
		return nil, err
	}
	return a.Vault.Keys(ctx, []string{ref}, vault.Message)
}
