package web

import (
	"net/http"

	"example.org/waypost/pkg/httpx"
	"example.org/waypost/pkg/ui"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/linkworker/internal/app"
	"example.org/waypost/services/linkworker/internal/domain"
)

func (web *Web) addForm(w http.ResponseWriter, r *http.Request) error {
	return web.show(w, http.StatusOK, addSheet(web.page(r, "Add a person", "People"), typed{}))
}

// safeWayOptions are the ways to contact somebody, each to be said safe.
var safeWayOptions = []ui.Option{{Value: "phone", Text: "Phone"}, {Value: "text", Text: "Text message"}, {Value: "email", Text: "Email"}, {Value: "letter", Text: "Letter"}}

// addSheet asks for consent before anything about the person is typed.
func addSheet(base ui.Page, t typed) sheet {
	base.Problems = t.problems
	base.Back = &ui.Link{Text: "Back to people", Href: Root + "/people"}
	needs := []ui.SelectOption{{Value: "", Text: "Select a need"}}
	for _, n := range terms.Needs {
		needs = append(needs, ui.SelectOption{Value: string(n.Code), Text: n.Label})
	}
	var hows, urgencies []ui.Option
	for _, h := range terms.ConsentHows {
		hows = append(hows, ui.Option{Value: string(h.Code), Text: h.Label})
	}
	for _, u := range terms.Urgencies {
		urgencies = append(urgencies, ui.Option{Value: string(u.Code), Text: u.Label})
	}
	line := func(name, label, hint string) ui.Component {
		return ui.Input{Name: name, Label: label, Hint: hint, Value: t.value(name), Error: t.problems.For(name)}
	}
	return sheet{Page: base, Heading: "Add a person", Parts: []ui.Component{
		ui.Paragraph("For somebody who came to you by themselves or from the surgery floor. Find them first: they may be with your team already."),
		ui.List{ui.Link{Text: "Find a person", Href: Root + "/people/find"}, ui.Link{Text: "Somebody is in danger: see whom to ring", Href: Root + "/crisis"}},
		ui.Form{Action: Root + "/people/add", IdempotencyKey: key(), Fields: []ui.Component{
			ui.Radios{Name: "consent", Label: "Do they agree that what is needed is shared with those who help?", Value: t.value("consent"), Error: t.problems.For("consent"), Options: []ui.Option{
				{Value: "yes", Text: "Yes", Reveal: ui.Group{
					ui.Radios{Name: "consent_how", Label: "How did you ask?", Value: t.value("consent_how"), Error: t.problems.For("consent_how"), Options: hows}, agreedUntil(t),
				}},
				{Value: "no", Text: "No", Hint: "Nothing is kept then. Tell them about services that they can go to by themselves."},
			}},
			ui.Checkboxes{Name: "safe", Label: "Which ways of contact are safe?", Hint: "Tick none when no way is: they will contact you.", Values: t.values("safe"), Error: t.problems.For("safe"), Options: safeWayOptions},
			line("safe_note", "What must one keep in mind when contacting them? (optional)", "Such as not after five"),
			ui.Heading{Text: "Who they are"},
			line("given_name", "Given name", ""), line("family_name", "Family name", ""),
			ui.DateInput{Name: "born", Label: "Date of birth", Value: t.date("born", ""), Error: t.problems.For("born")},
			ui.Input{Name: "nhs_number", Label: "NHS number (optional)", Hint: "With it, help that is there already is found surely.", Numeric: true, Width: 20, Value: t.value("nhs_number"), Error: t.problems.For("nhs_number")},
			ui.Input{Name: "phone", Label: "Phone (optional)", Type: "tel", Width: 20, Value: t.value("phone"), Error: t.problems.For("phone")},
			ui.Input{Name: "email", Label: "Email (optional)", Type: "email", Value: t.value("email"), Error: t.problems.For("email")},
			line("postcode", "Postcode (optional)", ""),
			ui.Heading{Text: "What it is about"},
			ui.Select{Name: "need", Label: "What do they need?", Value: t.value("need"), Error: t.problems.For("need"), Options: needs},
			ui.Radios{Name: "urgency", Label: "How soon is it needed?", Value: t.or("urgency", string(terms.UrgencyRoutine)), Error: t.problems.For("urgency"), Options: urgencies},
			ui.Textarea{Name: "narrative", Label: "What did they say? (optional)", Value: t.value("narrative"), Error: t.problems.For("narrative"), MaxLength: noteMost},
			ui.Textarea{Name: "safeguarding", Label: "What keeps them or others safe? (optional)", Rows: 3, Value: t.value("safeguarding"), Error: t.problems.For("safeguarding"), MaxLength: noteMost},
		}, Buttons: []ui.Component{ui.Button{Text: "Add person"}}},
	}}
}

func (web *Web) add(w http.ResponseWriter, r *http.Request) error {
	f, err := httpx.ParseForm(r)
	if err != nil {
		return err
	}
	if f.Typed("consent") == "no" {
		return web.pages.Render(w, http.StatusOK, ui.ShutterPage, notAddedShutter(web.page(r, "Nothing was kept", "People")))
	}
	in := addIn(f)
	err = f.Err()
	var made app.Done
	if err == nil {
		made, err = web.app.Add(r.Context(), who(r.Context()), httpx.Command(r.Context(), "add person"), in)
	}
	if err != nil && again(err) {
		return web.show(w, httpx.Status(err), addSheet(web.page(r, "Add a person", "People"), typed{sent: f.Values(), problems: ui.ProblemsOf(err)}))
	}
	if err != nil {
		return err
	}
	return done(w, r, "/referrals/"+made.ID, "added")
}

func addIn(f *httpx.Form) app.AddInput {
	var needs, hows, urgencies []string
	for _, n := range terms.Needs {
		needs = append(needs, string(n.Code))
	}
	for _, h := range terms.ConsentHows {
		hows = append(hows, string(h.Code))
	}
	for _, u := range terms.Urgencies {
		urgencies = append(urgencies, string(u.Code))
	}
	in := app.AddInput{ConsentGiven: f.YesNo("consent", "Select whether they agree to sharing")}
	if in.ConsentGiven {
		in.ConsentHow = terms.ConsentHow(f.Choice("consent_how", "Select how they were asked", hows...))
		in.ConsentUntil = day(f, "until_on", "")
	}
	in.Need = terms.Need(f.Choice("need", "Select what they need", needs...))
	in.Urgency = terms.Urgency(f.Choice("urgency", "Select how soon it is needed", urgencies...))
	in.Narrative, in.Safeguarding = f.Area("narrative", noteMost, ""), f.Area("safeguarding", noteMost, "")
	in.Person = domain.Person{
		GivenName: f.Text("given_name", 100, "Enter their first name"), FamilyName: f.Text("family_name", 100, "Enter their last name"),
		DateOfBirth: day(f, "born", "Enter their date of birth"), NHSNumber: f.Text("nhs_number", 20, ""), Phone: f.Text("phone", 40, ""),
		Email: f.Text("email", 200, ""), Postcode: f.Text("postcode", 10, ""), SafeNote: f.Text("safe_note", lineMost, ""),
	}
	for _, way := range f.Choices("safe", "", "phone", "text", "email", "letter") {
		switch way {
		case "phone":
			in.Person.SafePhone = true
		case "text":
			in.Person.SafeText = true
		case "email":
			in.Person.SafeEmail = true
		case "letter":
			in.Person.SafeLetter = true
		}
	}
	return in
}

func notAddedShutter(base ui.Page) ui.Shutter {
	return ui.Shutter{Page: base, Heading: "Nothing was kept", Body: ui.Group{
		ui.Paragraph("They do not agree to sharing, so nothing about them was kept or sent. You can still tell them about services that they can go to by themselves."),
		ui.Paragraph("If they change their mind, add them then."),
		ui.List{ui.Link{Text: "Add a person", Href: Root + "/people/add"}, ui.Link{Text: "Home", Href: Root}},
	}}
}
