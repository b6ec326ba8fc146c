package demo

import (
	"context"
	"slices"

	"example.org/waypost/pkg/id"
	"example.org/waypost/schemas/terms"
)

// LookAtOffice has the area's coordinator read what was escalated, and find a way in a few hours.
func (p *Play) LookAtOffice(ctx context.Context) {
	if len(p.Setting.Office.Grants) == 0 {
		return
	}
	office := p.Cast.As(p.Setting.Office)
	for _, list := range []string{"escalated", "who", "held"} {
		p.try(ctx, func(ctx context.Context) error {
			var found struct {
				Items []struct {
					ID      string `json:"id"`
					Version int    `json:"version"`
				} `json:"items"`
			}
			if _, err := office.Get(ctx, path("coordination", "/referrals?limit=100&list=%s", list), &found); err != nil {
				return err
			}
			for _, x := range found.Items {
				if of := p.thread(x.ID); of != nil && p.look(x.ID+list) {
					p.soon(between(chance(p.Seed, of.N, "office"), 1, 6), func(ctx context.Context) error { return p.settle(ctx, office, of, list) })
				}
			}
			return nil
		})
	}
}

// forget has the area's privacy officer erase somebody who asked for it.
func (p *Play) forget(ctx context.Context, ref string) error {
	if len(p.Setting.Privacy.Grants) == 0 {
		return nil
	}
	return p.Cast.As(p.Setting.Privacy).Make(ctx, path("coordination", "/patients/%s/erase", ref), id.New(), map[string]any{"why": terms.ErasurePatientAsked}, nil)
}

// takeApart undoes what the office found to be one person, some hours later: they are two.
func (p *Play) takeApart(ctx context.Context, office *Client, into string) error {
	var made struct {
		Items []struct {
			ID   string `json:"id"`
			Into string `json:"into_ref"`
		} `json:"items"`
	}
	if _, err := office.Get(ctx, path("coordination", "/merges"), &made); err != nil {
		return err
	}
	for _, m := range made.Items {
		if m.Into == into {
			return office.Make(ctx, path("coordination", "/merges/%s/undo", m.ID), id.New(), map[string]any{"note": said + "They are cousins."}, nil)
		}
	}
	return nil
}

// settle makes one step of those that the office may take on a referral.
func (p *Play) settle(ctx context.Context, office *Client, of *thread, list string) error {
	p.mu.Lock()
	delete(p.seen, of.referral+list) // it may come back
	p.mu.Unlock()
	var now struct {
		Actions []string `json:"available_actions"`
		Offers  []struct {
			Receiver string `json:"receiver_id"`
		} `json:"offers"`
		MayBe []struct {
			Ref string `json:"ref"`
		} `json:"may_be"`
	}
	at := path("coordination", "/referrals/%s", of.referral)
	etag, err := office.Get(ctx, at, &now)
	if err != nil {
		return err
	}
	may := func(step string) bool { return slices.Contains(now.Actions, step) }
	r := chance(p.Seed, of.N, "way")
	switch {
	case may("settle_person"):
		p.soon(between(r, 1, 4), func(ctx context.Context) error { return p.turn(ctx, of) }) // where it is held for them then
		if of.Unknown && len(now.MayBe) > 0 {                                                // the other door was rung: it is who they think
			if r.Float64() < p.rate("merge_was_wrong") {
				p.soon(between(r, 1, 10), func(ctx context.Context) error { return p.takeApart(ctx, office, now.MayBe[0].Ref) })
			}
			return office.Change(ctx, at+"/settle", etag, map[string]any{"same": now.MayBe[0].Ref}, nil)
		}
		var different []string
		for _, m := range now.MayBe {
			different = append(different, m.Ref)
		}
		return office.Change(ctx, at+"/settle", etag, map[string]any{"different": different, "reason": "records_show"}, nil)
	case may("join"):
		return office.Change(ctx, at+"/join", etag, nil, nil)
	case may("offer") && r.Float64() < 0.6:
		for _, s := range p.Setting.Services[of.Need] {
			if !slices.ContainsFunc(now.Offers, func(o struct {
				Receiver string `json:"receiver_id"`
			},
			) bool {
				return o.Receiver == s
			}) {
				return office.Change(ctx, at+"/offer", etag, map[string]any{"kind": terms.ReceiverService, "id": s}, nil)
			}
		}
	}
	if may("close") {
		return office.Change(ctx, at+"/close", etag, map[string]any{"outcome": terms.OutcomeNoSuitableHelp}, nil)
	}
	return nil
}
