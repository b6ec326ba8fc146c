package app

import (
	"context"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/copies/who"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/coordination/internal/domain"
	"example.org/waypost/services/coordination/internal/store"
)

// checkOverlap asks of a referral that is no duplicate whether somebody who helps already may do this too. Nothing is held for it: the
// sender was asked before. It joins what is there where they chose that, and goes on otherwise, also when whoever they meant helps no
// more: then nobody else would.
func (w *work) checkOverlap(ctx context.Context, r domain.Referral) error {
	overlaps, err := w.overlaps(ctx, r)
	if err != nil {
		return err
	}
	if into, found := domain.ToJoin(r, overlaps); found {
		e := domain.Event{Kind: domain.KindOverlapJoined, Existing: into.ReferralID, Worker: into.Worker, Organisation: r.SenderOrganisation}
		_, err := w.apply(ctx, r, e, happened{person: r.RequestedBy, detail: map[string]string{"referral": into.ReferralID, "who": into.Worker.Person}})
		return err
	}
	if err := w.noteOverlaps(ctx, r, overlaps); err != nil {
		return err
	}
	_, err = w.apply(ctx, r, domain.Event{Kind: domain.KindNoDuplicate}, happened{})
	return err
}

// noteOverlaps keeps that a referral goes on although somebody who helps already may do that too, and what its sender said of it.
func (w *work) noteOverlaps(ctx context.Context, r domain.Referral, overlaps []domain.Overlap) error {
	for _, o := range overlaps {
		x := store.Entry{What: "overlap_found", ReferralID: r.ID, FirstRef: r.FirstRef, Detail: map[string]string{"referral": o.ReferralID, "why": r.SendReason}}
		if o.Worker.Person != "" {
			x.Detail = map[string]string{"who": o.Worker.Person, "role": string(o.Worker.Role), "why": r.SendReason}
		}
		if err := w.note(ctx, x); err != nil {
			return err
		}
	}
	if r.OverlapChoice != terms.OverlapJoin {
		return nil
	}
	return w.note(ctx, store.Entry{What: "overlap_gone", ReferralID: r.ID, FirstRef: r.FirstRef})
}

func (w *work) overlaps(ctx context.Context, r domain.Referral) ([]domain.Overlap, error) {
	var people []store.CasePerson
	if !w.opened {
		var err error
		if people, err = store.CasePeople(ctx, w.tx, w.c.ID); err != nil {
			return nil, err
		}
	}
	return overlapping(ctx, w.tx, question{r.Asks(), practiceOf(r, w.all), w.now}, w.all, people)
}

// question is what is asked about overlaps, and the practice whose teams may be asked, as far as it is one.
type question struct {
	domain.Asks
	practice string
	at       time.Time
}

// overlapping finds who helps already, or works with the person, and may help with a need too.
func overlapping(ctx context.Context, tx pgx.Tx, q question, all []domain.Referral, people []store.CasePerson) ([]domain.Overlap, error) {
	if q.Need == "" {
		return nil, nil
	}
	var directory []domain.Candidate
	if inHand := domain.InHand(all); len(inHand) > 0 {
		var err error
		if directory, err = named(ctx, tx, inHand, q.practice, nil); err != nil {
			return nil, err
		}
	}
	working := workers(people)
	if err := whoTakes(ctx, tx, q, working); err != nil {
		return nil, err
	}
	return domain.Overlaps(q.Asks, all, directory, working), nil
}

// whoTakes marks those whose role or training is not for the need that is asked about.
func whoTakes(ctx context.Context, tx pgx.Tx, q question, working []domain.Worker) error {
	if len(working) == 0 {
		return nil
	}
	people := make([]who.Role, len(working))
	for i, x := range working {
		people[i] = who.Role{PersonID: x.Person, Role: x.Role}
	}
	takes, err := who.Takers(ctx, tx, people, q.Need, q.at)
	for i, x := range working {
		working[i].MayNot = !takes[x.Person]
	}
	return err
}

// workers are the people of a case who said yes.
func workers(people []store.CasePerson) (out []domain.Worker) {
	for _, p := range people {
		if p.State == "accepted" {
			out = append(out, domain.Worker{Person: p.Person, Organisation: p.Organisation, Role: terms.Role(p.Role), Stays: p.Part == partKeyWorker, Since: p.Since})
		}
	}
	return out
}

// workerLeft takes up anew what was joined to somebody who works with the person no more: it would be nobody's otherwise.
func (w *work) workerLeft(ctx context.Context, person string) error {
	for _, r := range slices.Clone(w.all) {
		if r.State != domain.Joined || r.JoinedPerson != person {
			continue
		}
		d, err := w.apply(ctx, r, domain.Event{Kind: domain.KindWorkerLeft}, happened{detail: map[string]string{"who": person}})
		if err != nil {
			return err
		}
		if err := w.check(ctx, d.Next); err != nil {
			return err
		}
	}
	return nil
}
