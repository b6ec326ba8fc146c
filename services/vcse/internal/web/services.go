package web

import (
	"net/http"
	"time"

	"example.org/waypost/pkg/fault"
	"example.org/waypost/pkg/httpx"
	"example.org/waypost/pkg/ui"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/vcse/internal/app"
	"example.org/waypost/services/vcse/internal/domain"
)

// servicesPage lists the provider's own services.
type servicesPage struct {
	ui.Page
	List ui.Component
	Add  ui.Component
}

func (web *Web) services(w http.ResponseWriter, r *http.Request) error {
	own, err := web.App.OwnServices(r.Context(), who(r))
	if err != nil {
		return err
	}
	return web.pages.Render(w, http.StatusOK, pageServices, newServicesPage(web.page(r, "Your services"), own, web.Now()))
}

func newServicesPage(base ui.Page, own []app.OwnService, now time.Time) servicesPage {
	p := servicesPage{Page: base, Add: ui.Group{
		ui.LinkButton{Text: "Add a service", Href: Root + "/new-service"},
		ui.Paragraph("Is your service in the directory already?"),
		ui.Link{Text: "Claim its listing", Href: Root + "/claim"},
	}}
	if len(own) == 0 {
		p.List = ui.EmptyState{Heading: "Your organisation has no services yet", Body: ui.Paragraph("Add one, or claim a listing that is in the directory already. Then people can be sent to you.")}
		return p
	}
	p.Wide = true
	t := ui.Table{Caption: "Your services", HideCaption: true, Columns: []ui.Column{{Text: "Service"}, {Text: "Status"}, {Text: "Room"}, {Text: "Last confirmed"}}}
	for _, s := range own {
		tag := ui.Tag{Text: s.Status.Label(), Colour: ui.Green}
		if s.Status != terms.ServiceActive {
			tag.Colour = ui.Grey
		}
		takes := "Takes referrals"
		if !s.AcceptsReferrals {
			takes = "Takes no referrals"
		}
		var last ui.Component = ui.Text(confirmed(s.Capacity, now))
		if s.Stale(now) {
			last = ui.Group{ui.Text(confirmed(s.Capacity, now) + " "), confirmForm(s, "small")}
		}
		t.Rows = append(t.Rows, ui.Row{Cells: []ui.Component{
			ui.Link{Text: s.Name, Href: servicePath(s.ID)}, ui.Status{Tag: tag, Reason: takes}, ui.Text(capacityWords(s.Capacity)), last,
		}})
	}
	p.List = t
	return p
}

// confirmForm says with one click that the last report still holds.
func confirmForm(s app.OwnService, id string) ui.Component {
	if s.Capacity == nil {
		return ui.Link{Text: "Say how much room there is", Href: servicePath(s.ID) + "#room", Hidden: "in " + s.Name}
	}
	return ui.Form{
		ID: id + "-" + s.ID, Action: servicePath(s.ID) + "/confirm-capacity", IdempotencyKey: newKey(), Version: s.Capacity.Version,
		Buttons: []ui.Component{ui.Button{Text: "Still true", Variant: ui.Secondary, Small: true, Hidden: "for " + s.Name}},
	}
}

// servicePage is one service, for everybody signed in; who answers for it can do more.
type servicePage struct {
	ui.Page
	Intro   ui.Component
	Facts   ui.SummaryList
	Room    ui.Component
	Actions ui.Component
	Notes   ui.Component
	AddNote ui.Component
}

func (web *Web) service(w http.ResponseWriter, r *http.Request) error {
	return web.showService(w, r, http.StatusOK, nil, nil)
}

func (web *Web) showService(w http.ResponseWriter, r *http.Request, status int, f *httpx.Form, wrong *fault.Error) error {
	id, err := httpx.PathID(r, "id")
	if err != nil {
		return err
	}
	a := who(r)
	v, err := web.App.Service(r.Context(), a, id)
	if err != nil {
		return err
	}
	owner := v.ProviderID == a.Organisation && isProvider(a)
	return web.pages.Render(w, status, pageService, newServicePage(web.page(r, v.Name), v, owner, isProvider(a), f, wrong, web.Now()))
}

func newServicePage(base ui.Page, v app.ServiceView, owner, provider bool, f *httpx.Form, wrong *fault.Error, now time.Time) servicePage {
	p := servicePage{Page: base, Intro: intro(v), Facts: serviceFacts(v.OwnService.Service, true)}
	if wrong != nil {
		p.Problems = ui.ProblemsOf(wrong)
	}
	typed := func(field, otherwise string) string { // the page has several forms: those that were not sent keep what they had
		if f == nil || !f.Values().Has(field) {
			return otherwise
		}
		return f.Typed(field)
	}
	correcting := ""
	if typed("kind", "") == string(terms.NoteCorrect) {
		correcting = typed("about", "")
		for i := range p.Problems {
			if p.Problems[i].Field == "text" {
				p.Problems[i].Field = correctionOf(correcting)
			}
		}
	}
	p.Room = room(v, owner, typed, p.Problems, now)
	p.Actions = serviceActions(v, owner, provider)
	p.Notes, p.AddNote = notes(v, now, correcting, typed, p.Problems), noteForm(v.ID, correcting, typed, p.Problems)
	return p
}

func intro(v app.ServiceView) ui.Component {
	out := ui.Group{ui.Paragraph(v.ProviderName)}
	if v.Simulated {
		out = append(out, ui.Tag{Text: "Simulated", Colour: ui.White})
	}
	switch {
	case !v.Claimed:
		out = append(out, ui.InsetText{Body: ui.Paragraph("This is a listing from " + v.Source + " (licence: " + v.SourceLicence + "). No provider has claimed it, so it can be signposted and not referred to.")})
	case !v.AcceptsReferrals:
		out = append(out, ui.InsetText{Body: ui.Paragraph("This service takes no referrals at the moment. It can be signposted.")})
	}
	if v.Description != "" {
		out = append(out, ui.Prose(v.Description))
	}
	return out
}

// serviceFacts is what is known of a service. Signed-in people also see whether naming it is sensitive.
func serviceFacts(s domain.Service, signedIn bool) ui.SummaryList {
	var l ui.SummaryList
	text := func(key, value string) {
		if value != "" {
			l.Rows = append(l.Rows, ui.SummaryRow{Key: key, Value: ui.Text(value)})
		}
	}
	text("Helps with", labels(s.Needs))
	text("Status", s.Status.Label())
	text("Who it is for", s.Eligibility)
	text("Ages", ages(s))
	if len(s.Sessions) > 0 {
		l.Rows = append(l.Rows, ui.SummaryRow{Key: "When", Value: sessions(s)})
	}
	text("Opening times", s.Opening)
	if len(s.Places) > 0 {
		l.Rows = append(l.Rows, ui.SummaryRow{Key: "Where", Value: places(s)})
	} else if s.Sensitive {
		text("Where", "Ring to ask: the address is not shown here")
	}
	text("How", labels(s.Delivery))
	text("Cost", s.Fees)
	text("Phone", s.Phone)
	text("Email", s.Email)
	if s.URL != "" {
		l.Rows = append(l.Rows, ui.SummaryRow{Key: "Website", Value: ui.Link{Text: s.URL, Href: s.URL}})
	}
	text("Access", labels(s.Accessibility))
	text("Source", s.Source+" (licence: "+s.SourceLicence+")")
	if signedIn && s.Sensitive {
		text("Sensitive", "That somebody uses it tells something about them. It is named only where it must be.")
	}
	return l
}

func room(v app.ServiceView, owner bool, typed func(field, otherwise string) string, wrong ui.Problems, now time.Time) ui.Component {
	if !v.Claimed {
		return nil
	}
	out := ui.Group{ui.Heading{Text: "Room"}}
	if !owner {
		words := terms.CapacityWords("", terms.FreshnessUnknown)
		if v.Capacity != nil {
			words = terms.CapacityWords(v.Capacity.Status, v.Capacity.Freshness(now)) + ", said " + ui.Ago(v.Capacity.ReportedAt, now) + " ago"
		}
		return append(out, ui.Paragraph(words))
	}
	out = append(out, ui.Paragraph(capacityWords(v.Capacity)), ui.Paragraph(confirmed(v.Capacity, now)))
	if v.Stale(now) && v.Capacity != nil {
		out = append(out, confirmForm(v.OwnService, "confirm"))
	}
	return append(out, ui.Details{ID: "room", Summary: "Change how much room there is", Open: v.Capacity == nil || len(wrong) > 0, Body: roomForm(v, typed, wrong)})
}

func roomForm(v app.ServiceView, typed func(field, otherwise string) string, wrong ui.Problems) ui.Form {
	var statusNow, free, waiting string
	version := int64(0)
	if c := v.Capacity; c != nil {
		statusNow, version = string(c.Status), c.Version
		if c.PlacesFree != nil {
			free = number(*c.PlacesFree)
		}
		if c.Waiting != nil {
			waiting = number(*c.Waiting)
		}
	}
	options := []ui.Option{}
	for _, s := range terms.CapacityStatuses {
		options = append(options, ui.Option{Value: string(s.Code), Text: s.Label})
	}
	return ui.Form{Action: servicePath(v.ID) + "/capacity", IdempotencyKey: newKey(), Version: version, Fields: []ui.Component{
		ui.Radios{Name: "status", Label: "How much room is there?", Value: typed("status", statusNow), Error: wrong.For("status"), Options: options},
		ui.Input{
			Name: "places_free", Label: "Places free", Hint: "With those kept for open offers. Leave it empty if you do not count places; then no place is kept for an offer.",
			Value: typed("places_free", free), Error: wrong.For("places_free"), Numeric: true, Width: 5,
		},
		ui.Input{Name: "waiting", Label: "People waiting", Hint: "Leave it empty if you have no waiting list", Value: typed("waiting", waiting), Error: wrong.For("waiting"), Numeric: true, Width: 5},
	}, Buttons: []ui.Component{ui.Button{Text: "Save"}}}
}

func serviceActions(v app.ServiceView, owner, provider bool) ui.Component {
	switch {
	case owner:
		out := ui.Group{ui.LinkButton{Text: "Change this service", Href: servicePath(v.ID) + "/edit", Variant: ui.Secondary}}
		if v.Open > 0 {
			return append(out, ui.Paragraph("It can not leave the directory while there are open offers or people you are helping: "+number(v.Open)+" at the moment."))
		}
		return append(out, ui.Details{Summary: "Take it out of the directory", Body: ui.Form{
			Action: servicePath(v.ID) + "/withdraw", IdempotencyKey: newKey(), Version: int64(v.Version),
			Fields:  []ui.Component{ui.Paragraph("Nobody can send people to it any more. What was done stays on record. To close it for a while, change its status instead.")},
			Buttons: []ui.Component{ui.Button{Text: "Take it out", Variant: ui.Warning}},
		}})
	case !v.Claimed && provider:
		for _, c := range v.Claims {
			if c.State == domain.ClaimAsked {
				return ui.InsetText{Body: ui.Paragraph("Your organisation has asked for this listing. The area's office decides.")}
			}
		}
		return ui.LinkButton{Text: "This is our service: claim it", Href: Root + "/claim/" + v.ID, Variant: ui.Secondary}
	}
	return nil
}

func (web *Web) reportCapacity(w http.ResponseWriter, r *http.Request) error {
	return web.onService(w, r, "capacity", func(id string, version int64, f *httpx.Form) error {
		in := app.CapacityInput{
			ServiceID: id, Version: version,
			Status: terms.CapacityStatus(f.Choice("status", "Select how much room there is", capacityCodes()...)),
		}
		in.PlacesFree, in.Waiting = counted(f, "places_free"), counted(f, "waiting")
		if err := f.Err(); err != nil {
			return err
		}
		_, err := web.App.ReportCapacity(r.Context(), who(r), httpx.Command(r.Context(), "report capacity"), in)
		return err
	})
}

func capacityCodes() []string {
	var out []string
	for _, s := range terms.CapacityStatuses {
		out = append(out, string(s.Code))
	}
	return out
}

// counted is a number, or nil when nothing was typed.
func counted(f *httpx.Form, field string) *int {
	if f.Text(field, 20, "") == "" {
		return nil
	}
	n := f.Int(field, 0, domain.MaxCounted, "")
	return &n
}

func (web *Web) confirmCapacity(w http.ResponseWriter, r *http.Request) error {
	return web.onService(w, r, "capacity", func(id string, _ int64, _ *httpx.Form) error {
		_, err := web.App.ConfirmCapacity(r.Context(), who(r), httpx.Command(r.Context(), "confirm capacity"), id)
		return err
	})
}

func (web *Web) withdrawService(w http.ResponseWriter, r *http.Request) error {
	id, err := httpx.PathID(r, "id")
	if err != nil {
		return err
	}
	f, err := httpx.ParseForm(r)
	if err != nil {
		return err
	}
	version, err := f.Version()
	if err != nil {
		return err
	}
	if _, err := web.App.WithdrawService(r.Context(), who(r), httpx.Command(r.Context(), "withdraw service"), id, version); err != nil {
		return err
	}
	http.Redirect(w, r, did(Root+"/services", "withdrawn"), http.StatusSeeOther)
	return nil
}

// onService does something from a form of the service's page, and shows the page again when it can not be done.
func (web *Web) onService(w http.ResponseWriter, r *http.Request, what string, do func(id string, version int64, f *httpx.Form) error) error {
	id, err := httpx.PathID(r, "id")
	if err != nil {
		return err
	}
	f, err := httpx.ParseForm(r)
	if err != nil {
		return err
	}
	var version int64 // a note and a first report change nothing that has one
	if f.Typed(httpx.VersionField) != "" {
		if version, err = f.Version(); err != nil {
			return err
		}
	}
	err = do(id, version, f)
	if err == nil {
		http.Redirect(w, r, did(servicePath(id), what), http.StatusSeeOther)
		return nil
	}
	wrong, ok := refused(err)
	if !ok {
		return err
	}
	return web.showService(w, r, httpx.Status(err), f, wrong)
}
