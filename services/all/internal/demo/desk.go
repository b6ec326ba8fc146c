package demo

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"example.org/waypost/pkg/id"
	"example.org/waypost/schemas/terms"
)

// said marks every sentence of the play.
const said = "Simulated: "

var stories = []string{
	"has not left the house much since the winter and would like company.",
	"cannot make the money last to the end of the month.",
	"looks after a partner day and night and is tired.",
	"would like to do something with their hands again.",
	"has moved here and knows nobody yet.",
}

// visit is what the desk does with somebody who comes.
func (p *Play) visit(ctx context.Context, v Visit) error {
	p.Counts.Visits.Add(1)
	place := p.Setting.Practices[v.Practice]
	desk := p.Cast.As(place.Who)
	ref, err := p.patient(ctx, desk, place, v)
	if err != nil {
		return err
	}
	switch v.Ends {
	case Declined:
		p.Counts.Declined.Add(1)
		err = desk.Make(ctx, path("primarycare", "/consents"), id.New(), map[string]any{"patient_ref": ref, "given": false, "how": terms.ConsentInPerson}, nil)
		if err == nil {
			err = p.signpost(ctx, desk, ref, v)
		}
	case Signposted:
		p.Counts.Signposted.Add(1)
		err = p.signpost(ctx, desk, ref, v)
	default:
		err = p.refer(ctx, desk, place, ref, v)
	}
	if err == nil && v.Ends != Declined && !v.Again && !v.Another {
		p.perhapsDiscuss(v, place, ref)
	}
	return err
}

func (p *Play) patient(ctx context.Context, desk *Client, place Practice, v Visit) (ref string, err error) {
	known := place.ID + v.Patient.Number
	p.mu.Lock()
	ref = p.refs[known]
	p.mu.Unlock()
	if ref != "" {
		return ref, nil
	}
	var made struct {
		Ref string `json:"ref"`
	}
	x := v.Patient
	body := map[string]any{
		"given_name": x.GivenName, "family_name": x.FamilyName, "date_of_birth": x.Born.Format(time.DateOnly), "nhs_number": x.Number, "sex": x.Sex,
		"phone": x.Phone, "address_lines": []string{x.Street}, "postcode": place.Postcode, "safe_note": said + "nobody answers this phone.",
		"safe_ways": map[string]bool{"phone": true, "text": true, "email": false, "letter": true},
	}
	if v.Unknown {
		delete(body, "nhs_number")
		body["no_number_reason"] = "not_known"
	}
	err = desk.Make(ctx, path("primarycare", "/patients"), id.New(), body, &made)
	if err != nil {
		return "", err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.refs == nil {
		p.refs = map[string]string{}
	}
	p.refs[known] = made.Ref
	return made.Ref, nil
}

func (p *Play) signpost(ctx context.Context, desk *Client, ref string, v Visit) error {
	body := map[string]any{"patient_ref": ref, "need": v.Need}
	if all := p.Setting.Services[v.Need]; len(all) > 0 {
		body["service_id"] = all[chance(p.Seed, v.N, "signpost").IntN(len(all))]
	}
	return desk.Make(ctx, path("primarycare", "/signposts"), id.New(), body, nil)
}

func (p *Play) refer(ctx context.Context, desk *Client, place Practice, ref string, v Visit) error {
	r := chance(p.Seed, v.N, "refer")
	urgency := terms.UrgencyRoutine
	if v.Urgent {
		urgency = terms.UrgencyUrgent
	}
	var services, receivers []map[string]string
	if all := p.Setting.Services[v.Need]; len(all) > 0 {
		services = append(services, map[string]string{"kind": string(terms.ReceiverService), "id": all[r.IntN(len(all))]})
	}
	if receivers = services; v.ToTeam && place.Team != "" {
		receivers = []map[string]string{{"kind": string(terms.ReceiverTeam), "id": place.Team}}
	}
	var made struct {
		ID string `json:"id"`
	}
	body := map[string]any{
		"patient_ref": ref, "red_flags_clear": true, "need": v.Need, "urgency": urgency, "receivers": receivers,
		"consent":   map[string]any{"given": true, "how": terms.ConsentInPerson},
		"narrative": said + v.Patient.GivenName + " " + stories[r.IntN(len(stories))],
	}
	if v.Until != "" {
		body["consent"].(map[string]any)["until_on"] = v.Until
	}
	if v.Another {
		if stops, err := p.helpedAlready(ctx, desk, ref, v, body); err != nil || stops {
			return err
		}
	}
	err := desk.Make(ctx, path("primarycare", "/referrals"), id.New(), body, &made)
	var no *Refusal
	if v.ToTeam && errors.As(err, &no) && no.Status == http.StatusUnprocessableEntity { // the team says "not here": another is chosen
		body["receivers"] = services
		err = desk.Make(ctx, path("primarycare", "/referrals"), id.New(), body, &made)
	}
	if err != nil {
		return err
	}
	t := p.sent(v, desk, made.ID, between(r, 1, 4))
	if back := chance(p.Seed, v.N, "withdraw"); back.Float64() < p.rate("withdrawn") {
		p.soon(between(back, 3, 60), func(ctx context.Context) error { return p.withdraw(ctx, t) })
	}
	if no := chance(p.Seed, v.N, "no longer"); no.Float64() < p.rate("no_longer_agrees") {
		p.soon(between(no, 2, 30), func(ctx context.Context) error { return p.disagree(ctx, desk, ref) })
	}
	if forget := chance(p.Seed, v.N, "forget"); forget.Float64() < p.rate("asks_to_be_erased") {
		p.soon(between(forget, 10, 35), func(ctx context.Context) error { return p.forget(ctx, ref) })
	}
	return nil
}

// helpedAlready asks who helps before something is sent, and when somebody does who may do this too, asks them, or says in body why it is sent
// all the same; stops is true when nothing more is to be sent.
func (p *Play) helpedAlready(ctx context.Context, desk *Client, ref string, v Visit, body map[string]any) (stops bool, err error) {
	var there struct {
		Overlaps int `json:"overlaps"`
		Helping  []struct {
			Referral string `json:"referral_id"`
			Joinable bool   `json:"joinable"`
		} `json:"helping"`
	}
	err = desk.Make(ctx, path("coordination", "/who-helps"), id.New(), map[string]any{"patient_ref": ref, "need": v.Need}, &there)
	if err != nil || there.Overlaps == 0 {
		return false, err
	}
	p.Counts.Helped.Add(1)
	r := chance(p.Seed, v.N, "helped")
	body["seen_overlaps"] = there.Overlaps
	switch at := r.Float64(); {
	case at < p.rate("stops_when_helped"):
		return true, nil
	case at < p.rate("stops_when_helped")+p.rate("joins_who_helps"):
		for _, h := range there.Helping {
			if h.Joinable {
				body["overlap"], body["join_referral_id"] = terms.OverlapJoin, h.Referral
				return false, nil
			}
		}
	}
	body["overlap"], body["send_reason"] = terms.OverlapSend, terms.SendDifferentHelp
	return false, nil
}

// disagree is somebody's word that what they said is to be shared no longer.
func (p *Play) disagree(ctx context.Context, desk *Client, ref string) error {
	return desk.Make(ctx, path("coordination", "/patients/%s/consent/withdraw", ref), id.New(),
		map[string]any{"purpose": terms.ConsentShareToHelp, "how": terms.ConsentByPhone}, nil)
}

// withdraw takes a referral back that is still open.
func (p *Play) withdraw(ctx context.Context, t *thread) error {
	var now struct {
		Open bool `json:"open"`
	}
	etag, err := t.desk.Get(ctx, path("primarycare", "/referrals/%s", t.referral), &now)
	if err != nil || !now.Open {
		return err
	}
	reason := pick(chance(p.Seed, t.N, "withdraw why"), map[string]float64{
		string(terms.WithdrawalPatientChangedMind): 0.5, string(terms.WithdrawalNoLongerNeeded): 0.35, string(terms.WithdrawalPatientMovedAway): 0.15,
	})
	return t.desk.Change(ctx, path("primarycare", "/referrals/%s/withdraw", t.referral), etag, map[string]any{"reason": reason}, nil)
}

// turn is the sender's: whatever the platform says is owed by the sender is done.
func (p *Play) turn(ctx context.Context, t *thread) error {
	var now struct {
		State      string `json:"state"`
		QuestionID string `json:"question_id"`
		Open       bool   `json:"open"`
		Owes       struct {
			Party string `json:"party"`
		} `json:"owes"`
	}
	etag, err := t.desk.Get(ctx, path("primarycare", "/referrals/%s", t.referral), &now)
	if err != nil || !now.Open || now.Owes.Party != string(terms.PartySender) {
		return err
	}
	switch {
	case now.State == string(terms.ReferralHeld):
		return p.choose(ctx, t)
	case now.QuestionID != "":
		return t.desk.Change(ctx, path("primarycare", "/referrals/%s/information", t.referral), etag,
			map[string]any{"question_id": now.QuestionID, "answer": said + "Yes, the morning is better, and there are stairs."}, nil)
	default: // the receiver could not go on, and the person no longer asks for it
		return t.desk.Change(ctx, path("primarycare", "/referrals/%s/withdraw", t.referral), etag, map[string]any{"reason": terms.WithdrawalPatientChangedMind}, nil)
	}
}

// choose says what a held referral is: mostly the same as the one that is there.
func (p *Play) choose(ctx context.Context, t *thread) error {
	var held struct {
		Actions []string `json:"available_actions"`
	}
	at := path("coordination", "/referrals/%s", t.referral)
	etag, err := t.desk.Get(ctx, at, &held)
	if err != nil {
		return err
	}
	step := pick(chance(p.Seed, t.N, "held"), map[string]float64{"join": 0.7, "confirm": 0.15, "withdraw": 0.15})
	if !slices.Contains(held.Actions, step) {
		if len(held.Actions) == 0 {
			return nil // it is the office's to say
		}
		step = held.Actions[0]
	}
	var body any
	switch step {
	case "confirm":
		body = map[string]any{"reason": terms.SendDifferentHelp}
	case "withdraw":
		body = map[string]any{"reason": terms.WithdrawalMadeInError}
	}
	if err := t.desk.Change(ctx, at+"/"+step, etag, body, nil); err != nil {
		return fmt.Errorf("%s a held referral: %w", step, err)
	}
	return nil
}
