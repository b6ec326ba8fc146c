package web

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"time"

	"example.org/waypost/pkg/httpx"
	"example.org/waypost/pkg/id"
	"example.org/waypost/pkg/nhsnumber"
	"example.org/waypost/pkg/ui"
	"example.org/waypost/services/coordination/internal/app"
	"example.org/waypost/services/coordination/internal/domain"
)

// whoPage asks the area's office which of those who look the same a person is.
type whoPage struct {
	ui.Page
	Compared ui.Component
	Answer   ui.Component
}

// none is the answer that it is nobody of those shown.
const none = "none"

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
	is := recognition(f)
	if err = f.Err(); err == nil {
		var s app.Step
		if s, err = stepOf(r, f, "settle"); err != nil {
			return err
		}
		if _, err = web.App.Settle(r.Context(), who(r), s, is); err == nil {
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

// recognition reads who was chosen of those who were shown, or how it is known that it is none.
func recognition(f *httpx.Form) (is app.Recognition) {
	for _, ref := range f.TypedAll("shown") {
		if !id.Valid(ref) {
			f.Add("same", "Select one of the answers on the page")
			return is
		}
		is.Shown = append(is.Shown, ref)
	}
	is.Same = f.Choice("same", "Select who this is", append(slices.Clone(is.Shown), none)...)
	if is.Same == none {
		is.Same = ""
		is.Apart = domain.ApartReason(f.Choice("reason", "Select how you know that they are different people", apartCodes()...))
	}
	return is
}

func apartCodes() (codes []string) {
	for _, x := range domain.ApartReasons {
		codes = append(codes, string(x.Code))
	}
	return codes
}

func whoPageOf(p ui.Page, v app.ReferralView, typed url.Values) whoPage {
	page := whoPage{Page: about(p, v)}
	if len(v.MayBe) == 0 {
		page.Answer = settledAlready(v.Referral)
		return page
	}
	form := ui.Form{Action: referralPath(v.Referral.ID) + "/who", IdempotencyKey: newKey(), Version: int64(v.Referral.Version), Buttons: []ui.Component{ui.Button{Text: "Continue"}}}
	who := ui.Radios{Name: "same", Label: "Who is this?", Size: "m", Value: typed.Get("same"), Error: p.Problems.For("same")}
	var tables ui.Group
	for i, m := range v.MayBe {
		heading := "The person we know"
		if len(v.MayBe) > 1 {
			heading = fmt.Sprintf("Person %d of %d we know", i+1, len(v.MayBe))
		}
		tables = append(tables, ui.Heading{Text: heading})
		if domain.NumberAgrees(v.Patient, m.Patient) == domain.Agrees {
			tables = append(tables, ui.InsetText{Body: ui.Text("Both have one NHS number, and the rest is too different for one person. Somebody may have typed the number of another: ask the sender to check it with the person. If it is wrong, they correct it in their record.")})
		}
		tables = append(tables, compared("New", "Known", v.Patient, m.Patient, v.Now))
		form.Values = append(form.Values, ui.Value{Name: "shown", Value: m.Ref})
		o := ui.Option{Value: m.Ref, Text: "The same as " + called(m.Patient, v.Now)}
		if i == 0 {
			o.Hint = "Both records become one case, and every service is told. If you are not sure, ring the sender first. It can be undone for 30 days."
		}
		who.Options = append(who.Options, o)
	}
	text := "Somebody else"
	if len(v.MayBe) > 1 {
		text = "None of them"
	}
	reasons := ui.Radios{Name: "reason", Label: "How do you know?", Value: typed.Get("reason"), Error: p.Problems.For("reason")}
	for _, x := range domain.ApartReasons {
		reasons.Options = append(reasons.Options, ui.Option{Value: string(x.Code), Text: x.Text})
	}
	who.Options = append(who.Options, ui.Option{Value: none, Text: text, Divider: "or", Hint: "They are kept apart. You can have them looked at again.", Reveal: reasons})
	form.Fields = []ui.Component{who}
	page.Compared, page.Answer = tables, form
	return page
}

// called is a person by name and date of birth.
func called(p domain.Patient, now time.Time) string {
	name := p.Name()
	if name == "" {
		name = "the person without a name"
	}
	if at := born(p, now); at != "" {
		return name + ", born " + at
	}
	return name
}

// agreements are the words and colours of how details compare.
var agreements = map[domain.Agreement]ui.Tag{
	domain.NotKnown: {Text: "Not known", Colour: ui.Grey},
	domain.Agrees:   {Text: "Same", Colour: ui.Green},
	domain.Close:    {Text: "Nearly the same", Colour: ui.Yellow},
	domain.Differs:  {Text: "Different", Colour: ui.Orange},
}

// compared lays two records side by side and marks what agrees, what a slip may have made, and what differs.
func compared(one, other string, a, b domain.Patient, now time.Time) ui.Component {
	table := ui.Table{Caption: "The two records", HideCaption: true, Columns: []ui.Column{{Text: "What"}, {Text: one}, {Text: other}, {Text: "Same?"}}}
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
