package app

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/audit"
	"example.org/waypost/pkg/copies/who"
	"example.org/waypost/pkg/fault"
	"example.org/waypost/pkg/outbox"
	"example.org/waypost/pkg/pg"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/coordination/internal/domain"
	"example.org/waypost/services/coordination/internal/store"
)

// Step is a person's step on one referral, made from what they saw of it.
type Step struct {
	Command    pg.Command
	ReferralID string
	Version    int64 // of the referral as it was shown
}

// Done is what a step came to: ids and codes only, because it is kept beside the idempotency key.
type Done struct {
	ReferralID string
	CaseID     string
	State      domain.State
	Version    int
}

// Join ends a held referral: the work goes on in the one that was there first.
func (a *App) Join(ctx context.Context, by actor.Actor, s Step) (Done, error) {
	return a.step(ctx, by, s, func(ctx context.Context, w *work, r domain.Referral, part domain.Party) (domain.Referral, error) {
		return w.take(ctx, r, domain.Event{Kind: domain.KindJoin, By: part, Organisation: by.Organisation, Existing: r.DuplicateOf}, by)
	})
}

// Confirm sends a held referral on, with the reason why a second one is right.
func (a *App) Confirm(ctx context.Context, by actor.Actor, s Step, reason terms.SendReason) (Done, error) {
	if !reason.Known() {
		return Done{}, fault.Invalid("reason", "Select why a second referral is right")
	}
	return a.step(ctx, by, s, func(ctx context.Context, w *work, r domain.Referral, part domain.Party) (domain.Referral, error) {
		return w.take(ctx, r, domain.Event{Kind: domain.KindConfirm, By: part, Organisation: by.Organisation, Reason: string(reason)}, by)
	})
}

// Withdraw takes a held referral back.
func (a *App) Withdraw(ctx context.Context, by actor.Actor, s Step, reason terms.WithdrawalReason) (Done, error) {
	if !reason.Known() {
		return Done{}, fault.Invalid("reason", "Select why it is withdrawn")
	}
	return a.step(ctx, by, s, func(ctx context.Context, w *work, r domain.Referral, part domain.Party) (domain.Referral, error) {
		return w.take(ctx, r, domain.Event{Kind: domain.KindWithdraw, By: part, Organisation: by.Organisation, Reason: string(reason)}, by)
	})
}

// Offer puts an escalated referral to the receiver the area's office chose.
func (a *App) Offer(ctx context.Context, by actor.Actor, s Step, to domain.Receiver) (Done, error) {
	return a.officeStep(ctx, by, s, func(ctx context.Context, w *work, r domain.Referral) (domain.Referral, error) {
		if to.ID == "" {
			return r, domain.ErrNoReceiver
		}
		found, err := w.candidates(ctx, r, []domain.Receiver{to}, nil)
		if err != nil {
			return r, err
		}
		found = w.wanted(r, found)
		if len(found) == 0 || found[0].Barred() != "" {
			return r, errBarred
		}
		if found[0].Sensitive && !hidden(r) {
			return r, errNameTells
		}
		return w.take(ctx, r, domain.Event{Kind: domain.KindCoordinatorOffers, By: domain.Coordinator, Organisation: by.Organisation, Receiver: found[0].Receiver}, by)
	})
}

var errBarred = fault.Invalid("receiver", "Select a service that takes referrals and that the person agreed to share with")

var errNameTells = fault.Invalid("receiver", "Select a service whose name tells nothing: this referral is not a sensitive one, and everybody who works on the case reads who has it")

// Close ends an escalated referral with an outcome.
func (a *App) Close(ctx context.Context, by actor.Actor, s Step, outcome terms.Outcome) (Done, error) {
	if !outcome.Known() {
		return Done{}, domain.ErrNoOutcome
	}
	return a.officeStep(ctx, by, s, func(ctx context.Context, w *work, r domain.Referral) (domain.Referral, error) {
		return w.take(ctx, r, domain.Event{Kind: domain.KindCoordinatorCloses, By: domain.Coordinator, Organisation: by.Organisation, Outcome: string(outcome)}, by)
	})
}

// Wait gives whoever has an escalated referral in hand the same time again.
func (a *App) Wait(ctx context.Context, by actor.Actor, s Step) (Done, error) {
	return a.officeStep(ctx, by, s, func(ctx context.Context, w *work, r domain.Referral) (domain.Referral, error) {
		return w.take(ctx, r, domain.Event{Kind: domain.KindCoordinatorWaits, By: domain.Coordinator, Organisation: by.Organisation}, by)
	})
}

func (a *App) officeStep(ctx context.Context, by actor.Actor, s Step, do func(ctx context.Context, w *work, r domain.Referral) (domain.Referral, error)) (Done, error) {
	return a.step(ctx, by, s, func(ctx context.Context, w *work, r domain.Referral, part domain.Party) (domain.Referral, error) {
		if part != domain.Coordinator {
			return r, errOfficeOnly
		}
		return do(ctx, w, r)
	})
}

var errOfficeOnly = fault.Forbidden("Only a coordinator at the area's office can do this. A service lead there can give you the role")

// take lets the event happen, and answers with the referral as it is now. A step that changes nothing was taken too late.
func (w *work) take(ctx context.Context, r domain.Referral, e domain.Event, by actor.Actor) (domain.Referral, error) {
	d, err := w.apply(ctx, r, e, happened{person: by.Person.ID})
	if err == nil && !d.Changed {
		err = domain.ErrEnded
	}
	return d.Next, err
}

// step does what every person's step has in common: the person must see the referral, from the version they saw, and be on a
// side that may act; what follows is then decided and written for the whole case.
func (a *App) step(ctx context.Context, by actor.Actor, s Step, do func(ctx context.Context, w *work, r domain.Referral, part domain.Party) (domain.Referral, error)) (Done, error) {
	ref, err := a.patientOf(ctx, by, s.ReferralID)
	if err != nil {
		return Done{}, err
	}
	keys, err := a.Keys.Keys(ctx, []string{ref}, Classes...)
	if err != nil {
		return Done{}, fmt.Errorf("%s: %w", s.Command.Verb, err)
	}
	done, err := pg.Do(outbox.WithKeys(ctx, keys), a.DB, by, s.Command, func(ctx context.Context, tx pgx.Tx) (Done, error) {
		seen, err := store.ReferralByID(ctx, tx, s.ReferralID)
		if err != nil {
			return Done{}, err
		}
		if err := audit.Write(ctx, tx, audit.Entry{Verb: s.Command.Verb, Object: "referral", ObjectID: seen.ID, PatientRef: seen.PatientRef}); err != nil {
			return Done{}, err
		}
		var is domain.Referral
		err = store.AsMatcher(ctx, tx, func() error {
			is, err = a.taken(ctx, tx, by, s, seen, do)
			return err
		})
		return Done{ReferralID: is.ID, CaseID: is.CaseID, State: is.State, Version: is.Version}, err
	})
	if err != nil {
		return Done{}, fmt.Errorf("%s: %w", s.Command.Verb, err)
	}
	return done, nil
}

func (a *App) taken(ctx context.Context, tx pgx.Tx, by actor.Actor, s Step, seen domain.Referral, do func(context.Context, *work, domain.Referral, domain.Party) (domain.Referral, error)) (domain.Referral, error) {
	w, err := a.lockToStep(ctx, tx, seen.PatientRef)
	if err != nil {
		return seen, err
	}
	r, ok := w.referral(seen.ID)
	if !ok { // of a case that is closed: what was seen before the lock can be older than that
		if r, err = store.ReferralByID(ctx, tx, seen.ID); err != nil {
			return seen, err
		}
	}
	if int64(r.Version) != s.Version {
		return r, w.stale(ctx, r)
	}
	is, err := do(ctx, w, r, partOf(by, r))
	if err != nil {
		return is, err
	}
	return is, w.finish(ctx)
}

// partOf is the side a person is on.
func partOf(by actor.Actor, r domain.Referral) domain.Party {
	switch {
	case domain.May(terms.Role(by.Role), domain.MayFindAWay):
		return domain.Coordinator
	case by.Organisation == r.SenderOrganisation:
		return domain.Sender
	}
	if o := r.Live(); o != nil && o.Receiver.Organisation == by.Organisation {
		return domain.ReceiverSide
	}
	return domain.Nobody
}

// stale tells who changed the referral meanwhile.
func (w *work) stale(ctx context.Context, r domain.Referral) error {
	person, at, err := store.LastChange(ctx, w.tx, r.ID)
	if err != nil {
		return err
	}
	by := "Somebody"
	if person != "" {
		names, err := who.Names(ctx, w.tx, person)
		if err != nil {
			return err
		}
		if names[person] != "" {
			by = names[person]
		}
	}
	return fault.Stale(fmt.Sprintf("%s changed this referral at %s. It is now: %s. Nothing was changed by you", by, clockTime(at), r.State.Label()))
}

// patientOf finds whose referral it is, as far as the person may see it: keys are fetched before the transaction.
func (a *App) patientOf(ctx context.Context, by actor.Actor, referralID string) (ref string, err error) {
	err = a.DB.InTx(ctx, by, func(ctx context.Context, tx pgx.Tx) error {
		r, err := store.ReferralByID(ctx, tx, referralID)
		ref = r.PatientRef
		return err
	})
	return ref, err
}
