package web

import (
	"net/http"
	"net/url"
	"strconv"
	"time"

	"example.org/waypost/pkg/httpx"
	"example.org/waypost/pkg/pg"
	"example.org/waypost/pkg/ui"
	"example.org/waypost/services/primarycare/internal/app"
	"example.org/waypost/services/primarycare/internal/domain"
)

func (web *Web) askDelete(w http.ResponseWriter, r *http.Request) error {
	d, gone, err := web.draft(w, r)
	if err != nil || gone {
		return err
	}
	return web.plain(w, http.StatusOK, web.drawDelete(web.onDraft(r, d, "Delete"), fresh(nil), d))
}

func (web *Web) drawDelete(p ui.Page, _ form, d app.DraftPage) plainPage {
	return plainPage{Page: p, Heading: "Delete what was started?", Body: []ui.Component{
		ui.Paragraph("Nothing has been sent, so nobody is told. What was written in these tasks can not be brought back. The patient’s record and what they said about sharing stay."),
		ui.Form{Action: taskHref(d.ID, "delete"), IdempotencyKey: web.NewID(), Version: d.Version, Buttons: []ui.Component{
			ui.Button{Text: "Delete", Variant: ui.Warning}, ui.LinkButton{Text: "Keep it", Href: taskHref(d.ID, ""), Variant: ui.Secondary},
		}},
	}}
}

func (web *Web) deleted(w http.ResponseWriter, r *http.Request) error {
	return web.saveTask(w, r, "Delete", web.drawDelete, func(id string, _ int64, _ *httpx.Form, cmd pg.Command) (string, error) {
		_, err := web.App.DeleteDraft(r.Context(), by(r), cmd, id)
		return "/practice/tasks?done=deleted", err
	})
}

func (web *Web) drafts(w http.ResponseWriter, r *http.Request) error {
	in, err := httpx.ListOf(r)
	if err != nil {
		return err
	}
	var after app.FlagPlace
	if _, err := in.After(r.Context(), &after); err != nil {
		return err
	}
	mine := r.URL.Query().Get("show") == "mine"
	l, err := web.App.Drafts(r.Context(), by(r), mine, after, in.Limit+1)
	if err != nil {
		return err
	}
	next := ""
	if len(l.Drafts) > in.Limit {
		l.Drafts = l.Drafts[:in.Limit]
		last := l.Drafts[in.Limit-1]
		next = withQuery("/practice/tasks", "show", r.URL.Query().Get("show"), "cursor", httpx.Cursor(r.Context(), app.FlagPlace{At: last.ChangedAt, ID: last.ID}))
	}
	p := web.page(r, "Started", "Started and not sent")
	web.done(r, &p)
	return web.Pages.Render(w, http.StatusOK, "listing", drawDrafts(p, l, mine, next, web.Now()))
}

func drawDrafts(p ui.Page, l app.DraftList, mine bool, next string, now time.Time) listPage {
	p.Wide = true
	page := listPage{
		Page: p, Heading: "Started and not sent", Lede: "Anyone at your practice can go on with these. What nobody touches for 7 days is deleted.",
		Nav: ui.SubNav{Label: "Started referrals", Items: []ui.MenuItem{{Text: "Everyone’s", Href: "/practice/tasks", Current: !mine}, {Text: "Mine", Href: "/practice/tasks?show=mine", Current: mine}}},
	}
	if len(l.Drafts) == 0 {
		page.List = ui.EmptyState{Heading: "Nothing is waiting to be sent", Body: ui.Paragraph("To start a referral, find the patient first.")}
		return page
	}
	t := ui.Table{Caption: "Started and not sent", HideCaption: true, Columns: []ui.Column{{Text: "Patient"}, {Text: "Started on"}, {Text: "By"}, {Text: "Next task"}, {Text: "Deleted on"}}}
	for _, d := range l.Drafts {
		t.Rows = append(t.Rows, ui.Row{Cells: []ui.Component{
			ui.Link{Text: callName(l.Patients, d.Ref, "A patient"), Href: taskHref(d.ID, ""), Hidden: "started " + ui.Moment(d.StartedAt, now)},
			ui.Text(ui.Moment(d.StartedAt, now)),
			ui.Text(l.Names.Name(d.StartedBy, "A colleague")), ui.Text(nextTask(d, now)), ui.Text(ui.Near(d.ExpiresAt, now)),
		}})
	}
	page.List = t
	page.Pages = paged(next, len(l.Drafts))
	return page
}

// nextTask is the first that is not done.
func nextTask(d domain.Draft, now time.Time) string {
	if d.Stopped() {
		return "Stopped by a red flag"
	}
	for _, t := range domain.Tasks {
		if state, _ := d.Task(t, now); state == domain.TaskToDo || state == domain.TaskBlocked {
			return taskNames[t]
		}
	}
	return taskNames[domain.TaskSend]
}

// withQuery builds an address from names and values, leaving out what is empty.
func withQuery(path string, pairs ...string) string {
	q := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			q.Set(pairs[i], pairs[i+1])
		}
	}
	if len(q) == 0 {
		return path
	}
	return path + "?" + q.Encode()
}

// listPage is a list with its filter and pages.
type listPage struct {
	ui.Page
	Heading string
	Lede    string
	Nav     ui.Component
	Filter  ui.Component
	List    ui.Component
	Pages   ui.Component
}

func paged(next string, shown int) ui.Component {
	if next == "" {
		return nil
	}
	return ui.Pagination{Next: next, Showing: "Showing " + strconv.Itoa(shown)}
}
