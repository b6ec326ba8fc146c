package web

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"example.org/waypost/pkg/fault"
	"example.org/waypost/pkg/httpx"
	"example.org/waypost/pkg/ui"
	"example.org/waypost/services/vcse/internal/app"
	"example.org/waypost/services/vcse/internal/domain"
)

// claimSearchPage finds a listing by its name. Names of services are no secret, so they may stand in the address.
type claimSearchPage struct {
	ui.Page
	Search ui.Filter
	List   ui.Component
	Mine   ui.Component
}

const claimsOnAPage = 25

func (web *Web) claimSearch(w http.ResponseWriter, r *http.Request) error {
	a := who(r)
	if !isProvider(a) {
		return domain.ErrNotAProvider
	}
	q := strings.TrimSpace(r.URL.Query().Get("q"))
	var found []domain.Service
	var err error
	if q != "" {
		if found, err = web.App.Services(r.Context(), a, app.Search{Text: q, Unclaimed: true, Limit: claimsOnAPage}); err != nil {
			return err
		}
	}
	mine, err := web.App.Claims(r.Context(), a, nil, claimsOnAPage) // the latest, and whatever waits
	if err != nil {
		return err
	}
	return web.pages.Render(w, http.StatusOK, pageClaimSearch, newClaimSearch(web.page(r, "Claim your listing"), q, found, mine, web.Now()))
}

func newClaimSearch(base ui.Page, q string, found []domain.Service, mine []app.ClaimView, now time.Time) claimSearchPage {
	p := claimSearchPage{Page: base, Search: ui.Filter{
		Heading: "Find your listing", Action: Root + "/claim", Open: true,
		Fields: []ui.Component{ui.Input{Name: "q", Label: "Name of the service or of your organisation", Value: q}},
	}}
	switch {
	case q == "":
		p.List = ui.Paragraph("Many services are in the directory from lists that others keep. When you have claimed yours, you can change it, say how much room there is and be sent people.")
	case len(found) == 0:
		p.List = ui.EmptyState{Heading: "No unclaimed listing was found", Body: ui.Group{
			ui.Paragraph("Try one word of the name. If it is not there, add your service."),
			ui.Link{Text: "Add a service", Href: Root + "/new-service"},
		}}
	default:
		t := ui.Table{Caption: "Listings that nobody has claimed", Columns: []ui.Column{{Text: "Service"}, {Text: "Provider"}, {Text: "From"}, {Text: "Claim"}}}
		for _, s := range found {
			t.Rows = append(t.Rows, ui.Row{Cells: []ui.Component{
				ui.Link{Text: s.Name, Href: servicePath(s.ID)},
				ui.Text(s.ProviderName), ui.Text(s.Source),
				ui.Link{Text: "Claim", Href: Root + "/claim/" + s.ID, Hidden: s.Name},
			}})
		}
		p.List = t
	}
	if len(mine) > 0 {
		t := ui.Table{Caption: "What your organisation has asked for", Columns: []ui.Column{{Text: "Service"}, {Text: "Asked"}, {Text: "Answer"}}}
		for _, c := range mine {
			t.Rows = append(t.Rows, ui.Row{Cells: []ui.Component{ui.Link{Text: c.Service.Name, Href: servicePath(c.ServiceID)}, ui.Text(ui.Near(c.AskedAt, now)), claimStatus(c)}})
		}
		p.Mine = t
	}
	return p
}

func claimStatus(c app.ClaimView) ui.Component {
	switch c.State {
	case domain.ClaimConfirmed:
		return ui.Status{Tag: ui.Tag{Text: "Yours now", Colour: ui.Green}, Reason: c.DecisionNote}
	case domain.ClaimRefused:
		return ui.Status{Tag: ui.Tag{Text: "Refused", Colour: ui.Grey}, Reason: c.DecisionNote}
	}
	return ui.Status{Tag: ui.Tag{Text: "Waiting for the area's office", Colour: ui.Yellow}}
}

// claimPage asks for one listing.
type claimPage struct {
	ui.Page
	Facts ui.SummaryList
	Form  ui.Form
}

func (web *Web) claim(w http.ResponseWriter, r *http.Request) error {
	return web.showClaim(w, r, http.StatusOK, "", nil)
}

func (web *Web) showClaim(w http.ResponseWriter, r *http.Request, status int, typed string, wrong *fault.Error) error {
	id, err := httpx.PathID(r, "id")
	if err != nil {
		return err
	}
	v, err := web.App.Service(r.Context(), who(r), id)
	if err != nil {
		return err
	}
	return web.pages.Render(w, status, pageClaim, newClaimPage(web.page(r, "Claim "+v.Name), v, typed, wrong))
}

func newClaimPage(base ui.Page, v app.ServiceView, typed string, wrong *fault.Error) claimPage {
	p := claimPage{Page: base, Facts: serviceFacts(v.OwnService.Service, true)}
	p.Back = &ui.Link{Text: "Back to the search", Href: Root + "/claim?q=" + url.QueryEscape(v.Name)}
	if wrong != nil {
		p.Problems = ui.ProblemsOf(wrong)
	}
	p.Form = ui.Form{Action: Root + "/claim/" + v.ID, IdempotencyKey: newKey(), Fields: []ui.Component{
		ui.Textarea{
			Name: "why", Label: "How can the area's office tell that this is your service?", Hint: "Such as a name and number they can ring, or your charity number",
			Rows: 4, MaxLength: domain.MaxNote, Value: typed, Error: p.Problems.For("why"),
		},
	}, Buttons: []ui.Component{ui.Button{Text: "Ask for this listing"}}}
	return p
}

func (web *Web) claimService(w http.ResponseWriter, r *http.Request) error {
	id, err := httpx.PathID(r, "id")
	if err != nil {
		return err
	}
	f, err := httpx.ParseForm(r)
	if err != nil {
		return err
	}
	why := f.Area("why", domain.MaxNote, "Say how the area's office can tell that this is your service")
	if err = f.Err(); err == nil {
		_, err = web.App.Claim(r.Context(), who(r), httpx.Command(r.Context(), "claim"), app.ClaimInput{ServiceID: id, Why: why})
	}
	if err == nil {
		http.Redirect(w, r, did(Root+"/claim", "claimed"), http.StatusSeeOther)
		return nil
	}
	wrong, ok := refused(err)
	if !ok {
		return err
	}
	return web.showClaim(w, r, httpx.Status(err), f.Typed("why"), wrong)
}

// claimsPage is where the area's office decides.
type claimsPage struct {
	ui.Page
	Asked   ui.Component
	Decided ui.Component
	More    ui.Component
}

func (web *Web) claims(w http.ResponseWriter, r *http.Request) error {
	return web.showClaims(w, r, http.StatusOK, "", nil, nil)
}

func (web *Web) showClaims(w http.ResponseWriter, r *http.Request, status int, id string, f *httpx.Form, wrong *fault.Error) error {
	a := who(r)
	if err := app.MustBeOffice(a); err != nil {
		return err
	}
	in := httpx.ListInput{Cursor: r.URL.Query().Get("cursor"), Limit: claimsOnAPage}
	var after *app.ClaimPlace
	var at app.ClaimPlace
	if ok, err := in.After(r.Context(), &at); err != nil {
		return err
	} else if ok {
		after = &at
	}
	all, err := web.App.Claims(r.Context(), a, after, in.Limit+1)
	if err != nil {
		return err
	}
	list := httpx.ListBody(r.Context(), in, all, func(c app.ClaimView) any { return c.Place() })
	p := newClaimsPage(web.page(r, "Claims"), list.Items, in.Cursor, id, f, wrong, web.Now())
	if list.Next != "" || in.Cursor != "" {
		more := ui.Pagination{Showing: "Showing " + ui.Count(len(list.Items), "claim", "claims")}
		if list.Next != "" {
			more.Next = Root + "/claims?" + url.Values{"cursor": {list.Next}}.Encode()
		}
		if in.Cursor != "" {
			more.Previous = Root + "/claims" // to the beginning: a cursor leads one way
		}
		p.More = more
	}
	return web.pages.Render(w, status, pageClaims, p)
}

// newClaimsPage shows the page of claims that begins at a cursor; its forms say which, so that what was refused is shown on it again.
func newClaimsPage(base ui.Page, all []app.ClaimView, cursor, id string, f *httpx.Form, wrong *fault.Error, now time.Time) claimsPage {
	p := claimsPage{Page: base}
	here := ""
	if cursor != "" {
		here = "?" + url.Values{"cursor": {cursor}}.Encode()
	}
	if wrong != nil {
		p.Problems = ui.ProblemsOf(wrong)
	}
	var asked ui.Group
	done := ui.Table{Caption: "Decided", Columns: []ui.Column{{Text: "Service"}, {Text: "Provider"}, {Text: "Decision"}, {Text: "By"}}}
	for i, c := range all {
		if c.State != domain.ClaimAsked {
			done.Rows = append(done.Rows, ui.Row{Cells: []ui.Component{
				ui.Link{Text: c.Service.Name, Href: servicePath(c.ServiceID)},
				ui.Text(c.Provider), claimStatus(c),
				ui.Text(c.Decider + ", " + ui.Near(c.DecidedAt, now)),
			}})
			continue
		}
		note := ""
		if c.ID == id && f != nil {
			note = f.Typed("note")
		}
		name := "note"
		asked = append(asked, ui.SummaryCard{Heading: c.Service.Name, Links: []ui.Link{{Text: "See the listing", Href: servicePath(c.ServiceID)}}, Rows: []ui.SummaryRow{
			{Key: "Asked by", Value: ui.Text(c.Asker + ", " + c.Provider + ", " + ui.Moment(c.AskedAt, now))},
			{Key: "Listing says", Value: ui.Text(c.Service.ProviderName + " (" + c.Service.Source + ")")},
			{Key: "How you can tell", Value: ui.Prose(c.Why)},
		}, Body: ui.Form{Action: Root + "/claims/" + c.ID + here, IdempotencyKey: newKey(), Version: c.Version, Fields: []ui.Component{
			ui.Textarea{ID: "note-" + strconv.Itoa(i), Name: name, Label: "A word for the provider", Hint: "Needed when you refuse", Rows: 2, Value: note, Error: noteError(p.Problems, c.ID == id)},
		}, Buttons: []ui.Component{
			ui.Button{Text: "Confirm", Name: "decision", Value: "confirm", Hidden: "the claim of " + c.Provider},
			ui.Button{Text: "Refuse", Name: "decision", Value: "refuse", Variant: ui.Secondary, Hidden: "the claim of " + c.Provider},
		}}})
		if c.ID == id {
			for j := range p.Problems {
				if p.Problems[j].Field == "note" {
					p.Problems[j].Field = "note-" + strconv.Itoa(i)
				}
			}
		}
	}
	p.Asked = ui.EmptyState{Heading: "No claims are waiting", Body: ui.Paragraph("Claims appear here when a provider says that a listing is its own service.")}
	if len(asked) > 0 {
		p.Asked = asked
	}
	if len(done.Rows) > 0 {
		p.Decided = done
	}
	return p
}

func noteError(problems ui.Problems, here bool) string {
	if !here {
		return ""
	}
	return problems.For("note")
}

func (web *Web) decideClaim(w http.ResponseWriter, r *http.Request) error {
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
	in := app.DecideInput{ClaimID: id, Version: version, Note: f.Area("note", domain.MaxNote, ""), Confirm: f.Choice("decision", "Confirm or refuse", "confirm", "refuse") == "confirm"}
	if err = f.Err(); err == nil {
		_, err = web.App.DecideClaim(r.Context(), who(r), httpx.Command(r.Context(), "decide claim"), in)
	}
	if err == nil {
		http.Redirect(w, r, did(Root+"/claims", "decided"), http.StatusSeeOther)
		return nil
	}
	wrong, ok := refused(err)
	if !ok {
		return err
	}
	return web.showClaims(w, r, httpx.Status(err), id, f, wrong)
}
