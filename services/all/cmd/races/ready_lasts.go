package main

import (
	"context"
	"fmt"

	"example.org/waypost/pkg/id"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/all/internal/demo"
	"example.org/waypost/services/all/internal/demo/stage"
)

// relay is two who do the same, of two providers: what the one leaves unanswered is offered to the other.
func (t *track) relay(ctx context.Context) error {
	if t.secondLeg != "" {
		return nil
	}
	o := stage.Organise(terms.KindProvider, "Second Leg Singers (simulated)", "", terms.RoleProviderWorker)
	if err := t.on.Introduce(ctx, o); err != nil {
		return err
	}
	t.next = t.on.Cast.As(o.Staff[terms.RoleProviderWorker])
	first, err := t.offers(ctx, t.helper, "Running choir", terms.NeedArtsCulture)
	if err != nil {
		return err
	}
	second, err := t.offers(ctx, t.next, "Second leg choir", terms.NeedArtsCulture)
	if err != nil {
		return err
	}
	t.firstLeg, t.secondLeg = first, second
	return t.on.Settle(ctx)
}

// acceptedLate has a provider let its time run out, so that the offer goes to the next. Then both say yes. The time is said to be over to
// coordination alone, for this referral; everything else is as it would be days later.
func acceptedLate(ctx context.Context, t *track, n int) (acts [2]act, about []any, err error) {
	if err := t.relay(ctx); err != nil {
		return acts, nil, err
	}
	var added made
	if err := t.desks[0].Make(ctx, "/api/primarycare/v1/patients", id.New(), details(n, nil), &added); err != nil {
		return acts, nil, err
	}
	referral, err := t.ask(ctx, t.desks[0], added.Ref, terms.NeedArtsCulture, map[string]any{"receivers": []map[string]any{
		{"kind": terms.ReceiverService, "id": t.firstLeg}, {"kind": terms.ReceiverService, "id": t.secondLeg},
	}})
	if err != nil {
		return acts, nil, err
	}
	const offerOf = `select id::text from vcse.offer where referral_id = $1 and service_id = $2 limit 1`
	late, err := t.until(ctx, offerOf, referral, t.firstLeg)
	if err != nil {
		return acts, nil, err
	}
	if _, err := t.on.Admin.Exec(ctx, `update coordination.referral set due_at = now() - interval '1 second' where id = $1 and state = 'offered'`, referral); err != nil {
		return acts, nil, err
	}
	next, err := t.until(ctx, offerOf, referral, t.secondLeg)
	if err != nil {
		return acts, nil, err
	}
	if _, err := t.until(ctx, `select state from vcse.offer where id = $1 and state = 'expired'`, late); err != nil {
		return acts, nil, err
	}
	if acts[0], err = change(ctx, t.helper, "/api/vcse/v1/offers/"+late, "/accept", map[string]any{}); err != nil {
		return acts, nil, err
	}
	acts[1], err = change(ctx, t.next, "/api/vcse/v1/offers/"+next, "/accept", map[string]any{})
	return acts, []any{referral}, err
}

// lastPlace is a service that has room for one more.
func (t *track) lastPlace(ctx context.Context, n int) (service string, err error) {
	if service, err = t.offers(ctx, t.helper, fmt.Sprintf("One seat %d", n), terms.NeedTransport); err != nil {
		return "", err
	}
	err = t.helper.Put(ctx, "/api/vcse/v1/services/"+service+"/capacity", `"0"`, map[string]any{"status": terms.CapacityHas, "places_free": 1, "simulated": true})
	if err != nil {
		return "", err
	}
	return service, t.on.Settle(ctx)
}

// twoPeople come to two desks.
func (t *track) twoPeople(ctx context.Context, n int) (refs [2]string, err error) {
	for i, desk := range t.desks {
		var added made
		if err := desk.Make(ctx, "/api/primarycare/v1/patients", id.New(), details(n+i*lapsApart, nil), &added); err != nil {
			return refs, err
		}
		refs[i] = added.Ref
	}
	return refs, nil
}

// lapsApart is how far from the first of two people of one race the second is: nobody else is there.
const lapsApart = 5_000

func (t *track) sends(ref, service string, desk int, sent *string) act {
	return func(ctx context.Context) (err error) {
		*sent, err = t.ask(ctx, t.desks[desk], ref, terms.NeedTransport, map[string]any{"receivers": []map[string]any{{"kind": terms.ReceiverService, "id": service}}})
		return err
	}
}

// lastPlaceTwice has two desks each send somebody to a service that has one place left.
func lastPlaceTwice(ctx context.Context, t *track, n int) (acts [2]act, about []any, err error) {
	service, err := t.lastPlace(ctx, n)
	if err != nil {
		return acts, nil, err
	}
	refs, err := t.twoPeople(ctx, n)
	for i, ref := range refs {
		acts[i] = t.sends(ref, service, i, new(string))
	}
	return acts, []any{service}, err
}

// lastPlaceGivenTwice has two at a provider each say yes to somebody, for one of whom the last place is kept.
func lastPlaceGivenTwice(ctx context.Context, t *track, n int) (acts [2]act, about []any, err error) {
	service, err := t.lastPlace(ctx, n)
	if err != nil {
		return acts, nil, err
	}
	refs, err := t.twoPeople(ctx, n)
	if err != nil {
		return acts, nil, err
	}
	for i, as := range []*demo.Client{t.helper, t.colleague} {
		var sent string
		if err := t.sends(refs[i], service, i, &sent)(ctx); err != nil {
			return acts, nil, err
		}
		offer, err := t.until(ctx, `select id::text from vcse.offer where referral_id = $1 limit 1`, sent)
		if err != nil {
			return acts, nil, err
		}
		if acts[i], err = change(ctx, as, "/api/vcse/v1/offers/"+offer, "/accept", map[string]any{}); err != nil {
			return acts, nil, err
		}
	}
	return acts, []any{service}, nil
}

// sentOnTwice has two link workers send somebody whom their team helps on for the same, each without knowing of the other.
func sentOnTwice(ctx context.Context, t *track, n int) (acts [2]act, about []any, err error) {
	referral, offer, err := t.toTeam(ctx, n)
	if err != nil {
		return acts, nil, err
	}
	at := "/api/linkworker/v1/offers/" + offer
	takes, err := change(ctx, t.linkWorkers[0], at, "/accept", map[string]any{})
	if err != nil {
		return acts, nil, err
	}
	if err := takes(ctx); err != nil {
		return acts, nil, err
	}
	if _, err := t.until(ctx, `select l.id::text from linkworker.offer l join coordination.offer c using (id) where l.id = $1 and l.state = 'accepted' and c.state = 'accepted'`, offer); err != nil {
		return acts, nil, err
	}
	for i, as := range t.linkWorkers {
		acts[i] = func(ctx context.Context) error {
			return as.Make(ctx, at+"/referrals", id.New(), map[string]any{
				"need": terms.NeedLoneliness, "urgency": terms.UrgencyRoutine, "receivers": []map[string]any{{"kind": terms.ReceiverService, "id": t.service}},
				"narrative": "Simulated", "consent": map[string]any{"given": true, "how": terms.ConsentInPerson},
			}, nil)
		}
	}
	return acts, []any{referral}, nil
}

// undoneMeanwhile has the office make one of two records, each with a referral that is offered, and find that they are two people's, while the
// provider says yes to the one or to the other.
func undoneMeanwhile(ctx context.Context, t *track, n int) (acts [2]act, about []any, err error) {
	w, err := t.alike(ctx, n)
	if err != nil {
		return acts, nil, err
	}
	if err := w.same(ctx); err != nil {
		return acts, nil, err
	}
	merge, err := t.until(ctx, `select id::text from coordination.merge where from_ref = $1 limit 1`, w.refs[1])
	if err != nil {
		return acts, nil, err
	}
	second, err := t.until(ctx, `select id::text from coordination.referral where first_ref = $1 and held_why = 'same_need'`, w.refs[1])
	if err != nil {
		return acts, nil, err
	}
	confirms, err := change(ctx, t.desks[1], w.at, "/confirm", map[string]any{"reason": terms.SendDifferentHelp})
	if err != nil {
		return acts, nil, err
	}
	if err := confirms(ctx); err != nil {
		return acts, nil, err
	}
	if _, err := t.until(ctx, `select id::text from vcse.offer where referral_id = $1 limit 1`, second); err != nil {
		return acts, nil, err
	}
	offer, err := t.until(ctx, `select o.id::text from vcse.offer o join coordination.referral r on r.id = o.referral_id where r.first_ref = $1 limit 1`, w.refs[n%2])
	if err != nil {
		return acts, nil, err
	}
	if acts[0], err = change(ctx, t.helper, "/api/vcse/v1/offers/"+offer, "/accept", map[string]any{}); err != nil {
		return acts, nil, err
	}
	acts[1] = func(ctx context.Context) error {
		return t.offices[0].Make(ctx, "/api/coordination/v1/merges/"+merge+"/undo", id.New(), map[string]any{"note": "Simulated: they are cousins"}, nil)
	}
	return acts, []any{merge, offer}, nil
}
