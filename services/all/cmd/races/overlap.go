package main

import (
	"context"
	"fmt"
	"time"

	"example.org/waypost/pkg/id"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/all/internal/demo"
)

// raceOverlap has somebody who helps already say yes, and then two desks meet that in one moment: one asks them to help with food too, the
// other sends the same need to somebody with a reason. Whichever comes first, one is offered once and the other is not: it is joined to
// the help that is there, or held for its sender.
func (t *track) raceOverlap(ctx context.Context, refs [2]string) (pair, error) {
	there, err := t.ask(ctx, t.desks[0], refs[0], terms.NeedLoneliness, map[string]any{"receivers": []map[string]any{{"kind": "service", "id": t.both}}})
	if err != nil {
		return pair{}, err
	}
	if err := t.takeOn(ctx, there); err != nil {
		return pair{}, err
	}
	choices := [2]map[string]any{
		{"seen_overlaps": 1, "overlap": terms.OverlapJoin, "join_referral_id": there},
		{"seen_overlaps": 1, "overlap": terms.OverlapSend, "send_reason": terms.SendPatientAsked, "receivers": []map[string]any{{"kind": "service", "id": t.both}}},
	}
	p, err := atOnce(func(i int) (string, error) { return t.ask(ctx, t.desks[i], refs[i], terms.NeedFood, choices[i]) })
	if err != nil {
		return p, err
	}
	return p, t.decided(ctx, p)
}

func (t *track) ask(ctx context.Context, desk *demo.Client, ref string, need terms.Need, more map[string]any) (string, error) {
	body := map[string]any{"patient_ref": ref, "red_flags_clear": true, "need": need, "consent": map[string]any{"given": true, "how": "in_person"}}
	for k, v := range more {
		body[k] = v
	}
	var sent struct {
		ID string `json:"id"`
	}
	err := desk.Make(ctx, "/api/primarycare/v1/referrals", id.New(), body, &sent)
	return sent.ID, err
}

// takeOn waits for the offer of a referral, accepts it, and waits until coordination knows.
func (t *track) takeOn(ctx context.Context, referral string) error {
	for accepted := false; ; {
		var offer, state string
		err := t.on.Admin.QueryRow(ctx, `select coalesce((select o.id::text from vcse.offer o where o.referral_id = $1 limit 1), ''),
			coalesce((select r.state from coordination.referral r where r.id = $1), '')`, referral).Scan(&offer, &state)
		switch {
		case err != nil:
			return err
		case state == string(terms.ReferralAccepted):
			return nil
		case offer != "" && !accepted:
			etag, err := t.helper.Get(ctx, "/api/vcse/v1/offers/"+offer, nil)
			if err != nil {
				return err
			}
			if err := t.helper.Change(ctx, "/api/vcse/v1/offers/"+offer+"/accept", etag, map[string]any{}, nil); err != nil {
				return err
			}
			accepted = true
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// overlapTally is how the overlaps ended.
type overlapTally struct {
	joined, held int
	wrong        []string
}

func (t *track) tallyOverlaps(ctx context.Context, pairs []pair) (out overlapTally, err error) {
	for _, p := range pairs {
		var asked, sent string
		var offers, cases, noted int
		err := t.on.Admin.QueryRow(ctx, `select (select state from coordination.referral where id = $1), (select state from coordination.referral where id = $2),
				(select count(*) from coordination.offer where referral_id in ($1, $2)), (select count(distinct case_id) from coordination.referral where id in ($1, $2)),
				(select count(*) from coordination.timeline where referral_id = $2 and what = 'overlap_found')`, p[0], p[1]).Scan(&asked, &sent, &offers, &cases, &noted)
		if err != nil {
			return out, err
		}
		switch {
		case sent != string(terms.ReferralOffered) || offers != 1 || cases != 1 || noted != 1:
			out.wrong = append(out.wrong, fmt.Sprintf("overlap %s and %s: %s and %s, %d offers, %d cases, noted %d times", p[0], p[1], asked, sent, offers, cases, noted))
		case asked == string(terms.ReferralJoined):
			out.joined++
		case asked == string(terms.ReferralHeld):
			out.held++
		default:
			out.wrong = append(out.wrong, fmt.Sprintf("overlap %s and %s: the one that asked is %s", p[0], p[1], asked))
		}
	}
	return out, nil
}
