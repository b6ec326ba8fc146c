package web

import (
	"net/http"
	"net/url"
	"time"

	"example.org/waypost/pkg/httpx"
	"example.org/waypost/pkg/ui"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/primarycare/internal/app"
)

// shows are the lists of referrals that have a name, in the order of the tabs.
var shows = []struct{ code, text string }{
	{"", "All"}, {"yours", "Waiting for you"}, {"new", "New to you"}, {"open", "Open"}, {"overdue", "Overdue"}, {"bounced", "Bounced"}, {"mine", "Sent by you"},
}

const referralsShown = 25

// listFilter reads the filter from the address: codes only, and what is no code narrows nothing.
func listFilter(v url.Values) (f app.Filter) {
	f.Limit, f.Order = referralsShown, app.ByChange
	for _, s := range shows {
		if s.code != "" && s.code == v.Get("show") {
			f.Show = s.code
		}
	}
	if s := terms.ReferralState(v.Get("state")); s.Known() {
		f.State = s
	}
	if n := terms.Need(v.Get("need")); n.Known() {
		f.Need = n
	}
	switch o := app.Order(v.Get("sort")); o {
	case app.BySent, app.ByDue:
		f.Order = o
	}
	return f
}

func (web *Web) referrals(w http.ResponseWriter, r *http.Request) error {
	f := listFilter(r.URL.Query())
	if _, err := (httpx.ListInput{Cursor: r.URL.Query().Get("cursor")}).After(r.Context(), &f.After); err != nil {
		return err
	}
	l, err := web.App.Referrals(r.Context(), by(r), f)
	if err != nil {
		return err
	}
	next := ""
	if l.Next != nil {
		next = f0(f, "cursor", httpx.Cursor(r.Context(), l.Next))
	}
	return web.Pages.Render(w, http.StatusOK, "listing", drawReferrals(web.page(r, "Referrals", "Referrals"), l, f, next, web.Now()))
}

// f0 is the address of a list with a filter, and one more value.
func f0(f app.Filter, more ...string) string {
	sort := string(f.Order)
	if f.Order == app.ByChange {
		sort = ""
	}
	return withQuery("/practice/referrals", append([]string{"show", f.Show, "state", string(f.State), "need", string(f.Need), "sort", sort}, more...)...)
}

func drawReferrals(p ui.Page, l app.ReferralList, f app.Filter, next string, now time.Time) listPage {
	p.Wide = true
	page := listPage{Page: p, Heading: "Referrals", Filter: referralFilter(f)}
	nav := ui.SubNav{Label: "Referrals"}
	for _, s := range shows {
		nav.Items = append(nav.Items, ui.MenuItem{Text: s.text, Href: withQuery("/practice/referrals", "show", s.code), Current: s.code == f.Show})
	}
	page.Nav = nav
	if len(l.Referrals) == 0 {
		page.List = noReferrals(f)
		return page
	}
	page.Lede = "Showing " + ui.Count(l.Total, "referral", "referrals") + "."
	t := ui.Table{Caption: "Referrals", HideCaption: true, Columns: []ui.Column{
		{Text: "Patient"}, {Text: "Reference"}, {Text: "Need"}, sorted("Sent", app.BySent, f), {Text: "Status"}, sorted("What is due", app.ByDue, f),
	}}
	for _, r := range l.Referrals {
		t.Rows = append(t.Rows, ui.Row{New: r.New, Cells: []ui.Component{
			ui.Link{Text: callName(l.Patients, r.Ref, "A patient"), Href: "/practice/referrals/" + r.ID, Hidden: "referral " + r.Reference},
			ui.Text(spelled(r.Reference)),
			ui.Text(listNeed(r.Need, r.Sensitive)), ui.Text(ui.Near(r.RequestedAt, now)), statusOf(r.Referral), clockOf(r.Referral, l.Names, now),
		}})
	}
	page.List = t
	page.Pages = paged(next, len(l.Referrals))
	return page
}

func sorted(text string, o app.Order, f app.Filter) ui.Column {
	c := ui.Column{Text: text}
	to := f
	to.Order = o
	if f.Order == o {
		c.Sorted = map[app.Order]string{app.BySent: "descending", app.ByDue: "ascending"}[o]
		to.Order = app.ByChange
	}
	c.SortHref = f0(to)
	return c
}

func noReferrals(f app.Filter) ui.EmptyState {
	if f.State != "" || f.Need != "" || f.Show != "" {
		return ui.EmptyState{Heading: "No referral is in this list now", Body: ui.Link{Text: "Show all referrals", Href: "/practice/referrals"}}
	}
	return ui.EmptyState{Heading: "Your practice has sent no referral yet", Body: ui.Paragraph("To send one, find the patient first.")}
}

func referralFilter(f app.Filter) ui.Filter {
	states, needs := []ui.SelectOption{{Text: "Any"}}, []ui.SelectOption{{Text: "Any"}}
	for _, s := range terms.ReferralStates {
		states = append(states, ui.SelectOption{Value: string(s.Code), Text: s.Sender})
	}
	for _, n := range terms.Needs {
		needs = append(needs, ui.SelectOption{Value: string(n.Code), Text: n.Label})
	}
	out := ui.Filter{Action: "/practice/referrals", Clear: withQuery("/practice/referrals", "show", f.Show), Fields: []ui.Component{
		ui.Select{Name: "state", Label: "Status", Value: string(f.State), Options: states}, ui.Select{Name: "need", Label: "Need", Value: string(f.Need), Options: needs},
	}}
	for _, v := range []ui.Value{{Name: "show", Value: f.Show}, {Name: "sort", Value: string(f.Order)}} {
		if v.Value != "" && v.Value != string(app.ByChange) {
			out.Values = append(out.Values, v)
		}
	}
	if f.State != "" {
		info, _ := terms.ReferralStateByCode(f.State)
		without := f
		without.State = ""
		out.Chips = append(out.Chips, ui.Link{Text: info.Sender, Href: f0(without)})
	}
	if f.Need != "" {
		without := f
		without.Need = ""
		out.Chips = append(out.Chips, ui.Link{Text: f.Need.Label(), Href: f0(without)})
	}
	return out
}
