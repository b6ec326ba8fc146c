package web

import (
	"net/http"

	"example.org/waypost/pkg/httpx"
	"example.org/waypost/pkg/ui"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/linkworker/internal/app"
)

func (web *Web) withdrawForm(w http.ResponseWriter, r *http.Request) error {
	id, err := httpx.PathID(r, "id")
	if err != nil {
		return err
	}
	return web.showWithdraw(w, r, id, typed{}, nil)
}

func (web *Web) showWithdraw(w http.ResponseWriter, r *http.Request, id string, t typed, refused error) error {
	v, err := web.app.Referral(r.Context(), who(r.Context()), id)
	if err != nil {
		return err
	}
	t.problems = ui.ProblemsOf(refused)
	return web.show(w, httpx.Status(refused), withdrawSheet(web.page(r, "", "Sent on"), v, t, web.Now()))
}

func withdrawSheet(base ui.Page, v app.ReferralView, t typed, now timeT) sheet {
	r := v.Referral
	base.Title, base.Problems = "Withdraw referral "+r.Reference, t.problems
	base.Header = header(v.Person, r.ParentOfferID, now)
	base.Back = &ui.Link{Text: "Keep it, and go back", Href: Root + "/referrals/" + r.ID}
	s := sheet{Page: base, Heading: "Withdraw referral " + spaced(r.Reference)}
	if !r.Open() {
		s.Parts = []ui.Component{ui.InsetText{Body: ui.Text("This referral has ended already. There is nothing to withdraw.")}}
		return s
	}
	var reasons []ui.Option
	for _, x := range terms.WithdrawalReasons {
		reasons = append(reasons, ui.Option{Value: string(x.Code), Text: x.Label})
	}
	s.Parts = []ui.Component{
		ui.Paragraph("Whoever was asked stops, and sees your reason. It can not be undone: to ask again, send a new referral."),
		ui.Form{
			Action: Root + "/referrals/" + r.ID + "/withdraw", IdempotencyKey: key(), Version: r.Version, Fields: []ui.Component{
				ui.Radios{Name: "reason", Label: "Why is it withdrawn?", Value: t.value("reason"), Error: t.problems.For("reason"), Options: reasons},
				ui.Textarea{Name: "note", Label: "What should they know?", Hint: "Needed for another reason, otherwise optional.", Rows: 3, Value: t.value("note"), Error: t.problems.For("note"), MaxLength: noteMost},
			},
			Buttons: []ui.Component{ui.Button{Text: "Withdraw referral", Variant: ui.Warning}},
		},
	}
	return s
}

func (web *Web) withdraw(w http.ResponseWriter, r *http.Request) error {
	return web.onReferral(w, r, "withdrawn", func(f *httpx.Form, id string, version int64) error {
		var codes []string
		for _, x := range terms.WithdrawalReasons {
			codes = append(codes, string(x.Code))
		}
		why, note := terms.WithdrawalReason(f.Choice("reason", "Select why it is withdrawn", codes...)), f.Area("note", noteMost, "")
		if err := f.Err(); err != nil {
			return err
		}
		_, err := web.app.Withdraw(r.Context(), who(r.Context()), httpx.Command(r.Context(), "withdraw"), id, why, note, version)
		return err
	}, web.showWithdraw)
}
