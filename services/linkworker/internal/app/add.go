package app

import (
	"context"
	"errors"
	"slices"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/audit"
	"example.org/waypost/pkg/fault"
	"example.org/waypost/pkg/nhsnumber"
	"example.org/waypost/pkg/pg"
	"example.org/waypost/pkg/vault"
	"example.org/waypost/schemas"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/linkworker/internal/domain"
	"example.org/waypost/services/linkworker/internal/store"
)

// AddInput is somebody who came to the team directly: by themselves, or from the surgery floor.
type AddInput struct {
	Person       domain.Person
	Need         terms.Need
	Urgency      terms.Urgency
	Narrative    string
	Safeguarding string
	ConsentGiven bool
	ConsentHow   terms.ConsentHow
	ConsentUntil string // the last day on which they agree, as 2006-01-02; "" until they say otherwise
}

// Add asks that our own team takes somebody on, as anybody else would ask it: coordination checks whether they are helped already
// and puts the offer into the tray. The NHS number stays here; who has none gets a ref of their own.
func (a *App) Add(ctx context.Context, by actor.Actor, cmd pg.Command, in AddInput) (Done, error) {
	if err := checkAdd(&in, a.today()); err != nil {
		return Done{}, err
	}
	ref, err := a.refOf(ctx, by, in.Person)
	if err != nil {
		return Done{}, err
	}
	keys, err := a.Vault.Keys(ctx, []string{ref}, vault.Contact, vault.Narrative, vault.Safeguarding)
	if err != nil {
		return Done{}, err
	}
	return pg.Do(ctx, a.DB, by, cmd, func(ctx context.Context, tx pgx.Tx) (Done, error) {
		p := in.Person
		p.OrganisationID, p.Ref, p.ChangedAt = by.Organisation, ref, a.now()
		if err := keepAdded(ctx, tx, p); err != nil {
			return Done{}, err
		}
		team := []domain.Receiver{{Kind: terms.ReceiverTeam, ID: by.Organisation}}
		r := a.onwardOf(&domain.Offer{OrganisationID: by.Organisation}, p, ref, by, ReferInput{
			Need: in.Need, Urgency: in.Urgency, Receivers: team,
			Narrative: in.Narrative, Safeguarding: in.Safeguarding, ConsentHow: in.ConsentHow, ConsentUntil: in.ConsentUntil,
		})
		if err := r.Check(); err != nil {
			return Done{}, err
		}
		if err := store.AddReferral(ctx, tx, r); err != nil {
			return Done{}, err
		}
		if _, err := a.Out.Append(ctx, tx, ref, requested(r, p, ref, by, terms.OverlapAnswer{}), keys); err != nil {
			return Done{}, err
		}
		a.changed(ctx, by.Organisation, r.ID)
		return Done{r.ID}, audit.Write(ctx, tx, audit.Entry{Verb: cmd.Verb, Object: "referral", ObjectID: r.ID, PatientRef: ref})
	})
}

// keepAdded keeps who somebody is as the team wrote it down. Where it has them already, no way to contact them is opened that it had been told is
// not safe: whoever filled in the form did not see that.
func keepAdded(ctx context.Context, tx pgx.Tx, p domain.Person) error {
	if err := notAnothers(ctx, tx, p); err != nil {
		return err
	}
	held, err := store.HeldBy(ctx, tx, p.OrganisationID, p.Ref)
	switch {
	case errors.Is(err, domain.ErrNoPerson):
		return store.KeepPerson(ctx, tx, p)
	case err != nil:
		return err
	}
	if held.RemovedAt.IsZero() {
		both := schemas.SafeWays(p.SafeWays()).And(schemas.SafeWays(held.SafeWays()))
		p, p.WaysAt = p.Reached(domain.SafeWays(both), terms.BothNotes(held.SafeNote, p.SafeNote)), held.WaysAt
	}
	return store.KeepPerson(ctx, tx, p)
}

// notAnothers refuses an NHS number that the team has typed for somebody else.
func notAnothers(ctx context.Context, tx pgx.Tx, p domain.Person) error {
	if p.NHSNumber == "" {
		return nil
	}
	has, err := store.OfNumber(ctx, tx, p.OrganisationID, p.NHSNumber)
	if err == nil && slices.ContainsFunc(has, func(o domain.Person) bool { return o.Ref != p.Ref && o.Holder().Mark() != p.Holder().Mark() }) {
		return domain.ErrNumberTaken
	}
	return err
}

func (a *App) refOf(ctx context.Context, by actor.Actor, p domain.Person) (string, error) {
	if p.NHSNumber == "" {
		return a.Vault.NewRef(actor.Into(ctx, by))
	}
	return a.Vault.RefForNumber(actor.Into(ctx, by), p.NHSNumber, p.Holder())
}

// checkAdd cleans what was typed, and tells what is missing.
func checkAdd(in *AddInput, today string) error {
	if !in.ConsentGiven {
		return fault.Invalid("consent", "Without their consent nothing is kept: tell them about services that they can go to by themselves")
	}
	var f fault.Fields
	if wrong := terms.CheckConsentUntil(in.ConsentUntil, today, terms.ConsentShareToHelp, true); wrong != "" {
		f.Add("until_on", wrong)
	}
	if in.Person.GivenName == "" {
		f.Add("given_name", "Enter their first name")
	}
	if in.Person.FamilyName == "" {
		f.Add("family_name", "Enter their last name")
	}
	if in.Person.DateOfBirth == "" || in.Person.DateOfBirth > today {
		f.Add("born", "Enter a date of birth that is not in the future")
	}
	if in.Person.NHSNumber != "" {
		number, err := nhsnumber.Parse(in.Person.NHSNumber, nhsnumber.Policy{AllowTest: true})
		if err != nil {
			f.Add("nhs_number", "Enter an NHS number of 10 digits as it stands on a letter or in the NHS App, or leave it empty")
		}
		in.Person.NHSNumber = number
	}
	if (in.Person.SafePhone || in.Person.SafeText) && in.Person.Phone == "" {
		f.Add("phone", "Enter the phone number that is safe to ring or text")
	}
	return f.Err()
}
