package main

import (
	"context"
	"fmt"
	"maps"

	"example.org/waypost/pkg/id"
	"example.org/waypost/pkg/nhsnumber"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/all/internal/demo"
	"example.org/waypost/services/all/internal/demo/stage"
)

// details is what a practice would write of somebody, with something changed.
func details(n int, changed map[string]any) map[string]any {
	person := demo.Simulated(n)
	person["nhs_number"] = nhsnumber.Test(n)
	maps.Copy(person, changed)
	return person
}

// rewrites puts changed details into a practice's record, which must be as it is now.
func rewrites(ctx context.Context, as *demo.Client, ref string, n int, changed map[string]any) (act, error) {
	at := "/api/primarycare/v1/patients/" + ref
	etag, err := as.Get(ctx, at, nil)
	return func(ctx context.Context) error { return as.Put(ctx, at, etag, details(n, changed)) }, err
}

// detailsTwice has two people of one practice write down a new number for somebody whom a provider is asked to help.
func detailsTwice(ctx context.Context, t *track, n int) (acts [2]act, about []any, err error) {
	ref, _, offer, err := t.offered(ctx, n)
	if err != nil {
		return acts, nil, err
	}
	for i, as := range []*demo.Client{t.desks[0], t.clinicians[0]} {
		if acts[i], err = rewrites(ctx, as, ref, n, map[string]any{"phone": fmt.Sprintf("0161 496 000%d", i)}); err != nil {
			return acts, nil, err
		}
	}
	return acts, []any{ref, offer}, nil
}

// reachTwice has two practices hear of two ways that are not safe, each of one, for somebody whom a provider is asked to help.
func reachTwice(ctx context.Context, t *track, n int) (acts [2]act, about []any, err error) {
	return t.described(ctx, n, ways(false, true), ways(true, false))
}

// forbiddenMeanwhile has one practice hear that nobody may ring while another, which knows that one may, writes down a new address.
func forbiddenMeanwhile(ctx context.Context, t *track, n int) (acts [2]act, about []any, err error) {
	moved := ways(true, true)
	moved["address_lines"] = []string{"2 Lap Road"}
	return t.described(ctx, n, ways(false, true), moved)
}

// ways are which are safe, of those to somebody's telephone.
func ways(phone, text bool) map[string]any {
	return map[string]any{"safe_ways": map[string]bool{"phone": phone, "text": text, "email": false, "letter": true}, "address_lines": []string{"1 Lap Road"}}
}

// described has two practices know one person whom a provider is asked to help, and may ring and text; then each writes something else down.
func (t *track) described(ctx context.Context, n int, one, other map[string]any) (acts [2]act, about []any, err error) {
	ref, _, offer, err := t.offered(ctx, n)
	if err != nil {
		return acts, nil, err
	}
	agreed, err := rewrites(ctx, t.desks[0], ref, n, ways(true, true))
	if err != nil {
		return acts, nil, err
	}
	if err := agreed(ctx); err != nil {
		return acts, nil, err
	}
	var added made
	if err := t.desks[1].Make(ctx, "/api/primarycare/v1/patients", id.New(), details(n, ways(true, true)), &added); err != nil {
		return acts, nil, err
	}
	if err := t.on.Settle(ctx); err != nil { // both know what the other said before
		return acts, nil, err
	}
	for i, changed := range []map[string]any{one, other} {
		if acts[i], err = rewrites(ctx, t.desks[i], added.Ref, n, changed); err != nil {
			return acts, nil, err
		}
	}
	return acts, []any{ref, offer}, nil
}

func diedMeanwhile(ctx context.Context, t *track, n int) (acts [2]act, about []any, err error) {
	ref, _, offer, err := t.offered(ctx, n)
	if err != nil {
		return acts, nil, err
	}
	yes, err := change(ctx, t.helper, "/api/vcse/v1/offers/"+offer, "/accept", map[string]any{})
	if err != nil {
		return acts, nil, err
	}
	died, err := rewrites(ctx, t.clinicians[0], ref, n, map[string]any{"status": terms.PatientDied})
	return [2]act{yes, died}, []any{offer}, err
}

// shutMeanwhile has the register hear that a provider has closed for good while somebody there says yes.
func shutMeanwhile(ctx context.Context, t *track, n int) (acts [2]act, about []any, err error) {
	o := stage.Organise(terms.KindProvider, fmt.Sprintf("Last lap %d (simulated)", n), "", terms.RoleProviderWorker)
	if err := t.on.Introduce(ctx, o); err != nil {
		return acts, nil, err
	}
	worker := t.on.Cast.As(o.Staff[terms.RoleProviderWorker])
	service, err := t.offers(ctx, worker, "Last lap", terms.NeedPhysicalActivity)
	if err != nil {
		return acts, nil, err
	}
	if err := t.on.Settle(ctx); err != nil {
		return acts, nil, err
	}
	var added, sent made
	if err := t.desks[0].Make(ctx, "/api/primarycare/v1/patients", id.New(), details(n, nil), &added); err != nil {
		return acts, nil, err
	}
	err = t.desks[0].Make(ctx, "/api/primarycare/v1/referrals", id.New(), wanted(added.Ref, terms.NeedPhysicalActivity, terms.ReceiverService, service), &sent)
	if err != nil {
		return acts, nil, err
	}
	offer, err := t.until(ctx, `select id::text from vcse.offer where referral_id = $1 and organisation_id = $2 limit 1`, sent.ID, o.OrganisationID)
	if err != nil {
		return acts, nil, err
	}
	yes, err := change(ctx, worker, "/api/vcse/v1/offers/"+offer, "/accept", map[string]any{})
	return [2]act{yes, func(ctx context.Context) error { return t.on.Shut(ctx, o) }}, []any{sent.ID, o.OrganisationID}, err
}

// toTeam is somebody new whom a desk has sent to the link workers, who have them in their tray.
func (t *track) toTeam(ctx context.Context, n int) (referral, offer string, err error) {
	var added, sent made
	if err := t.desks[0].Make(ctx, "/api/primarycare/v1/patients", id.New(), details(n, nil), &added); err != nil {
		return "", "", err
	}
	err = t.desks[0].Make(ctx, "/api/primarycare/v1/referrals", id.New(), wanted(added.Ref, terms.NeedBereavement, terms.ReceiverTeam, t.team), &sent)
	if err != nil {
		return "", "", err
	}
	offer, err = t.until(ctx, `select id::text from linkworker.offer where referral_id = $1 limit 1`, sent.ID)
	return sent.ID, offer, err
}

// teamAnsweredTwice has one link worker take what a colleague sends back.
func teamAnsweredTwice(ctx context.Context, t *track, n int) (acts [2]act, about []any, err error) {
	_, offer, err := t.toTeam(ctx, n)
	if err != nil {
		return acts, nil, err
	}
	at := "/api/linkworker/v1/offers/" + offer
	yes, err := change(ctx, t.linkWorkers[0], at, "/accept", map[string]any{})
	if err != nil {
		return acts, nil, err
	}
	no, err := change(ctx, t.linkWorkers[1], at, "/bounce", map[string]any{"reason": terms.BounceWrongArea})
	return [2]act{yes, no}, []any{offer}, err
}

// followedUpTwice has two at one desk write down how a signpost went.
func followedUpTwice(ctx context.Context, t *track, n int) (acts [2]act, about []any, err error) {
	var added, post made
	if err := t.desks[1].Make(ctx, "/api/primarycare/v1/patients", id.New(), details(n, nil), &added); err != nil {
		return acts, nil, err
	}
	err = t.desks[1].Make(ctx, "/api/primarycare/v1/signposts", id.New(), map[string]any{
		"patient_ref": added.Ref, "need": terms.NeedFood, "service_id": t.both, "follow_up_on": t.on.Now().AddDate(0, 0, 14).Format("2006-01-02"),
	}, &post)
	if err != nil {
		return acts, nil, err
	}
	for i, as := range []*demo.Client{t.desks[1], t.beside} {
		result := []terms.SignpostResult{terms.SignpostTurnedAway, terms.SignpostHelped}[i]
		if acts[i], err = change(ctx, as, "/api/primarycare/v1/signposts/"+post.ID, "/follow-up", map[string]any{"result": result}); err != nil {
			return acts, nil, err
		}
	}
	return acts, []any{post.ID}, nil
}
