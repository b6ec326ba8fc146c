package app

import (
	"context"
	"errors"
	"slices"
	"time"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/clock"
	"example.org/waypost/schemas/coordination"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/coordination/internal/domain"
	"example.org/waypost/services/coordination/internal/store"
)

// goOnAlone reads what one of two people has now whose merge was undone, says where it stands, and takes up what waited for the other, was
// joined to theirs, or ended with what was said of them. other is how it is with the other, event the one that says so.
func (w *work) goOnAlone(ctx context.Context, by actor.Actor, m Merge, other terms.PatientStatus, note, event string) error {
	if err := store.TakeApart(ctx, w.tx, w.patient.Ref, w.refs(), w.now); err != nil {
		return err
	}
	if err := errors.Join(w.loadRecords(ctx), w.load(ctx), w.agreeAnew(ctx)); err != nil {
		return err
	}
	anothers, err := w.endedByAnother(ctx, m, other, event)
	if err != nil {
		return err
	}
	if err := w.sayEnded(ctx); err != nil {
		return err
	}
	if w.c.ID == "" {
		return w.sayContact(ctx) // a practice, a team or a meeting may have been told of the other all the same
	}
	if err := w.noteUndone(ctx, by, note); err != nil {
		return err
	}
	for _, r := range slices.Clone(w.all) {
		if err := w.takeUp(ctx, r, slices.Contains(anothers, r.ID)); err != nil {
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

// endedByAnother names the referrals that ended, since the merge, with what was said of the other person, or were joined to theirs, and has them in a case
// that is open; so it is with a meeting's case that ended so with nothing open on it.
func (w *work) endedByAnother(ctx context.Context, m Merge, other terms.PatientStatus, event string) (ids []string, err error) {
	own, err := w.own(ctx, m.At)
	if err != nil {
		return nil, err
	}
	cases, err := store.CasesOf(ctx, w.tx, w.patient.Ref)
	if err != nil {
		return nil, err
	}
	in := make([][]domain.Referral, len(cases))
	theirs := map[string]bool{}
	for i, c := range cases {
		if in[i], err = store.ReferralsOf(ctx, w.tx, c.ID); err != nil {
			return nil, err
		}
		for _, r := range in[i] {
			theirs[r.ID] = true
		}
	}
	for i, c := range cases {
		var here []string
		for _, r := range in[i] {
			joined := !c.Open && r.State == domain.Joined && r.DuplicateOf != "" && !theirs[r.DuplicateOf] && !r.Since.Before(m.At)
			if joined || own.EndedByAnother(r) && !comesAlong(r, in[i], own) {
				here = append(here, r.ID)
			}
		}
		if len(here) > 0 && !c.Open || w.c.ID == "" && own.ClosedByAnother(c, other) {
			if err := w.openAgain(ctx, c, here, event); err != nil {
				return nil, err
			}
		}
		ids = append(ids, here...)
	}
	return ids, nil
}

// comesAlong tells whether a referral came from another that goes on, or is taken up: whoever helps there sends it anew.
func comesAlong(r domain.Referral, all []domain.Referral, own domain.Own) bool {
	i := slices.IndexFunc(all, func(o domain.Referral) bool { return o.ID == r.ParentID })
	return i >= 0 && !r.Root && (all[i].State.Open() || own.EndedByAnother(all[i]))
}

// own is what is known of a person by what was said under their own refs.
func (w *work) own(ctx context.Context, since time.Time) (own domain.Own, err error) {
	own = domain.Own{Since: since, Status: w.patient.Status}
	if own.Answers, err = store.Answers(ctx, w.tx, w.patient.Ref); err != nil {
		return own, err
	}
	standing, err := store.StandingConsents(ctx, w.tx, w.patient.Ref)
	for _, c := range standing {
		ends := domain.Ends(c.UntilOn, clock.London)
		if ends.IsZero() || w.now.Before(ends) {
			own.Agrees = append(own.Agrees, terms.ConsentPurpose(c.Purpose))
		}
	}
	return own, err
}

// openAgain has referrals of a closed case go on: in that, or in the one that is open by now.
func (w *work) openAgain(ctx context.Context, c domain.Case, referrals []string, event string) error {
	if w.c.ID != "" {
		if err := store.MoveReferrals(ctx, w.tx, c.ID, w.c, referrals, w.now); err != nil {
			return err
		}
	} else if _, err := w.caseFor(ctx, c, true, event); err != nil {
		return err
	}
	return w.load(ctx)
}

// sayNo says again what somebody no longer agrees to who was thought to be another when they said so: it was said of the other, and who hears first that
// they are two would keep what must go.
func (w *work) sayNo(ctx context.Context, m Merge) error {
	no, err := store.Refusals(ctx, w.tx, w.patient, m.At)
	if err != nil {
		return err
	}
	for _, c := range no {
		p := &coordination.ConsentWithdrawnV1{
			PatientRef: w.patient.Ref, ConsentID: c.ID, Purpose: terms.ConsentPurpose(c.Purpose), OrganisationIDs: c.Organisations, How: terms.ConsentHow(c.How), By: c.AskedBy, At: c.AskedAt,
		}
		if c.UntilOn != "" {
			p.Reason = terms.ConsentExpired
		}
		if err := w.sayWithdrawn(ctx, p); err != nil {
			return err
		}
	}
	return nil
}

// takeUp lets a referral go on for one of two people: anew where what it was joined to, waited for, or ended with, is the other's.
func (w *work) takeUp(ctx context.Context, r domain.Referral, anothers bool) error {
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
	case anothers, r.State == domain.Joined && elsewhere:
		d, err := w.apply(ctx, r, domain.Event{Kind: domain.KindMergeUndone}, happened{})
		if err != nil || !d.Changed {
			return err
		}
		alike, err := store.Alike(ctx, w.tx, w.patient, w.others)
		if err != nil {
			return err
		}
		return w.identify(ctx, d.Next, alike)
	case r.State == domain.Held && r.HeldWhy == domain.HeldSameNeed && elsewhere:
		return w.check(ctx, r)
	case !r.State.Open():
		return nil
	}
	return w.sayAnew(ctx, r, "")
}
