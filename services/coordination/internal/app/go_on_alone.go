package app

import (
	"context"
	"errors"
	"slices"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/coordination/internal/domain"
	"example.org/waypost/services/coordination/internal/store"
)

// goOnAlone reads what one of two people has now whose merge was undone, says where it stands, and takes up what waited for the other, or was
// joined to theirs.
func (w *work) goOnAlone(ctx context.Context, by actor.Actor, note string) error {
	if err := store.TakeApart(ctx, w.tx, w.patient.Ref, w.refs(), w.now); err != nil {
		return err
	}
	if err := errors.Join(w.loadRecords(ctx), w.load(ctx), w.agreeAnew(ctx), w.sayEnded(ctx)); err != nil {
		return err
	}
	if w.c.ID == "" {
		return w.sayContact(ctx) // a practice, a team or a meeting may have been told of the other all the same
	}
	if err := w.noteUndone(ctx, by, note); err != nil {
		return err
	}
	for _, r := range slices.Clone(w.all) {
		if err := w.takeUp(ctx, r); err != nil {
			return err
		}
	}
	if err := w.sayContact(ctx); err != nil { // who helps one of them may have been told of the other
		return err
	}
	w.parts = true
	if w.last.ID == "" && !w.c.WithMDT && domain.OpenIn(w.all) == 0 {
		if len(w.all) == 0 {
			return w.closeCase(ctx, terms.CaseWorkDone, by.Person.ID)
		}
		w.last = w.all[len(w.all)-1]
	}
	w.app.Hint(ctx, "case."+w.c.ID, "cases")
	return w.finish(ctx)
}

func (w *work) noteUndone(ctx context.Context, by actor.Actor, note string) error {
	return w.note(ctx, store.Entry{What: "patient_merge_undone", Person: by.Person.ID, Organisation: by.Organisation, Class: "narrative", Text: note})
}

// sayEnded says of what has ended, in whichever case, whose it is: until then who helped keeps what they wrote of it under the ref that it came
// with.
func (w *work) sayEnded(ctx context.Context) error {
	cases, err := store.CasesOf(ctx, w.tx, w.patient.Ref)
	if err != nil {
		return err
	}
	for _, c := range cases {
		all := w.all
		if c.ID != w.c.ID {
			if all, err = store.ReferralsOf(ctx, w.tx, c.ID); err != nil {
				return err
			}
		}
		for _, r := range slices.Clone(all) {
			if r.State.Open() || len(r.Offers) == 0 {
				continue
			}
			if err := w.sayAnew(ctx, r, r.Offers[len(r.Offers)-1].ID); err != nil {
				return err
			}
		}
	}
	return nil
}

// sayAnew has sender and receiver hear whose a referral is, and of the case that it is in now. offer is the one it is about, "" for the live one.
func (w *work) sayAnew(ctx context.Context, r domain.Referral, offer string) error {
	is := r
	is.Version++
	if r.CaseID == w.c.ID {
		w.keep(is)
	}
	if err := store.Save(ctx, w.tx, store.Changes{Now: w.now, Was: r, Is: is}); err != nil {
		return err
	}
	return w.say(ctx, w.progressed(is, domain.Event{OfferID: offer}, happened{}))
}

// takeUp lets a referral go on for one of two people: anew where what it was joined to, or waited for, is the other's.
func (w *work) takeUp(ctx context.Context, r domain.Referral) error {
	_, there := w.referral(r.DuplicateOf)
	elsewhere := r.DuplicateOf != "" && !there
	if r.JoinedPerson != "" {
		people, err := store.CasePeople(ctx, w.tx, w.c.ID)
		if err != nil {
			return err
		}
		elsewhere = !slices.ContainsFunc(workers(people), func(x domain.Worker) bool { return x.Stays && x.Person == r.JoinedPerson })
	}
	switch {
	case r.State == domain.Joined && elsewhere:
		d, err := w.apply(ctx, r, domain.Event{Kind: domain.KindMergeUndone}, happened{})
		if err != nil {
			return err
		}
		return w.check(ctx, d.Next)
	case r.State == domain.Held && r.HeldWhy == domain.HeldSameNeed && elsewhere:
		return w.check(ctx, r)
	case !r.State.Open():
		return nil
	}
	return w.sayAnew(ctx, r, "")
}
