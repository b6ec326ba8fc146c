package app

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/audit"
	"example.org/waypost/pkg/fault"
	"example.org/waypost/pkg/outbox"
	"example.org/waypost/pkg/pg"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/coordination/internal/domain"
	"example.org/waypost/services/coordination/internal/store"
)

// Lookalike is two refs of which the office must say whether they are one person's; Apart, that somebody said they are not.
type (
	Lookalike = store.Lookalike
	Apart     = store.Apart
)

// CountLookalikes is how many there are, among the counts of the lists.
const CountLookalikes = store.CountLookalikes

// LookalikeListed is one line of the list.
type LookalikeListed struct {
	Lookalike
	Initials [2]string
}

// LookalikesView is a page of what the office must say.
type LookalikesView struct {
	Rows []LookalikeListed // one more than asked for, when there are more
	Now  time.Time
}

// SeeLookalikes lists them for the area's office, the first due first.
func (a *App) SeeLookalikes(ctx context.Context, by actor.Actor, after *ListCursor, limit int) (v LookalikesView, err error) {
	if !domain.May(terms.Role(by.Role), domain.MayFindAWay) {
		return v, errOfficeOnly
	}
	v.Now = a.Now()
	err = a.DB.InTx(ctx, by, func(ctx context.Context, tx pgx.Tx) error {
		rows, err := store.Lookalikes(ctx, tx, after, limit+1)
		if err != nil {
			return err
		}
		err = store.AsMatcher(ctx, tx, func() error {
			for _, l := range rows {
				one, other, err := two(ctx, tx, l.One, l.Other)
				if err != nil {
					return err
				}
				v.Rows = append(v.Rows, LookalikeListed{l, [2]string{one.Initials(), other.Initials()}})
			}
			return nil
		})
		if err != nil {
			return err
		}
		for _, l := range rows[:min(len(rows), limit)] {
			if err := auditTwo(ctx, tx, audit.Entry{Verb: "read", Object: "list of lookalikes", ObjectID: l.ID}, l.One, l.Other); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return LookalikesView{}, fmt.Errorf("see lookalikes: %w", err)
	}
	return v, nil
}

// two reads two patients with all that is known of each.
func two(ctx context.Context, tx pgx.Tx, refs ...string) (one, other domain.Patient, err error) {
	var both [2]domain.Patient
	for i, ref := range refs {
		p, err := store.Kept(ctx, tx, ref)
		if err != nil {
			return one, other, err
		}
		others, err := store.MergedInto(ctx, tx, p.Ref)
		if err != nil {
			return one, other, err
		}
		both[i] = p.Whole(others)
	}
	return both[0], both[1], nil
}

// auditTwo leaves a row about each of two patients.
func auditTwo(ctx context.Context, tx pgx.Tx, e audit.Entry, one, other string) error {
	for _, ref := range []string{one, other} {
		e.PatientRef = ref
		if err := audit.Write(ctx, tx, e); err != nil {
			return err
		}
	}
	return nil
}

// PairView is two people side by side, for the office to compare.
type PairView struct {
	Lookalike Lookalike // without an id when the office is not asked about them
	Apart     Apart     // that they were kept apart, if they were
	One       domain.Patient
	Other     domain.Patient
	Cases     []string // references of those that go on meanwhile
	Names     Names
	Now       time.Time
}

// SeeLookalike reads what the office is asked.
func (a *App) SeeLookalike(ctx context.Context, by actor.Actor, id string) (PairView, error) {
	return a.seePair(ctx, by, func(ctx context.Context, tx pgx.Tx, v *PairView) (err error) {
		if v.Lookalike, err = store.LookalikeByID(ctx, tx, id); err != nil {
			return err
		}
		v.Apart, err = store.ApartOf(ctx, tx, v.Lookalike.One, v.Lookalike.Other)
		if errors.Is(err, domain.ErrNotApart) {
			err = nil
		}
		return err
	})
}

// SeeApart reads two who were kept apart.
func (a *App) SeeApart(ctx context.Context, by actor.Actor, one, other string) (PairView, error) {
	return a.seePair(ctx, by, func(ctx context.Context, tx pgx.Tx, v *PairView) (err error) {
		v.Apart, err = store.ApartOf(ctx, tx, one, other)
		v.Lookalike.One, v.Lookalike.Other = v.Apart.One, v.Apart.Other
		return err
	})
}

func (a *App) seePair(ctx context.Context, by actor.Actor, read func(context.Context, pgx.Tx, *PairView) error) (v PairView, err error) {
	if !domain.May(terms.Role(by.Role), domain.MayFindAWay) {
		return v, errOfficeOnly
	}
	v.Now = a.Now()
	err = a.DB.InTx(ctx, by, func(ctx context.Context, tx pgx.Tx) error {
		err := store.AsMatcher(ctx, tx, func() error {
			if err := read(ctx, tx, &v); err != nil {
				return err
			}
			if v.One, v.Other, err = two(ctx, tx, v.Lookalike.One, v.Lookalike.Other); err != nil {
				return err
			}
			for _, p := range []domain.Patient{v.One, v.Other} {
				c, err := store.OpenCaseOf(ctx, tx, p.Ref)
				if err != nil && !errors.Is(err, domain.ErrNoCase) {
					return err
				}
				if c.ID != "" {
					v.Cases = append(v.Cases, c.Reference)
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
		for _, ref := range []string{v.Lookalike.One, v.Lookalike.Other} {
			if err := audit.Write(ctx, tx, audit.Entry{Verb: "read", Object: "patient", ObjectID: ref, PatientRef: ref}); err != nil {
				return err
			}
		}
		v.Names, err = names(ctx, tx, []string{v.Lookalike.AskedBy, v.Lookalike.SettledBy, v.Apart.By})
		return err
	})
	if err != nil {
		return PairView{}, fmt.Errorf("see two who look alike: %w", err)
	}
	return v, nil
}

// LookalikeAnswer is the office's word about two: one person, or how they know that they are two. It takes no version: while nobody has answered,
// nothing of it changes.
type LookalikeAnswer struct {
	Command     pg.Command
	LookalikeID string
	Same        bool
	Apart       domain.ApartReason
}

// LookalikeDone is what a step came to.
type LookalikeDone struct{ LookalikeID string }

// SettleLookalike takes that word: both become one case, or are kept apart. What goes on for either stays with who has it.
func (a *App) SettleLookalike(ctx context.Context, by actor.Actor, s LookalikeAnswer) (LookalikeDone, error) {
	if !s.Same && !s.Apart.Known() {
		return LookalikeDone{}, fault.Invalid("reason", "Select how you know that they are different people")
	}
	return a.onPair(ctx, by, s.Command, func(ctx context.Context, tx pgx.Tx) (one, other string, err error) {
		l, err := store.LookalikeByID(ctx, tx, s.LookalikeID)
		return l.One, l.Other, err
	}, func(ctx context.Context, one, other *work) (string, error) {
		l, err := store.LookalikeByID(ctx, one.tx, s.LookalikeID)
		switch {
		case err != nil:
			return "", err
		case !l.SettledAt.IsZero():
			return "", errSettled
		case !s.Same:
			return l.ID, one.keptApart(ctx, other, s.Apart, by)
		}
		goes, stays := one, other // into the case that was there first
		if stays.c.ID == "" || goes.c.ID != "" && goes.c.OpenedAt.Before(stays.c.OpenedAt) {
			goes, stays = other, one
		}
		_, err = goes.mergeAndGoOn(ctx, stays.patient.Ref, terms.MergeSamePerson, by)
		return l.ID, err
	})
}

// keptApart remembers that these are two, and has the clock look who else each may be.
func (w *work) keptApart(ctx context.Context, other *work, why domain.ApartReason, by actor.Actor) error {
	w.app.Hint(ctx, "cases")
	return errors.Join(w.parted(ctx, other.patient.Ref, why, by), store.LeaveLook(ctx, w.tx, w.patient.Ref, w.now), store.LeaveLook(ctx, w.tx, other.patient.Ref, w.now))
}

// LookingAgain is the wish to look again at two who were kept apart.
type LookingAgain struct {
	Command    pg.Command
	One, Other string
	Why        domain.AgainReason
}

// LookAtApart asks the office anew about two who were kept apart. Until it has said otherwise they stay two.
func (a *App) LookAtApart(ctx context.Context, by actor.Actor, s LookingAgain) (LookalikeDone, error) {
	if !s.Why.Known() {
		return LookalikeDone{}, domain.ErrNoAgain
	}
	return a.onPair(ctx, by, s.Command, func(ctx context.Context, tx pgx.Tx) (one, other string, err error) {
		x, err := store.ApartOf(ctx, tx, s.One, s.Other)
		return x.One, x.Other, err
	}, func(ctx context.Context, one, other *work) (string, error) {
		if _, err := store.ApartOf(ctx, one.tx, s.One, s.Other); err != nil {
			return "", err
		}
		if asked, err := store.AskedAbout(ctx, one.tx, one.refs(), other.refs()); err != nil || asked {
			return "", errors.Join(err, errIf(asked, domain.ErrAskedAgain))
		}
		return one.askWho(ctx, other, s.Why, by)
	})
}

func errIf(so bool, err error) error {
	if so {
		return err
	}
	return nil
}

// onPair takes a step of the office's on two patients, under the locks of both. pair reads which two, before their keys are fetched.
func (a *App) onPair(ctx context.Context, by actor.Actor, c pg.Command, pair func(context.Context, pgx.Tx) (one, other string, err error), do func(ctx context.Context, one, other *work) (string, error)) (LookalikeDone, error) {
	if !domain.May(terms.Role(by.Role), domain.MayFindAWay) {
		return LookalikeDone{}, errOfficeOnly
	}
	var one, other string
	err := a.DB.InTx(ctx, by, func(ctx context.Context, tx pgx.Tx) error {
		return store.AsMatcher(ctx, tx, func() (err error) {
			one, other, err = pair(ctx, tx)
			return err
		})
	})
	if err != nil {
		return LookalikeDone{}, fmt.Errorf("%s: %w", c.Verb, err)
	}
	keys, err := a.keysOf(ctx, one, other)
	if err != nil {
		return LookalikeDone{}, fmt.Errorf("%s: %w", c.Verb, err)
	}
	done, err := pg.Do(outbox.WithKeys(ctx, keys), a.DB, by, c, func(ctx context.Context, tx pgx.Tx) (done LookalikeDone, err error) {
		if err := auditTwo(ctx, tx, audit.Entry{Verb: c.Verb, Object: "patient", ObjectID: one}, one, other); err != nil {
			return done, err
		}
		err = store.AsMatcher(ctx, tx, func() error {
			first, second, ok, err := a.lockTwo(ctx, tx, one, other)
			if err != nil || !ok {
				return errors.Join(err, errIf(!ok, errSettled))
			}
			done.LookalikeID, err = do(ctx, first, second)
			return err
		})
		return done, err
	})
	if err != nil {
		return LookalikeDone{}, fmt.Errorf("%s: %w", c.Verb, err)
	}
	return done, nil
}

// apartFrom lists, for the area's office, that a case's person was kept apart from others.
func apartFrom(ctx context.Context, tx pgx.Tx, c domain.Case) (all []Apart, err error) {
	err = store.AsMatcher(ctx, tx, func() error {
		refs, err := store.RefsOf(ctx, tx, c.PatientRef)
		if err != nil {
			return err
		}
		all, err = store.ApartFrom(ctx, tx, refs)
		return err
	})
	return all, err
}
