package web

import (
	"net/http"
	"strings"

	"example.org/waypost/pkg/fault"
	"example.org/waypost/pkg/httpx"
	"example.org/waypost/pkg/id"
	"example.org/waypost/pkg/ui"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/linkworker/internal/app"
	"example.org/waypost/services/linkworker/internal/domain"
)

// anybody is the receiver when coordination chooses.
const anybody = "any"

// referForm asks for the need first; who can help comes with the answer. Searches post: with the person in the address, a need
// would tell about them.
func (web *Web) referForm(w http.ResponseWriter, r *http.Request) error {
	return web.offerForm(referPage(nil))(w, r)
}

func referPage(help *app.Help) drawn {
	return drawn{"Refer on", func(v app.OfferView, t typed, now timeT) []ui.Component {
		if !v.Offer.Supported() {
			return []ui.Component{ui.InsetText{Body: ui.Text("Your team does not support this person now, so it can not refer them on.")}}
		}
		if help == nil {
			return []ui.Component{helpers(v.Offer.PatientRef), searchForm(v, t)}
		}
		return append([]ui.Component{searchForm(v, t)}, helpParts(v, t, *help, now)...)
	}}
}

// helpParts are who could help and the form that sends; for who may not send this, why, and the form only where something was written.
func helpParts(v app.OfferView, t typed, help app.Help, now timeT) (parts []ui.Component) {
	if refusal, refused := fault.Of(help.MayNot); refused {
		parts = append(parts, ui.WarningCallout{Heading: "You can not send this", Body: ui.Paragraph(refusal.Message + ".")})
		if !t.sent.Has("narrative") {
			return parts
		}
	}
	parts = append(parts, ui.Heading{Text: "Who could help"})
	if n := len(help.NotHere); n > 0 {
		var teams ui.List
		for _, x := range help.NotHere {
			teams = append(teams, ui.Text(notHereWords(x)))
		}
		parts = append(parts, ui.Details{ID: "not-here", Summary: "Teams that do not take this here", Open: n <= 3, Body: teams})
	}
	return append(parts, sendForm(v, t, help, now))
}

func notHereWords(x app.NotHere) string {
	if x.Why == "" {
		return x.Team + " does not take this need"
	}
	return x.Team + " does not take this need. " + x.Why
}

func searchForm(v app.OfferView, t typed) ui.Component {
	needs := []ui.SelectOption{{Value: "", Text: "Select a need"}}
	for _, n := range terms.Needs {
		needs = append(needs, ui.SelectOption{Value: string(n.Code), Text: n.Label})
	}
	return ui.Form{
		Action: Root + "/offers/" + v.Offer.ID + "/refer/find", IdempotencyKey: key(), Fields: []ui.Component{
			ui.Select{Name: "need", Label: "What do they need?", Value: t.value("need"), Error: t.problems.For("need"), Options: needs, ID: "need"},
			ui.Input{Name: "words", Label: "Words to look for (optional)", Hint: "Such as allotment or Urdu", Value: t.value("words"), Error: t.problems.For("words")},
			ui.Input{Name: "postcode", Label: "Near (optional)", Hint: "A postcode or its first half. Empty is near where they live.", Width: 10, Value: t.value("postcode"), Error: t.problems.For("postcode")},
		},
		Buttons: []ui.Component{ui.Button{Text: "Find who could help", Variant: ui.Secondary}},
	}
}

func sendForm(v app.OfferView, t typed, help app.Help, now timeT) ui.Component {
	var options []ui.Option
	for _, s := range help.Services.Found {
		options = append(options, ui.Option{Value: "service:" + s.ID, Text: s.Name, Hint: serviceWords(s, now)})
	}
	for i, team := range help.Teams {
		o := ui.Option{Value: "team:" + team.ID, Text: team.Name, Hint: "Link worker team. " + team.WhatWeDo}
		if w, ok := help.Warnings[team.ID]; ok {
			o.Hint += " " + w.Words(w.Need, team.Name)
		}
		if i == 0 {
			o.Group = "Other teams"
		}
		options = append(options, o)
	}
	if len(help.Services.Found) > 0 {
		options[0].Group = "Services that take referrals"
	}
	hint := "Capacity is what they said themselves, and how long ago."
	if len(options) == 0 {
		hint = "Nothing that takes referrals was found for this. Try another need or other words, or let Waypost choose."
	}
	options = append(options, ui.Option{Value: anybody, Text: "Let Waypost choose the next suitable one", Divider: "or"})
	urgencies := []ui.Option{}
	for _, u := range terms.Urgencies {
		urgencies = append(urgencies, ui.Option{Value: string(u.Code), Text: u.Label})
	}
	hows := []ui.Option{}
	for _, h := range terms.ConsentHows {
		hows = append(hows, ui.Option{Value: string(h.Code), Text: h.Label})
	}
	form := formOf(v, "refer", "Send referral",
		helpersWith(v.Offer.PatientRef, t),
		ui.Radios{Name: "consent", Label: "Do they agree that what is needed is shared with whoever helps?", Value: t.value("consent"), Error: t.problems.For("consent"), Options: []ui.Option{
			{Value: "yes", Text: "Yes", Reveal: ui.Group{
				ui.Radios{Name: "consent_how", Label: "How did you ask?", Value: t.value("consent_how"), Error: t.problems.For("consent_how"), Options: hows}, agreedUntil(t),
			}},
			{Value: "no", Text: "No", Hint: "Nothing is shared then. Tell them about the service and note it as a step of the plan."},
		}},
		ui.Radios{Name: "receiver", Label: "Who should be asked?", Hint: hint, Value: t.value("receiver"), Error: t.problems.For("receiver"), Options: options},
		ui.Radios{Name: "urgency", Label: "How soon is it needed?", Value: t.or("urgency", string(terms.UrgencyRoutine)), Error: t.problems.For("urgency"), Options: urgencies},
		ui.Textarea{
			Name: "narrative", Label: "What should they know? (optional)", Hint: "Link worker teams see this. Providers see how to reach the person, what they need to take part, and what keeps people safe.",
			Value: t.value("narrative"), Error: t.problems.For("narrative"), MaxLength: noteMost,
		},
		ui.Textarea{
			Name: "safeguarding", Label: "What keeps them or others safe? (optional)", Hint: "Whoever helps sees this.", Rows: 3,
			Value: t.or("safeguarding", v.Offer.Safeguarding), Error: t.problems.For("safeguarding"), MaxLength: noteMost,
		})
	form.Values = []ui.Value{{Name: "need", Value: t.value("need")}, {Name: "words", Value: t.value("words")}, {Name: "postcode", Value: t.value("postcode")}}
	return form
}

// serviceWords are what one must know of a service to choose it.
func serviceWords(s app.FoundService, now timeT) string {
	whose := s.ProviderName
	if s.Km != nil {
		whose = strings.TrimPrefix(whose+", "+ui.Far(*s.Km), ", ")
	}
	words := []string{whose}
	switch {
	case s.Next != nil:
		words = append(words, "Next: "+ui.FromTo(s.Next.From, s.Next.To, now))
	case len(s.Sessions) == 0:
		words = append(words, "Times are not known: ring first")
	}
	room := s.Capacity.Words()
	if !s.Capacity.ReportedAt.IsZero() {
		room += ", said " + ui.Ago(s.Capacity.ReportedAt, now) + " ago"
	}
	words = append(words, room)
	if warning := s.Warns(); warning != "" {
		words = append(words, warning)
	}
	return strings.TrimPrefix(strings.Join(words, ". "), ". ")
}

func helpQuery(f *httpx.Form, id string) app.HelpQuery {
	var needs []string
	for _, n := range terms.Needs {
		needs = append(needs, string(n.Code))
	}
	return app.HelpQuery{OfferID: id, Need: terms.Need(f.Choice("need", "Select what they need", needs...)), Text: f.Text("words", lineMost, ""), Postcode: f.Text("postcode", 10, "")}
}

func (web *Web) findHelp(w http.ResponseWriter, r *http.Request) error {
	id, err := httpx.PathID(r, "id")
	if err != nil {
		return err
	}
	f, err := httpx.ParseForm(r)
	if err != nil {
		return err
	}
	return web.showHelp(w, r, id, f, helpQuery(f, id), f.Err())
}

// showHelp draws the page with who could help, and after a refusal with everything that was typed.
func (web *Web) showHelp(w http.ResponseWriter, r *http.Request, id string, f *httpx.Form, q app.HelpQuery, refused error) error {
	var help *app.Help
	if q.Need != "" {
		found, err := web.app.FindHelp(r.Context(), who(r.Context()), q)
		switch {
		case err == nil:
			help = &found
		case again(err):
			refused = err
		default:
			return err
		}
	}
	return web.drawForm(w, r, referPage(help), id, typed{sent: f.Values()}, refused)
}

func (web *Web) refer(w http.ResponseWriter, r *http.Request) error {
	id, err := httpx.PathID(r, "id")
	if err != nil {
		return err
	}
	f, err := httpx.ParseForm(r)
	if err != nil {
		return err
	}
	q := helpQuery(f, id)
	in := referInput(f, id, q.Need)
	if f.Typed("consent") == "no" {
		return web.noConsent(w, r, id)
	}
	var stop bool
	if in.Overlap, stop = overlapOf(f); stop {
		if err := web.app.StopForOverlap(r.Context(), who(r.Context()), httpx.Command(r.Context(), "stop"), id, q.Need); err != nil {
			return err
		}
		return done(w, r, "/offers/"+id, "stopped")
	}
	if err := f.Err(); err != nil {
		return web.showHelp(w, r, id, f, q, err)
	}
	made, err := web.app.ReferOn(r.Context(), who(r.Context()), httpx.Command(r.Context(), "refer on"), in)
	if err != nil && (again(err) || app.OutOfScope(err)) {
		return web.showHelp(w, r, id, f, q, err)
	}
	if err != nil {
		return err
	}
	return done(w, r, "/referrals/"+made.ID, "sent")
}

// agreedUntil asks for the last day on which somebody agrees, if they named one.
func agreedUntil(t typed) ui.Component {
	return ui.DateInput{Name: "until_on", Label: "Until when do they agree? (optional)", Hint: "The last day, at most two years ahead. Leave it empty unless they named one: what was shared is removed when it is over", Value: t.date("until_on", ""), Error: t.problems.For("until_on")}
}

func referInput(f *httpx.Form, offer string, need terms.Need) app.ReferInput {
	var urgencies, hows []string
	for _, u := range terms.Urgencies {
		urgencies = append(urgencies, string(u.Code))
	}
	for _, h := range terms.ConsentHows {
		hows = append(hows, string(h.Code))
	}
	in := app.ReferInput{
		OfferID: offer, Need: need, ConsentGiven: f.YesNo("consent", "Select whether they agree to sharing"),
		Urgency:   terms.Urgency(f.Choice("urgency", "Select how soon it is needed", urgencies...)),
		Narrative: f.Area("narrative", noteMost, ""), Safeguarding: f.Area("safeguarding", noteMost, ""),
	}
	if in.ConsentGiven {
		in.ConsentHow = terms.ConsentHow(f.Choice("consent_how", "Select how they were asked", hows...))
		in.ConsentUntil = day(f, "until_on", "")
	}
	kind, to, _ := strings.Cut(f.Typed("receiver"), ":")
	switch {
	case kind == anybody:
		in.AnyReceiver = true
	case terms.ReceiverKind(kind).Known() && id.Valid(to):
		in.Receivers = []domain.Receiver{{Kind: terms.ReceiverKind(kind), ID: to}}
	default:
		f.Add("receiver", "Select who should be asked")
	}
	return in
}

// noConsent is the shutter: without a yes nothing is shared.
func (web *Web) noConsent(w http.ResponseWriter, r *http.Request, id string) error {
	return web.pages.Render(w, http.StatusOK, ui.ShutterPage, noConsentShutter(web.page(r, "Nothing was sent", "People"), id))
}

func noConsentShutter(base ui.Page, id string) ui.Shutter {
	base.Back = &ui.Link{Text: "Back to the referral", Href: Root + "/offers/" + id}
	return ui.Shutter{Page: base, Heading: "Nothing was sent", Body: ui.Group{
		ui.Paragraph("They do not agree to sharing, so nothing about them was sent to anybody. You can still tell them about a service, so that they can go there themselves."),
		ui.Paragraph("Note what you told them as a step of the plan. If they change their mind, come back and refer them on then."),
		ui.List{ui.Link{Text: "Note it in the plan", Href: Root + "/offers/" + id + "/plan"}, ui.Link{Text: "Look for a service again", Href: Root + "/offers/" + id + "/refer"}},
	}}
}
