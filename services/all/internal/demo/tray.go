package demo

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"time"

	"example.org/waypost/pkg/id"
	"example.org/waypost/schemas/terms"
)

// tray is one receiver's list of offers, in the service that has it.
type tray struct {
	Receiver
	*Client
	service string
}

func (p *Play) tray(r Receiver) tray {
	service := "vcse"
	if r.Kind == terms.ReceiverTeam {
		service = "linkworker"
	}
	return tray{r, p.Cast.As(r.Who), service}
}

func (t tray) offer(offer, step string) string {
	if step != "" {
		step = "/" + step
	}
	return path(t.service, "/offers/%s%s", offer, step)
}

// LookAtTrays has every receiver read what waits for an answer, and decide in its own time.
func (p *Play) LookAtTrays(ctx context.Context) {
	inParallel(ctx, len(p.Setting.Receivers), func(i int) {
		p.try(ctx, func(ctx context.Context) error { return p.lookAt(ctx, p.tray(p.Setting.Receivers[i])) })
	})
}

func (p *Play) lookAt(ctx context.Context, t tray) error {
	for next := ""; ; {
		var list struct {
			Items []struct {
				ID string `json:"id"`
			} `json:"items"`
			Next string `json:"next_cursor"`
		}
		if _, err := t.Get(ctx, path(t.service, "/offers?show=waiting&limit=100&cursor=%s", url.QueryEscape(next)), &list); err != nil {
			return err
		}
		for _, o := range list.Items {
			if !p.look(o.ID) {
				continue
			}
			var one struct {
				Referral string `json:"referral_id"`
			}
			if _, err := t.Get(ctx, t.offer(o.ID, ""), &one); err != nil {
				return err
			}
			if of := p.thread(one.Referral); of != nil {
				p.consider(t, of, o.ID)
			}
		}
		if next = list.Next; next == "" {
			return nil
		}
	}
}

// consider decides what the receiver will do with an offer, and when.
func (p *Play) consider(t tray, of *thread, offer string) {
	of.mu.Lock()
	of.attempts++
	r := chance(p.Seed, of.N, fmt.Sprint("answer ", of.attempts))
	of.mu.Unlock()
	answer := pick(r, map[string]float64{
		"accept": p.rate("accepted_at_first"), "waitlist": p.rate("waitlisted"), "ask": p.rate("more_information_asked"),
		"bounce": p.rate("bounced"), "silent": p.rate("silent"),
	})
	if answer == "waitlist" && t.Kind == terms.ReceiverTeam {
		answer = "accept" // a team has no waiting list
	}
	reason := pick(r, p.Rates["bounce_reasons"].Shares)
	in := between(r, 0.5, 14)
	switch answer {
	case "accept":
		p.soon(in, func(ctx context.Context) error { return p.accept(ctx, t, of, offer) })
	case "waitlist":
		p.soon(in, func(ctx context.Context) error { return p.answer(ctx, t, offer, "waitlist", map[string]any{}) })
		p.soon(in+between(r, 24, 80), func(ctx context.Context) error { return p.accept(ctx, t, of, offer) })
	case "ask":
		p.soon(in, func(ctx context.Context) error {
			p.soon(between(r, 2, 8), func(ctx context.Context) error { return p.turn(ctx, of) })
			p.soon(between(r, 10, 16), func(ctx context.Context) error { return p.accept(ctx, t, of, offer) })
			return p.answer(ctx, t, offer, "ask", map[string]any{"question": said + "Can they manage stairs, and is the morning better?"})
		})
	case "bounce":
		p.soon(in, func(ctx context.Context) error {
			p.soon(between(r, 2, 8), func(ctx context.Context) error { return p.turn(ctx, of) })
			return p.bounce(ctx, t, offer, terms.BounceReason(reason))
		})
	}
}

// bounce refuses an offer. Who says that somebody could not be reached has tried three times.
func (p *Play) bounce(ctx context.Context, t tray, offer string, reason terms.BounceReason) error {
	if reason == terms.BounceCouldNotContact && t.Kind == terms.ReceiverTeam {
		for range 3 {
			if err := p.contact(ctx, t, offer, 0, false); err != nil {
				return err
			}
		}
	}
	return p.answer(ctx, t, offer, "bounce", p.refusal(t.Kind, reason))
}

// refusal is the body of a bounce, with what its reason needs.
func (p *Play) refusal(kind terms.ReceiverKind, reason terms.BounceReason) map[string]any {
	info, ok := terms.BounceReasonByCode(reason)
	if !ok || !info.MayUse(kind) {
		info, _ = terms.BounceReasonByCode(terms.BounceNotOurRole)
	}
	body := map[string]any{"reason": info.Code}
	if info.NeedsText {
		body["detail"] = said + "we said so on the phone."
	}
	if info.NeedsCriterion {
		body["criterion"] = said + "for people over 65"
	}
	if info.NeedsUntil {
		body["until_on"] = p.Now().AddDate(0, 1, 0).Format(time.DateOnly)
	}
	if info.NeedsTries > 0 && kind == terms.ReceiverService { // a team has a line for each; they rang three times on the day
		today := p.Now().Format(time.DateOnly)
		body["tried_on"] = slices.Repeat([]string{today}, info.NeedsTries)
	}
	if info.NeedsRole {
		body["whose_role"] = terms.RoleLinkWorker
		if kind == terms.ReceiverTeam {
			body["whose_role"] = terms.RoleGP
		}
	}
	return body
}

// answer makes one step on an offer as it is now.
func (p *Play) answer(ctx context.Context, t tray, offer, step string, body map[string]any) error {
	if p.closed(t.Receiver) {
		return nil
	}
	etag, err := t.Get(ctx, t.offer(offer, ""), nil)
	if err != nil {
		return err
	}
	if err := t.Change(ctx, t.offer(offer, step), etag, body, nil); err != nil {
		return err
	}
	p.Counts.Answered.Add(1)
	return nil
}

func (p *Play) accept(ctx context.Context, t tray, of *thread, offer string) error {
	if err := p.answer(ctx, t, offer, "accept", map[string]any{}); err != nil {
		return err
	}
	r := chance(p.Seed, of.N, "help")
	meetings := 1 + r.IntN(3)
	if p.Short {
		meetings = 1
	}
	p.soon(between(r, 4, 30), func(ctx context.Context) error { return p.meet(ctx, t, of, offer, 1, meetings, false) })
	return nil
}

// meet is the nth of so many meetings; met tells whether the person came to one before.
func (p *Play) meet(ctx context.Context, t tray, of *thread, offer string, n, meetings int, met bool) error {
	r := chance(p.Seed, of.N, fmt.Sprint("meeting ", n))
	result := pick(r, map[string]float64{
		"attended": p.rate("attended"), "did_not_attend": p.rate("did_not_attend"), "cancelled": max(0, 1-p.rate("attended")-p.rate("did_not_attend")),
	})
	if p.Short {
		result = "attended" // who watches would wait long for the next one
	}
	var err error
	if t.Kind == terms.ReceiverTeam {
		err = p.contact(ctx, t, offer, n, result == "attended")
	} else {
		err = p.answer(ctx, t, offer, "attendance", map[string]any{"session_on": p.Now().In(london()).Format(time.DateOnly), "result": result})
	}
	if err != nil {
		return err
	}
	met = met || result == "attended"
	if n < meetings {
		p.soon(between(r, 36, 44), func(ctx context.Context) error { return p.meet(ctx, t, of, offer, n+1, meetings, met) })
		return nil
	}
	p.soon(between(r, 8, 60), func(ctx context.Context) error { return p.end(ctx, t, of, offer, met) })
	return nil
}

// contact is a link worker's: the first one that reaches the person is also an assessment and a plan.
func (p *Play) contact(ctx context.Context, t tray, offer string, n int, reached bool) error {
	result := terms.ContactReached
	if !reached {
		result = terms.ContactNotReached
	}
	err := t.Make(ctx, t.offer(offer, "contacts"), id.New(), map[string]any{"how": terms.ContactPhone, "result": result, "note": said + "we talked."}, nil)
	if err != nil || n > 1 || !reached {
		return err
	}
	err = t.Make(ctx, t.offer(offer, "assessments"), id.New(), map[string]any{
		"stage": terms.StageStart, "matters": said + "to see people again", "satisfied": 4, "worthwhile": 5, "happy": 4, "anxious": 6,
	}, nil)
	if err != nil {
		return err
	}
	return p.answer(ctx, t, offer, "plans", map[string]any{
		"goals": []map[string]any{{"text": said + "join one group nearby"}}, "review_on": p.Now().AddDate(0, 0, 28).Format(time.DateOnly),
	})
}

func (p *Play) end(ctx context.Context, t tray, of *thread, offer string, met bool) error {
	outcome := pick(chance(p.Seed, of.N, "end"), p.Rates["helped"].Shares)
	if !met {
		outcome = string(terms.OutcomeDidNotStart)
	}
	return p.answer(ctx, t, offer, "end", map[string]any{"outcome": outcome})
}
