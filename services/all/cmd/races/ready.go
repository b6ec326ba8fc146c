package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"example.org/waypost/pkg/id"
	"example.org/waypost/pkg/nhsnumber"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/all/internal/demo"
)

// until asks again and again until there is an answer.
func (t *track) until(ctx context.Context, query string, args ...any) (found string, err error) {
	for {
		err := t.on.Admin.QueryRow(ctx, `select coalesce((`+query+`), '')`, args...).Scan(&found)
		if err != nil || found != "" {
			return found, err
		}
		select {
		case <-ctx.Done():
			return "", ctx.Err()
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// offered has somebody come to the first desk and be referred, and waits until the provider has the offer.
func (t *track) offered(ctx context.Context, n int) (ref, referral, offer string, err error) {
	var added made
	person := demo.Simulated(n)
	person["nhs_number"] = nhsnumber.Test(n)
	if err := t.desks[0].Make(ctx, "/api/primarycare/v1/patients", id.New(), person, &added); err != nil {
		return "", "", "", err
	}
	if referral, err = t.refer(ctx, t.desks[0], added.Ref); err != nil {
		return "", "", "", err
	}
	offer, err = t.until(ctx, `select id::text from vcse.offer where referral_id = $1 limit 1`, referral)
	return added.Ref, referral, offer, err
}

type made struct {
	ID  string `json:"id"`
	Ref string `json:"ref"`
}

// change is a step on what is there now.
func change(ctx context.Context, as *demo.Client, at, what string, in map[string]any) (act, error) {
	etag, err := as.Get(ctx, at, nil)
	return func(ctx context.Context) error { return as.Change(ctx, at+what, etag, in, nil) }, err
}

func answeredTwice(ctx context.Context, t *track, n int) (acts [2]act, about []any, err error) {
	_, _, offer, err := t.offered(ctx, n)
	if err != nil {
		return acts, nil, err
	}
	at := "/api/vcse/v1/offers/" + offer
	yes, err := change(ctx, t.helper, at, "/accept", map[string]any{})
	if err != nil {
		return acts, nil, err
	}
	no, err := change(ctx, t.colleague, at, "/bounce", map[string]any{"reason": terms.BounceWrongArea})
	return [2]act{yes, no}, []any{offer}, err
}

func withdrawnMeanwhile(ctx context.Context, t *track, n int) (acts [2]act, about []any, err error) {
	_, referral, offer, err := t.offered(ctx, n)
	if err != nil {
		return acts, nil, err
	}
	yes, err := change(ctx, t.helper, "/api/vcse/v1/offers/"+offer, "/accept", map[string]any{})
	if err != nil {
		return acts, nil, err
	}
	back, err := change(ctx, t.desks[0], "/api/primarycare/v1/referrals/"+referral, "/withdraw", map[string]any{"reason": terms.WithdrawalNoLongerNeeded})
	return [2]act{yes, back}, []any{offer}, err
}

func consentEnds(ctx context.Context, t *track, n int) (acts [2]act, about []any, err error) {
	ref, _, offer, err := t.offered(ctx, n)
	if err != nil {
		return acts, nil, err
	}
	yes, err := change(ctx, t.helper, "/api/vcse/v1/offers/"+offer, "/accept", map[string]any{})
	ends := func(ctx context.Context) error {
		return t.desks[0].Make(ctx, "/api/coordination/v1/patients/"+ref+"/consent/withdraw", id.New(), map[string]any{"purpose": terms.ConsentShareToHelp, "how": terms.ConsentByPhone}, nil)
	}
	return [2]act{yes, ends}, []any{offer}, err
}

func flagTakenTwice(ctx context.Context, t *track, n int) (acts [2]act, about []any, err error) {
	var added, flag made
	person := demo.Simulated(n)
	person["nhs_number"] = nhsnumber.Test(n)
	if err := t.desks[0].Make(ctx, "/api/primarycare/v1/patients", id.New(), person, &added); err != nil {
		return acts, nil, err
	}
	err = t.desks[0].Make(ctx, "/api/primarycare/v1/red-flags", id.New(), map[string]any{"patient_ref": added.Ref, "question_codes": []terms.RedFlagQuestion{terms.RedFlagChestOrBreathing}}, &flag)
	if err != nil {
		return acts, nil, err
	}
	for i, as := range t.clinicians {
		acts[i] = func(ctx context.Context) error {
			return as.Make(ctx, "/api/primarycare/v1/red-flags/"+flag.ID+"/acknowledge", id.New(), map[string]any{"action": terms.RedFlagCrisisTeam}, nil)
		}
	}
	return acts, []any{flag.ID}, nil
}

// recognisedTwice has the area's office asked who somebody is, whom two practices wrote down a little differently. Somebody of an earlier race
// may be like them too and is then kept apart as well: only what was said of these two is judged.
func recognisedTwice(ctx context.Context, t *track, n int) (acts [2]act, about []any, err error) {
	w, err := t.alike(ctx, n)
	if err != nil {
		return acts, nil, err
	}
	different, err := change(ctx, t.offices[1], w.at, "/settle", map[string]any{"different": w.mayBe, "reason": "relatives"})
	return [2]act{w.same, different}, []any{w.refs[0], w.refs[1]}, err
}

// undoneTwice has two records made one by the office, which finds that they are two people after all.
func undoneTwice(ctx context.Context, t *track, n int) (acts [2]act, about []any, err error) {
	w, err := t.alike(ctx, n)
	if err != nil {
		return acts, nil, err
	}
	if err := w.same(ctx); err != nil {
		return acts, nil, err
	}
	merge, err := t.until(ctx, `select id::text from coordination.merge where from_ref = $1 limit 1`, w.refs[1])
	for i, office := range t.offices {
		acts[i] = func(ctx context.Context) error {
			return office.Make(ctx, "/api/coordination/v1/merges/"+merge+"/undo", id.New(), map[string]any{"note": "Simulated: they are cousins"}, nil)
		}
	}
	return acts, []any{merge, w.refs[1]}, err
}

// bornOn is a day of somebody's own among the races that come one after the other: whoever has it is not like the one before.
func bornOn(n int) string { return fmt.Sprintf("%d-%02d-%02d", 1930+n%60, 1+n/60%12, 1+n/720%28) }

// alike is somebody whom two practices wrote down a little differently.
type alike struct {
	refs  [2]string // the first is known, the second waits for the office
	at    string    // the referral that waits
	mayBe []string  // whom the office is shown
	same  act       // the office says that they are one
}

func (t *track) alike(ctx context.Context, n int) (w alike, err error) {
	var last string
	for i, desk := range t.desks {
		person := demo.Simulated(n)
		for k, v := range unnumbered(n) {
			person[k] = v
		}
		person["date_of_birth"], person["postcode"] = bornOn(n), "M1 1AF"
		if i == 1 {
			person["given_name"] = person["given_name"].(string) + "a"
		}
		var added made
		if err := desk.Make(ctx, "/api/primarycare/v1/patients", id.New(), person, &added); err != nil {
			return w, err
		}
		w.refs[i] = added.Ref
		if last, err = t.refer(ctx, desk, added.Ref); err != nil {
			return w, err
		}
		if i == 0 { // the other stays with the office
			if _, err := t.until(ctx, `select state from coordination.referral where id = $1 and state <> 'requested'`, last); err != nil {
				return w, err
			}
		}
	}
	w.at = "/api/coordination/v1/referrals/" + last
	var seen struct {
		MayBe []made `json:"may_be"`
	}
	for len(seen.MayBe) == 0 {
		if _, err := t.offices[0].Get(ctx, w.at, &seen); err != nil && !demo.Overtaken(err) {
			return w, err
		}
		if err := ctx.Err(); err != nil {
			return w, err
		}
	}
	for _, m := range seen.MayBe {
		w.mayBe = append(w.mayBe, m.Ref)
	}
	if !slices.Contains(w.mayBe, w.refs[0]) {
		return w, errors.New("somebody else is more like them")
	}
	w.same, err = change(ctx, t.offices[0], w.at, "/settle", map[string]any{"same": w.refs[0]})
	return w, err
}

// chosenTwice has the other practice refer somebody for what is open already; two of its people say what that is, differently.
func chosenTwice(ctx context.Context, t *track, n int) (acts [2]act, about []any, err error) {
	if _, _, _, err := t.offered(ctx, n); err != nil {
		return acts, nil, err
	}
	person := demo.Simulated(n)
	person["nhs_number"] = nhsnumber.Test(n)
	var added made
	if err := t.desks[1].Make(ctx, "/api/primarycare/v1/patients", id.New(), person, &added); err != nil {
		return acts, nil, err
	}
	second, err := t.refer(ctx, t.desks[1], added.Ref)
	if err != nil {
		return acts, nil, err
	}
	if _, err := t.until(ctx, `select state from coordination.referral where id = $1 and state = 'held'`, second); err != nil {
		return acts, nil, err
	}
	at := "/api/coordination/v1/referrals/" + second
	join, err := change(ctx, t.desks[1], at, "/join", nil)
	if err != nil {
		return acts, nil, err
	}
	confirm, err := change(ctx, t.beside, at, "/confirm", map[string]any{"reason": terms.SendDifferentHelp})
	return [2]act{join, confirm}, []any{second}, err
}

func (t *track) erases(officer *demo.Client, ref string) act {
	return func(ctx context.Context) error {
		return officer.Make(ctx, "/api/coordination/v1/patients/"+ref+"/erase", id.New(), map[string]any{"why": terms.ErasurePatientAsked}, nil)
	}
}

func erasedMeanwhile(ctx context.Context, t *track, n int) (acts [2]act, about []any, err error) {
	ref, _, offer, err := t.offered(ctx, n)
	if err != nil {
		return acts, nil, err
	}
	yes, err := change(ctx, t.helper, "/api/vcse/v1/offers/"+offer, "/accept", map[string]any{})
	return [2]act{yes, t.erases(t.officers[0], ref)}, []any{offer}, err
}

func erasedAtOnce(ctx context.Context, t *track, n int) (acts [2]act, about []any, err error) {
	person := demo.Simulated(n)
	person["nhs_number"] = nhsnumber.Test(n)
	var added made
	if err := t.desks[0].Make(ctx, "/api/primarycare/v1/patients", id.New(), person, &added); err != nil {
		return acts, nil, err
	}
	refers := func(ctx context.Context) error { _, err := t.refer(ctx, t.desks[0], added.Ref); return err }
	return [2]act{refers, t.erases(t.officers[0], added.Ref)}, []any{added.Ref}, nil
}
