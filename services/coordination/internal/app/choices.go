package app

import (
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/geo"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/coordination/internal/domain"
	"example.org/waypost/services/coordination/internal/store"
)

// Choice is a receiver that the office may offer a referral to.
type Choice struct {
	domain.Candidate
	Lately bool   // it was offered this referral within thirty days
	Best   bool   // the ranking's own choice
	Room   string // what is known of its room, in words
}

// Choices lists receivers for an escalated referral, the likeliest first.
func (a *App) Choices(ctx context.Context, by actor.Actor, referralID string) (out []Choice, err error) {
	if !domain.May(terms.Role(by.Role), domain.MayFindAWay) {
		return nil, errOfficeOnly
	}
	err = a.DB.InTx(ctx, by, func(ctx context.Context, tx pgx.Tx) error {
		r, err := store.ReferralByID(ctx, tx, referralID)
		if err != nil {
			return err
		}
		p, err := store.PatientByRef(ctx, tx, r.FirstRef)
		if err != nil {
			return err
		}
		all, err := store.ReferralsOf(ctx, tx, r.CaseID)
		if err != nil {
			return err
		}
		w := &work{app: a, tx: tx, now: a.Now(), ref: p.Ref, patient: p, all: all}
		out, err = w.choices(ctx, r)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list choices: %w", err)
	}
	return out, nil
}

// mostChoices is how many receivers a page offers to choose from.
const mostChoices = 20

func (w *work) choices(ctx context.Context, r domain.Referral) (out []Choice, err error) {
	s, from := w.search(r)
	known, err := w.everybody(ctx, r, s, from)
	if err != nil {
		return nil, err
	}
	// Who failed the person lately may stand in a case that has ended, and that the office can not open any more.
	err = store.AsMatcher(ctx, w.tx, func() (err error) {
		s.Tried, err = store.FailedLately(ctx, w.tx, w.refs(), r.Need, r.ID, w.now.Add(-domain.NotAgainWithin))
		return err
	})
	if err != nil {
		return nil, err
	}
	for _, c := range domain.Rank(s, w.wanted(r, known)) {
		lately := s.TriedLately(r, c.Receiver)
		best := !lately && !slices.ContainsFunc(out, func(x Choice) bool { return x.Best })
		out = append(out, Choice{Candidate: c, Lately: lately, Best: best, Room: c.RoomWords(w.now)})
	}
	return out[:min(len(out), mostChoices)], nil
}

func (w *work) everybody(ctx context.Context, r domain.Referral, s domain.Search, from *geo.Point) ([]domain.Candidate, error) {
	services, err := store.ServicesFor(ctx, w.tx, s, from)
	if err != nil {
		return nil, err
	}
	teams, err := store.TeamsFor(ctx, w.tx, r.Need, practiceOf(r, w.all))
	return slices.Concat(services, teams), err
}
