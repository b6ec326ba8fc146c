package web

import (
	"net/http"

	"example.org/waypost/pkg/httpx"
	"example.org/waypost/pkg/ui"
	"example.org/waypost/services/coordination/internal/app"
	"example.org/waypost/services/coordination/internal/domain"
)

// referralPage is one referral with its offers, and what one may do with it.
type referralPage struct {
	ui.Page
	Card  ui.Component
	Next  ui.Component
	Calls ui.Component
}

func (web *Web) referral(w http.ResponseWriter, r *http.Request) error {
	done := r.URL.Query().Get("done")
	v, err := web.seeReferral(r)
	if httpx.Status(err) == http.StatusNotFound && doneHeadings[done] != "" {
		return seeOther(w, r, Root+"?done="+done) // the area's office does not see what it has no part in any more
	}
	if err != nil {
		return err
	}
	return web.pages.Render(w, http.StatusOK, pageReferral, referralPageOf(web.page(r, "Referral "+spoken(v.Referral.Reference)), v, done))
}

func (web *Web) seeReferral(r *http.Request) (app.ReferralView, error) {
	id, err := httpx.PathID(r, "id")
	if err != nil {
		return app.ReferralView{}, err
	}
	return web.App.SeeReferral(r.Context(), who(r), id)
}

func referralPageOf(p ui.Page, v app.ReferralView, done string) referralPage {
	p = about(p, v)
	p.Banner = doneBanner(v, done)
	page := referralPage{Page: p, Card: referralCard(v.Referral, nil, v.Names, v.Now), Calls: calls(v)}
	for _, a := range v.Actions {
		switch a {
		case domain.ActionJoin:
			page.Next = ui.LinkButton{Text: "Say if it is a duplicate", Href: referralPath(v.Referral.ID) + "/duplicate"}
		case domain.ActionSettle:
			page.Next = ui.LinkButton{Text: "Say who this is", Href: referralPath(v.Referral.ID) + "/who"}
		case domain.ActionOffer:
			page.Next = ui.LinkButton{Text: "Find a way", Href: referralPath(v.Referral.ID) + "/office"}
		}
	}
	return page
}

// about puts the way back to the case and the person's header on a page about one referral.
func about(p ui.Page, v app.ReferralView) ui.Page {
	p.Trail = []ui.Link{{Text: "Cases", Href: Root}, {Text: "Case " + spoken(v.Case.Reference), Href: casePath(v.Case.ID)}}
	p.Header = personHeader(v.Patient, v.Sees, v.Now)
	return p
}

// doneHeadings name each step once it is done.
var doneHeadings = map[string]string{
	"join": "Joined to the referral that is there already", "confirm": "Sent on as a second referral", "withdraw": "Withdrawn",
	"settle": "You said who this is", "offer": "Offered", "wait": "Given more time", "close": "Closed",
}

// doneBanner confirms a step: what was done, who was told, and what happens next, with a date.
func doneBanner(v app.ReferralView, done string) *ui.Banner {
	if b := callBanners[done]; b != nil {
		return b
	}
	r := v.Referral
	sender := v.Names.Of(r.SenderOrganisation, "The sender")
	told := sender + " will see it in their feedback."
	next := ""
	if r.State.Open() {
		next = owesWords(r, v.Names) + " must " + stepWords(r) + " by " + ui.Near(r.DueAt, v.Now) + "."
	}
	heading := doneHeadings[done]
	if heading == "" {
		return nil
	}
	if done == "offer" || done == "confirm" && r.Live() != nil {
		told = receiverName(r.Live().Receiver, v.Names) + " will see it in their tray. " + told
	}
	body := ui.Group{ui.Paragraph("Reference " + spoken(r.Reference) + ". " + told)}
	if next != "" {
		body = append(body, ui.Paragraph(next))
	}
	return &ui.Banner{Kind: ui.Success, Heading: heading, Body: body}
}

// took finishes a step: to the referral's page, or back to the form with what was typed and what is wrong.
func took(w http.ResponseWriter, r *http.Request, id, done string) error {
	return seeOther(w, r, referralPath(id)+"?done="+done)
}

// stepOf makes the step of a posted form.
func stepOf(r *http.Request, f *httpx.Form, verb string) (app.Step, error) {
	id, err := httpx.PathID(r, "id")
	if err != nil {
		return app.Step{}, err
	}
	version, err := f.Version()
	if err != nil {
		return app.Step{}, err
	}
	return app.Step{Command: httpx.Command(r.Context(), verb), ReferralID: id, Version: version}, nil
}
