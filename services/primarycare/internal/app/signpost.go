package app

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/audit"
	"example.org/waypost/pkg/copies/directory"
	"example.org/waypost/pkg/fault"
	"example.org/waypost/pkg/outbox"
	"example.org/waypost/pkg/pg"
	"example.org/waypost/schemas"
	"example.org/waypost/schemas/primarycare"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/primarycare/internal/domain"
	"example.org/waypost/services/primarycare/internal/store"
)

// Signpost is information to give.
type Signpost struct {
	Ref        string
	Need       terms.Need
	ServiceID  string
	FollowUpOn time.Time
	DraftID    string
	Version    int64 // of the draft
}

// Signpost records that information was given, and by when somebody asks how it went.
func (a *App) Signpost(ctx context.Context, by actor.Actor, cmd pg.Command, in Signpost) (ReferralSent, error) {
	if err := atDesk(by); err != nil {
		return ReferralSent{}, err
	}
	if in.DraftID != "" {
		ref, done, err := a.draftRef(ctx, by, in.DraftID)
		if err != nil || done.ID != "" {
			return ReferralSent{}, orConflict(err, domain.ErrAlreadySent)
		}
		in.Ref = ref
	}
	if err := a.checkSignpost(in); err != nil {
		return ReferralSent{}, err
	}
	return withKeys(ctx, a, in.Ref, everything, func(keys outbox.Sealer, about string) (ReferralSent, error) {
		return do(ctx, a, by, cmd, func(ctx context.Context, tx pgx.Tx) (ReferralSent, error) {
			var d domain.Draft
			var err error
			if in.DraftID != "" {
				if d, err = store.Draft(ctx, tx, in.DraftID, store.Change); err != nil {
					return ReferralSent{}, err
				}
				if d.DoneKind == "signpost" {
					return ReferralSent{ID: d.DoneAs}, nil
				}
				if !d.FlagsClear(a.now()) {
					return ReferralSent{}, blocked(d, a.now())
				}
				in.Ref, in.Need = d.Ref, d.Need
			}
			s, err := a.signpost(ctx, tx, by, in, about, keys)
			if err != nil || in.DraftID == "" {
				return s, err
			}
			d.DoneAs, d.DoneKind = s.ID, "signpost"
			if err := a.keepDraft(ctx, tx, by, d); err != nil {
				return ReferralSent{}, err
			}
			return s, store.ClearDraft(ctx, tx, d.ID)
		})
	})
}

func (a *App) checkSignpost(in Signpost) error {
	var f fault.Fields
	if in.Need != "" && !in.Need.Known() {
		f.Add("need", "Select what they need help with")
	}
	if in.DraftID == "" && in.Need == "" && in.ServiceID == "" {
		f.Add("need", "Say what they need help with, or which service you named")
	}
	today := a.Today()
	if !in.FollowUpOn.IsZero() && (in.FollowUpOn.Before(today) || in.FollowUpOn.After(today.AddDate(1, 0, 0))) {
		f.Add("follow_up_on", "Enter a date from today to a year from now")
	}
	return f.Err()
}

func (a *App) signpost(ctx context.Context, tx pgx.Tx, by actor.Actor, in Signpost, about string, keys outbox.Sealer) (ReferralSent, error) {
	p, err := store.Patient(ctx, tx, by.Organisation, in.Ref, store.Read)
	if err != nil {
		return ReferralSent{}, err
	}
	if err := p.MayStart(); err != nil {
		return ReferralSent{}, err
	}
	now, err := store.Resolve(ctx, tx, p.Ref)
	if err != nil {
		return ReferralSent{}, err
	}
	if now != about {
		return ReferralSent{}, &merged{now}
	}
	s := domain.Signpost{
		ID: a.NewID(), PracticeID: by.Organisation, Ref: p.Ref, Need: in.Need, ServiceID: in.ServiceID, By: by.Person.ID, At: a.now(), FollowUpOn: in.FollowUpOn,
		Sensitive: in.Need != "" && in.Need.Sensitive(),
	}
	if in.ServiceID != "" {
		service, err := directory.ServiceByID(ctx, tx, in.ServiceID, a.Now())
		if err != nil {
			return ReferralSent{}, err
		}
		s.Sensitive = s.Sensitive || service.Sensitive
	}
	if err := a.maySignpost(ctx, tx, by, s.Need, s.Sensitive); err != nil {
		return ReferralSent{}, err
	}
	if err := store.AddSignpost(ctx, tx, s); err != nil {
		return ReferralSent{}, err
	}
	said := &primarycare.PatientSignpostedV1{PatientRef: about, SignpostID: s.ID, PracticeID: s.PracticeID, By: s.By, At: s.At}
	if !s.FollowUpOn.IsZero() {
		said.FollowUpOn = s.FollowUpOn.Format(time.DateOnly)
	}
	if s.Sensitive {
		said.Hidden = schemas.Seal(schemas.SensitiveSignpost{Need: s.Need, ServiceID: s.ServiceID})
	} else {
		said.Need, said.ServiceID = s.Need, s.ServiceID
	}
	if _, err := a.Out.Append(ctx, tx, about, said, keys); err != nil {
		return ReferralSent{}, err
	}
	a.changed(ctx, by.Organisation)
	return ReferralSent{ID: s.ID, Version: 1}, audit.Write(ctx, tx, audit.Entry{Verb: "signpost", Object: "signpost", ObjectID: s.ID, PatientRef: p.Ref})
}

// FollowUp records how a signpost went.
func (a *App) FollowUp(ctx context.Context, by actor.Actor, cmd pg.Command, id string, version int64, result terms.SignpostResult) (ReferralSent, error) {
	if !result.Known() {
		return ReferralSent{}, fault.Invalid("result", "Select how it went")
	}
	return do(ctx, a, by, cmd, func(ctx context.Context, tx pgx.Tx) (ReferralSent, error) {
		s, err := store.Signpost(ctx, tx, id, store.Change)
		if err != nil {
			return ReferralSent{}, err
		}
		if s.Result != "" {
			return ReferralSent{}, domain.ErrFollowedUp
		}
		if s.Version != version {
			return ReferralSent{}, a.stale(ctx, tx, by, "signpost", s.FollowedBy, s.FollowedAt)
		}
		about, err := store.Resolve(ctx, tx, s.Ref)
		if err != nil {
			return ReferralSent{}, err
		}
		s.Result, s.FollowedBy, s.FollowedAt = result, by.Person.ID, a.now()
		s.Version++
		if err := store.SaveSignpost(ctx, tx, s); err != nil {
			return ReferralSent{}, err
		}
		_, err = a.Out.Append(ctx, tx, about, &primarycare.SignpostFollowedUpV1{
			PatientRef: about, SignpostID: id, PracticeID: s.PracticeID, Result: result, By: s.FollowedBy, At: s.FollowedAt,
		}, nil)
		if err != nil {
			return ReferralSent{}, err
		}
		a.changed(ctx, by.Organisation)
		return ReferralSent{ID: id, Version: s.Version}, audit.Write(ctx, tx, audit.Entry{Verb: "follow_up", Object: "signpost", ObjectID: id, PatientRef: s.Ref})
	})
}

// SignpostPage is a signpost with what its page shows.
type SignpostPage struct {
	domain.Signpost
	Patient domain.Patient
	Names   Names
}

// SignpostPage reads a signpost's page.
func (a *App) SignpostPage(ctx context.Context, by actor.Actor, id string) (page SignpostPage, err error) {
	err = a.read(ctx, by, func(ctx context.Context, tx pgx.Tx) error {
		if page.Signpost, err = store.Signpost(ctx, tx, id, store.Read); err != nil {
			return err
		}
		if page.Patient, err = store.Patient(ctx, tx, by.Organisation, page.Ref, store.Read); err != nil {
			return err
		}
		if page.Names, err = a.names(ctx, tx, []string{page.By, page.FollowedBy}, []string{page.ServiceID}); err != nil {
			return err
		}
		return audit.Write(ctx, tx, audit.Entry{Verb: "read", Object: "signpost", ObjectID: id, PatientRef: page.Ref})
	})
	return page, err
}

// SignpostList is a page of signposts.
type SignpostList struct {
	Signposts []domain.Signpost
	Patients  map[string]domain.Patient
	Names     Names
}

// Signposts lists a practice's signposts, the newest first; dueOnly keeps those that somebody should ask about today.
func (a *App) Signposts(ctx context.Context, by actor.Actor, dueOnly bool, after FlagPlace, limit int) (l SignpostList, err error) {
	err = a.read(ctx, by, func(ctx context.Context, tx pgx.Tx) error {
		q := store.SignpostQuery{PracticeID: by.Organisation, Before: after.At, BeforeID: after.ID, Limit: limit}
		if dueOnly {
			q.DueBy = a.Today()
		}
		if l.Signposts, err = store.Signposts(ctx, tx, q); err != nil {
			return err
		}
		var refs, people, services []string
		for _, s := range l.Signposts {
			refs, people, services = append(refs, s.Ref), append(people, s.By), append(services, s.ServiceID)
		}
		if l.Patients, err = store.PatientNames(ctx, tx, by.Organisation, refs); err != nil {
			return err
		}
		if l.Names, err = a.names(ctx, tx, people, services); err != nil {
			return err
		}
		return readAll(ctx, tx, "signpost", refs)
	})
	return l, err
}
