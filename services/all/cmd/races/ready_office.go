package main

import (
	"context"

	"example.org/waypost/pkg/id"
	"example.org/waypost/schemas/terms"
)

// reviewedTwice has a doctor of another practice look in an emergency; two privacy officers review it.
func reviewedTwice(ctx context.Context, t *track, n int) (acts [2]act, about []any, err error) {
	var added, look made
	if err := t.desks[1].Make(ctx, "/api/primarycare/v1/patients", id.New(), details(n, nil), &added); err != nil {
		return acts, nil, err
	}
	referral, err := t.refer(ctx, t.desks[1], added.Ref)
	if err != nil {
		return acts, nil, err
	}
	if _, err := t.until(ctx, `select state from coordination.referral where id = $1 and state <> 'requested'`, referral); err != nil {
		return acts, nil, err
	}
	err = t.clinicians[0].Make(ctx, "/api/coordination/v1/patients/"+added.Ref+"/emergency", id.New(), map[string]any{"reason": "life_at_risk", "words": "Simulated"}, &look)
	if err != nil {
		return acts, nil, err
	}
	for i, officer := range t.officers {
		outcome := []string{"right", "advice"}[i]
		acts[i] = func(ctx context.Context) error {
			return officer.Make(ctx, "/api/coordination/v1/emergencies/"+look.ID+"/review", id.New(), map[string]any{"outcome": outcome, "note": "Simulated"}, nil)
		}
	}
	return acts, []any{look.ID}, nil
}

// reassignedTwice has two coordinators each take over what nobody in the area can help with.
func reassignedTwice(ctx context.Context, t *track, n int) (acts [2]act, about []any, err error) {
	var added, sent made
	if err := t.desks[0].Make(ctx, "/api/primarycare/v1/patients", id.New(), details(n, nil), &added); err != nil {
		return acts, nil, err
	}
	if err := t.desks[0].Make(ctx, "/api/primarycare/v1/referrals", id.New(), wanted(added.Ref, terms.NeedHousing, "", ""), &sent); err != nil {
		return acts, nil, err
	}
	if _, err := t.until(ctx, `select state from coordination.referral where id = $1 and state = 'escalated' and owes_person_id is not null`, sent.ID); err != nil {
		return acts, nil, err
	}
	for i, office := range t.offices {
		if acts[i], err = change(ctx, office, "/api/coordination/v1/referrals/"+sent.ID, "/reassign", map[string]any{"person_id": t.offices[i].Who().Person.ID}); err != nil {
			return acts, nil, err
		}
	}
	return acts, []any{sent.ID, t.offices[0].Who().Person.ID, t.offices[1].Who().Person.ID}, nil
}

// agreedMeanwhile has somebody say at one practice that they agree to share, and on the telephone to another that they no longer do.
func agreedMeanwhile(ctx context.Context, t *track, n int) (acts [2]act, about []any, err error) {
	ref, _, offer, err := t.offered(ctx, n)
	if err != nil {
		return acts, nil, err
	}
	var added made
	if err := t.desks[1].Make(ctx, "/api/primarycare/v1/patients", id.New(), details(n, nil), &added); err != nil {
		return acts, nil, err
	}
	agrees := func(ctx context.Context) error {
		return t.desks[1].Make(ctx, "/api/primarycare/v1/consents", id.New(), map[string]any{"patient_ref": added.Ref, "given": true, "how": terms.ConsentInPerson}, nil)
	}
	ends := func(ctx context.Context) error {
		return t.desks[0].Make(ctx, "/api/coordination/v1/patients/"+ref+"/consent/withdraw", id.New(), map[string]any{"purpose": terms.ConsentShareToHelp, "how": terms.ConsentByPhone}, nil)
	}
	return [2]act{agrees, ends}, []any{offer}, nil
}

// erasedTwice has two privacy officers erase somebody whom a provider is asked to help.
func erasedTwice(ctx context.Context, t *track, n int) (acts [2]act, about []any, err error) {
	ref, _, _, err := t.offered(ctx, n)
	for i := range t.officers {
		acts[i] = t.erases(t.officers[i], ref)
	}
	return acts, []any{ref}, err
}
