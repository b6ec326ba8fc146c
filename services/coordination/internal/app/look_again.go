package app

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/outbox"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/coordination/internal/domain"
	"example.org/waypost/services/coordination/internal/store"
)

// found is a patient who was looked at once more, and is or may be another.
type found struct {
	store.Look
	other string
}

// LookAgain looks once more whom those may be who were asked for a moment ago, or described anew. Of two who came in one instant neither may have
// seen the other, who was not committed yet; whoever was last sees the first now. Most are like nobody, and are looked at many in one
// transaction, without their locks and keys. Any number of copies may run it.
func (a *App) LookAgain(ctx context.Context) error {
	for ctx.Err() == nil {
		alike, more, err := a.lookOnce(ctx)
		if err != nil {
			return fmt.Errorf("look again: %w", err)
		}
		var failed []error
		for _, f := range alike {
			if err := a.foundAlike(ctx, f); err != nil {
				failed = append(failed, fmt.Errorf("look again at %s: %w", f.Ref, err))
			}
		}
		if len(failed) > 0 || !more {
			return errors.Join(failed...)
		}
	}
	return ctx.Err()
}

func (a *App) lookOnce(ctx context.Context) (alike []found, more bool, err error) {
	err = a.DB.InTx(ctx, actor.Machine(actor.Clock), func(ctx context.Context, tx pgx.Tx) error {
		looks, err := store.TakeLooks(ctx, tx, atOnce)
		if err != nil {
			return err
		}
		alike, more = nil, len(looks) == atOnce
		for _, l := range looks {
			other, err := likeliest(ctx, tx, l.Ref)
			switch {
			case err != nil:
				return err
			case other != "":
				alike = append(alike, found{l, other})
				continue
			}
			if _, err := store.DropLook(ctx, tx, l); err != nil {
				return err
			}
		}
		return nil
	})
	return alike, more, err
}

// likeliest is whom a patient is, or may be; "" for most.
func likeliest(ctx context.Context, tx pgx.Tx, ref string) (other string, err error) {
	p, err := store.Kept(ctx, tx, ref)
	if err != nil || !p.ErasedAt.IsZero() {
		return "", err
	}
	var others []domain.Patient
	if !p.OneSince.IsZero() {
		if others, err = store.MergedInto(ctx, tx, p.Ref); err != nil {
			return "", err
		}
	}
	alike, err := store.Alike(ctx, tx, p, others)
	if err != nil || len(alike) == 0 {
		return "", err
	}
	return alike[0].Ref, nil
}

// foundAlike makes the two one where the machine may say so. Else what nobody has answered yet waits for the office; where both were answered, it is
// asked while they go on.
func (a *App) foundAlike(ctx context.Context, f found) error {
	keys, err := a.keysOf(ctx, f.Ref, f.other)
	if err != nil {
		return err
	}
	return a.DB.InTx(outbox.WithKeys(ctx, keys), actor.Machine(actor.Clock), func(ctx context.Context, tx pgx.Tx) error {
		one, other, ok, err := a.lockTwo(ctx, tx, f.Ref, f.other)
		if err != nil {
			return err
		}
		if done, err := store.DropLook(ctx, tx, f.Look); err != nil || !done || !ok {
			return err
		}
		is, err := one.compared(ctx, other)
		if err != nil || is == domain.TwoPeople {
			return err
		}
		if is == domain.OnePerson {
			return one.becomesOrIs(ctx, other)
		}
		if held, err := one.holdNewest(ctx, other, f.Referrals); err != nil || held {
			return err
		}
		_, err = one.askWho(ctx, other, "", actor.Machine(actor.Clock))
		return err
	})
}

// becomesOrIs makes two patients one: who waits to know goes. Where neither does, and there is a look left at the other too, that one does it, so that
// whoever came, or was described, last goes.
func (w *work) becomesOrIs(ctx context.Context, other *work) error {
	switch {
	case w.waitsFor(other):
		return w.becomes(ctx, other)
	case other.waitsFor(w):
		return other.becomes(ctx, w)
	}
	if left, err := store.LooksAt(ctx, w.tx, other.patient.Ref); err != nil || len(left) > 0 {
		return err
	}
	return w.becomes(ctx, other)
}

// waitsFor tells whether something waits to know if these two are one.
func (w *work) waitsFor(other *work) bool {
	return slices.ContainsFunc(w.all, func(r domain.Referral) bool {
		return r.HeldWhy == domain.HeldSamePerson && slices.Contains(other.refs(), r.MayBe)
	})
}

// lockTwo locks two patients in one order, whoever comes first. ok is false when they are one by now, or one is not known any more.
func (a *App) lockTwo(ctx context.Context, tx pgx.Tx, one, other string) (first, second *work, ok bool, err error) {
	for _, ref := range ordered(one, other) {
		if _, _, err := store.LockPatient(ctx, tx, ref); err != nil {
			return nil, nil, false, err
		}
	}
	first, knowsOne, err := a.lock(ctx, tx, one)
	if err != nil {
		return nil, nil, false, err
	}
	second, knowsOther, err := a.lock(ctx, tx, other)
	return first, second, knowsOne && knowsOther && first.patient.Ref != second.patient.Ref, err
}

// compared tells whether two patients are one, or a person must say so now. Of those of whom a person has said that they are not, of whom the office
// is asked already, and of whom neither has an open case, it tells that they are two: the next request asks.
func (w *work) compared(ctx context.Context, other *work) (domain.Likeness, error) {
	is := domain.Compare(w.patient.Whole(w.others), other.patient.Whole(other.others))
	if w.c.ID == "" && other.c.ID == "" || is == domain.Unsure && (w.waits() || other.waits()) {
		return domain.TwoPeople, nil
	}
	said, err := store.KeptApart(ctx, w.tx, w.refs(), other.refs())
	if err == nil && !said && is == domain.Unsure {
		said, err = store.AskedAbout(ctx, w.tx, w.refs(), other.refs())
	}
	if err != nil || said {
		return domain.TwoPeople, err
	}
	return is, nil
}

// waits tells whether the office is asked who this is already: it is shown everybody whom they may be.
func (w *work) waits() bool {
	return slices.ContainsFunc(w.all, func(r domain.Referral) bool { return r.State == domain.Held && r.HeldWhy == domain.HeldSamePerson })
}

// holdNewest holds what was asked for a moment ago of one of the two: the newer first, and the other where somebody has answered that already.
func (w *work) holdNewest(ctx context.Context, other *work, asked []string) (held bool, err error) {
	left, err := store.LooksAt(ctx, w.tx, other.patient.Ref)
	if err != nil {
		return false, err
	}
	two := []struct {
		w, other *work
		fresh    []domain.Referral
	}{{w, other, w.these(asked)}, {other, w, nil}}
	for _, l := range left {
		two[1].fresh = other.these(l.Referrals)
	}
	if len(two[0].fresh) > 0 && len(two[1].fresh) > 0 && two[0].fresh[0].RequestedAt.Before(two[1].fresh[0].RequestedAt) {
		slices.Reverse(two)
	}
	for _, x := range two {
		for _, r := range x.fresh {
			d, err := x.w.apply(ctx, r, domain.Event{Kind: domain.KindMatchLate, Existing: x.other.patient.Ref}, happened{})
			if err != nil {
				return false, err
			}
			held = held || d.Changed
		}
		if held {
			return true, x.w.finish(ctx)
		}
	}
	return false, nil
}

// these are the open referrals with these ids.
func (w *work) these(ids []string) (out []domain.Referral) {
	for _, id := range ids {
		if r, open := w.referral(id); open {
			out = append(out, r)
		}
	}
	return out
}

// askWho asks the area's office whether two are one person, while both cases go on.
func (w *work) askWho(ctx context.Context, other *work, why domain.AgainReason, by actor.Actor) (id string, err error) {
	l := store.Lookalike{
		ID: w.app.NewID(), One: w.patient.Ref, Other: other.patient.Ref, AskedAt: w.now, DueAt: w.app.due(w.now)(terms.ClockDuplicateChoice, "", ""), Why: why, AskedBy: by.Person.ID,
	}
	w.app.Hint(ctx, "cases")
	return l.ID, store.AddLookalike(ctx, w.tx, l)
}
