package web

import (
	"net/http"
	"net/url"
	"strings"
	"time"

	"example.org/waypost/pkg/httpx"
	"example.org/waypost/pkg/id"
	"example.org/waypost/pkg/ui"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/coordination/internal/app"
	"example.org/waypost/services/coordination/internal/domain"
)

// consentPage is where it is recorded that a patient no longer agrees to sharing.
type consentPage struct {
	ui.Page
	Stands ui.Component
	Form   ui.Component
}

const consentTitle = "They no longer agree to sharing"

func consentPath(ref string) string { return Root + "/patients/" + ref + "/consent" }

func (web *Web) askConsent(w http.ResponseWriter, r *http.Request) error {
	ref, err := httpx.PathID(r, "ref")
	if err != nil {
		return err
	}
	v, err := web.App.SeeConsent(r.Context(), who(r), ref)
	if err != nil {
		return err
	}
	p := web.page(r, consentTitle)
	if r.URL.Query().Get("done") != "" {
		p.Banner = &ui.Banner{Kind: ui.Success, Heading: "Recorded", Body: ui.Paragraph("Whoever was sent something because of it is told to remove it, and to stop what they began.")}
	}
	return web.pages.Render(w, http.StatusOK, pageConsent, consentPageOf(p, v, nil))
}

func (web *Web) withdrawConsent(w http.ResponseWriter, r *http.Request) error {
	ref, err := httpx.PathID(r, "ref")
	if err != nil {
		return err
	}
	f, err := httpx.ParseForm(r)
	if err != nil {
		return err
	}
	s := app.Withdrawal{
		Command: httpx.Command(r.Context(), "withdraw consent"), PatientRef: ref,
		Purpose: terms.ConsentPurpose(f.Choice("purpose", "Select what they no longer agree to", codes(terms.ConsentPurposes)...)),
		How:     terms.ConsentHow(f.Choice("how", "Select how they told you", codes(terms.ConsentHows)...)),
	}
	for _, organisation := range f.TypedAll("organisation") {
		if !id.Valid(organisation) {
			f.Add("organisation", "Select organisations from the list")
			break
		}
		s.With = append(s.With, organisation)
	}
	if err = f.Err(); err == nil {
		if _, err = web.App.WithdrawConsent(r.Context(), who(r), s); err == nil {
			return seeOther(w, r, consentPath(ref)+"?done=withdrawn")
		}
	}
	problems := ui.ProblemsOf(err)
	if problems == nil {
		return err
	}
	v, seeErr := web.App.SeeConsent(r.Context(), who(r), ref)
	if seeErr != nil {
		return seeErr
	}
	page := web.page(r, consentTitle)
	page.Problems = problems
	return web.pages.Render(w, httpx.Status(err), pageConsent, consentPageOf(page, v, f.Values()))
}

func consentPageOf(p ui.Page, v app.ConsentView, typed url.Values) consentPage {
	p.Trail = []ui.Link{{Text: "Cases", Href: Root}, {Text: "Case " + spoken(v.Case.Reference), Href: casePath(v.Case.ID)}}
	p.Header = personHeader(v.Patient, v.Sees, v.Now)
	page := consentPage{Page: p}
	var rows []ui.SummaryRow
	var purposes []ui.Option
	for _, c := range v.Standing {
		purpose := terms.ConsentPurpose(c.Purpose)
		rows = append(rows, ui.SummaryRow{Key: purpose.Label(), Value: ui.Text("Agreed. Asked by " + v.Names.Of(c.AskedBy, "somebody who helps them") + ", " + v.Names.Of(c.By, "an organisation") + ", " + ui.Moment(c.AskedAt, v.Now) + ". " + howWords(c) + onlyWith(c, v.Names) + untilWords(c, v.Now))})
		if domain.MayBeWithdrawn(purpose) {
			purposes = append(purposes, ui.Option{Value: c.Purpose, Text: purpose.Label()})
		}
	}
	if len(purposes) == 0 {
		page.Stands = ui.InsetText{Body: ui.Paragraph("They do not agree to sharing. Nothing new is sent, and whoever had a copy because of it was told to remove it.")}
		return page
	}
	page.Stands = ui.SummaryList{Rows: rows}
	var hows []ui.Option
	for _, h := range terms.ConsentHows {
		hows = append(hows, ui.Option{Value: string(h.Code), Text: h.Label})
	}
	page.Form = ui.Form{
		Action: consentPath(v.Patient.Ref), IdempotencyKey: newKey(),
		Fields: []ui.Component{
			ui.Radios{Name: "purpose", Label: "What do they no longer agree to?", Size: "m", Hint: "Open referrals end, and everybody who was sent something removes it. Each organisation keeps what it wrote itself. They can agree again at any time.", Value: typed.Get("purpose"), Error: p.Problems.For("purpose"), Options: purposes},
			withWhom(p, v, typed),
			ui.Radios{Name: "how", Label: "How did they tell you?", Value: typed.Get("how"), Error: p.Problems.For("how"), Options: hows},
		},
		Buttons: []ui.Component{ui.Button{Text: "Record that they no longer agree", Variant: ui.Warning}},
	}
	return page
}

// withWhom lets the person end sharing with some and not with others.
func withWhom(p ui.Page, v app.ConsentView, typed url.Values) ui.Component {
	if len(v.With) == 0 {
		return nil
	}
	var options []ui.Option
	for _, o := range v.With {
		options = append(options, ui.Option{Value: o, Text: v.Names.Of(o, "An organisation")})
	}
	return ui.Checkboxes{
		Name: "organisation", Label: "With whom only? (optional)", Hint: "Select nobody to end sharing with everybody. What those you select have in hand ends, and they are not asked again.",
		Values: typed["organisation"], Error: p.Problems.For("organisation"), Options: options,
	}
}

// untilWords is until when they agree, where they said so.
func untilWords(c app.Consent, now time.Time) string {
	day, err := time.ParseInLocation(time.DateOnly, c.UntilOn, ui.London)
	if err != nil {
		return ""
	}
	return " Until " + ui.Near(day, now) + ": then it ends, unless they are asked again."
}

// howWords is how somebody was asked.
func howWords(c app.Consent) string { return terms.ConsentHow(c.How).Label() + "." }

func onlyWith(c app.Consent, names app.Names) string {
	if len(c.Organisations) == 0 {
		return ""
	}
	var all []string
	for _, o := range c.Organisations {
		all = append(all, names.Of(o, "an organisation"))
	}
	return " Only with: " + strings.Join(all, ", ") + "."
}
