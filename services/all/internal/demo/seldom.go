package demo

import (
	"context"
	"fmt"
	"slices"
	"time"

	"example.org/waypost/pkg/authn"
	"example.org/waypost/pkg/id"
	"example.org/waypost/schemas/terms"
)

// Seldom is what a working week of an area may have none of, played so often as Want says whatever the rates are: one of each an hour from the
// first morning on, until all of it has happened.
type Seldom struct {
	Want     Times
	Trainees []Trainee
	Close    func(ctx context.Context, organisation string) error // says that it has closed for good, and returns when all have heard

	Did     Times
	OnList  int             // those whom the provider that closed had in hand
	gone    string          // who has closed
	flagged map[string]bool // practices
	left    map[string]bool // flags that nobody takes in time
}

// Times is how often each happens.
type Times struct{ Flags, Late, Signed, Dated, Crises, Looks, Closed int }

// Usual is a week's.
var Usual = Times{Flags: 9, Late: 3, Signed: 5, Dated: 6, Crises: 3, Looks: 2, Closed: 1}

// Trainee may begin a referral at a practice and not send it; Supervisor is who signs there.
type Trainee struct{ Who, Supervisor authn.Identity }

// seldomFrom is where the visits of those begin, who are nobody of the plan.
const seldomFrom = 300_000

// LookAtSeldom does what is next, one after the other: nobody else does anything meanwhile.
func (p *Play) LookAtSeldom(ctx context.Context) {
	s := p.Seldom
	if s == nil {
		return
	}
	for _, x := range []struct {
		did  *int
		want int
		do   func(ctx context.Context) (bool, error)
	}{
		{&s.Did.Flags, s.Want.Flags, p.raise},
		{&s.Did.Signed, s.Want.Signed, p.sign},
		{&s.Did.Dated, s.Want.Dated, p.agreeUntil},
		{&s.Did.Crises, s.Want.Crises, p.crisis},
		{&s.Did.Looks, s.Want.Looks, p.breakGlass},
		{&s.Did.Closed, s.Want.Closed, p.shut},
	} {
		if *x.did < x.want {
			p.try(ctx, func(ctx context.Context) error {
				done, err := x.do(ctx)
				if done {
					*x.did++
				}
				return err
			})
		}
	}
	p.takeFlags(ctx)
}

// comes is the next of them, who comes to a desk where a GP can be asked.
func (p *Play) comes(what string, nth int) (v Visit, place Practice, gp *Client, ok bool) {
	var at []int
	for i, place := range p.Setting.Practices {
		if _, ok := p.gp(place.ID); ok {
			at = append(at, i)
		}
	}
	if len(at) == 0 {
		return v, place, nil, false
	}
	n := seldomFrom + 1000*len(what) + nth
	r := chance(p.Seed, n, what)
	v = Visit{N: n, At: p.Now(), Practice: at[nth%len(at)], Patient: invent(r, n, p.rate("women")), Need: p.Setting.someNeed(r), Ends: Referred}
	place = p.Setting.Practices[v.Practice]
	who, _ := p.gp(place.ID)
	return v, place, p.Cast.As(who), true
}

func (p *Play) gp(practice string) (authn.Identity, bool) {
	i := slices.IndexFunc(p.Setting.People, func(x authn.Identity) bool {
		return x.Grants[0].Organisation == practice && x.Grants[0].Role == string(terms.RoleGP)
	})
	if i < 0 {
		return authn.Identity{}, false
	}
	return p.Setting.People[i], true
}

// raise has a desk stop at a question that was answered with yes. Some of the flags go up to "ring 999" before anybody takes them.
func (p *Play) raise(ctx context.Context) (bool, error) {
	s := p.Seldom
	v, place, gp, ok := p.comes("red flag", s.Did.Flags)
	if !ok {
		return false, nil
	}
	if err := p.duty(ctx, gp); err != nil {
		return false, err
	}
	desk := p.Cast.As(place.Who)
	ref, err := p.patient(ctx, desk, place, v)
	if err != nil {
		return false, err
	}
	var made struct {
		ID string `json:"id"`
	}
	err = desk.Make(ctx, path("primarycare", "/red-flags"), id.New(),
		map[string]any{"patient_ref": ref, "question_codes": []terms.RedFlagQuestion{terms.RedFlagChestOrBreathing}}, &made)
	if err != nil {
		return false, err
	}
	s.watch(place.ID)
	if s.Did.Late < s.Want.Late {
		s.Did.Late++
		s.left[made.ID] = true
	}
	return true, nil
}

func (s *Seldom) watch(practice string) {
	if s.flagged == nil {
		s.flagged, s.left = map[string]bool{}, map[string]bool{}
	}
	s.flagged[practice] = true
}

// takeFlags has GPs take what is theirs to take; what is left they take when it has gone past everybody.
func (p *Play) takeFlags(ctx context.Context) {
	for practice := range p.Seldom.flagged {
		p.try(ctx, func(ctx context.Context) error {
			who, _ := p.gp(practice)
			gp := p.Cast.As(who)
			var open []struct {
				ID   string `json:"id"`
				Rung string `json:"rung"`
			}
			if err := pages(ctx, gp, path("primarycare", "/red-flags?open=true"), &open); err != nil {
				return err
			}
			for _, f := range open {
				if p.Seldom.left[f.ID] && f.Rung != "nobody" {
					continue
				}
				err := gp.Make(ctx, path("primarycare", "/red-flags/%s/acknowledge", f.ID), id.New(), map[string]any{"action": terms.RedFlagCrisisTeam}, nil)
				if err != nil {
					return err
				}
			}
			return nil
		})
	}
}

// sign has a trainee get a referral ready, a supervisor sign it, and the trainee send it; from there on it is one like any other.
func (p *Play) sign(ctx context.Context) (bool, error) {
	s := p.Seldom
	if len(s.Trainees) == 0 {
		return false, nil
	}
	t := s.Trainees[s.Did.Signed%len(s.Trainees)]
	i := slices.IndexFunc(p.Setting.Practices, func(x Practice) bool { return x.ID == t.Who.Grants[0].Organisation })
	if i < 0 {
		return false, fmt.Errorf("a trainee is at no practice of the play")
	}
	v, _, _, _ := p.comes("signature", s.Did.Signed)
	v.Practice = i
	desk, gp := p.Cast.As(t.Who), p.Cast.As(t.Supervisor)
	ref, err := p.patient(ctx, desk, p.Setting.Practices[i], v)
	if err != nil {
		return false, err
	}
	d, err := Begin(ctx, desk, ref, v.Need)
	if err != nil {
		return false, err
	}
	if err := d.Ask(ctx, desk, t.Supervisor.Person.ID); err != nil {
		return false, err
	}
	if err := d.Answer(ctx, gp, "signed"); err != nil {
		return false, err
	}
	referral, err := d.Send(ctx, desk)
	if err != nil {
		return false, err
	}
	p.sent(v, p.Cast.As(p.Setting.Practices[i].Who), referral, 1)
	return true, nil
}

// agreeUntil has somebody agree to sharing for three days: before help has ended what they agreed to has.
func (p *Play) agreeUntil(ctx context.Context) (bool, error) {
	v, _, _, ok := p.comes("agree until", p.Seldom.Did.Dated)
	if !ok {
		return false, nil
	}
	v.Until = p.Now().AddDate(0, 0, 3).Format(time.DateOnly)
	return true, p.visit(ctx, v)
}

// crisis has a link worker ring for somebody they have begun to help; their practice gets a red flag.
func (p *Play) crisis(ctx context.Context) (bool, error) {
	for _, r := range p.Setting.Receivers {
		if r.Kind != terms.ReceiverTeam {
			continue
		}
		t := p.tray(r)
		hands, err := p.hands(ctx, t)
		if err != nil {
			return false, err
		}
		for _, offer := range hands {
			var one struct {
				Referral string `json:"referral_id"`
			}
			if _, err := t.Get(ctx, t.offer(offer, ""), &one); err != nil {
				return false, err
			}
			of := p.thread(one.Referral)
			if of == nil || !p.look("crisis "+one.Referral) {
				continue
			}
			practice := p.Setting.Practices[of.Practice].ID
			if _, ok := p.gp(practice); !ok {
				continue
			}
			p.Seldom.watch(practice)
			return true, t.Make(ctx, t.offer(offer, "crisis"), id.New(), map[string]any{"whom_rung": terms.RungCrisisTeam, "note": said + "they are not safe."}, nil)
		}
	}
	return false, nil
}

// hands are the offers that somebody has said yes to and not ended.
func (p *Play) hands(ctx context.Context, t tray) (offers []string, err error) {
	var all []struct {
		ID string `json:"id"`
	}
	err = pages(ctx, t.Client, path(t.service, "/offers?show=people"), &all)
	for _, o := range all {
		offers = append(offers, o.ID)
	}
	return offers, err
}

// breakGlass has a GP of another practice look at somebody's case because life is at risk, and the area's privacy officer review that.
func (p *Play) breakGlass(ctx context.Context) (bool, error) {
	if len(p.Setting.Privacy.Grants) == 0 {
		return false, nil
	}
	for _, of := range p.threads() {
		stranger := slices.IndexFunc(p.Setting.People, func(x authn.Identity) bool {
			return x.Grants[0].Role == string(terms.RoleGP) && x.Grants[0].Organisation != p.Setting.Practices[of.Practice].ID
		})
		if stranger < 0 || !p.look("emergency "+of.referral) {
			continue
		}
		var there struct {
			Ref  string `json:"patient_ref"`
			Open bool   `json:"open"`
		}
		if _, err := of.desk.Get(ctx, path("primarycare", "/referrals/%s", of.referral), &there); err != nil || !there.Open {
			continue
		}
		var made struct {
			ID string `json:"id"`
		}
		err := p.Cast.As(p.Setting.People[stranger]).Make(ctx, path("coordination", "/patients/%s/emergency", there.Ref), id.New(),
			map[string]any{"reason": "life_at_risk", "words": said + "they were found in the street."}, &made)
		if err != nil {
			return false, err
		}
		return true, p.Cast.As(p.Setting.Privacy).Make(ctx, path("coordination", "/emergencies/%s/review", made.ID), id.New(), map[string]any{"outcome": "right", "note": said + "they had to."}, nil)
	}
	return false, nil
}

// shut has the provider that helps most people close for good on the first Thursday afternoon; what it had is the office's then.
func (p *Play) shut(ctx context.Context) (bool, error) {
	if at := p.Now().In(london()); at.Weekday() != time.Thursday || at.Hour() < 15 || p.Seldom.Close == nil {
		return false, nil
	}
	most, busiest := 0, -1
	for i, r := range p.Setting.Receivers {
		if r.Kind != terms.ReceiverService {
			continue
		}
		hands, err := p.hands(ctx, p.tray(r))
		if err != nil {
			return false, err
		}
		if len(hands) > most {
			most, busiest = len(hands), i
		}
	}
	if busiest < 0 {
		return false, nil
	}
	closed := p.Setting.Receivers[busiest]
	if err := p.forgetReceiver(ctx, closed); err != nil {
		return false, err
	}
	p.Seldom.OnList = most
	return true, p.Seldom.Close(ctx, closed.ID)
}

// forgetReceiver has nobody of the play send anybody there, or act for it, any more.
func (p *Play) forgetReceiver(ctx context.Context, r Receiver) error {
	var all []struct {
		ID       string `json:"id"`
		Provider string `json:"provider_id"`
	}
	if err := pages(ctx, p.Cast.As(p.Setting.Office), path("vcse", "/services"), &all); err != nil {
		return err
	}
	for _, x := range all {
		if x.Provider == r.ID {
			for need, ids := range p.Setting.Services {
				p.Setting.Services[need] = slices.DeleteFunc(ids, func(id string) bool { return id == x.ID })
			}
		}
	}
	p.Setting.Receivers = slices.DeleteFunc(p.Setting.Receivers, func(x Receiver) bool { return x.ID == r.ID })
	p.Seldom.gone = r.ID
	return nil
}

// closed tells whether who works at a receiver has gone home for good.
func (p *Play) closed(r Receiver) bool { return p.Seldom != nil && p.Seldom.gone == r.ID }
