package web

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"example.org/waypost/pkg/geo"
	"example.org/waypost/pkg/httpx"
	"example.org/waypost/pkg/ui"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/vcse/internal/app"
	"example.org/waypost/services/vcse/internal/domain"
)

// directoryPage is the open directory: anybody may search it, signed in or not. It shows no room and no notes.
type directoryPage struct {
	ui.Page
	Search ui.Filter
	List   ui.Component
	More   ui.Component
}

const listedOnAPage = 20

// looked for in the directory, as the address has it.
type wanted struct {
	text, need, district, day string
}

func wantedOf(r *http.Request) wanted {
	v := r.URL.Query()
	text := v.Get("q")
	if len(text) > 200 {
		text = text[:200]
	}
	return wanted{strings.TrimSpace(strings.ToValidUTF8(text, "")), v.Get("need"), strings.ToUpper(strings.TrimSpace(v.Get("district"))), v.Get("day")}
}

func (q wanted) href(change ...string) string {
	v := url.Values{"q": {q.text}, "need": {q.need}, "district": {q.district}, "day": {q.day}}
	for i := 0; i+1 < len(change); i += 2 {
		v.Set(change[i], change[i+1])
	}
	for k := range v {
		if v.Get(k) == "" {
			v.Del(k)
		}
	}
	if len(v) == 0 {
		return Root + "/directory"
	}
	return Root + "/directory?" + v.Encode()
}

// search is the query; a postcode counts by its first half.
func (q wanted) search() (app.Search, error) {
	s := app.Search{Text: q.text, Limit: listedOnAPage + 1}
	if n := terms.Need(q.need); n.Known() {
		s.Need = n
	}
	if d, err := strconv.Atoi(q.day); err == nil && terms.Weekday(d).Known() {
		s.Weekday = terms.Weekday(d)
	}
	if q.district == "" {
		return s, nil
	}
	s.District = q.district
	if p, err := geo.ParsePostcode(q.district); err == nil {
		s.District = p.Outward
	} else if _, known := geo.Outcode(q.district); !known {
		return s, app.ErrNoDistrict
	}
	return s, nil
}

func (web *Web) directory(w http.ResponseWriter, r *http.Request) error {
	q := wantedOf(r)
	s, wrong := q.search()
	if wrong != nil {
		p := newDirectoryPage(web.page(r, "Services near you"), q, nil, 0, "", "")
		p.Problems = ui.ProblemsOf(wrong)
		p.Search = directorySearch(q, p.Problems)
		return web.pages.Render(w, httpx.Status(wrong), pageDirectory, p)
	}
	in := httpx.ListInput{Cursor: r.URL.Query().Get("cursor"), Limit: listedOnAPage}
	var at app.NamePlace
	later, err := in.After(r.Context(), &at)
	if err != nil {
		return err
	}
	if later {
		s.After = &at
	}
	found, total, err := web.App.Directory(r.Context(), s)
	if err != nil {
		return err
	}
	next := ""
	if len(found) > listedOnAPage {
		found = found[:listedOnAPage]
		last := found[len(found)-1]
		next = q.href("cursor", httpx.Cursor(r.Context(), app.NamePlace{Name: last.Name, ID: last.ID}))
	}
	return web.pages.Render(w, http.StatusOK, pageDirectory, newDirectoryPage(web.page(r, "Services near you"), q, found, total, in.Cursor, next))
}

func newDirectoryPage(base ui.Page, q wanted, found []domain.Service, total int, cursor, next string) directoryPage {
	p := directoryPage{Page: base, Search: directorySearch(q, nil)}
	if len(found) == 0 {
		p.List = ui.EmptyState{Heading: "No service was found", Body: ui.Paragraph("Try fewer words, another day, or a postcode near by.")}
		return p
	}
	t := ui.Table{Caption: ui.Count(total, "service", "services"), Columns: []ui.Column{{Text: "Service"}, {Text: "Helps with"}, {Text: "When"}, {Text: "Where"}}}
	for _, s := range found {
		t.Rows = append(t.Rows, ui.Row{Cells: []ui.Component{
			ui.Group{ui.Link{Text: s.Name, Href: Root + "/directory/" + s.ID}, ui.Text(" " + s.ProviderName)},
			ui.Text(labels(s.Needs)), ui.Text(onDays(s)), ui.Text(inDistricts(s)),
		}})
	}
	p.List = t
	if next != "" || cursor != "" {
		page := ui.Pagination{Next: next, Showing: "Showing " + number(len(found)) + " of " + number(total)}
		if cursor != "" {
			page.Previous = q.href()
		}
		p.More = page
	}
	return p
}

func directorySearch(q wanted, wrong ui.Problems) ui.Filter {
	needs := []ui.SelectOption{{Value: "", Text: "Anything"}}
	for _, n := range terms.Needs {
		needs = append(needs, ui.SelectOption{Value: string(n.Code), Text: n.Label})
	}
	days := []ui.SelectOption{{Value: "", Text: "Any day"}}
	for _, d := range terms.Weekdays {
		days = append(days, ui.SelectOption{Value: strconv.Itoa(int(d)), Text: d.Label()})
	}
	f := ui.Filter{Heading: "Search", Action: Root + "/directory", Clear: Root + "/directory", Open: true, Fields: []ui.Component{
		ui.Input{Name: "q", Label: "Words", Hint: "Such as: walking group", Value: q.text},
		ui.Select{Name: "need", Label: "Help with", Value: q.need, Options: needs},
		ui.Input{Name: "district", Label: "Postcode", Hint: "The first half is enough: M1", Value: q.district, Error: wrong.For("district"), Width: 10, Code: true},
		ui.Select{Name: "day", Label: "Day", Value: q.day, Options: days},
	}}
	if q.text != "" {
		f.Chips = append(f.Chips, ui.Link{Text: q.text, Href: q.href("q", "")})
	}
	if n := terms.Need(q.need); n.Known() {
		f.Chips = append(f.Chips, ui.Link{Text: n.Label(), Href: q.href("need", "")})
	}
	if q.district != "" {
		f.Chips = append(f.Chips, ui.Link{Text: q.district, Href: q.href("district", "")})
	}
	if d, err := strconv.Atoi(q.day); err == nil && terms.Weekday(d).Known() {
		f.Chips = append(f.Chips, ui.Link{Text: terms.Weekday(d).Label(), Href: q.href("day", "")})
	}
	return f
}

func onDays(s domain.Service) string {
	var out []string
	for _, d := range terms.Weekdays {
		for _, x := range s.Sessions {
			if x.Weekday == d {
				out = append(out, d.Label())
				break
			}
		}
	}
	return strings.Join(out, ", ")
}

func inDistricts(s domain.Service) string {
	var out []string
	for _, p := range s.Places {
		words := p.Postcode
		if words == "" {
			words = p.Name
		}
		if words != "" && !strings.Contains(strings.Join(out, ", "), words) {
			out = append(out, words)
		}
	}
	if len(out) > 3 {
		return strings.Join(out[:3], ", ") + " and " + ui.Count(len(out)-3, "more place", "more places")
	}
	if len(out) == 0 {
		return labels(s.Delivery)
	}
	return strings.Join(out, ", ")
}

// listedPage is one service of the open directory.
type listedPage struct {
	ui.Page
	Intro ui.Component
	Facts ui.SummaryList
}

func (web *Web) listed(w http.ResponseWriter, r *http.Request) error {
	id, err := httpx.PathID(r, "id")
	if err != nil {
		return err
	}
	s, err := web.App.Listed(r.Context(), id)
	if err != nil {
		return err
	}
	return web.pages.Render(w, http.StatusOK, pageListed, newListedPage(web.page(r, s.Name), s))
}

func newListedPage(base ui.Page, s domain.Service) listedPage {
	p := listedPage{Page: base, Facts: serviceFacts(s, false)}
	p.Back = &ui.Link{Text: "Back to the search", Href: Root + "/directory"}
	intro := ui.Group{ui.Paragraph(s.ProviderName)}
	if s.Simulated {
		intro = append(intro, ui.Tag{Text: "Simulated", Colour: ui.White})
	}
	if s.Description != "" {
		intro = append(intro, ui.Prose(s.Description))
	}
	if p.Person != nil {
		intro = append(intro, ui.Link{Text: "See notes and room", Href: servicePath(s.ID)})
	}
	p.Intro = intro
	return p
}
