package web

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"example.org/waypost/pkg/httpx"
	"example.org/waypost/pkg/ui"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/coordination/internal/app"
	"example.org/waypost/services/coordination/internal/domain"
)

// callPage is where whoever owes a call sees whom to phone, and says that they did.
type callPage struct {
	ui.Page
	Why  ui.Component
	Card ui.Component
	Form ui.Component
}

const callTitle = "We phoned them"

func callPath(referral, offer string) string {
	return referralPath(referral) + "/offers/" + offer + "/call"
}

// seeCall reads the referral and the offer that a request's path names.
func (web *Web) seeCall(r *http.Request) (v app.ReferralView, o domain.Offer, err error) {
	id, err := httpx.PathID(r, "id")
	if err != nil {
		return v, o, err
	}
	offer, err := httpx.PathID(r, "offer")
	if err != nil {
		return v, o, err
	}
	if v, err = web.App.SeeOffer(r.Context(), who(r), id, offer); err != nil {
		return v, o, err
	}
	return v, *v.Referral.Offer(offer), nil
}

func (web *Web) askCall(w http.ResponseWriter, r *http.Request) error {
	v, o, err := web.seeCall(r)
	if err != nil {
		return err
	}
	return web.pages.Render(w, http.StatusOK, pageCall, callPageOf(web.page(r, callTitle), v, o, nil))
}

func (web *Web) recordCall(w http.ResponseWriter, r *http.Request) error {
	offer, err := httpx.PathID(r, "offer")
	if err != nil {
		return err
	}
	f, err := httpx.ParseForm(r)
	if err != nil {
		return err
	}
	c := readCall(f, offer)
	if err = f.Err(); err == nil {
		var s app.Step
		if s, err = stepOf(r, f, "record call"); err != nil {
			return err
		}
		if _, err = web.App.RecordCall(r.Context(), who(r), s, c); err == nil {
			return took(w, r, s.ReferralID, map[bool]string{true: doneReached, false: doneNoAnswer}[domain.Reaches(c.Result)])
		}
	}
	problems := ui.ProblemsOf(err)
	if problems == nil {
		return err
	}
	v, o, seeErr := web.seeCall(r)
	if seeErr != nil {
		return seeErr
	}
	page := web.page(r, callTitle)
	page.Problems = problems
	return web.pages.Render(w, httpx.Status(err), pageCall, callPageOf(page, v, o, f.Values()))
}

// readCall takes the form; clock times are those of London. Who leaves the moment empty phoned just now.
func readCall(f *httpx.Form, offer string) app.Call {
	var results []string
	for _, r := range domain.CallResults {
		results = append(results, string(r))
	}
	c := app.Call{OfferID: offer, Result: terms.ContactResult(f.Choice("result", "Select what came of the call", results...))}
	typed := f.Text("time", 10, "")
	on := f.Date("phoned_at", map[bool]string{true: "Enter the day of the call"}[typed != ""])
	if on.IsZero() {
		return c
	}
	clock, err := time.Parse("15:04", strings.ReplaceAll(typed, ".", ":"))
	if err != nil {
		f.Add("time", "Enter the time of the call, like 14:05")
		return c
	}
	c.At = time.Date(on.Year(), on.Month(), on.Day(), clock.Hour(), clock.Minute(), 0, 0, ui.London)
	return c
}

func callPageOf(p ui.Page, v app.ReferralView, o domain.Offer, typed url.Values) callPage {
	page := callPage{Page: about(p, v), Card: referralCard(v.Referral, nil, v.Names, v.Now)}
	switch {
	case !o.Notice.Phone():
		page.Form = ui.InsetText{Body: ui.Paragraph("Nobody has to phone them about this any more.")}
		return page
	case !slices.Contains(v.Actions, domain.ActionCall):
		page.Form = ui.InsetText{Body: ui.Paragraph("This call is owed by " + v.Names.Of(v.Referral.SenderOrganisation, "whoever sent the referral") + ".")}
		return page
	}
	words := "Phone " + receiverName(o.Receiver, v.Names) + ". They were to be told by email: " + lower(o.NoticeKind.Label()) + "."
	if phone := v.Names.Phone(o.Receiver.Organisation); phone != "" {
		words += " Their number is " + phone + "."
	}
	page.Why = ui.InsetText{Body: ui.Paragraph(words)}
	day, at := ui.PartsOf(v.Now.In(ui.London)), ui.TimeOfDay(v.Now)
	if typed != nil {
		day, at = ui.TypedDate(typed, "phoned_at"), typed.Get("time")
	}
	radios := ui.Radios{Name: "result", Label: "What came of the call?", Size: "m", Hint: "Do not say whom you spoke with.", Value: typed.Get("result"), Error: p.Problems.For("result")}
	for _, r := range domain.CallResults {
		option := ui.Option{Value: string(r), Text: r.Label()}
		if !domain.Reaches(r) {
			option.Hint = "The call stays owed, with a new time."
		}
		radios.Options = append(radios.Options, option)
	}
	page.Form = ui.Form{
		Action: callPath(v.Referral.ID, o.ID), IdempotencyKey: newKey(), Version: int64(v.Referral.Version),
		Fields: []ui.Component{
			radios,
			ui.DateInput{Name: "phoned_at", Label: "When was it?", Value: day, Error: p.Problems.For("phoned_at")},
			ui.Input{Name: "time", Label: "At what time?", Hint: "For example, 14:05", Width: 5, Value: at, Error: p.Problems.For("time")},
		},
		Buttons: []ui.Component{ui.Button{Text: callTitle}},
	}
	return page
}

// How a call ended, for the page one comes back to.
const (
	doneReached  = "phoned"
	doneNoAnswer = "no_answer"
)

var callBanners = map[string]*ui.Banner{
	doneReached:  {Kind: ui.Success, Heading: "You said that you phoned them", Body: ui.Paragraph("Nobody has to phone them about this any more. It is on the case's timeline.")},
	doneNoAnswer: {Kind: ui.Success, Heading: "You said that nobody answered", Body: ui.Paragraph("The call stays owed, with a new time. That you tried is on the case's timeline.")},
}

// calls lead to the calls that one may say something of.
func calls(v app.ReferralView) ui.Component {
	var out ui.Group
	if slices.Contains(v.Actions, domain.ActionCall) {
		for _, o := range v.Referral.ToPhone() {
			out = append(out, ui.LinkButton{Text: callTitle + ": " + receiverName(o.Receiver, v.Names), Href: callPath(v.Referral.ID, o.ID)})
		}
	}
	return out
}
