package demo

import (
	"context"
	"time"

	"example.org/waypost/pkg/clock"
)

// LookAtDuty has each practice say who is on duty today, once a day and only where nobody has: a red flag then reaches somebody,
// whose clock can be watched. Whoever acts for the practice must be one who may say so.
func (p *Play) LookAtDuty(ctx context.Context) {
	today := p.Cast.Now().In(clock.London).Format(time.DateOnly)
	for _, place := range p.Setting.Practices {
		if !p.look("duty " + today + place.ID) {
			continue
		}
		p.try(ctx, func(ctx context.Context) error { return p.duty(ctx, p.Cast.As(place.Who)) })
	}
}

func (p *Play) duty(ctx context.Context, desk *Client) error {
	var now struct {
		Clinician  string   `json:"clinician_id"`
		Clinicians []string `json:"clinicians"`
		Deputies   []string `json:"deputies"`
	}
	etag, err := desk.Get(ctx, path("primarycare", "/duty"), &now)
	if err != nil || now.Clinician != "" || len(now.Clinicians) == 0 {
		return err
	}
	set := map[string]any{"clinician_id": now.Clinicians[0], "clinician_phone": "extension 12 (simulated)"}
	for _, other := range now.Deputies {
		if other != now.Clinicians[0] {
			set["deputy_id"], set["deputy_phone"] = other, "extension 14 (simulated)"
			break
		}
	}
	return desk.Put(ctx, path("primarycare", "/duty"), etag, set)
}
