package web

import (
	"net/http"
	"net/url"
	"strings"

	"example.org/waypost/pkg/httpx"
	"example.org/waypost/pkg/ui"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/coordination/internal/app"
	"example.org/waypost/services/coordination/internal/domain"
)

// officePage is where a named person finds a way for an escalated referral.
type officePage struct {
	ui.Page
	Why  ui.Component
	Card ui.Component
	Form ui.Component
}

// The ways out.
const (
	wayOffer = "offer"
	wayWait  = "wait"
	wayClose = "close"
)

func (web *Web) askOffice(w http.ResponseWriter, r *http.Request) error {
	v, err := web.seeReferral(r)
	if err != nil {
		return err
	}
	choices, err := web.App.Choices(r.Context(), who(r), v.Referral.ID)
	if err != nil {
		return err
	}
	return web.pages.Render(w, http.StatusOK, pageOffice, officePageOf(web.page(r, "Find a way"), v, choices, nil))
}

func (web *Web) decide(w http.ResponseWriter, r *http.Request) error {
	f, err := httpx.ParseForm(r)
	if err != nil {
		return err
	}
	way := f.Choice("way", "Select what happens next", wayOffer, wayWait, wayClose)
	var to domain.Receiver
	outcome := ""
	switch way {
	case wayOffer:
		kind, id, _ := strings.Cut(f.Typed("receiver"), ":")
		if to = (domain.Receiver{Kind: terms.ReceiverKind(kind), ID: id}); to.ID == "" {
			f.Add("receiver", "Select who to offer the referral to")
		}
	case wayClose:
		outcome = f.Choice("outcome", "Select how it ended", outcomeCodes()...)
	}
	if err = f.Err(); err == nil {
		var s app.Step
		if s, err = stepOf(r, f, way); err != nil {
			return err
		}
		if err = web.goWay(r, s, way, to, outcome); err == nil {
			return took(w, r, s.ReferralID, way)
		}
	}
	problems := ui.ProblemsOf(err)
	if problems == nil {
		return err
	}
	v, seeErr := web.seeReferral(r)
	if seeErr != nil {
		return seeErr
	}
	choices, seeErr := web.App.Choices(r.Context(), who(r), v.Referral.ID)
	if seeErr != nil {
		return seeErr
	}
	page := web.page(r, "Find a way")
	page.Problems = problems
	return web.pages.Render(w, httpx.Status(err), pageOffice, officePageOf(page, v, choices, f.Values()))
}

func (web *Web) goWay(r *http.Request, s app.Step, way string, to domain.Receiver, outcome string) (err error) {
	switch way {
	case wayOffer:
		_, err = web.App.Offer(r.Context(), who(r), s, to)
	case wayWait:
		_, err = web.App.Wait(r.Context(), who(r), s)
	default:
		_, err = web.App.Close(r.Context(), who(r), s, terms.Outcome(outcome))
	}
	return err
}

func officePageOf(p ui.Page, v app.ReferralView, choices []app.Choice, typed url.Values) officePage {
	page := officePage{Page: about(p, v), Card: referralCard(v.Referral, nil, v.Names, v.Now)}
	if v.Referral.State != domain.Escalated && v.Referral.State != domain.Checked {
		page.Form = settledAlready(v.Referral)
		return page
	}
	page.Why = ui.InsetText{Body: ui.Group{ui.Paragraph(reasonWords(v.Referral)), ui.Clock{Since: v.Referral.Since, Due: v.Referral.DueAt, What: "your decision", Now: v.Now}}}
	problems := p.Problems
	ways := []ui.Option{{Value: wayOffer, Text: "Offer it to a service or team", Reveal: receiverChoice(choices, typed, problems)}}
	for _, a := range v.Actions {
		if a == domain.ActionWait {
			ways = append(ways, ui.Option{Value: wayWait, Text: "Give more time", Hint: "Whoever has it in hand gets the same time again. Ring them first."})
		}
	}
	ways = append(ways, ui.Option{
		Value: wayClose, Text: "Close it", Hint: "It can not be opened again. Onward referrals of it are withdrawn. The sender is told.",
		Reveal: ui.Radios{Name: "outcome", Label: "How did it end?", Value: typed.Get("outcome"), Error: problems.For("outcome"), Options: outcomeOptions()},
	})
	page.Form = ui.Form{
		Action: referralPath(v.Referral.ID) + "/office", IdempotencyKey: newKey(), Version: int64(v.Referral.Version),
		Fields:  []ui.Component{ui.Radios{Name: "way", Label: "What happens next?", Size: "m", Value: typed.Get("way"), Error: problems.For("way"), Options: ways}},
		Buttons: []ui.Component{ui.Button{Text: "Continue"}},
	}
	return page
}

// receiverChoice lists who could be asked, with room and distance; who was asked lately is left out by name.
func receiverChoice(choices []app.Choice, typed url.Values, problems ui.Problems) ui.Component {
	radios := ui.Radios{Name: "receiver", Label: "To whom?", Value: typed.Get("receiver"), Error: problems.For("receiver")}
	var lately []string
	for _, c := range choices {
		if c.Lately {
			lately = append(lately, c.Name)
			continue
		}
		radios.Options = append(radios.Options, ui.Option{Value: string(c.Kind) + ":" + c.ID, Text: c.Name, Hint: choiceHint(c)})
	}
	if len(radios.Options) == 0 {
		return ui.Group{ui.Paragraph("Nobody else in the directory fits: by need, age, distance, room and what the person agreed to."), latelyWords(lately)}
	}
	return ui.Group{radios, latelyWords(lately)}
}

func latelyWords(names []string) ui.Component {
	if len(names) == 0 {
		return nil
	}
	return ui.Paragraph("Asked within the last 30 days, so not again: " + strings.Join(names, ", ") + ".")
}

func choiceHint(c app.Choice) string {
	words := []string{c.Room}
	switch {
	case c.Remote && c.Kind == terms.ReceiverTeam:
	case c.Remote:
		words = append(words, "comes to the person, by phone or online")
	case c.DistanceKM >= 0:
		words = append(words, ui.Far(c.DistanceKM))
	}
	if c.Best {
		words = append(words, "our suggestion")
	}
	return strings.Join(words, ", ")
}

func outcomeCodes() []string {
	out := make([]string, len(terms.Outcomes))
	for i, o := range terms.Outcomes {
		out[i] = string(o.Code)
	}
	return out
}

func outcomeOptions() []ui.Option {
	out := make([]ui.Option, len(terms.Outcomes))
	for i, o := range terms.Outcomes {
		out[i] = ui.Option{Value: string(o.Code), Text: o.Label}
	}
	return out
}
