package web

import (
	"net/http"
	"net/url"
	"strings"

	"example.org/waypost/pkg/httpx"
	"example.org/waypost/pkg/id"
	"example.org/waypost/pkg/ui"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/coordination/internal/app"
	"example.org/waypost/services/coordination/internal/domain"
)

// emergencyPage is where somebody says that they must see a case now.
type emergencyPage struct {
	ui.Page
	Before ui.Component
	Form   ui.Form
}

// emergenciesPage lists who looked in an emergency, for the privacy officer.
type emergenciesPage struct {
	ui.Page
	List ui.Component
	Find ui.Form
}

// reviewPage is one look, what was opened under it, and the privacy officer's answer.
type reviewPage struct {
	ui.Page
	Look   ui.Component
	Opened ui.Component
	Answer ui.Component
}

const (
	emergencyTitle   = "See a case in an emergency"
	emergencyPath    = Root + "/emergency"
	emergenciesTitle = "Looks in an emergency"
	emergenciesPath  = Root + "/emergencies"
	reviewTitle      = "A look in an emergency"
)

func emergencyOf(ref string) string { return emergencyPath + "/" + ref }
func reviewPath(id string) string   { return emergenciesPath + "/" + id }

func (web *Web) askEmergency(w http.ResponseWriter, r *http.Request) error {
	return web.pages.Render(w, http.StatusOK, pageEmergency, emergencyPageOf(web.page(r, emergencyTitle), "", nil))
}

// askEmergencyOf is asked from where a person's ref is known.
func (web *Web) askEmergencyOf(w http.ResponseWriter, r *http.Request) error {
	ref, err := httpx.PathID(r, "ref")
	if err != nil {
		return err
	}
	if err := web.App.KnowsPatient(r.Context(), who(r), ref); err != nil {
		return err
	}
	return web.pages.Render(w, http.StatusOK, pageEmergency, emergencyPageOf(web.page(r, emergencyTitle), ref, nil))
}

func (web *Web) breakGlass(w http.ResponseWriter, r *http.Request) error {
	f, err := httpx.ParseForm(r)
	if err != nil {
		return err
	}
	s := app.Breaking{Command: httpx.Command(r.Context(), "break glass")}
	if typed := f.Typed("patient_ref"); id.Valid(typed) {
		s.PatientRef = typed
	} else {
		s.Reference = f.Text("reference", 20, "Enter the reference of one of their cases or referrals, such as C7K4 9MXC")
	}
	s.Reason = domain.GlassReason(f.Choice("reason", "Select why you must look now", reasonCodes()...))
	s.Words = f.Area("words", maxWords, "Enter what has happened, so that it can be reviewed")
	if err = f.Err(); err == nil {
		var done app.Broken
		if done, err = web.App.BreakGlass(r.Context(), who(r), s); err == nil {
			return seeOther(w, r, casePath(done.CaseID))
		}
	}
	problems := ui.ProblemsOf(err)
	if problems == nil {
		return err
	}
	page := web.page(r, emergencyTitle)
	page.Problems = problems
	return web.pages.Render(w, httpx.Status(err), pageEmergency, emergencyPageOf(page, s.PatientRef, f.Values()))
}

// maxWords is how much may be written about a look.
const maxWords = 1000

func reasonCodes() (codes []string) {
	for _, x := range domain.GlassReasons {
		codes = append(codes, string(x.Code))
	}
	return codes
}

func emergencyPageOf(p ui.Page, ref string, typed url.Values) emergencyPage {
	p.Trail = []ui.Link{{Text: "Cases", Href: Root}}
	page := emergencyPage{Page: p, Before: ui.WarningCallout{Heading: "If a life is at risk, ring 999", Body: ui.Paragraph(
		"You will see this one person's case for 60 minutes, and nothing else. Everybody on the case is told that you looked, and the privacy officer asks why. Look only when somebody would come to harm if you did not.")}}
	var fields []ui.Component
	if ref == "" {
		fields = append(fields, ui.Input{Name: "reference", Label: "Whose case?", Hint: "The reference of one of their cases or referrals: 8 letters and digits", Value: typed.Get("reference"), Width: 10, Code: true, Error: p.Problems.For("reference")})
	} else {
		fields = append(fields, ui.Hidden{Values: []ui.Value{{Name: "patient_ref", Value: ref}}})
	}
	var why []ui.Option
	for _, x := range domain.GlassReasons {
		why = append(why, ui.Option{Value: string(x.Code), Text: x.Text})
	}
	page.Form = ui.Form{
		Action: emergencyPath, IdempotencyKey: newKey(),
		Fields: append(fields,
			ui.Radios{Name: "reason", Label: "Why must you look now?", Value: typed.Get("reason"), Error: p.Problems.For("reason"), Options: why},
			ui.Textarea{Name: "words", Label: "What has happened?", Hint: "The privacy officer reads this. Do not write more about the person than is needed.", Value: typed.Get("words"), Error: p.Problems.For("words")},
		),
		Buttons: []ui.Component{ui.Button{Text: "See the case for 60 minutes", Variant: ui.Warning}},
	}
	return page
}

// inEmergency says above a case that it is seen in an emergency, and until when.
func inEmergency(v app.CaseView) ui.Component {
	if v.Emergency == nil {
		return nil
	}
	words := "You see it until " + ui.Moment(v.Emergency.Until, v.Now) + ", because: " + lower(v.Emergency.Reason.Label()) + ". You can read and not change it. Everybody on the case sees that you looked, and the privacy officer reviews it."
	if !v.Emergency.Sensitive {
		words += " What is sensitive is not shown: ask a GP or a care professional."
	}
	return ui.WarningCallout{Heading: "Seen in an emergency", Body: ui.Paragraph(words)}
}

func (web *Web) emergencies(w http.ResponseWriter, r *http.Request) error {
	v, err := web.App.SeeGlasses(r.Context(), who(r))
	if err != nil {
		return err
	}
	p := web.page(r, emergenciesTitle)
	if r.URL.Query().Get("done") != "" {
		p.Banner = &ui.Banner{Kind: ui.Success, Heading: "Reviewed", Body: ui.Paragraph("What you found is kept with the look.")}
	}
	return web.pages.Render(w, http.StatusOK, pageEmergencies, emergenciesPageOf(p, v, nil))
}

func emergenciesPageOf(p ui.Page, v app.GlassesView, typed url.Values) emergenciesPage {
	p.Wide = true
	page := emergenciesPage{Page: p, Find: lookedForm(p.Problems, typed)}
	if len(v.Grants) == 0 {
		page.List = ui.EmptyState{Heading: "Nobody looked in an emergency", Body: ui.Paragraph("Whoever sees a case without a part in it is listed here, to be reviewed.")}
		return page
	}
	table := ui.Table{Caption: emergenciesTitle, HideCaption: true, Columns: []ui.Column{{Text: "When"}, {Text: "Who"}, {Text: "Case"}, {Text: "Why"}, {Text: "Review"}}}
	for _, g := range v.Grants {
		review := ui.Component(ui.Status{Tag: ui.Tag{Text: "Reviewed", Colour: ui.Green}, Reason: g.Outcome.Label() + "."})
		if g.Outcome == "" {
			review = ui.Group{ui.Text("By "), due(g.ReviewDueAt, v.Now)}
		}
		table.Rows = append(table.Rows, ui.Row{Cells: []ui.Component{
			ui.Link{Text: ui.Moment(g.At, v.Now), Href: reviewPath(g.ID)}, ui.Text(whoLooked(g, v.Names)), ui.Text(spoken(v.References[g.CaseID])), ui.Text(g.Reason.Label()), review,
		}})
	}
	page.List = table
	return page
}

func whoLooked(g domain.Grant, names app.Names) string {
	return names.Of(g.Person, "Somebody") + ", " + roleWords(string(g.Role)) + ", " + names.Of(g.Organisation, "an organisation")
}

func (web *Web) askReview(w http.ResponseWriter, r *http.Request) error {
	grant, err := httpx.PathID(r, "id")
	if err != nil {
		return err
	}
	v, err := web.App.SeeGlass(r.Context(), who(r), grant)
	if err != nil {
		return err
	}
	return web.pages.Render(w, http.StatusOK, pageReview, reviewPageOf(web.page(r, reviewTitle), v, nil))
}

func (web *Web) review(w http.ResponseWriter, r *http.Request) error {
	grant, err := httpx.PathID(r, "id")
	if err != nil {
		return err
	}
	f, err := httpx.ParseForm(r)
	if err != nil {
		return err
	}
	var outcomes []string
	for _, x := range domain.GlassOutcomes {
		outcomes = append(outcomes, string(x.Code))
	}
	s := app.Reviewing{
		Command: httpx.Command(r.Context(), "review look"), GrantID: grant,
		Outcome: domain.GlassOutcome(f.Choice("outcome", "Select what you found", outcomes...)), Note: f.Area("note", maxWords, ""),
	}
	if err = f.Err(); err == nil {
		if _, err = web.App.ReviewGlass(r.Context(), who(r), s); err == nil {
			return seeOther(w, r, emergenciesPath+"?done=reviewed")
		}
	}
	problems := ui.ProblemsOf(err)
	if problems == nil {
		return err
	}
	v, seeErr := web.App.SeeGlass(r.Context(), who(r), grant)
	if seeErr != nil {
		return seeErr
	}
	page := web.page(r, reviewTitle)
	page.Problems = problems
	return web.pages.Render(w, httpx.Status(err), pageReview, reviewPageOf(page, v, f.Values()))
}

func reviewPageOf(p ui.Page, v app.GlassView, typed url.Values) reviewPage {
	p.Trail = []ui.Link{{Text: emergenciesTitle, Href: emergenciesPath}}
	g := v.Grant
	rows := []ui.SummaryRow{
		{Key: "Who", Value: ui.Text(whoLooked(g, v.Names))},
		{Key: "Case", Value: ui.Text(spoken(v.Reference))},
		{Key: "Why", Value: ui.Text(g.Reason.Label())},
		{Key: "What they wrote", Value: ui.Prose(g.Words)},
		{Key: "From", Value: ui.Text(ui.Moment(g.At, v.Now))},
		{Key: "Until", Value: ui.Text(ui.Moment(g.Until, v.Now))},
	}
	if g.Words == "" {
		rows[3].Value = ui.Text("Erased with the person's record")
	}
	page := reviewPage{Page: p}
	if g.Outcome != "" {
		rows = append(rows, ui.SummaryRow{Key: "Reviewed", Value: ui.Text(v.Names.Of(g.ReviewedBy, "A privacy officer") + ", " + ui.Moment(g.ReviewedAt, v.Now))}, ui.SummaryRow{Key: "Found", Value: ui.Text(g.Outcome.Label())})
		if g.Note != "" {
			rows = append(rows, ui.SummaryRow{Key: "Note", Value: ui.Prose(g.Note)})
		}
	}
	page.Look, page.Opened = ui.SummaryList{Rows: rows}, opened(v)
	if g.Outcome != "" {
		return page
	}
	var found []ui.Option
	for _, x := range domain.GlassOutcomes {
		found = append(found, ui.Option{Value: string(x.Code), Text: x.Text})
	}
	answer := ui.Group{}
	if v.Now.Before(g.Until) {
		answer = append(answer, ui.InsetText{Body: ui.Paragraph("They can still look. When you keep what you found, it is over for them.")})
	}
	page.Answer = append(answer, ui.Form{
		Action: reviewPath(g.ID), IdempotencyKey: newKey(),
		Fields: []ui.Component{
			ui.Radios{Name: "outcome", Label: "What did you find?", Size: "m", Value: typed.Get("outcome"), Error: p.Problems.For("outcome"), Options: found},
			ui.Textarea{Name: "note", Label: "Note (optional)", Hint: "What was asked and answered. Do not write about the person.", Value: typed.Get("note"), Error: p.Problems.For("note")},
		},
		Buttons: []ui.Component{ui.Button{Text: "Save what I found"}},
	})
	return page
}

func opened(v app.GlassView) ui.Component {
	if len(v.Looks) == 0 {
		return ui.Paragraph("They opened nothing.")
	}
	table := ui.Table{Caption: "What they opened", Columns: []ui.Column{{Text: "When"}, {Text: "What"}}}
	for _, l := range v.Looks {
		table.Rows = append(table.Rows, ui.Row{Cells: []ui.Component{ui.Text(ui.Moment(l.At, v.Now)), ui.Text(didWhat(l))}})
	}
	return table
}

// didWhat is an audit row in words: what somebody did with what.
func didWhat(l app.Look) string {
	verb, ok := didWords[l.Verb]
	if !ok {
		verb = ui.UpperFirst(strings.ReplaceAll(l.Verb, "_", " "))
	}
	words := verb + ": " + strings.ReplaceAll(l.Object, "_", " ")
	if l.Emergency {
		words += " (in an emergency)"
	}
	return words
}

var didWords = map[string]string{
	"read": "Looked at", "ask who helps": "Asked who already helps", "break glass": "Asked to look in an emergency", "withdraw": "Recorded a no to sharing",
	"list who looked": "Listed who looked", "review": "Reviewed", "erase": "Erased", "change": "Changed", "add": "Added", "find": "Found", "remove": "Removed",
	"accept": "Accepted", "refuse": "Refused", "bounce": "Could not help with", "refer": "Sent", "record": "Recorded", "raise": "Raised", "pass_on": "Passed on",
	"acknowledge": "Acknowledged", "signpost": "Gave", "start": "Started", "stop": "Stopped", "delete": "Deleted", "discuss": "Discussed", "put on agenda": "Put on the agenda",
	"agree": "Agreed", "end": "Ended", "take in": "Took in", "attend": "Recorded who came", "add note": "Added a note",
}

// mayBreakGlass tells whether a role is shown the way to look in an emergency.
func mayBreakGlass(role string) bool { return domain.May(terms.Role(role), domain.MayBreakGlass) }
