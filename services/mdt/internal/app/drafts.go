package app

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/audit"
	"example.org/waypost/pkg/copies/directory"
	"example.org/waypost/pkg/copies/who"
	"example.org/waypost/pkg/fault"
	"example.org/waypost/pkg/pg"
	"example.org/waypost/pkg/vault"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/mdt/internal/domain"
	"example.org/waypost/services/mdt/internal/store"
)

// mayRefer refuses whose organisation does not refer here: practices and teams have pages of their own.
func mayRefer(ctx context.Context, tx pgx.Tx, by actor.Actor) error {
	if err := refersHere(by); err != nil {
		return err
	}
	o, err := who.OrganisationByID(ctx, tx, by.Organisation)
	if errors.Is(err, who.ErrNoOrganisation) || err == nil && !o.MayRefer {
		return domain.ErrMayNotRefer
	}
	return err
}

// refersHere is the part of mayRefer that needs no look at the register.
func refersHere(by actor.Actor) error {
	if terms.Role(by.Role) != terms.RoleCareProfessional && terms.Role(by.Role) != terms.RoleMDTCoordinator {
		return domain.ErrRoleMayNot
	}
	if terms.OrganisationKind(by.OrganisationKind) != terms.KindOtherCare {
		return domain.ErrNotOtherOrg
	}
	return nil
}

// StartReferral begins a referral once all red-flag questions were answered with no.
func (a *App) StartReferral(ctx context.Context, by actor.Actor, cmd pg.Command, patient string) (Done, error) {
	now := a.now()
	d := domain.Draft{Kind: domain.DraftReferral, PatientRef: patient, FlagsClearAt: now, FlagsAskedBy: by.Person.ID, Urgency: terms.UrgencyRoutine}
	return a.start(ctx, by, cmd, d, func(ctx context.Context, tx pgx.Tx) error { return mayRefer(ctx, tx, by) })
}

// StartAgenda begins to put somebody on a meeting's agenda. With a patient ref it goes on from a case that is there.
func (a *App) StartAgenda(ctx context.Context, by actor.Actor, cmd pg.Command, meeting, patient string) (Done, error) {
	if err := meets(by); err != nil {
		return Done{}, err
	}
	return a.start(ctx, by, cmd, domain.Draft{Kind: domain.DraftAgenda, MeetingID: meeting, PatientRef: patient, Urgency: terms.UrgencyRoutine}, func(ctx context.Context, tx pgx.Tx) error {
		m, err := store.Meeting(ctx, tx, meeting)
		if err == nil && !m.Planned() {
			return domain.ErrMeetingOver
		}
		return err
	})
}

func (a *App) start(ctx context.Context, by actor.Actor, cmd pg.Command, d domain.Draft, may func(ctx context.Context, tx pgx.Tx) error) (Done, error) {
	now := a.now()
	if d.PatientRef != "" {
		if err := a.takeIn(ctx, by, d.PatientRef); err != nil {
			return Done{}, fmt.Errorf("start: %w", err)
		}
	}
	d.OrganisationID, d.StartedBy, d.StartedAt, d.ChangedAt, d.ExpiresAt, d.Version = by.Organisation, by.Person.ID, now, now, now.Add(domain.DraftTime), 1
	done, err := pg.Do(ctx, a.DB, by, cmd, func(ctx context.Context, tx pgx.Tx) (Done, error) {
		if err := may(ctx, tx); err != nil {
			return Done{}, err
		}
		d.ID = a.NewID()
		if err := store.SaveDraft(ctx, tx, d); err != nil {
			return Done{}, err
		}
		return Done{ID: d.ID, Version: 1, Made: true}, audit.Write(ctx, tx, audit.Entry{Verb: "start", Object: string(d.Kind), ObjectID: d.ID, PatientRef: d.PatientRef})
	})
	if err != nil {
		return done, fmt.Errorf("start: %w", err)
	}
	return done, nil
}

// change saves one task of a draft.
func (a *App) change(ctx context.Context, by actor.Actor, cmd pg.Command, id string, version int64, verb string, step func(ctx context.Context, tx pgx.Tx, d *domain.Draft) error) (Done, error) {
	now := a.now()
	done, err := pg.Do(ctx, a.DB, by, cmd, func(ctx context.Context, tx pgx.Tx) (Done, error) {
		d, err := store.LockDraft(ctx, tx, id, now)
		if err != nil {
			return Done{}, err
		}
		if d.DoneAs != "" {
			return Done{ID: d.ID, Version: d.Version}, nil // it was sent: the page leads to what came of it
		}
		if d.Version != version {
			return Done{}, domain.ErrChanged
		}
		if err := step(ctx, tx, &d); err != nil {
			return Done{}, err
		}
		d.ChangedAt, d.ExpiresAt = now, now.Add(domain.DraftTime)
		d.Version++
		if err := store.SaveDraft(ctx, tx, d); err != nil {
			return Done{}, err
		}
		return Done{ID: d.ID, Version: d.Version}, audit.Write(ctx, tx, audit.Entry{Verb: verb, Object: string(d.Kind), ObjectID: d.ID, PatientRef: d.PatientRef})
	})
	if err != nil {
		return done, fmt.Errorf("%s: %w", verb, err)
	}
	return done, nil
}

// ready is nil when the draft can be sent, and the day until which they agreed is not over.
func (a *App) ready(d domain.Draft, now time.Time) error {
	if d.Agreed() && d.Consent.Over(day(now)) {
		return domain.ErrConsentOver
	}
	return d.Ready(now)
}

// AskFlagsAgain notes that the red-flag questions were asked again, all answered with no.
func (a *App) AskFlagsAgain(ctx context.Context, by actor.Actor, cmd pg.Command, id string, version int64) (Done, error) {
	return a.change(ctx, by, cmd, id, version, "ask red flags", func(_ context.Context, _ pgx.Tx, d *domain.Draft) error {
		d.FlagsClearAt, d.FlagsAskedBy = a.now(), by.Person.ID
		return nil
	})
}

// RecordConsent notes what the person was asked and said. A no ends the draft: nothing is kept of it.
func (a *App) RecordConsent(ctx context.Context, by actor.Actor, cmd pg.Command, id string, version int64, c domain.Consent) (Done, error) {
	return a.change(ctx, by, cmd, id, version, "record consent", func(_ context.Context, _ pgx.Tx, d *domain.Draft) error {
		if !d.FlagsClear(a.now()) {
			return domain.ErrAskFlags
		}
		c.ID, c.AskedBy, c.AskedAt = a.NewID(), by.Person.ID, a.now()
		d.Consent = c
		return c.Check(a.today())
	})
}

// ChoosePatient puts somebody whom the organisation knows on the draft.
func (a *App) ChoosePatient(ctx context.Context, by actor.Actor, cmd pg.Command, id string, version int64, patient string) (Done, error) {
	if err := a.takeIn(ctx, by, patient); err != nil {
		return Done{}, fmt.Errorf("choose patient: %w", err)
	}
	return a.change(ctx, by, cmd, id, version, "choose patient", func(_ context.Context, _ pgx.Tx, d *domain.Draft) error {
		if !d.Agreed() {
			return domain.ErrNoConsent
		}
		d.PatientRef = patient
		return nil
	})
}

// Describe says what the others need to know.
func (a *App) Describe(ctx context.Context, by actor.Actor, cmd pg.Command, id string, version int64, in domain.Draft) (Done, error) {
	return a.change(ctx, by, cmd, id, version, "describe", func(ctx context.Context, tx pgx.Tx, d *domain.Draft) error {
		if !d.Agreed() {
			return domain.ErrNoConsent
		}
		if in.ReceiverID != "" {
			known, err := directory.Receivers(ctx, tx, in.ReceiverID)
			if err != nil {
				return err
			}
			r, ok := known[in.ReceiverID]
			if !ok {
				return fault.Invalid("receiver", "Select a service from the list")
			}
			in.ReceiverKind = r.Kind
			if err := notRefused(ctx, tx, by, in, a.now()); err != nil {
				return err
			}
		}
		return d.Describe(in, a.now())
	})
}

// DropDraft deletes what was begun.
func (a *App) DropDraft(ctx context.Context, by actor.Actor, cmd pg.Command, id string) (Done, error) {
	done, err := pg.Do(ctx, a.DB, by, cmd, func(ctx context.Context, tx pgx.Tx) (Done, error) {
		d, err := store.LockDraft(ctx, tx, id, a.now())
		if err != nil {
			return Done{}, err
		}
		if err := store.DropDraft(ctx, tx, id); err != nil {
			return Done{}, err
		}
		return Done{ID: id}, audit.Write(ctx, tx, audit.Entry{Verb: "delete", Object: string(d.Kind), ObjectID: d.ID, PatientRef: d.PatientRef})
	})
	if err != nil {
		return done, fmt.Errorf("delete draft: %w", err)
	}
	return done, nil
}

// SendDraft sends the referral, or puts the person on the agenda. Sending again finds what was sent.
func (a *App) SendDraft(ctx context.Context, by actor.Actor, cmd pg.Command, id string, version int64, overlap terms.OverlapAnswer) (Done, error) {
	var d domain.Draft
	err := a.DB.InTx(ctx, by, func(ctx context.Context, tx pgx.Tx) (err error) {
		d, err = store.Draft(ctx, tx, id, a.now())
		return err
	})
	if err != nil || d.DoneAs != "" {
		return Done{ID: d.DoneAs}, err
	}
	now := a.now()
	d.Overlap = overlap
	if err := d.CheckOverlap(); err != nil {
		return Done{}, fmt.Errorf("send: %w", err)
	}
	if err := a.ready(d, now); err != nil {
		return Done{}, fmt.Errorf("send: %w", err)
	}
	overlap = d.Overlap
	keys, err := a.Vault.Keys(ctx, []string{d.PatientRef}, vault.Contact, vault.Narrative, vault.Safeguarding, vault.Message)
	if err != nil {
		return Done{}, fmt.Errorf("send: %w", err)
	}
	done, err := pg.Do(ctx, a.DB, by, cmd, func(ctx context.Context, tx pgx.Tx) (Done, error) {
		d, err := store.LockDraft(ctx, tx, id, now)
		if err != nil || d.DoneAs != "" {
			return Done{ID: d.DoneAs}, err
		}
		if d.Version != version {
			return Done{}, domain.ErrChanged
		}
		if err := a.ready(d, now); err != nil {
			return Done{}, err
		}
		d.Overlap = overlap
		send := a.put
		if d.Kind == domain.DraftReferral {
			send = a.refer
		}
		done, err := send(ctx, tx, by, d, keys, now)
		if err != nil {
			return done, err
		}
		d.DoneAs, d.ChangedAt, d.Narrative, d.Safeguarding = done.ID, now, "", "" // what was written lives where it was sent
		d.Version++
		return done, store.SaveDraft(ctx, tx, d)
	})
	if err != nil {
		return done, fmt.Errorf("send: %w", err)
	}
	return done, nil
}
