package app

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/audit"
	"example.org/waypost/pkg/event"
	"example.org/waypost/schemas"
	"example.org/waypost/schemas/linkworker"
	"example.org/waypost/schemas/mdt"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/schemas/vcse"
	"example.org/waypost/services/primarycare/internal/domain"
	"example.org/waypost/services/primarycare/internal/store"
)

// oneCrisis is how long a bounce and a crisis report about one person are taken as the same crisis.
const oneCrisis = 2 * time.Hour

// crisis is what a link worker or provider told of a person in danger.
type crisis struct {
	ref, id, referral, offer, practice, by, note string
	at                                           time.Time
	source                                       terms.RedFlagSource
}

// OnCrisisReported raises a red flag at the patient's practice.
func (a *App) OnCrisisReported(ctx context.Context, tx pgx.Tx, _ *event.Event, p *linkworker.CrisisReportedV1) error {
	var note schemas.Safeguarding
	if _, err := p.Note.Into(&note); err != nil {
		return fmt.Errorf("read note: %w", err)
	}
	text := note.Text
	if p.WhomRung != "" {
		text = strings.TrimSpace(text + "\nThe link worker rang: " + p.WhomRung.Label())
	}
	return a.crisis(ctx, tx, crisis{p.PatientRef, p.CrisisID, p.ReferralID, p.OfferID, p.PracticeID, p.By, text, p.At, terms.RedFlagFromLinkWorker})
}

// OnOfferBounced raises a red flag when a team bounced because the person is in a mental health crisis. All else is coordination's.
func (a *App) OnOfferBounced(ctx context.Context, tx pgx.Tx, _ *event.Event, p *linkworker.OfferBouncedV1) error {
	return a.bounced(ctx, tx, p, terms.RedFlagFromLinkWorker)
}

// OnServiceBounced is OnOfferBounced for a provider: whoever rings a person first may be told.
func (a *App) OnServiceBounced(ctx context.Context, tx pgx.Tx, _ *event.Event, p *vcse.OfferBouncedV1) error {
	return a.bounced(ctx, tx, (*linkworker.OfferBouncedV1)(p), terms.RedFlagFromProvider)
}

func (a *App) bounced(ctx context.Context, tx pgx.Tx, p *linkworker.OfferBouncedV1, source terms.RedFlagSource) error {
	if p.Reason != terms.BounceMentalHealthCrisis {
		return nil
	}
	var detail schemas.Message
	if _, err := p.Detail.Into(&detail); err != nil {
		return fmt.Errorf("read detail: %w", err)
	}
	return a.crisis(ctx, tx, crisis{p.PatientRef, "", p.ReferralID, p.OfferID, "", p.By, detail.Text, p.At, source})
}

// crisis raises a red flag at the practice that has the patient, else at the one that sent the referral. The two facts that a
// link worker's crisis makes, in whatever order they arrive, raise one.
func (a *App) crisis(ctx context.Context, tx pgx.Tx, c crisis) error {
	refs, err := store.SamePerson(ctx, tx, c.ref)
	if err != nil {
		return err
	}
	practice, ref, err := a.practiceFor(ctx, tx, refs, c)
	if err != nil || practice == "" {
		return err
	}
	known, err := store.OpenCrisis(ctx, tx, practice, refs, a.now().Add(-oneCrisis))
	if err != nil {
		return err
	}
	if known.ID != "" && (known.Open() || known.OfferID != "" && known.OfferID == c.offer) {
		return a.addToCrisis(ctx, tx, known, c)
	}
	f := domain.Flag{
		ID: a.NewID(), PracticeID: practice, Ref: ref, Source: c.source, Questions: nil, Note: c.note, RaisedBy: c.by,
		CrisisID: c.id, ReferralID: c.referral, OfferID: c.offer,
	}
	if err := a.raise(ctx, tx, f, c.ref, nil, true); err != nil {
		return err
	}
	return audit.Write(ctx, tx, audit.Entry{Verb: "raise", Object: "red_flag", ObjectID: f.ID, PatientRef: ref})
}

func (a *App) addToCrisis(ctx context.Context, tx pgx.Tx, f domain.Flag, c crisis) error {
	if c.note != "" && !strings.Contains(f.Note, c.note) {
		f.Note = strings.TrimSpace(f.Note + "\n" + c.note)
	}
	if f.CrisisID == "" {
		f.CrisisID = c.id
	}
	if f.OfferID == "" {
		f.OfferID = c.offer
	}
	f.Version++
	if err := store.SaveFlag(ctx, tx, f); err != nil {
		return err
	}
	a.changed(ctx, f.PracticeID)
	return store.KeepFlagStep(ctx, tx, a.NewID(), f, domain.FlagStep{At: c.at, By: c.by, What: "told_again"})
}

// practiceFor is the practice that is named, if it has the patient; else one that has; else the one that sent the referral.
func (a *App) practiceFor(ctx context.Context, tx pgx.Tx, refs []string, c crisis) (practice, ref string, err error) {
	practices, own, err := store.PracticesOf(ctx, tx, refs)
	if err != nil {
		return "", "", err
	}
	for i, p := range practices {
		if p == c.practice {
			return p, own[i], nil
		}
	}
	if len(practices) > 0 {
		return practices[0], own[0], nil
	}
	if c.referral != "" {
		return store.SentFrom(ctx, tx, c.referral)
	}
	return "", "", nil
}

// OnActionAgreed keeps what a meeting agreed that somebody at a practice does. Others' actions are passed over.
func (a *App) OnActionAgreed(ctx context.Context, tx pgx.Tx, _ *event.Event, p *mdt.ActionAgreedV1) error {
	refs, err := store.SamePerson(ctx, tx, p.PatientRef)
	if err != nil {
		return err
	}
	practices, own, err := store.PracticesOf(ctx, tx, refs)
	if err != nil {
		return err
	}
	for i, practice := range practices {
		if practice != p.OwnerOrganisationID {
			continue
		}
		var what schemas.Narrative
		if _, err := p.What.Into(&what); err != nil {
			return fmt.Errorf("read action: %w", err)
		}
		due, err := time.Parse(time.DateOnly, p.DueOn)
		if err != nil {
			return fmt.Errorf("read the day of an action: %w", event.ErrMalformed)
		}
		a.changed(ctx, practice)
		return store.Agree(ctx, tx, practice, domain.Agreed{
			ID: p.ActionID, Ref: own[i], CaseID: p.CaseID, MeetingID: p.MeetingID, OwnerID: p.OwnerPersonID, DueOn: due, What: what.Text, AgreedAt: p.At,
		})
	}
	return nil
}

// OnActionReassigned moves an action between people of a practice, takes it from one, or brings one that somebody else was to do.
func (a *App) OnActionReassigned(ctx context.Context, tx pgx.Tx, e *event.Event, p *mdt.ActionReassignedV1) error {
	if p.WasOrganisationID != p.OwnerOrganisationID {
		if err := store.GiveAction(ctx, tx, p.ActionID); err != nil {
			return err
		}
		a.changed(ctx, p.WasOrganisationID)
	}
	return a.OnActionAgreed(ctx, tx, e, &mdt.ActionAgreedV1{
		PatientRef: p.PatientRef, ActionID: p.ActionID, CaseID: p.CaseID, MeetingID: p.MeetingID, OwnerPersonID: p.OwnerPersonID,
		OwnerOrganisationID: p.OwnerOrganisationID, DueOn: p.DueOn, What: p.What, By: p.By, At: p.AgreedAt,
	})
}

// OnActionDone keeps what became of it.
func (a *App) OnActionDone(ctx context.Context, tx pgx.Tx, _ *event.Event, p *mdt.ActionDoneV1) error {
	practice, err := store.AgreedDone(ctx, tx, p.ActionID, string(p.Result), p.At)
	if err == nil && practice != "" {
		a.changed(ctx, practice)
	}
	return err
}
