package app

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/clock"
	"example.org/waypost/pkg/fault"
	"example.org/waypost/pkg/pg"
	"example.org/waypost/pkg/vault"
	"example.org/waypost/schemas"
	"example.org/waypost/schemas/linkworker"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/linkworker/internal/domain"
	"example.org/waypost/services/linkworker/internal/store"
)

// ContactInput is one contact or attempt. On is the London day it happened, today when empty.
type ContactInput struct {
	OfferID string
	How     terms.ContactHow
	Result  terms.ContactResult
	On      string
	Note    string
}

// RecordContact keeps that somebody reached the person, or tried to.
func (a *App) RecordContact(ctx context.Context, by actor.Actor, cmd pg.Command, in ContactInput) (Done, error) {
	at, err := a.contactTime(in)
	if err != nil {
		return Done{}, err
	}
	return a.onOffer(ctx, by, cmd, in.OfferID, []string{vault.Narrative}, func(ctx context.Context, tx pgx.Tx, o *domain.Offer, ref string, keys *vault.Keys) (Done, error) {
		if err := o.Contacted(in.Result, at); err != nil {
			return Done{}, err
		}
		c := domain.Contact{
			ID: a.NewID(), OrganisationID: o.OrganisationID, OfferID: o.ID, ReferralID: o.ReferralID, PatientRef: ref,
			How: in.How, Result: in.Result, Note: in.Note, By: by.Person.ID, At: at,
		}
		if err := store.AddContact(ctx, tx, c); err != nil {
			return Done{}, err
		}
		if err := store.SaveOffer(ctx, tx, *o); err != nil {
			return Done{}, err
		}
		said := &linkworker.ContactRecordedV1{
			PatientRef: ref, ContactID: c.ID, ReferralID: o.ReferralID, OfferID: o.ID,
			How: c.How, Result: c.Result, By: c.By, At: c.At,
		}
		if c.Note != "" {
			said.Note = schemas.Seal(schemas.Narrative{Text: c.Note})
		}
		_, err := a.Out.Append(ctx, tx, ref, said, keys)
		return Done{c.ID}, err
	})
}

// contactTime checks a contact, and gives the moment it is dated with: now for today, midday for an earlier day.
func (a *App) contactTime(in ContactInput) (time.Time, error) {
	var f fault.Fields
	if !in.How.Known() {
		f.Add("how", "Select how you tried to reach them")
	}
	if !in.Result.Known() {
		f.Add("result", "Select what came of it")
	}
	at := a.now()
	if in.On != "" && in.On != a.today() {
		day, err := time.ParseInLocation(time.DateOnly, in.On, clock.London)
		at = day.Add(12 * time.Hour).UTC()
		if err != nil || in.On > a.today() {
			f.Add("on", "Enter a date that is not in the future")
		}
	}
	return at, f.Err()
}

// AssessInput is what was found, and what the person answered.
type AssessInput struct {
	OfferID string
	Stage   terms.OutcomeStage
	Needs   []terms.Need
	Matters string
	Scores  domain.Scores
	Result  terms.OutcomeResult
}

// Assess keeps an assessment. What is said of it is the person's own measure; needs and words stay with the team.
func (a *App) Assess(ctx context.Context, by actor.Actor, cmd pg.Command, in AssessInput) (Done, error) {
	return a.onOffer(ctx, by, cmd, in.OfferID, []string{vault.Narrative}, func(ctx context.Context, tx pgx.Tx, o *domain.Offer, ref string, keys *vault.Keys) (Done, error) {
		if !o.Supported() {
			return Done{}, domain.ErrNotSupported
		}
		x := domain.Assessment{
			ID: a.NewID(), OrganisationID: o.OrganisationID, OfferID: o.ID, ReferralID: o.ReferralID, PatientRef: ref, Stage: in.Stage,
			Needs: in.Needs, Matters: in.Matters, Scores: in.Scores, Result: in.Result, By: by.Person.ID, At: a.now(),
		}
		if err := x.Check(); err != nil {
			return Done{}, err
		}
		if err := store.AddAssessment(ctx, tx, x); err != nil {
			return Done{}, err
		}
		said := &linkworker.OutcomeRecordedV1{
			PatientRef: ref, OutcomeID: x.ID, ReferralID: o.ReferralID, Tool: terms.ToolNone, Stage: x.Stage,
			Result: x.Result, By: x.By, At: x.At,
		}
		if x.Scores.Any() {
			said.Tool, said.Scores = terms.ToolONS4, schemas.Seal(schemas.Scores(x.Scores))
		}
		_, err := a.Out.Append(ctx, tx, ref, said, keys)
		return Done{x.ID}, err
	})
}

// PlanInput is what was agreed.
type PlanInput struct {
	OfferID  string
	Version  int64
	Matters  string
	Goals    []domain.Goal
	ReviewOn string
}

// AgreePlan keeps a plan; the one before stays in the record. The day of review becomes the team's clock.
func (a *App) AgreePlan(ctx context.Context, by actor.Actor, cmd pg.Command, in PlanInput) (Done, error) {
	return a.onOffer(ctx, by, cmd, in.OfferID, []string{vault.Narrative}, func(ctx context.Context, tx pgx.Tx, o *domain.Offer, ref string, keys *vault.Keys) (Done, error) {
		if !o.Supported() {
			return Done{}, domain.ErrNotSupported
		}
		if o.Version != in.Version {
			return Done{}, domain.ErrChanged
		}
		p := domain.Plan{
			ID: a.NewID(), OrganisationID: o.OrganisationID, OfferID: o.ID, ReferralID: o.ReferralID, PatientRef: ref,
			Matters: in.Matters, Goals: in.Goals, ReviewOn: in.ReviewOn, By: by.Person.ID, At: a.now(),
		}
		if err := p.Check(a.today()); err != nil {
			return Done{}, err
		}
		if err := store.AddPlan(ctx, tx, p); err != nil {
			return Done{}, err
		}
		o.ReviewOn = p.ReviewOn
		o.Version++
		if err := store.SaveOffer(ctx, tx, *o); err != nil {
			return Done{}, err
		}
		said := schemas.Plan{Matters: p.Matters}
		for _, g := range p.Goals {
			goal := schemas.PlanGoal{Text: g.Text, Need: g.Need}
			for _, s := range g.Steps {
				goal.Steps = append(goal.Steps, s.Line())
			}
			said.Goals = append(said.Goals, goal)
		}
		_, err := a.Out.Append(ctx, tx, ref, &linkworker.PlanAgreedV1{
			PatientRef: ref, PlanID: p.ID, ReferralID: o.ReferralID, Goals: len(p.Goals),
			Plan: schemas.Seal(said), By: p.By, At: p.At,
		}, keys)
		return Done{p.ID}, err
	})
}

// AssignInput gives a person to a colleague.
type AssignInput struct {
	OfferID, To, Why string
	Version          int64
}

// Assign gives the person to a colleague, whose tray tells them.
func (a *App) Assign(ctx context.Context, by actor.Actor, cmd pg.Command, in AssignInput) (Done, error) {
	return a.onOffer(ctx, by, cmd, in.OfferID, nil, func(ctx context.Context, tx pgx.Tx, o *domain.Offer, _ string, _ *vault.Keys) (Done, error) {
		if err := a.colleague(ctx, tx, o.OrganisationID, in.To); err != nil {
			return Done{}, err
		}
		if err := a.mayTake(ctx, tx, by, *o, in.To); err != nil {
			return Done{}, err
		}
		from, now := o.AssignedTo, a.now()
		changed, err := o.Assign(in.To, in.Version, now)
		if err != nil || !changed {
			return Done{o.ID}, err
		}
		p := domain.Passed{ID: a.NewID(), OrganisationID: o.OrganisationID, OfferID: o.ID, From: from, To: in.To, By: by.Person.ID, Why: in.Why, At: now}
		if err := store.AddPassed(ctx, tx, p); err != nil {
			return Done{}, err
		}
		return Done{o.ID}, store.SaveOffer(ctx, tx, *o)
	})
}

// EndInput is how support ended.
type EndInput struct {
	OfferID string
	Version int64
	Outcome terms.Outcome
	Note    string // to the sender
}

// EndSupport ends support, unless an onward referral is still open.
func (a *App) EndSupport(ctx context.Context, by actor.Actor, cmd pg.Command, in EndInput) (Done, error) {
	return a.onOffer(ctx, by, cmd, in.OfferID, []string{vault.Message}, func(ctx context.Context, tx pgx.Tx, o *domain.Offer, ref string, keys *vault.Keys) (Done, error) {
		contacts, err := store.Contacts(ctx, tx, o.ID)
		if err != nil {
			return Done{}, err
		}
		onward, err := store.Onward(ctx, tx, o.ID)
		if err != nil {
			return Done{}, err
		}
		var open []string
		for _, r := range onward {
			if r.Open() {
				open = append(open, "referral "+r.Reference)
			}
		}
		now := a.now()
		failed := domain.FailedOn(contacts)
		if err := o.End(by.Person.ID, in.Outcome, in.Note, len(failed), open, in.Version, now); err != nil {
			return Done{}, err
		}
		if err := store.SaveOffer(ctx, tx, *o); err != nil {
			return Done{}, err
		}
		said := &linkworker.SupportEndedV1{
			PatientRef: ref, OfferID: o.ID, ReferralID: o.ReferralID, OrganisationID: o.OrganisationID,
			Outcome: o.Outcome, By: by.Person.ID, At: now,
		}
		if in.Note != "" {
			said.Note = schemas.Seal(schemas.Message{Text: in.Note})
		}
		if in.Outcome == terms.OutcomeCouldNotContact {
			said.TriedOn = daysOf(failed)
		}
		_, err = a.Out.Append(ctx, tx, ref, said, keys)
		return Done{o.ID}, err
	})
}

// daysOf are the days in England on which something happened.
func daysOf(at []time.Time) []string {
	days := make([]string, 0, len(at))
	for _, one := range at {
		days = append(days, one.In(clock.London).Format(time.DateOnly))
	}
	return days
}
