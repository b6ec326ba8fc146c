package web

import (
	"context"
	"maps"
	"net/http"
	"net/url"
	"strconv"

	"example.org/waypost/pkg/httpx"
	"example.org/waypost/pkg/ui"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/primarycare/internal/app"
	"example.org/waypost/services/primarycare/internal/domain"
)

type servicesPage struct {
	ui.Page
	Caption  string
	Heading  string
	Lede     string
	Chosen   ui.Component
	Find     ui.Component
	Filter   ui.Component
	Teams    ui.Component
	Count    string
	Services []ui.Component
	Empty    ui.Component
	Pages    ui.Component
}

// offerCard is a service or team that fits: what it is, its room and how old that fact is, what speaks for and against it.
type offerCard struct {
	Name  string
	Href  string
	By    string
	Room  ui.Component
	What  string
	Facts []string
	Said  []string // community notes
	// Warning is which reason recurs on the way there, with the numbers; "" when none does.
	Warning string
	Forms   []ui.Component
}

// Template names html/offer_card.html.
func (offerCard) Template() string { return "offer_card" }

const (
	servicesShown = 10
	wordsShown    = 50
)

func (web *Web) services(w http.ResponseWriter, r *http.Request) error {
	return web.showServices(w, r, r.URL.Query(), form{status: http.StatusOK})
}

func (web *Web) showServices(w http.ResponseWriter, r *http.Request, filter url.Values, f form) error {
	d, gone, err := web.draft(w, r)
	if err != nil || gone {
		return err
	}
	if state, _ := d.Task(domain.TaskReceiver, web.Now()); state == domain.TaskBlocked {
		return see(w, r, taskHref(d.ID, ""))
	}
	q, err := serviceQuery(r.Context(), filter)
	if err != nil {
		return err
	}
	if f.status == http.StatusOK {
		q.Text = f.value("words")
	}
	if q.Text != "" {
		q.Limit = wordsShown // there is no second page: its address would hold the words
	}
	found, err := web.App.ServicesFor(r.Context(), by(r), d, q)
	if err != nil {
		return err
	}
	next := ""
	if found.Next != nil && q.Text == "" {
		v := maps.Clone(filter)
		v.Set("cursor", httpx.Cursor(r.Context(), found.Next))
		next = r.URL.Path + "?" + v.Encode()
	}
	p := web.onDraft(r, d, "Choose who to ask")
	f.dress(&p)
	return web.Pages.Render(w, f.status, "services", web.drawServices(p, d, found, filter, f, next))
}

// serviceQuery reads the filter from the address: codes and numbers only.
func serviceQuery(ctx context.Context, v url.Values) (q app.ServiceQuery, err error) {
	q.Limit = servicesShown
	if day, err := strconv.Atoi(v.Get("day")); err == nil && terms.Weekday(day).Known() {
		q.Weekday = terms.Weekday(day)
	}
	if km, err := strconv.ParseFloat(v.Get("within"), 64); err == nil && km > 0 && km <= 500 {
		q.WithinKm = km
	}
	q.OnlyReferable = v.Get("takes") == "referrals"
	var after app.ServicePlace
	ok, err := httpx.ListInput{Cursor: v.Get("cursor")}.After(ctx, &after)
	if ok {
		q.After = &after
	}
	return q, err
}

func (web *Web) drawServices(p ui.Page, d app.DraftPage, found app.ServicesFound, filter url.Values, f form, next string) servicesPage {
	now := web.Now()
	page := servicesPage{
		Page: p, Caption: needLabel(d.Need), Heading: "Choose who to ask", Chosen: web.chosenSoFar(d, filter), Find: findServices(d, filter, f), Filter: serviceFilter(d, filter),
		Lede: "What fits best comes first: the need, the person’s age, distance, access and room. How old each fact about room is stands beside it.",
	}
	var teams ui.Group
	for _, t := range found.Teams {
		teams = append(teams, warned(web.teamCard(d, t, filter, now), found.Warnings, d.Need, t.ID))
	}
	if len(teams) > 0 {
		page.Teams = append(ui.Group{ui.Heading{Text: "Link workers for your practice"}}, teams...)
	}
	page.Count = countWords(found, f.value("words"))
	for _, s := range found.Services {
		page.Services = append(page.Services, warned(web.serviceCard(d, s, filter, now), found.Warnings, d.Need, s.ID))
	}
	if len(found.Services) == 0 {
		page.Count = "Services"
		heading := "No service in the directory fits"
		if f.value("words") != "" {
			heading = "No service in the directory has these words"
		}
		page.Empty = ui.EmptyState{Heading: heading, Body: ui.Group{
			ui.Paragraph("Take off filters above, or send to the link workers: they know who else there is. You can also send without choosing anybody, and Waypost finds who can help."),
			ui.Link{Text: "Go on without choosing", Href: taskHref(d.ID, "details")},
		}}
	}
	page.Pages = paged(next, len(found.Services))
	return page
}

// afterServices is the check when all else is done: that is where Change links come back to.
func afterServices(d app.DraftPage) string {
	if d.DescribedAt.IsZero() {
		return taskHref(d.ID, "details")
	}
	return taskHref(d.ID, "check")
}

// chosenSoFar is the order of preference.
func (web *Web) chosenSoFar(d app.DraftPage, filter url.Values) ui.Component {
	if len(d.Receivers) == 0 {
		if !d.Consent.Stands() {
			return ui.InsetText{Body: ui.Text("They did not agree to sharing. You can give them the details of a service, and nobody is told who they are.")}
		}
		return ui.InsetText{Body: ui.Group{ui.Text("You can choose up to 5, in the order to be asked. "), ui.Link{Text: "Go on without choosing: Waypost finds who can help", Href: afterServices(d)}}}
	}
	var rows []ui.SummaryRow
	for i, x := range d.Receivers {
		rows = append(rows, ui.SummaryRow{Key: ordinal(i), Value: ui.Group{ui.Text(d.Names.Receiver(x.ID)), web.chooseForm(d, filter, x, "remove", "Take off", d.Names.Receiver(x.ID), ui.Secondary)}})
	}
	return ui.Group{ui.SummaryCard{Heading: "Asked in this order", Rows: rows}, ui.LinkButton{Text: "Go on with these", Href: afterServices(d)}}
}

func ordinal(i int) string {
	words := []string{"First", "Second", "Third", "Fourth", "Fifth"}
	if i < len(words) {
		return words[i]
	}
	return strconv.Itoa(i + 1)
}

// narrowed is the list as the address narrows it, so that a choice leads back to what one was looking at.
func narrowed(draft string, filter url.Values) string {
	return withQuery(taskHref(draft, "services"), "day", filter.Get("day"), "within", filter.Get("within"), "takes", filter.Get("takes"), "cursor", filter.Get("cursor"))
}

func (web *Web) chooseForm(d app.DraftPage, filter url.Values, x domain.Receiver, how, text, name string, v ui.Variant) ui.Form {
	return ui.Form{
		Action: narrowed(d.ID, filter), IdempotencyKey: web.NewID(), Version: d.Version,
		Values:  []ui.Value{{Name: "kind", Value: string(x.Kind)}, {Name: "receiver", Value: x.ID}, {Name: "how", Value: how}},
		Buttons: []ui.Component{ui.Button{Text: text, Hidden: name, Variant: v, Small: true}},
	}
}

func serviceFilter(d app.DraftPage, v url.Values) ui.Filter {
	path := taskHref(d.ID, "services")
	days := []ui.SelectOption{{Text: "Any day"}}
	for _, w := range terms.Weekdays {
		days = append(days, ui.SelectOption{Value: strconv.Itoa(int(w)), Text: w.Label()})
	}
	f := ui.Filter{Action: path, Clear: path, Fields: []ui.Component{
		ui.Select{Name: "day", Label: "On which day", Value: v.Get("day"), Options: days},
		ui.Select{Name: "within", Label: "How far away", Value: v.Get("within"), Options: distances()},
		ui.Checkboxes{Name: "takes", Label: "Kind", Values: v["takes"], Options: []ui.Option{{Value: "referrals", Text: "Only services that take referrals"}}},
	}}
	chip := func(name, words string) {
		rest := url.Values{}
		for k, x := range v {
			if k != name && k != "cursor" {
				rest[k] = x
			}
		}
		href := path
		if len(rest) > 0 {
			href += "?" + rest.Encode()
		}
		f.Chips = append(f.Chips, ui.Link{Text: words, Href: href})
	}
	if day, err := strconv.Atoi(v.Get("day")); err == nil && terms.Weekday(day).Known() {
		chip("day", terms.Weekday(day).Label())
	}
	for _, x := range distances() {
		if x.Value != "" && x.Value == v.Get("within") {
			chip("within", x.Text)
		}
	}
	if v.Get("takes") == "referrals" {
		chip("takes", "Takes referrals")
	}
	return f
}

func distances() []ui.SelectOption {
	return []ui.SelectOption{{Text: "Any distance"}, {Value: "2", Text: "Within 1 mile"}, {Value: "5", Text: "Within 3 miles"}, {Value: "16", Text: "Within 10 miles"}}
}

func (web *Web) chosen(w http.ResponseWriter, r *http.Request) error {
	f, err := httpx.ParseForm(r)
	if err != nil {
		return err
	}
	id, err := httpx.PathID(r, "id")
	if err != nil {
		return err
	}
	version, err := f.Version()
	if err != nil {
		return err
	}
	x := domain.Receiver{Kind: terms.ReceiverKind(f.Choice("kind", "Choose a service or team", codes(terms.ReceiverKinds)...)), ID: f.ID("receiver", "Choose a service or team")}
	how := f.Choice("how", "Choose a service or team", "refer", "remove")
	err = f.Err()
	if err == nil {
		cmd := httpx.Command(r.Context(), "choose")
		_, err = web.App.ChooseReceiver(r.Context(), by(r), cmd, id, version, x, how == "refer")
	}
	if err == nil {
		return see(w, r, narrowed(id, r.URL.Query()))
	}
	again, ok := refused(f.Values(), err)
	if !ok {
		return err
	}
	return web.showServices(w, r, r.URL.Query(), again)
}
