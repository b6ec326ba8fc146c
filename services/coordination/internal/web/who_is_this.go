package web

import (
	"net/http"
	"net/url"
	"time"

	"example.org/waypost/pkg/httpx"
	"example.org/waypost/pkg/nhsnumber"
	"example.org/waypost/pkg/ui"
	"example.org/waypost/services/coordination/internal/app"
	"example.org/waypost/services/coordination/internal/domain"
)

// whoPage asks the area's office whether two records are one person.
type whoPage struct {
	ui.Page
	Both   ui.Component
	Answer ui.Component
}

func (web *Web) askWho(w http.ResponseWriter, r *http.Request) error {
	v, err := web.seeReferral(r)
	if err != nil {
		return err
	}
	return web.pages.Render(w, http.StatusOK, pageWho, whoPageOf(web.page(r, "Who is this?"), v, nil))
}

func (web *Web) settle(w http.ResponseWriter, r *http.Request) error {
	f, err := httpx.ParseForm(r)
	if err != nil {
		return err
	}
	same := f.Choice("same", "Select whether this is the same person", "yes", "no")
	if err = f.Err(); err == nil {
		var s app.Step
		if s, err = stepOf(r, f, "settle"); err != nil {
			return err
		}
		if _, err = web.App.Settle(r.Context(), who(r), s, same == "yes"); err == nil {
			return took(w, r, s.ReferralID, "settle")
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
	page := web.page(r, "Who is this?")
	page.Problems = problems
	return web.pages.Render(w, httpx.Status(err), pageWho, whoPageOf(page, v, f.Values()))
}

func whoPageOf(p ui.Page, v app.ReferralView, typed url.Values) whoPage {
	page := whoPage{Page: about(p, v)}
	if v.MayBe == nil {
		page.Answer = settledAlready(v.Referral)
		return page
	}
	page.Both = compared(v.Patient, *v.MayBe, v.Now)
	page.Answer = ui.Form{
		Action: referralPath(v.Referral.ID) + "/who", IdempotencyKey: newKey(), Version: int64(v.Referral.Version),
		Fields: []ui.Component{ui.Radios{Name: "same", Label: "Are they the same person?", Size: "m", Value: typed.Get("same"), Error: p.Problems.For("same"), Options: []ui.Option{
			{Value: "yes", Text: "Yes, one person", Hint: "Both records become one case. Every service is told. If you are not sure, ring the sender first."},
			{Value: "no", Text: "No, two people", Hint: "They are kept apart, and you are not asked again."},
		}}},
		Buttons: []ui.Component{ui.Button{Text: "Continue"}},
	}
	return page
}

// agreements are the words and colours of how details compare.
var agreements = map[domain.Agreement]ui.Tag{
	domain.NotKnown: {Text: "Not known", Colour: ui.Grey},
	domain.Agrees:   {Text: "Same", Colour: ui.Green},
	domain.Close:    {Text: "Nearly the same", Colour: ui.Yellow},
	domain.Differs:  {Text: "Different", Colour: ui.Orange},
}

// compared lays two records side by side and marks what agrees, what a slip may have made, and what differs.
func compared(a, b domain.Patient, now time.Time) ui.Component {
	table := ui.Table{Caption: "The two records", HideCaption: true, Columns: []ui.Column{{Text: "What"}, {Text: "New"}, {Text: "Known"}, {Text: "Same?"}}}
	for _, row := range []struct {
		what, a, b string
		same       domain.Agreement
	}{
		{"Name", a.Name(), b.Name(), domain.NameAgrees(a, b)},
		{"Date of birth", born(a, now), born(b, now), domain.BirthAgrees(a, b)},
		{"Sex", a.Sex.Label(), b.Sex.Label(), domain.SexAgrees(a, b)},
		{"NHS number", nhsnumber.Format(a.NHSNumber), nhsnumber.Format(b.NHSNumber), domain.NumberAgrees(a, b)},
		{"Postcode", a.Postcode, b.Postcode, domain.PostcodeAgrees(a, b)},
		{"Phone", a.Phone, b.Phone, domain.PhoneAgrees(a, b)},
	} {
		table.Rows = append(table.Rows, ui.Row{Cells: []ui.Component{ui.Text(row.what), ui.Text(orDash(row.a)), ui.Text(orDash(row.b)), agreements[row.same]}})
	}
	return table
}

// born is when somebody was born, in words; "" when that is not known.
func born(p domain.Patient, now time.Time) string {
	at, err := time.Parse(time.DateOnly, p.DateOfBirth)
	if err != nil {
		return ""
	}
	return ui.DateOfBirth(at, now)
}

func orDash(s string) string {
	if s == "" {
		return "Not known"
	}
	return s
}
