// Package parked is the pages on which a service's operators see what could not be applied, have it tried again, or give it up.
package parked

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"example.org/waypost/pkg/fault"
	"example.org/waypost/pkg/httpx"
	"example.org/waypost/pkg/inbox"
	"example.org/waypost/pkg/pg"
	"example.org/waypost/pkg/ui"
)

// Look is how these pages look in a service.
type Look struct {
	Root  string // where its pages begin: /provider. Ours are at /provider/parked
	Pages *ui.Pages
	Page  func(r *http.Request, title string) ui.Page // what this person has around the content
}

// Pages are the pages of one service. What a person sees here is identifiers and what was being done; never what an event holds.
type Pages struct {
	Look
	DB       *pg.DB
	Consumer string
	Roles    []string
	Replay   func(ctx context.Context, event string) error // of the whole case; refuses with a conflict when it still fails
	Drop     func(ctx context.Context, event string, why inbox.Why) error
	Now      func() time.Time
	NewID    func() string
}

// The pages, by their routes' names.
const (
	PageList  = "parked"
	PageEvent = "parked event"
	PageDrop  = "drop parked"
)

// Path is where the list is.
func (l Look) Path() string { return l.Root + "/parked" }

func (l Look) event(id string) string { return l.Path() + "/" + id }

// Routes lists them.
func (p *Pages) Routes() []httpx.Route {
	one := p.Path() + "/{id}"
	return []httpx.Route{
		{Method: http.MethodGet, Pattern: p.Path(), Name: PageList, Handler: p.list, Roles: p.Roles},
		{Method: http.MethodGet, Pattern: one, Name: PageEvent, Handler: p.see, Roles: p.Roles},
		{Method: http.MethodPost, Pattern: one + "/replay", Name: "replay parked", Handler: p.replay, Roles: p.Roles, Write: true},
		{Method: http.MethodGet, Pattern: one + "/drop", Name: PageDrop, Handler: p.askDrop, Roles: p.Roles},
		{Method: http.MethodPost, Pattern: one + "/drop", Name: "dropped parked", Handler: p.drop, Roles: p.Roles, Write: true},
	}
}

func (p *Pages) list(w http.ResponseWriter, r *http.Request) error {
	in, err := httpx.ListOf(r)
	if err != nil {
		return err
	}
	var after string
	if _, err := in.After(r.Context(), &after); err != nil {
		return err
	}
	cases, err := inbox.ListParkedCases(r.Context(), p.DB, p.Consumer, after, in.Limit+1)
	if err != nil {
		return err
	}
	page := httpx.ListBody(r.Context(), in, cases, func(c inbox.ParkedCase) any { return c.EventID })
	next := ""
	if page.Next != "" {
		next = p.Path() + "?cursor=" + page.Next
	}
	return p.render(w, http.StatusOK, p.drawList(p.Page(r, "Parked events"), page.Items, next, p.Now()))
}

func (p *Pages) see(w http.ResponseWriter, r *http.Request) error {
	e, err := p.find(r)
	if err != nil {
		return err
	}
	page := p.Page(r, titleOf(e))
	page.Banner = banner(r.URL.Query().Get("done"))
	return p.render(w, http.StatusOK, p.drawEvent(page, e, p.NewID(), p.Now()))
}

func (p *Pages) find(r *http.Request) (e inbox.ParkedEvent, err error) {
	id, err := httpx.PathID(r, "id")
	if err != nil {
		return e, err
	}
	return inbox.SeeParked(r.Context(), p.DB, p.Consumer, id)
}

func (p *Pages) replay(w http.ResponseWriter, r *http.Request) error {
	e, err := p.find(r)
	if err != nil {
		return err
	}
	if err := p.Replay(r.Context(), e.EventID); err != nil {
		return p.refused(w, r, err, func(page ui.Page, e inbox.ParkedEvent) ui.Shutter { return p.drawEvent(page, e, p.NewID(), p.Now()) })
	}
	http.Redirect(w, r, p.event(e.EventID)+"?done=replayed", http.StatusSeeOther)
	return nil
}

func (p *Pages) askDrop(w http.ResponseWriter, r *http.Request) error {
	e, err := p.find(r)
	if err != nil {
		return err
	}
	if e.How != "" { // there is nothing to ask any more
		http.Redirect(w, r, p.event(e.EventID), http.StatusSeeOther)
		return nil
	}
	return p.render(w, http.StatusOK, p.drawDrop(p.Page(r, "Drop an event"), e, "", p.NewID()))
}

func (p *Pages) drop(w http.ResponseWriter, r *http.Request) error {
	e, err := p.find(r)
	if err != nil {
		return err
	}
	f, err := httpx.ParseForm(r)
	if err != nil {
		return err
	}
	why := inbox.Why(f.Choice("why", "Select why it can be dropped", codes()...))
	if !f.Ticked("sure") {
		f.Add("sure", "Tick the box if it shall have no effect here, ever")
	}
	if err = f.Err(); err == nil {
		err = p.Drop(r.Context(), e.EventID, why)
	}
	if err != nil {
		return p.refused(w, r, err, func(page ui.Page, e inbox.ParkedEvent) ui.Shutter {
			if e.How != "" {
				return p.drawEvent(page, e, p.NewID(), p.Now())
			}
			return p.drawDrop(page, e, string(why), p.NewID())
		})
	}
	http.Redirect(w, r, p.event(e.EventID)+"?done=dropped", http.StatusSeeOther)
	return nil
}

// refused shows the page again with what is wrong, as things stand now; errors that are no refusal have a page of their own.
func (p *Pages) refused(w http.ResponseWriter, r *http.Request, err error, draw func(ui.Page, inbox.ParkedEvent) ui.Shutter) error {
	f, ok := fault.Of(err)
	if !ok || f.Meaning == fault.MeaningUnavailable || f.Meaning == fault.MeaningForbidden {
		return err
	}
	e, lookErr := p.find(r)
	if lookErr != nil {
		return lookErr
	}
	status := httpx.Status(err)
	page := p.Page(r, titleOf(e))
	page.Problems = ui.ProblemsOf(err)
	if errors.Is(err, inbox.ErrNotParked) { // it is there, so somebody settled it
		status = http.StatusConflict
		page.Problems = ui.Problems{{Message: "Somebody settled this event before you did, so nothing was done now"}}
	}
	return p.render(w, status, draw(page, e))
}

func (l Look) render(w http.ResponseWriter, status int, page ui.Shutter) error {
	return l.Pages.Render(w, status, ui.ShutterPage, page)
}

// Item is what the operators' menus have for these pages: how many events are parked, when any are.
func (p *Pages) Item(r *http.Request) ui.MenuItem {
	item := ui.MenuItem{Text: "Parked", Href: p.Path(), Current: strings.HasPrefix(r.URL.Path, p.Path())}
	// A menu without a number is better than no page.
	item.Count, _ = inbox.CountParked(r.Context(), p.DB, p.Consumer)
	return item
}

// Onto puts the operators' items on a page's menu. Who has no other business in the service finds nothing else there.
func Onto(p *ui.Page, items []ui.MenuItem, only bool) {
	if len(items) == 0 {
		return
	}
	if only {
		p.Menu, p.Footer, p.Service.Href = nil, nil, items[0].Href
	}
	p.Menu = append(p.Menu, items...)
}
