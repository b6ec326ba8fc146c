package demo

import (
	"context"
	"errors"
	"net/http"
	"time"

	"example.org/waypost/pkg/authn"
	"example.org/waypost/pkg/id"
	"example.org/waypost/schemas/terms"
)

// perhapsDiscuss has a share of those who came put on the next agenda, a few hours after they were referred or signposted.
func (p *Play) perhapsDiscuss(v Visit, place Practice, ref string) {
	r := chance(p.Seed, v.N, "agenda")
	t := p.tableOf(place)
	if t == nil || r.Float64() >= p.rate("discussed_at_mdt") {
		return
	}
	p.soon(between(r, 1, 6), func(ctx context.Context) error { return p.put(ctx, t, v, place, ref) })
}

// tableOf is where a practice's patients are discussed: at its own meeting, or its team's.
func (p *Play) tableOf(place Practice) *table {
	p.sit()
	var team *table
	for _, t := range p.tables {
		switch t.Who().Grants[0].Organisation {
		case place.ID:
			return t
		case place.Team:
			team = t
		}
	}
	return team
}

// put has the practice's GP, the link worker, or whoever prepares the meeting put somebody on the next agenda. Who does not know
// the person, because no referral of theirs came that way, leaves it to the one who prepares the meeting.
func (p *Play) put(ctx context.Context, t *table, v Visit, place Practice, ref string) error {
	m, err := p.next(ctx, t, v)
	if err != nil {
		return err
	}
	r := chance(p.Seed, v.N, "who puts")
	by := t.Client
	var may []authn.Identity
	for _, one := range t.members(p, m) {
		g := one.Grants[0]
		if g.Role == string(terms.RoleGP) && g.Organisation == place.ID || g.Role == string(terms.RoleLinkWorker) && v.Ends == Referred && v.ToTeam {
			may = append(may, one)
		}
	}
	if at := r.IntN(len(may) + 1); at < len(may) {
		by = p.Cast.As(may[at])
	}
	reasons := []terms.MDTReason{terms.MDTSeveralServices, terms.MDTNotGettingBetter, terms.MDTOftenSeen, terms.MDTHospitalDischarge}
	ask := func(by *Client, ref string) error {
		return by.Make(ctx, path("mdt", "/meetings/%s/items", m.ID), id.New(), map[string]any{
			"patient_ref": ref, "consent": map[string]any{"given": true, "how": terms.ConsentInPerson, "purpose": terms.ConsentDiscussAtMDT},
			"reason": reasons[r.IntN(len(reasons))], "need": v.Need, "narrative": said + v.Patient.GivenName + " " + stories[r.IntN(len(stories))],
		}, nil)
	}
	if by != t.Client {
		var no *Refusal
		if err := ask(by, ref); err == nil || !errors.As(err, &no) || no.Status != http.StatusNotFound && no.Status != http.StatusForbidden {
			p.talk(ref, v.N)
			return err
		}
	}
	if ref, err = p.introduce(ctx, t.Client, v, place); err != nil {
		return err
	}
	p.talk(ref, v.N)
	return ask(t.Client, ref)
}

// introduce tells the meeting's organisation who somebody is; by their number they are the same person to everybody.
func (p *Play) introduce(ctx context.Context, as *Client, v Visit, place Practice) (ref string, err error) {
	var made struct {
		ID string `json:"id"`
	}
	x := v.Patient
	err = as.Make(ctx, path("mdt", "/patients"), id.New(), map[string]any{
		"given_name": x.GivenName, "family_name": x.FamilyName, "date_of_birth": x.Born.Format(time.DateOnly), "nhs_number": x.Number,
		"phone": x.Phone, "address_lines": []string{x.Street}, "postcode": place.Postcode, "safe_note": said + "nobody answers this phone.",
		"safe_ways": map[string]bool{"phone": true, "text": true, "email": false, "letter": true},
	}, &made)
	return made.ID, err
}

// talk remembers that the play put somebody on an agenda.
func (p *Play) talk(ref string, n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.on == nil {
		p.on, p.spoken = map[string]int{}, map[string]int{}
	}
	p.on[ref] = n
}

// speak counts how often a meeting spoke of somebody; ours is false of those whom somebody else put on the agenda.
func (p *Play) speak(ref string) (n, times int, ours bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if n, ours = p.on[ref]; !ours {
		return 0, 0, false
	}
	p.spoken[ref]++
	return n, p.spoken[ref], true
}
