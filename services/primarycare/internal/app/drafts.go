package app

import (
	"context"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/audit"
	"example.org/waypost/pkg/fault"
	"example.org/waypost/pkg/pg"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/primarycare/internal/domain"
	"example.org/waypost/services/primarycare/internal/store"
)

// DraftSaved is the answer to what changes a draft.
type DraftSaved struct {
	ID      string `json:"id"`
	Version int64  `json:"version"`
}

// StartDraft begins a referral or signpost for a patient. It starts with the red-flag questions.
func (a *App) StartDraft(ctx context.Context, by actor.Actor, cmd pg.Command, ref string) (DraftSaved, error) {
	return do(ctx, a, by, cmd, func(ctx context.Context, tx pgx.Tx) (DraftSaved, error) {
		p, err := store.Patient(ctx, tx, by.Organisation, ref, store.Read)
		if err != nil {
			return DraftSaved{}, err
		}
		return a.begin(ctx, tx, by, p, domain.Draft{Request: domain.Request{Accessibility: p.Accessibility}})
	})
}

// Again begins a new draft from a referral that did not work out, or for another need of the same person: what was asked and
// written stays, if it was asked today.
func (a *App) Again(ctx context.Context, by actor.Actor, cmd pg.Command, referral string, sameNeed bool) (DraftSaved, error) {
	return do(ctx, a, by, cmd, func(ctx context.Context, tx pgx.Tx) (DraftSaved, error) {
		r, err := store.Referral(ctx, tx, referral, store.Read)
		if err != nil {
			return DraftSaved{}, err
		}
		p, err := store.Patient(ctx, tx, by.Organisation, r.Ref, store.Read)
		if err != nil {
			return DraftSaved{}, err
		}
		consent, err := store.Consent(ctx, tx, by.Organisation, r.ConsentID)
		if err != nil {
			return DraftSaved{}, err
		}
		d := domain.Draft{Request: domain.Request{Accessibility: r.Accessibility, Urgency: r.Urgency}}
		if consent.Stands() {
			d.Consent = consent
		}
		if sameNeed {
			d.Need, d.Narrative, d.Safeguarding, d.Codes, d.AgainOf = r.Need, r.Narrative, r.Safeguarding, r.Codes, r.ID
		} else if a.now().Sub(r.RequestedAt) < domain.FlagsTime {
			d.FlagsClearAt, d.FlagsAskedBy = r.RequestedAt, r.RequestedBy
		}
		return a.begin(ctx, tx, by, p, d)
	})
}

func (a *App) begin(ctx context.Context, tx pgx.Tx, by actor.Actor, p domain.Patient, d domain.Draft) (DraftSaved, error) {
	if err := p.MayStart(); err != nil {
		return DraftSaved{}, err
	}
	now := a.now()
	d.ID, d.PracticeID, d.Ref, d.StartedBy, d.ChangedBy, d.Version = a.NewID(), by.Organisation, p.Ref, by.Person.ID, by.Person.ID, 1
	d.StartedAt, d.ChangedAt, d.ExpiresAt = now, now, now.Add(domain.DraftTime)
	if d.Urgency == "" {
		d.Urgency = terms.UrgencyRoutine
	}
	if err := store.StartDraft(ctx, tx, d); err != nil {
		return DraftSaved{}, err
	}
	a.changed(ctx, by.Organisation)
	return DraftSaved{d.ID, 1}, audit.Write(ctx, tx, audit.Entry{Verb: "start", Object: "draft", ObjectID: d.ID, PatientRef: d.Ref})
}

// lockDraft loads a draft to be changed. One that was sent, has expired or was changed meanwhile is refused.
func (a *App) lockDraft(ctx context.Context, tx pgx.Tx, by actor.Actor, id string, version int64) (domain.Draft, error) {
	d, err := store.Draft(ctx, tx, id, store.Change)
	switch {
	case err != nil:
		return d, err
	case d.Done():
		return d, domain.ErrAlreadySent
	case !a.now().Before(d.ExpiresAt):
		return d, domain.ErrNoDraft
	case d.Version != version:
		return d, a.stale(ctx, tx, by, "task", d.ChangedBy, d.ChangedAt)
	}
	return d, nil
}

func (a *App) keepDraft(ctx context.Context, tx pgx.Tx, by actor.Actor, d domain.Draft) error {
	d.ChangedBy, d.ChangedAt = by.Person.ID, a.now()
	d.ExpiresAt = d.ChangedAt.Add(domain.DraftTime)
	d.Version++
	return store.SaveDraft(ctx, tx, d)
}

// changeDraft saves one task.
func (a *App) changeDraft(ctx context.Context, by actor.Actor, cmd pg.Command, id string, version int64, task domain.Task, change func(context.Context, pgx.Tx, *domain.Draft) error) (DraftSaved, error) {
	return do(ctx, a, by, cmd, func(ctx context.Context, tx pgx.Tx) (DraftSaved, error) {
		d, err := a.lockDraft(ctx, tx, by, id, version)
		if err != nil {
			return DraftSaved{}, err
		}
		if state, _ := d.Task(task, a.now()); state == domain.TaskBlocked && task != domain.TaskFlags {
			return DraftSaved{}, blocked(d, a.now())
		}
		if err := change(ctx, tx, &d); err != nil {
			return DraftSaved{}, err
		}
		if err := a.keepDraft(ctx, tx, by, d); err != nil {
			return DraftSaved{}, err
		}
		return DraftSaved{id, d.Version + 1}, audit.Write(ctx, tx, audit.Entry{Verb: "save_" + string(task), Object: "draft", ObjectID: id, PatientRef: d.Ref})
	})
}

func blocked(d domain.Draft, now time.Time) error {
	switch {
	case d.Stopped():
		return domain.ErrStopped
	case !d.FlagsClear(now):
		return domain.ErrAskFlags
	case !d.Consent.Stands():
		return domain.ErrNoConsent
	}
	return domain.ErrNotReady
}

// ClearFlags records that all red-flag questions were answered with no. A yes is RaiseFlag.
func (a *App) ClearFlags(ctx context.Context, by actor.Actor, cmd pg.Command, id string, version int64) (DraftSaved, error) {
	return a.changeDraft(ctx, by, cmd, id, version, domain.TaskFlags, func(_ context.Context, _ pgx.Tx, d *domain.Draft) error {
		if d.Stopped() {
			return domain.ErrStopped
		}
		d.FlagID, d.FlagsClearAt, d.FlagsAskedBy = "", a.now(), by.Person.ID
		return nil
	})
}

// AskConsent records what the person said about sharing, and until when they agree, if they named a day.
func (a *App) AskConsent(ctx context.Context, by actor.Actor, cmd pg.Command, id string, version int64, said domain.Consent) (DraftSaved, error) {
	given, how := said.Given, said.How
	if !how.Known() {
		return DraftSaved{}, fault.Invalid("how", "Select how you asked")
	}
	if err := said.CheckUntil(a.day()); err != nil {
		return DraftSaved{}, err
	}
	return a.changeDraft(ctx, by, cmd, id, version, domain.TaskConsent, func(ctx context.Context, tx pgx.Tx, d *domain.Draft) error {
		d.Consent = domain.Consent{ID: a.NewID(), Ref: d.Ref, Purpose: terms.ConsentShareToHelp, Given: given, How: how, AskedBy: by.Person.ID, AskedAt: a.now(), UntilOn: said.UntilOn}
		if !given {
			d.Narrative, d.Safeguarding, d.Codes, d.DescribedAt = "", "", nil, time.Time{}
		}
		return store.KeepConsent(ctx, tx, by.Organisation, d.Consent)
	})
}

// ChooseNeed records what the person needs help with. Another need makes the choice of a service anew.
func (a *App) ChooseNeed(ctx context.Context, by actor.Actor, cmd pg.Command, id string, version int64, need terms.Need) (DraftSaved, error) {
	if !need.Known() {
		return DraftSaved{}, fault.Invalid("need", "Select what they need help with")
	}
	return a.changeDraft(ctx, by, cmd, id, version, domain.TaskNeed, func(_ context.Context, _ pgx.Tx, d *domain.Draft) error {
		if d.Need != need {
			d.Receivers = nil
		}
		d.Need = need
		return nil
	})
}

// ChooseReceiver puts a service or team into the order of preference, or takes it out.
func (a *App) ChooseReceiver(ctx context.Context, by actor.Actor, cmd pg.Command, id string, version int64, r domain.Receiver, add bool) (DraftSaved, error) {
	return a.changeDraft(ctx, by, cmd, id, version, domain.TaskReceiver, func(ctx context.Context, tx pgx.Tx, d *domain.Draft) error {
		if !d.Consent.Stands() && add {
			return domain.ErrNoConsent
		}
		d.Receivers = slices.DeleteFunc(d.Receivers, func(x domain.Receiver) bool { return x == r })
		if !add {
			return nil
		}
		if err := a.takesReferrals(ctx, tx, by, r, d.Need); err != nil {
			return err
		}
		d.Receivers = append(d.Receivers, r)
		return nil
	})
}

// Describe records what to tell those who are asked.
func (a *App) Describe(ctx context.Context, by actor.Actor, cmd pg.Command, id string, version int64, q domain.Request) (DraftSaved, error) {
	return a.changeDraft(ctx, by, cmd, id, version, domain.TaskDetails, func(_ context.Context, _ pgx.Tx, d *domain.Draft) error {
		q.Need, q.Receivers, q.AgainOf = d.Need, d.Receivers, d.AgainOf
		if q.Need == "" {
			q.Need = terms.Needs[0].Code // described before the need was chosen, which sending asks for
		}
		checked, err := q.Checked()
		if err != nil {
			return err
		}
		checked.Need = d.Need
		d.Request, d.DescribedAt = checked, a.now()
		return nil
	})
}

// DeleteDraft throws away what was begun.
func (a *App) DeleteDraft(ctx context.Context, by actor.Actor, cmd pg.Command, id string) (DraftSaved, error) {
	return do(ctx, a, by, cmd, func(ctx context.Context, tx pgx.Tx) (DraftSaved, error) {
		d, err := store.Draft(ctx, tx, id, store.Change)
		if err != nil {
			return DraftSaved{}, err
		}
		if d.Done() {
			return DraftSaved{}, domain.ErrAlreadySent
		}
		if err := store.DeleteDraft(ctx, tx, id); err != nil {
			return DraftSaved{}, err
		}
		a.changed(ctx, by.Organisation)
		return DraftSaved{ID: id}, audit.Write(ctx, tx, audit.Entry{Verb: "delete", Object: "draft", ObjectID: id, PatientRef: d.Ref})
	})
}

// DraftPage is a draft with what its pages show.
type DraftPage struct {
	domain.Draft
	Patient domain.Patient
	Now     string // the ref that stands for the person now
	Names   Names
	NotHere error // of a team that was chosen and says that it does not do that here, or nil
	MayNot  error // why this person can not send it alone, or nil

	Supervisors []Supervisor // who may sign for this person; nil when a signature does not help
	Signature   domain.Signature

	// Warnings is what recurs on the way to those who were chosen.
	Warnings Warnings
}

// Draft reads a draft's page.
func (a *App) Draft(ctx context.Context, by actor.Actor, id string) (page DraftPage, err error) {
	err = a.read(ctx, by, func(ctx context.Context, tx pgx.Tx) error {
		if page.Draft, err = store.Draft(ctx, tx, id, store.Read); err != nil {
			return err
		}
		if !page.Done() && !a.now().Before(page.ExpiresAt) {
			return domain.ErrNoDraft
		}
		if page.Patient, err = store.Patient(ctx, tx, by.Organisation, page.Ref, store.Read); err != nil {
			return err
		}
		if page.Now, err = store.Resolve(ctx, tx, page.Ref); err != nil {
			return err
		}
		if err := a.signing(ctx, tx, by, &page); err != nil {
			return err
		}
		page.NotHere = a.notRefused(ctx, tx, by, page.Need, page.Receivers)
		if _, refused := fault.Of(page.NotHere); page.NotHere != nil && !refused {
			return page.NotHere
		}
		var services []string
		for _, r := range page.Receivers {
			services = append(services, r.ID)
		}
		if page.Names, err = a.names(ctx, tx, []string{page.StartedBy, page.ChangedBy, page.FlagsAskedBy, page.Consent.AskedBy, page.Signature.AskedBy, page.Signature.SupervisorID, page.Signature.AnsweredBy}, services); err != nil {
			return err
		}
		if page.Warnings, err = a.warnings(ctx, tx, by, page.Need, services...); err != nil {
			return err
		}
		return audit.Write(ctx, tx, audit.Entry{Verb: "read", Object: "draft", ObjectID: id, PatientRef: page.Ref})
	})
	return page, err
}

// DraftList is a list of what was begun.
type DraftList struct {
	Drafts   []domain.Draft
	Patients map[string]domain.Patient
	Names    Names
}

// Drafts lists what was begun at the practice, the latest changed first.
func (a *App) Drafts(ctx context.Context, by actor.Actor, mine bool, after FlagPlace, limit int) (l DraftList, err error) {
	err = a.read(ctx, by, func(ctx context.Context, tx pgx.Tx) error {
		q := store.DraftQuery{PracticeID: by.Organisation, Before: after.At, BeforeID: after.ID, Limit: limit, Now: a.now()}
		if mine {
			q.StartedBy = by.Person.ID
		}
		if l.Drafts, err = store.Drafts(ctx, tx, q); err != nil {
			return err
		}
		var refs, people []string
		for i, d := range l.Drafts {
			if l.Drafts[i], err = store.Draft(ctx, tx, d.ID, store.Read); err != nil {
				return err
			}
			refs, people = append(refs, d.Ref), append(people, d.StartedBy)
		}
		if l.Patients, err = store.PatientNames(ctx, tx, by.Organisation, refs); err != nil {
			return err
		}
		if l.Names, err = a.names(ctx, tx, people, nil); err != nil {
			return err
		}
		return readAll(ctx, tx, "draft", refs)
	})
	return l, err
}

// DropExpired deletes drafts that nobody went on with. It is the clock's work.
func (a *App) DropExpired(ctx context.Context) error {
	return a.DB.InTx(ctx, actor.Machine(actor.Clock), func(ctx context.Context, tx pgx.Tx) error {
		_, err := store.DropExpired(ctx, tx, a.now())
		return err
	})
}
