package app

import (
	"context"
	"slices"

	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/coordination/internal/domain"
	"example.org/waypost/services/coordination/internal/store"
)

// A person may have several records, of refs that were found to be one person's. Each keeps what was said under its own ref; what
// an organisation sees of the others is up to the person.

// loadRecords reads the other records of the patient, and what was said about sharing, where there are others.
func (w *work) loadRecords(ctx context.Context) (err error) {
	w.others, w.answers = nil, nil
	if w.patient.OneSince.IsZero() {
		return nil
	}
	if w.others, err = store.MergedInto(ctx, w.tx, w.patient.Ref); err != nil {
		return err
	}
	said, err := store.SharingAnswers(ctx, w.tx, w.patient.Ref)
	w.answers = sharing(said)
	return err
}

func sharing(said []store.Consent) (answers []domain.SharingAnswer) {
	for _, c := range said {
		answers = append(answers, domain.SharingAnswer{FirstRef: c.FirstRef, At: c.AskedAt, Given: c.Given, With: c.Organisations})
	}
	return answers
}

// record is the one that the fact names.
func (w *work) record() *domain.Patient {
	for i := range w.others {
		if w.others[i].Ref == w.ref {
			return &w.others[i]
		}
	}
	return &w.patient
}

// records are all of the person's.
func (w *work) records() []domain.Patient { return append([]domain.Patient{w.patient}, w.others...) }

// refs are all of the person's.
func (w *work) refs() []string {
	refs := []string{w.patient.Ref}
	for _, o := range w.others {
		refs = append(refs, o.Ref)
	}
	return refs
}

// heard adds an answer about sharing that is being written.
func (w *work) heard(a domain.SharingAnswer, purpose terms.ConsentPurpose) {
	if purpose == terms.ConsentShareToHelp {
		w.answers, w.parts = append(w.answers, a), true
	}
}

// as is the person as an organisation may know them that deals with a referral: by the record the referral came under, or a newer
// one as far as the person agrees.
func (w *work) as(r domain.Referral, organisation string) domain.Patient {
	if len(w.others) == 0 {
		return w.patient
	}
	records := w.records()
	i := slices.IndexFunc(records, func(p domain.Patient) bool { return p.Ref == r.FirstRef })
	known := records[max(i, 0)]
	for _, o := range records {
		if o.ContactAt.After(known.ContactAt) && domain.MaySeeRecord(w.answers, o.Ref, w.patient.OneSince, organisation) {
			known = o
		}
	}
	return known
}

// share begins and ends what organisations see of records that they have no part in by themselves, as far as the person agrees. A
// merge shows nobody what another alone was allowed to see.
func (w *work) share(ctx context.Context) error {
	if !w.parts || len(w.others) == 0 || w.c.ID == "" {
		return nil
	}
	w.parts = false
	all, err := store.KnowsOf(ctx, w.tx, w.c.ID)
	if err != nil {
		return err
	}
	var changed []store.Member
	for _, k := range all {
		for _, ref := range w.refs() {
			is := slices.Contains(k.Shared, ref)
			may := len(k.Refs) > 0 && !slices.Contains(k.Refs, ref) && domain.MaySeeRecord(w.answers, ref, w.patient.OneSince, k.Organisation)
			if is != may {
				changed = append(changed, store.Member{CaseID: w.c.ID, Organisation: k.Organisation, Part: store.PartShared, Because: ref, FirstRef: ref, Ends: is})
			}
		}
	}
	return store.SaveMembers(ctx, w.tx, w.now, changed...)
}
