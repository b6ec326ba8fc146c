package web

import (
	"net/http"
	"net/url"

	"example.org/waypost/pkg/httpx"
	"example.org/waypost/pkg/ui"
	"example.org/waypost/services/coordination/internal/app"
	"example.org/waypost/services/coordination/internal/domain"
)

func (web *Web) askApart(w http.ResponseWriter, r *http.Request) error {
	v, err := web.seeApart(r)
	if err != nil {
		return err
	}
	return web.pages.Render(w, http.StatusOK, pageApart, apartPageOf(web.page(r, apartTitle), v, nil))
}

func (web *Web) seeApart(r *http.Request) (v app.PairView, err error) {
	one, other, err := pathPair(r)
	if err != nil {
		return v, err
	}
	return web.App.SeeApart(r.Context(), who(r), one, other)
}

func pathPair(r *http.Request) (one, other string, err error) {
	if one, err = httpx.PathID(r, "one"); err == nil {
		other, err = httpx.PathID(r, "other")
	}
	return one, other, err
}

func (web *Web) lookAtApart(w http.ResponseWriter, r *http.Request) error {
	one, other, err := pathPair(r)
	if err != nil {
		return err
	}
	f, err := httpx.ParseForm(r)
	if err != nil {
		return err
	}
	why := domain.AgainReason(f.Choice("reason", domain.ErrNoAgain.Fields[0].Message, againCodes()...))
	if err = f.Err(); err == nil {
		var done app.LookalikeDone
		done, err = web.App.LookAtApart(r.Context(), who(r), app.LookingAgain{Command: httpx.Command(r.Context(), "look at apart"), One: one, Other: other, Why: why})
		if err == nil {
			return seeOther(w, r, lookalikePath(done.LookalikeID))
		}
	}
	problems := ui.ProblemsOf(err)
	if problems == nil {
		return err
	}
	v, seeErr := web.seeApart(r)
	if seeErr != nil {
		return seeErr
	}
	page := web.page(r, apartTitle)
	page.Problems = problems
	return web.pages.Render(w, httpx.Status(err), pageApart, apartPageOf(page, v, f.Values()))
}

func againCodes() (codes []string) {
	for _, x := range domain.AgainReasons {
		codes = append(codes, string(x.Code))
	}
	return codes
}

func apartPageOf(p ui.Page, v app.PairView, typed url.Values) pairPage {
	page := pairPageOf(p, v)
	page.Made = ui.Paragraph(apartWords(v))
	if v.Apart.Asked != "" {
		page.Answer = ui.InsetText{Body: ui.Group{ui.Paragraph("Somebody has asked for these two to be looked at again."), ui.Link{Text: "Say whether they are one person", Href: lookalikePath(v.Apart.Asked)}}}
		return page
	}
	reasons := ui.Radios{Name: "reason", Label: "Why should they be looked at again?", Size: "m", Value: typed.Get("reason"), Error: p.Problems.For("reason")}
	for _, x := range domain.AgainReasons {
		reasons.Options = append(reasons.Options, ui.Option{Value: string(x.Code), Text: x.Text})
	}
	reasons.Hint = "They stay two people until somebody at the area's office has said that they are one."
	page.Answer = ui.Form{Action: apartPath(v.Apart), IdempotencyKey: newKey(), Fields: []ui.Component{reasons}, Buttons: []ui.Component{ui.Button{Text: againText}}}
	return page
}

// keptApart says on a case, to the area's office, that its person was kept apart from others.
func keptApart(v app.CaseView) ui.Component {
	var out ui.Group
	for _, x := range v.Apart {
		words := "Another record looks like this person's and was kept apart " + ui.Near(x.At, v.Now) + " by " + v.Names.Of(x.By, "a coordinator") + ": " + apartReason(x) + "."
		out = append(out, ui.InsetText{Body: ui.Group{ui.Paragraph(words), ui.Link{Text: againText, Href: apartPath(x)}}})
	}
	if len(out) == 0 {
		return nil
	}
	return out
}
