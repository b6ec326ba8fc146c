package app

import (
	"context"
	"slices"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/coordination/internal/domain"
	"example.org/waypost/services/coordination/internal/store"
)

// sight is everything that the policy must know of somebody and of one case.
type sight struct {
	by   domain.Viewer
	kase domain.Thing
	seen domain.Seen
}

// sightOf asks the policy about a case that the database has let through. The two must agree; where they do not, nothing is seen.
func (a *App) sightOf(ctx context.Context, tx pgx.Tx, by actor.Actor, grant *domain.Grant, c domain.Case) ([]store.Part, sight, error) {
	parts, standings, err := store.Standings(ctx, tx, c.ID)
	if err != nil {
		return nil, sight{}, err
	}
	s := sight{by: a.viewer(by, grant), kase: domain.Thing{PatientRef: c.PatientRef, Parts: standings}}
	if s.seen = domain.See(s.by, s.kase); !s.seen.Allowed {
		return nil, s, domain.ErrNoCase
	}
	return parts, s, nil
}

// viewer is the actor as the policy knows them.
func (a *App) viewer(by actor.Actor, grant *domain.Grant) domain.Viewer {
	return domain.Viewer{Role: terms.Role(by.Role), Person: by.Person.ID, Organisation: by.Organisation, Grant: grant, Now: a.Now()}
}

// of is the decision about a referral on the case.
func (s sight) of(r domain.Referral) domain.Seen {
	x := s.kase
	x.FirstRef, x.Sender, x.Sensitive = r.FirstRef, r.SenderOrganisation, r.Sensitive
	if r.Sensitive {
		x.SeenBy = store.SeenBy(r)
	}
	return domain.See(s.by, x)
}

// who is the decision about who the person is, as one record says, and worker that about who holds the case or stays in touch.
func (s sight) who(record string) domain.Seen {
	x := s.kase
	x.FirstRef, x.Who = record, true
	return domain.See(s.by, x)
}

func (s sight) worker(record string) domain.Seen {
	x := s.kase
	x.FirstRef = record
	return domain.See(s.by, x)
}

// grant is the look in an emergency by which the case is seen, nil when it is seen otherwise.
func (s sight) grant() *domain.Grant {
	if s.seen.Rule == domain.RuleEmergency {
		return s.by.Grant
	}
	return nil
}

// hideUnseen takes away that a referral came of, or may double, one that the person can not see: its id alone tells that there is one.
func hideUnseen(ctx context.Context, tx pgx.Tx, referrals ...*domain.Referral) error {
	var ids []string
	for _, r := range referrals {
		for _, id := range []string{r.ParentID, r.DuplicateOf} {
			if id != "" {
				ids = append(ids, id)
			}
		}
	}
	if len(ids) == 0 {
		return nil
	}
	seen, err := store.SeenOf(ctx, tx, ids)
	if err != nil {
		return err
	}
	for _, r := range referrals {
		if !slices.Contains(seen, r.ParentID) {
			r.ParentID = ""
		}
		if !slices.Contains(seen, r.DuplicateOf) {
			r.DuplicateOf = ""
		}
	}
	return nil
}

// carry has the transaction see what a look in an emergency lets the person see, when they declared one for whoever it is about. What
// is read from then on is audited with it.
func (a *App) carry(ctx context.Context, tx pgx.Tx, by actor.Actor, id string) (context.Context, *domain.Grant, error) {
	if !domain.May(terms.Role(by.Role), domain.MayBreakGlass) {
		return ctx, nil, nil
	}
	now := a.Now()
	standing, err := store.StandingGrants(ctx, tx, now)
	if err != nil || len(standing) == 0 {
		return ctx, nil, err
	}
	var ref string
	err = store.AsMatcher(ctx, tx, func() (err error) {
		ref, err = store.PatientOfThing(ctx, tx, id)
		return err
	})
	if err != nil {
		return ctx, nil, err
	}
	i := slices.IndexFunc(standing, func(g domain.Grant) bool { return g.PatientRef == ref })
	if i < 0 {
		return ctx, nil, nil
	}
	by.BreakGlass, by.Purpose = standing[i].ID, string(terms.PurposeBreakGlass)
	return actor.Into(ctx, by), &standing[i], store.Carry(ctx, tx, standing[i], now)
}
