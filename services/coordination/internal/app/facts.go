package app

import (
	"context"
	"errors"
	"slices"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/copies/who"
	"example.org/waypost/pkg/geo"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/coordination/internal/domain"
	"example.org/waypost/services/coordination/internal/store"
)

// facts gathers what the table must know. Receivers are looked for only where the event can lead to an offer.
func (w *work) facts(ctx context.Context, r domain.Referral, e domain.Event, h happened) (f domain.Facts, err error) {
	f = domain.Facts{Now: w.now, NewID: w.app.NewID(), OpenOnward: domain.OpenOnward(r.ID, w.all), Due: w.app.due(w.now)}
	if existing, ok := w.referral(e.Existing); ok {
		f.ExistingOpen = existing.State.Open()
	}
	if e.Kind == domain.KindAccepted {
		if f.Gone, err = gone(ctx, w.tx, e.Organisation); err != nil {
			return f, err
		}
	}
	if f.Coordinator, err = w.app.coordinator(ctx, w.tx, r.ID); err != nil {
		return f, err
	}
	if looksOn(r, e) || e.Kind == domain.KindCoordinatorOffers {
		if f.Tried, err = store.FailedLately(ctx, w.tx, w.refs(), r.Need, r.ID, w.now.Add(-domain.NotAgainWithin)); err != nil {
			return f, err
		}
	}
	if looksOn(r, e) {
		f.Next, f.AwaitReceiver, err = w.nextReceiver(ctx, r, f.Tried, h.suggested)
	}
	return f, err
}

// gone tells whether an organisation has closed for good.
func gone(ctx context.Context, tx pgx.Tx, organisation string) (bool, error) {
	o, err := who.OrganisationByID(ctx, tx, organisation)
	if errors.Is(err, who.ErrNoOrganisation) {
		return false, nil
	}
	return o.Status == terms.OrganisationClosed, err
}

// looksOn tells whether an event can lead to an offer that no person chose.
func looksOn(r domain.Referral, e domain.Event) bool {
	switch e.Kind {
	case domain.KindNoDuplicate, domain.KindReceiverKnown, domain.KindConfirm, domain.KindReceiverClosed, domain.KindInformationGiven:
		return r.State.Open() && r.ConsentGiven
	case domain.KindClockRanOut:
		return r.State == domain.Checked || r.State == domain.Offered
	case domain.KindBounced:
		reason, ok := terms.BounceReasonByCode(terms.BounceReason(e.Reason))
		return !ok || reason.Next == terms.NextOfferNext
	}
	return false
}

// nextReceiver asks the directory in two steps: first for whom a person named, and only then for the best of the rest.
func (w *work) nextReceiver(ctx context.Context, r domain.Referral, tried []domain.Receiver, suggested *domain.Receiver) (*domain.Receiver, bool, error) {
	s, from := w.search(r)
	s.Tried = tried
	wanted := slices.Clone(r.Wanted)
	if suggested != nil {
		wanted = append(wanted, *suggested)
	}
	known, err := w.candidates(ctx, r, wanted, from)
	if err != nil {
		return nil, false, err
	}
	for _, c := range known { // whom the person refused by name is not waited for
		if slices.Contains(w.patient.NotWith, c.Organisation) {
			r.Wanted = slices.DeleteFunc(slices.Clone(r.Wanted), c.Same)
		}
	}
	known = w.wanted(r, known)
	if next, await := domain.NextReceiver(r, s, known, suggested); next != nil && isNamed(*next, wanted) || await {
		return next, await, nil
	}
	services, err := store.ServicesFor(ctx, w.tx, s, from)
	if err != nil {
		return nil, false, err
	}
	teams, err := store.TeamsFor(ctx, w.tx, r.Need, practiceOf(r, w.all))
	if err != nil {
		return nil, false, err
	}
	known = append(known, w.wanted(r, slices.Concat(services, teams))...)
	next, await := domain.NextReceiver(r, s, known, suggested)
	return next, await, nil
}

func isNamed(r domain.Receiver, named []domain.Receiver) bool {
	return slices.ContainsFunc(named, r.Same)
}

// search is what is looked for, and where the patient lives, to the district.
func (w *work) search(r domain.Referral) (domain.Search, *geo.Point) {
	known := w.as(r, r.SenderOrganisation)
	s := domain.Search{Need: r.Need, Sensitive: r.Sensitive, Age: known.Age(w.now), Accessibility: r.Accessibility, Now: w.now, FarthestKM: w.app.FarthestKM}
	if at, ok := geo.Outcode(known.Postcode); ok {
		return s, &at
	}
	return s, nil
}

// candidates reads the receivers that were named.
func (w *work) candidates(ctx context.Context, r domain.Referral, receivers []domain.Receiver, from *geo.Point) ([]domain.Candidate, error) {
	return named(ctx, w.tx, receivers, practiceOf(r, w.all), from)
}

// named reads receivers from the directory; sender is the practice whose teams may be asked.
func named(ctx context.Context, tx pgx.Tx, receivers []domain.Receiver, sender string, from *geo.Point) (out []domain.Candidate, err error) {
	var services, teams []string
	for _, n := range receivers {
		if n.Kind == terms.ReceiverTeam {
			teams = append(teams, n.ID)
			continue
		}
		services = append(services, n.ID)
	}
	if len(services) > 0 {
		if out, err = store.ServicesByID(ctx, tx, services, from); err != nil {
			return nil, err
		}
	}
	if len(teams) > 0 {
		found, err := store.TeamsByID(ctx, tx, teams, sender)
		if err != nil {
			return nil, err
		}
		out = append(out, found...)
	}
	return out, nil
}

// practiceOf is whose teams may be asked: the practice that sent the referral, or the one at the start of the chain.
func practiceOf(r domain.Referral, all []domain.Referral) string {
	for range 10 { // a chain is short; a broken one ends somewhere
		i := slices.IndexFunc(all, func(o domain.Referral) bool { return o.ID == r.ParentID })
		if r.SenderKind == terms.KindPractice || i < 0 {
			break
		}
		r = all[i]
	}
	return r.SenderOrganisation
}

// consented leaves those with whom the patient agreed to share: named organisations, or whoever helps.
func consented(r domain.Referral, all []domain.Candidate) []domain.Candidate {
	if len(r.ConsentWith) == 0 {
		return all
	}
	return slices.DeleteFunc(all, func(c domain.Candidate) bool { return !slices.Contains(r.ConsentWith, c.Organisation) })
}
