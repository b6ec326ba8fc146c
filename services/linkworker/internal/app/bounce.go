package app

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/fault"
	"example.org/waypost/pkg/pg"
	"example.org/waypost/pkg/vault"
	"example.org/waypost/schemas"
	"example.org/waypost/schemas/linkworker"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/linkworker/internal/domain"
	"example.org/waypost/services/linkworker/internal/store"
)

// BounceInput is a no with its reason.
type BounceInput struct {
	OfferID string
	Version int64
	Bounce  domain.Bounce
}

// Bounce refuses the offer. A crisis has its own way: ReportCrisis.
func (a *App) Bounce(ctx context.Context, by actor.Actor, cmd pg.Command, in BounceInput) (Done, error) {
	return a.onOffer(ctx, by, cmd, in.OfferID, []string{vault.Message}, func(ctx context.Context, tx pgx.Tx, o *domain.Offer, ref string, keys *vault.Keys) (Done, error) {
		if in.Bounce.Reason == terms.BounceMentalHealthCrisis {
			return Done{}, fault.Invalid("reason", "Use the crisis page: it shows whom to ring, and raises a red flag at the practice")
		}
		contacts, err := store.Contacts(ctx, tx, o.ID)
		if err != nil {
			return Done{}, err
		}
		if in.Bounce.UntilOn != "" && in.Bounce.UntilOn <= a.today() {
			return Done{}, fault.Invalid("until", "Enter a day after today")
		}
		return Done{o.ID}, a.refuse(ctx, tx, by, o, ref, keys, in.Bounce, domain.FailedOn(contacts), in.Version)
	})
}

// refuse decides, saves and says a bounce.
func (a *App) refuse(ctx context.Context, tx pgx.Tx, by actor.Actor, o *domain.Offer, ref string, keys *vault.Keys, b domain.Bounce, failed []time.Time, version int64) error {
	now := a.now()
	if err := o.Refuse(by.Person.ID, b, len(failed), version, now); err != nil {
		return err
	}
	if err := store.SaveOffer(ctx, tx, *o); err != nil {
		return err
	}
	said := &linkworker.OfferBouncedV1{
		PatientRef: ref, OfferID: o.ID, ReferralID: o.ReferralID, OrganisationID: o.OrganisationID, Reason: b.Reason,
		UntilOn: b.UntilOn, WhoseRole: b.WhoseRole, By: by.Person.ID, At: now,
	}
	if b.Criterion != "" {
		said.Criterion = schemas.Seal(schemas.Message{Text: b.Criterion})
	}
	if b.Detail != "" {
		said.Detail = schemas.Seal(schemas.Message{Text: b.Detail})
	}
	if b.Reason == terms.BounceCouldNotContact {
		said.TriedOn = daysOf(failed)
	}
	if _, err := a.Out.Append(ctx, tx, ref, said, keys); err != nil || b.Reason != terms.BounceNoCapacity {
		return err
	}
	return a.noRoomUntil(ctx, tx, by, o.OrganisationID, b.UntilOn)
}

// CrisisInput is that somebody is in danger, and whom we rang. OfferID is what the link worker had in hand.
type CrisisInput struct {
	OfferID string
	Rung    terms.CrisisRung
	RungAt  time.Time // zero when nobody was rung
	Note    string
	Bounce  bool // also give the offer back, when it still waits for an answer
}

// ReportCrisis records the call, and tells the practice, where a red flag goes up. It is never refused because somebody else was
// faster or the page was old: what was answered already stays answered, the crisis is told all the same.
func (a *App) ReportCrisis(ctx context.Context, by actor.Actor, cmd pg.Command, in CrisisInput) (Done, error) {
	var f fault.Fields
	if !in.Rung.Known() {
		f.Add("rung", "Select whom you rang")
	}
	if in.Note == "" {
		f.Add("note", "Enter what the duty clinician must know")
	}
	if err := f.Err(); err != nil {
		return Done{}, err
	}
	classes := []string{vault.Safeguarding, vault.Message}
	return a.onOffer(ctx, by, cmd, in.OfferID, classes, func(ctx context.Context, tx pgx.Tx, o *domain.Offer, ref string, keys *vault.Keys) (Done, error) {
		practice, err := a.practiceOf(ctx, tx, o)
		if err != nil {
			return Done{}, err
		}
		c := domain.Crisis{
			ID: a.NewID(), OrganisationID: o.OrganisationID, PatientRef: ref, OfferID: o.ID, ReferralID: o.ReferralID,
			PracticeID: practice, Rung: in.Rung, RungAt: in.RungAt, Note: in.Note, By: by.Person.ID, At: a.now(),
		}
		if err := store.AddCrisis(ctx, tx, c); err != nil {
			return Done{}, err
		}
		said := &linkworker.CrisisReportedV1{
			PatientRef: ref, CrisisID: c.ID, OrganisationID: c.OrganisationID, ReferralID: c.ReferralID, OfferID: c.OfferID,
			PracticeID: practice, WhomRung: c.Rung, Note: schemas.Seal(schemas.Safeguarding{Text: c.Note}), By: c.By, At: c.At,
		}
		if !c.RungAt.IsZero() {
			said.RungAt = &c.RungAt
		}
		if _, err := a.Out.Append(ctx, tx, ref, said, keys); err != nil {
			return Done{}, err
		}
		if !in.Bounce || o.State != terms.OfferOffered && o.State != terms.OfferInformationAsked {
			return Done{c.ID}, nil
		}
		// What was said stays in the crisis, which only those who keep people safe can open; the sender's message says that there is one.
		b := domain.Bounce{Reason: terms.BounceMentalHealthCrisis, Detail: "We rang: " + in.Rung.Label() + ". What was said stands with the red flag."}
		return Done{c.ID}, a.refuse(ctx, tx, by, o, ref, keys, b, nil, o.Version)
	})
}

// practiceOf is the practice that sent the person to us, under whatever referral; "" when none of them was a practice's.
func (a *App) practiceOf(ctx context.Context, tx pgx.Tx, o *domain.Offer) (string, error) {
	if o.SenderKind == terms.KindPractice {
		return o.SenderOrganisationID, nil
	}
	all, err := store.OffersOf(ctx, tx, o.PatientRef)
	if err != nil {
		return "", err
	}
	for _, x := range all {
		if x.SenderKind == terms.KindPractice {
			return x.SenderOrganisationID, nil
		}
	}
	return "", nil
}

// StandDown records that we stopped what an acceptance that came too late had begun.
func (a *App) StandDown(ctx context.Context, by actor.Actor, cmd pg.Command, offer string, version int64) (Done, error) {
	return a.onOffer(ctx, by, cmd, offer, nil, func(ctx context.Context, tx pgx.Tx, o *domain.Offer, _ string, _ *vault.Keys) (Done, error) {
		if err := o.StandDown(by.Person.ID, version, a.now()); err != nil {
			return Done{}, err
		}
		return Done{o.ID}, store.SaveOffer(ctx, tx, *o)
	})
}
