package web

import (
	"net/http"
	"net/url"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/httpx"
	"example.org/waypost/pkg/ui"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/coordination/internal/app"
	"example.org/waypost/services/coordination/internal/domain"
)

// duplicatePage asks the three choices of a held referral.
type duplicatePage struct {
	ui.Page
	Both   ui.Component
	Choice ui.Component
}

// The choices of the form.
const (
	chooseJoin     = "join"
	chooseConfirm  = "confirm"
	chooseWithdraw = "withdraw"
)

func (web *Web) askDuplicate(w http.ResponseWriter, r *http.Request) error {
	v, err := web.seeReferral(r)
	if err != nil {
		return err
	}
	return web.pages.Render(w, http.StatusOK, pageDuplicate, duplicatePageOf(web.page(r, "Is this a duplicate?"), v, nil))
}

func (web *Web) chooseDuplicate(w http.ResponseWriter, r *http.Request) error {
	f, err := httpx.ParseForm(r)
	if err != nil {
		return err
	}
	choice := f.Choice("choice", "Select what to do with this referral", chooseJoin, chooseConfirm, chooseWithdraw)
	reason := ""
	switch choice {
	case chooseConfirm:
		reason = f.Choice("send_reason", "Select why a second referral is right", codes(terms.SendReasons)...)
	case chooseWithdraw:
		reason = f.Choice("withdrawal_reason", "Select why it is withdrawn", withdrawalCodes()...)
	}
	if err = f.Err(); err == nil {
		var s app.Step
		if s, err = stepOf(r, f, choice); err != nil {
			return err
		}
		if err = web.choose(r, who(r), s, choice, reason); err == nil {
			return took(w, r, s.ReferralID, choice)
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
	page := web.page(r, "Is this a duplicate?")
	page.Problems = problems
	return web.pages.Render(w, httpx.Status(err), pageDuplicate, duplicatePageOf(page, v, f.Values()))
}

func (web *Web) choose(r *http.Request, by actor.Actor, s app.Step, choice, reason string) (err error) {
	switch choice {
	case chooseJoin:
		_, err = web.App.Join(r.Context(), by, s)
	case chooseConfirm:
		_, err = web.App.Confirm(r.Context(), by, s, terms.SendReason(reason))
	default:
		_, err = web.App.Withdraw(r.Context(), by, s, terms.WithdrawalReason(reason))
	}
	return err
}

func codes[T ~string](list []terms.Term[T]) []string {
	out := make([]string, len(list))
	for i, t := range list {
		out[i] = string(t.Code)
	}
	return out
}

func withdrawalCodes() []string {
	out := make([]string, len(terms.WithdrawalReasons))
	for i, t := range terms.WithdrawalReasons {
		out[i] = string(t.Code)
	}
	return out
}

func duplicatePageOf(p ui.Page, v app.ReferralView, typed url.Values) duplicatePage {
	page := duplicatePage{Page: about(p, v), Both: both(v)}
	if v.Referral.State != domain.Held || v.Referral.HeldWhy != domain.HeldSameNeed {
		page.Choice = settledAlready(v.Referral)
		return page
	}
	problems := p.Problems
	page.Choice = ui.Form{
		Action: referralPath(v.Referral.ID) + "/duplicate", IdempotencyKey: newKey(), Version: int64(v.Referral.Version),
		Fields: []ui.Component{ui.Radios{Name: "choice", Label: "What should happen with this referral?", Size: "m", Value: typed.Get("choice"), Error: problems.For("choice"), Options: []ui.Option{
			{Value: chooseJoin, Text: "Join the one that is there", Hint: "Nobody is asked twice. You become part of the case and can see how it goes."},
			{Value: chooseConfirm, Text: "Send this one too", Hint: "It is offered at once.", Reveal: ui.Radios{
				Name: "send_reason", Label: "Why is a second one right?",
				Value: typed.Get("send_reason"), Error: problems.For("send_reason"), Options: options(terms.SendReasons),
			}},
			{Value: chooseWithdraw, Text: "Withdraw it", Hint: "Nothing is sent.", Reveal: ui.Radios{
				Name: "withdrawal_reason", Label: "Why?",
				Value: typed.Get("withdrawal_reason"), Error: problems.For("withdrawal_reason"), Options: withdrawalOptions(),
			}},
		}}},
		Buttons: []ui.Component{ui.Button{Text: "Continue"}},
	}
	return page
}

// settledAlready stands where the form was when somebody else has chosen meanwhile.
func settledAlready(r domain.Referral) ui.Component {
	return ui.InsetText{Body: ui.Paragraph("There is nothing to choose any more. The referral is now: " + r.State.Label() + ".")}
}

func options[T ~string](list []terms.Term[T]) []ui.Option {
	out := make([]ui.Option, len(list))
	for i, t := range list {
		out[i] = ui.Option{Value: string(t.Code), Text: t.Label}
	}
	return out
}

func withdrawalOptions() []ui.Option {
	out := make([]ui.Option, len(terms.WithdrawalReasons))
	for i, t := range terms.WithdrawalReasons {
		out[i] = ui.Option{Value: string(t.Code), Text: t.Label}
	}
	return out
}

// both lays the held referral and the one that is there side by side. Of one that the person may not see, they learn no more
// than that it is there.
func both(v app.ReferralView) ui.Component {
	there := func(value func(domain.Referral) string) ui.Component {
		if v.Existing == nil {
			return ui.Text("You can not see this")
		}
		return ui.Text(value(*v.Existing))
	}
	row := func(what string, value func(domain.Referral) string) ui.Row {
		return ui.Row{Cells: []ui.Component{ui.Text(what), ui.Text(value(v.Referral)), there(value)}}
	}
	return ui.Table{Caption: "The two referrals", HideCaption: true, Columns: []ui.Column{{Text: "What"}, {Text: "This referral"}, {Text: "The one that is there"}}, Rows: []ui.Row{
		row("Need", func(r domain.Referral) string { return r.Need.Label() }),
		row("Sent by", func(r domain.Referral) string { return v.Names.Of(r.SenderOrganisation, "A sender") }),
		row("Sent", func(r domain.Referral) string { return ui.Moment(r.RequestedAt, v.Now) }),
		row("State", func(r domain.Referral) string { return r.State.Label() }),
		row("Who helps", func(r domain.Referral) string {
			if o := r.Live(); o != nil {
				return receiverName(o.Receiver, v.Names)
			}
			return "Nobody yet"
		}),
	}}
}
