package web

import (
	"net/http"
	"net/url"
	"strings"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/httpx"
	"example.org/waypost/pkg/ui"
	"example.org/waypost/schemas/terms"

	"example.org/waypost/services/register/internal/domain"
)

// scopePage is what each role may do and take, as a table that a service lead can read.
type scopePage struct {
	ui.Page
	Add   ui.Component
	Roles []ui.Component
}

const scopePath = Root + "/roles-and-tiers"

func (web *Web) scope(w http.ResponseWriter, r *http.Request) error {
	a, _ := actor.From(r.Context())
	own, err := web.App.Scope(r.Context(), a)
	if err != nil {
		return err
	}
	p := web.page(r, "What each role may do")
	if b, ok := doneBanners[r.URL.Query().Get("done")]; ok {
		p.Banner = b
	}
	return web.pages.Render(w, http.StatusOK, pageScope, scopePageOf(p, own, whoIs(a), web.today(), r.URL.Query().Get("all") != ""))
}

func scopePageOf(p ui.Page, own []domain.ScopeLine, who domain.Who, today string, all bool) scopePage {
	p.Wide = true
	page := scopePage{Page: p}
	sets := domain.May(who, domain.ActSetScope, domain.What{})
	// The page does not promise what nobody checks.
	links := ui.Group{ui.Paragraph("Waypost checks these when information is given, when a referral is sent, and when one is accepted, given to a colleague, or joined to what a key worker does already. Referrals are sent by the staff of practices, link worker teams and other care organisations; a service lead sends them from a link worker team alone.")}
	if sets {
		links = append(links, ui.LinkButton{Text: "Write a line", Href: scopePath + "/new"})
	}
	if all {
		links = append(links, ui.Link{Text: "Show only what counts now or later", Href: scopePath})
	} else {
		links = append(links, ui.Link{Text: "Show what counted before, too", Href: scopePath + "?all=yes"})
	}
	page.Add = links
	byRole := map[terms.Role]*ui.Table{}
	for _, l := range domain.Scope(own) {
		state := scopeTag(l, own, today)
		if !all && (state.Text == "Ended" || state.Text == "Replaced") {
			continue
		}
		t := byRole[l.Role]
		if t == nil {
			t = &ui.Table{Caption: l.Role.Label(), Columns: []ui.Column{{Text: "May"}, {Text: "For"}, {Text: "Needs"}, {Text: "Right door otherwise"}, {Text: "From"}, {Text: "Until"}, {Text: "Counts"}}}
			byRole[l.Role] = t
		}
		t.Rows = append(t.Rows, ui.Row{Cells: []ui.Component{
			ui.Text(l.Act.Label()), ui.Text(terms.ScopeOf(l.Of)), ui.Text(scopeNeeds(l)), ui.Text(orDash(l.Door)), scopeFrom(l), ui.Text(lastDay(l.Until)), scopeState(l, state, sets, today),
		}})
	}
	for _, r := range terms.Roles {
		if t := byRole[r.Code]; t != nil {
			page.Roles = append(page.Roles, *t)
		}
	}
	return page
}

func scopeNeeds(l domain.ScopeLine) string {
	switch {
	case !l.Allowed:
		return "Not for this role"
	case l.Competency == "":
		return "No training"
	case l.Tier == "":
		return l.Competency.Label()
	}
	return l.Competency.Label() + ", " + l.Tier.Label() + " or higher"
}

func orDash(s string) string {
	if s == "" {
		return "–"
	}
	return s
}

func scopeFrom(l domain.ScopeLine) ui.Component {
	if l.ID == "" {
		return ui.Text("Default")
	}
	return ui.Text(day(l.From))
}

func scopeTag(l domain.ScopeLine, own []domain.ScopeLine, today string) ui.Tag {
	switch {
	case l.InForce(own, today):
		return ui.Tag{Text: "Now", Colour: ui.Green}
	case l.From > today:
		return ui.Tag{Text: "Later", Colour: ui.Blue}
	case l.Until != "" && l.Until < today:
		return ui.Tag{Text: "Ended", Colour: ui.Grey}
	}
	return ui.Tag{Text: "Replaced", Colour: ui.Grey}
}

func scopeState(l domain.ScopeLine, tag ui.Tag, sets bool, today string) ui.Component {
	if !sets || l.ID == "" || l.Until != "" && l.Until < today {
		return tag
	}
	about := l.Role.Label() + ", " + strings.ToLower(l.Act.Label()) + ", " + strings.ToLower(terms.ScopeOf(l.Of))
	return ui.Group{tag, ui.Text(" "), ui.Link{Text: "Give a last day", Hidden: "to " + about, Href: scopePath + "/" + l.ID + "/end"}}
}

func (web *Web) newScope(w http.ResponseWriter, r *http.Request) error {
	return web.pages.Render(w, http.StatusOK, pageSetScope, setScopePage(web.page(r, "Write a line"), newKey(), typed{"allowed": {"yes"}}))
}

func setScopePage(p ui.Page, key string, t typed) formPage {
	p.Back = &ui.Link{Text: "What each role may do", Href: scopePath}
	options := func(first ui.SelectOption, list []ui.SelectOption) []ui.SelectOption {
		return append([]ui.SelectOption{first}, list...)
	}
	choose := func(name, label, hint string, o []ui.SelectOption) ui.Select {
		return ui.Select{Name: name, Label: label, Hint: hint, Value: t.get(name), Error: p.Problems.For(name), Options: o}
	}
	acts := ui.Radios{Name: "act", Label: "Do what?", Value: t.get("act"), Error: p.Problems.For("act")}
	for _, a := range terms.Acts {
		acts.Options = append(acts.Options, ui.Option{Value: string(a.Code), Text: a.Label})
	}
	return formPage{
		Page: p,
		Lead: ui.Paragraph("The line counts from its first day for the whole area, and replaces the default or an older line about the same. A line about one need comes before one about sensitive needs, and that before one about any need. Everybody who is refused reads the right door."),
		Form: ui.Form{
			Action: scopePath, IdempotencyKey: key,
			Fields: []ui.Component{
				choose("role", "Role", "", options(ui.SelectOption{Text: "Choose a role"}, roleOptions())),
				acts,
				choose("of", "For which need", "", ofOptions()),
				ui.Radios{Name: "allowed", Label: "May they?", Value: t.get("allowed"), Error: p.Problems.For("allowed"), Options: []ui.Option{
					{Value: "yes", Text: "Yes, with the training below"}, {Value: "no", Text: "No, this is not for the role, whatever the training"},
				}},
				choose("competency", "Training they need", "", options(ui.SelectOption{Text: "No training"}, competencyOptions())),
				choose("tier", "Lowest tier of it", "", options(ui.SelectOption{Text: "Any tier"}, tierOptions())),
				ui.Input{Name: "door", Label: "Right door for whoever may not", Hint: "A whole sentence, such as “The housing office at the town hall takes these from anybody”", Value: t.get("door"), Error: p.Problems.For("door")},
				ui.DateInput{Name: "from_on", Label: "First day (optional)", Hint: "Leave empty for today", Value: t.date("from_on"), Error: p.Problems.For("from_on")},
				ui.DateInput{Name: "until_on", Label: "Last day (optional)", Hint: "After it the default, or an older line, counts again", Value: t.date("until_on"), Error: p.Problems.For("until_on")},
			},
			Buttons: []ui.Component{ui.Button{Text: "Write line"}},
		},
	}
}

func roleOptions() (out []ui.SelectOption) {
	for _, r := range terms.Roles {
		out = append(out, ui.SelectOption{Value: string(r.Code), Text: r.Label})
	}
	return out
}

func ofOptions() (out []ui.SelectOption) {
	for _, of := range []string{terms.OfAny, terms.OfSensitive} {
		out = append(out, ui.SelectOption{Value: of, Text: terms.ScopeOf(of)})
	}
	for _, n := range terms.Needs {
		out = append(out, ui.SelectOption{Value: string(n.Code), Text: n.Label})
	}
	return out
}

func competencyOptions() (out []ui.SelectOption) {
	for _, c := range terms.Competencies {
		out = append(out, ui.SelectOption{Value: string(c.Code), Text: c.Label})
	}
	return out
}

func tierOptions() (out []ui.SelectOption) {
	for _, c := range terms.Tiers {
		out = append(out, ui.SelectOption{Value: string(c.Code), Text: c.Label})
	}
	return out
}

func (web *Web) setScope(w http.ResponseWriter, r *http.Request) error {
	f, err := httpx.ParseForm(r)
	if err != nil {
		return err
	}
	a, _ := actor.From(r.Context())
	in := terms.ScopeLine{
		Role: terms.Role(f.Text("role", domain.MaxContact, "Select a role")), Act: terms.Act(f.Text("act", domain.MaxContact, "Select what the line is about")),
		Of: f.Text("of", domain.MaxContact, "Select a need, any need, or sensitive needs and services"), Allowed: f.YesNo("allowed", "Select whether they may"),
		Competency: terms.Competency(f.Text("competency", domain.MaxContact, "")), Tier: terms.Tier(f.Text("tier", domain.MaxContact, "")), Door: f.Text("door", domain.MaxDoor, ""),
		From: iso(f.Date("from_on", "")), Until: iso(f.Date("until_on", "")),
	}
	if err = f.Err(); err == nil {
		_, err = web.App.SetScope(r.Context(), a, httpx.Command(r.Context(), "set role scope"), in)
	}
	if refused(err) {
		p := web.page(r, "Write a line")
		p.Problems = ui.ProblemsOf(err)
		return web.pages.Render(w, httpx.Status(err), pageSetScope, setScopePage(p, newKey(), typed(f.Values())))
	}
	if err != nil {
		return err
	}
	http.Redirect(w, r, scopePath+"?done=scope_set", http.StatusSeeOther)
	return nil
}

func (web *Web) askEndScope(w http.ResponseWriter, r *http.Request) error {
	l, err := web.scopeLine(r)
	if err != nil {
		return err
	}
	return web.pages.Render(w, http.StatusOK, pageEndScope, endScopePage(web.page(r, "Give a line a last day"), l, newKey(), typed{}))
}

func (web *Web) scopeLine(r *http.Request) (l domain.ScopeLine, err error) {
	id, err := httpx.PathID(r, "id")
	if err != nil {
		return l, err
	}
	a, _ := actor.From(r.Context())
	return web.App.ScopeLine(r.Context(), a, id)
}

func endScopePage(p ui.Page, l domain.ScopeLine, key string, t typed) formPage {
	p.Back = &ui.Link{Text: "What each role may do", Href: scopePath}
	return formPage{
		Page: p,
		Lead: ui.SummaryList{Rows: []ui.SummaryRow{
			{Key: "Role", Value: ui.Text(l.Role.Label())},
			{Key: "May", Value: ui.Text(l.Act.Label())},
			{Key: "For", Value: ui.Text(terms.ScopeOf(l.Of))},
			{Key: "Needs", Value: ui.Text(scopeNeeds(l))},
			{Key: "Right door otherwise", Value: ui.Text(orDash(l.Door))},
			{Key: "From", Value: ui.Text(day(l.From))},
			{Key: "Until", Value: ui.Text(lastDay(l.Until))},
		}},
		Form: ui.Form{
			Action: scopePath + "/" + l.ID + "/end", IdempotencyKey: key, Version: int64(l.Version),
			Fields:  []ui.Component{ui.DateInput{Name: "until_on", Label: "Last day", Hint: "From the day after, the default or an older line about the same counts again", Value: t.date("until_on"), Error: p.Problems.For("until_on")}},
			Buttons: []ui.Component{ui.Button{Text: "Save"}},
		},
	}
}

func (web *Web) endScope(w http.ResponseWriter, r *http.Request) error {
	f, err := httpx.ParseForm(r)
	if err != nil {
		return err
	}
	version, err := f.Version()
	if err != nil {
		return err
	}
	l, err := web.scopeLine(r)
	if err != nil {
		return err
	}
	a, _ := actor.From(r.Context())
	until := iso(f.Date("until_on", "Enter the last day"))
	if err = f.Err(); err == nil {
		err = web.App.EndScope(r.Context(), a, httpx.Command(r.Context(), "end role scope"), l.ID, version, until)
	}
	if refused(err) {
		p := web.page(r, "Give a line a last day")
		p.Problems = ui.ProblemsOf(err)
		return web.pages.Render(w, httpx.Status(err), pageEndScope, endScopePage(p, l, newKey(), typed(f.Values())))
	}
	if err != nil {
		return err
	}
	http.Redirect(w, r, scopePath+"?"+url.Values{"done": {"scope_ended"}}.Encode(), http.StatusSeeOther)
	return nil
}

// scopeStories are the states of these pages.
func scopeStories() []ui.Story {
	own := []domain.ScopeLine{
		{ScopeLine: terms.ScopeLine{ID: storyKey, Role: terms.RoleReceptionist, Act: terms.ActRefer, Of: string(terms.NeedHousing), Door: "The housing office at the town hall takes these from anybody", From: "2026-01-05"}, Version: 1},
		{ScopeLine: terms.ScopeLine{ID: storyRole.ID, Role: terms.RoleReceptionist, Act: terms.ActRefer, Of: terms.OfAny, Allowed: true, Competency: terms.CompetencyCareNavigation, Tier: terms.TierEnhanced, Door: "Ask a GP", From: "2027-01-04", Until: "2027-12-31"}, Version: 1},
		{ScopeLine: terms.ScopeLine{ID: storyEnded.ID, Role: terms.RoleReceptionist, Act: terms.ActSignpost, Of: terms.OfAny, Allowed: true, From: "2025-01-06", Until: "2025-12-31"}, Version: 2},
	}
	lead, office := whoIs(storyLead), whoIs(storyCoordinator)
	entered := typed{"role": {string(terms.RoleReceptionist)}, "act": {string(terms.ActRefer)}, "of": {string(terms.NeedHousing)}, "allowed": {"no"}, "door": {"The housing office takes these"}}
	return []ui.Story{
		{Page: pageScope, State: "empty", Data: scopePageOf(seen("What each role may do", storyLead), nil, lead, storyToday, false)},
		{Page: pageScope, State: "full", Data: scopePageOf(seen("What each role may do", storyCoordinator), own, office, storyToday, true)},
		{Page: pageSetScope, State: "empty", Data: setScopePage(seen("Write a line", storyCoordinator), storyKey, typed{"allowed": {"yes"}})},
		{Page: pageSetScope, State: "full", Data: setScopePage(seen("Write a line", storyCoordinator), storyKey, entered)},
		{Page: pageSetScope, State: "error", Data: setScopePage(refusedPage("Write a line", storyCoordinator, domain.ScopeLine{}.Check(storyToday)), storyKey, typed{})},
		{Page: pageEndScope, State: "full", Data: endScopePage(seen("Give a line a last day", storyCoordinator), own[0], storyKey, typed{})},
		{Page: pageEndScope, State: "error", Data: endScopePage(refusedPage("Give a line a last day", storyCoordinator, func() error { _, err := own[0].End("", storyToday, "", storyEnded.EndedAt); return err }()), own[0], storyKey, typed{})},
	}
}
