package web

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"example.org/waypost/pkg/httpx"
	"example.org/waypost/pkg/id"
	"example.org/waypost/pkg/ui"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/linkworker/internal/app"
	"example.org/waypost/services/linkworker/internal/domain"
)

// team is what our team says it does, and how much room it has.
func (web *Web) team(w http.ResponseWriter, r *http.Request) error {
	a := who(r.Context())
	v, err := web.app.Team(r.Context(), a)
	if err != nil {
		return err
	}
	return web.show(w, http.StatusOK, teamSheet(web.page(r, "Our team", "Our team"), v, a.OrganisationName, a.Role == string(terms.RoleServiceLead), web.Now()))
}

func teamSheet(base ui.Page, v app.TeamView, name string, lead bool, now timeT) sheet {
	s := sheet{Page: base, Heading: name}
	room := ui.Text("Not said yet. Practices see “room unknown”.")
	if v.Capacity.Status != "" {
		room = ui.Text(roomWords(v.Capacity, now) + ", said " + ui.Moment(v.Capacity.ReportedAt, now) + " by " + orColleague(v.Names[v.Capacity.ReportedBy]))
	}
	s.Parts = append(s.Parts, ui.SummaryCard{Heading: "Room", Links: []ui.Link{{Text: "Report room", Href: Root + "/team/capacity"}}, Rows: []ui.SummaryRow{{Key: "Now", Value: room}}})
	t := v.Team
	if t.Version == 0 {
		body := ui.Group{ui.Paragraph("Until your team says what it does, nobody is sent here by choice.")}
		if lead {
			body = append(body, ui.Link{Text: "Say what your team does", Href: Root + "/team/edit"})
		} else {
			body = append(body, ui.Paragraph("Your service lead fills this in."))
		}
		s.Parts = append(s.Parts, ui.EmptyState{Heading: "Nothing is published yet", Body: body})
		return s
	}
	card := ui.SummaryCard{Heading: "What practices see", Rows: []ui.SummaryRow{
		{Key: "What we do", Value: ui.Prose(t.WhatWeDo)},
		{Key: "Takes referrals", Value: ui.Text(yesNo(t.Accepts))},
		{Key: "For practices", Value: practiceList(t.PracticeIDs, v.Names)},
		{Key: "Phone", Value: ui.Text(orNone(t.Phone))},
		{Key: "Published", Value: ui.Text("Version " + strconv.FormatInt(t.Version, 10) + ", " + ui.Moment(t.ChangedAt, now) + " by " + orColleague(v.Names[t.ChangedBy]))},
	}}
	if lead {
		card.Links = []ui.Link{{Text: "Change", Href: Root + "/team/edit"}}
	} else {
		s.Parts = append(s.Parts, ui.Paragraph("Your service lead can change this."))
	}
	s.Parts = append(s.Parts, card)
	for _, h := range t.Offer() {
		s.Parts = append(s.Parts, ui.SummaryCard{Heading: neighbourhood(h.NetworkCode, v), Rows: []ui.SummaryRow{
			{Key: "What we do here", Value: needList(h.Does)}, {Key: "Not here", Value: refusalList(h.Not)},
		}})
	}
	return s
}

// neighbourhood is what to call a network: its name where it is our own.
func neighbourhood(code string, v app.TeamView) string {
	switch {
	case code == "":
		return "Everywhere"
	case code == v.Own.NetworkCode && v.Own.NetworkName != "":
		return v.Own.NetworkName + " (" + code + ")"
	}
	return "Network " + code
}

func yesNo(b bool) string {
	if b {
		return "Yes"
	}
	return "No"
}

func orNone(s string) string {
	if s == "" {
		return "None"
	}
	return s
}

func orColleague(name string) string {
	if name == "" {
		return "a colleague"
	}
	return name
}

func needList(needs []terms.Need) ui.Component {
	if len(needs) == 0 {
		return ui.Text("None")
	}
	var l ui.List
	for _, n := range needs {
		l = append(l, ui.Text(n.Label()))
	}
	return l
}

func refusalList(not []domain.Refusal) ui.Component {
	if len(not) == 0 {
		return ui.Text("Nothing is ruled out")
	}
	var l ui.List
	for _, n := range not {
		words := n.Need.Label()
		if n.Why != "" {
			words += ": " + n.Why
		}
		l = append(l, ui.Text(words))
	}
	return l
}

func practiceList(ids []string, names map[string]string) ui.Component {
	if len(ids) == 0 {
		return ui.Text("Every practice of the networks")
	}
	var l ui.List
	for _, id := range ids {
		name := names[id]
		if name == "" {
			name = "A practice whose name has not arrived yet"
		}
		l = append(l, ui.Text(name))
	}
	return l
}

func (web *Web) teamForm(w http.ResponseWriter, r *http.Request) error {
	return web.showTeamForm(w, r, typed{}, nil)
}

func (web *Web) showTeamForm(w http.ResponseWriter, r *http.Request, t typed, refused error) error {
	a := who(r.Context())
	if a.Role != string(terms.RoleServiceLead) {
		return domain.ErrNotLead
	}
	v, err := web.app.Team(r.Context(), a)
	if err != nil {
		return err
	}
	t.problems = ui.ProblemsOf(refused)
	return web.show(w, httpx.Status(refused), teamFormSheet(web.page(r, "What your team does", "Our team"), v, t))
}

// How many needs a form has room for that the team does not take: two more than there are, up to a most.
const (
	leastRefusals = 4
	mostRefusals  = 30
)

func teamFormSheet(base ui.Page, v app.TeamView, t typed) sheet {
	base.Problems = t.problems
	base.Back = &ui.Link{Text: "Back to your team", Href: Root + "/team"}
	team := v.Team
	needs := []ui.Option{}
	needChoice := []ui.SelectOption{{Value: "", Text: "No need"}}
	for _, n := range terms.Needs {
		needs = append(needs, ui.Option{Value: string(n.Code), Text: n.Label})
		needChoice = append(needChoice, ui.SelectOption{Value: string(n.Code), Text: n.Label})
	}
	networks := strings.Join(team.NetworkCodes, " ")
	if team.Version == 0 {
		networks = v.Own.NetworkCode
	}
	accepts := "yes"
	if team.Version > 0 && !team.Accepts {
		accepts = "no"
	}
	fields := []ui.Component{
		ui.Textarea{Name: "what_we_do", Label: "What does your team do?", Hint: "In words that a patient would use. Practices read this before they send.", Value: t.or("what_we_do", team.WhatWeDo), Error: t.problems.For("what_we_do"), MaxLength: 2000},
		ui.Radios{Name: "accepts", Label: "Does your team take referrals now?", Value: t.or("accepts", accepts), Error: t.problems.For("accepts"), Options: ui.YesNo()},
		ui.Checkboxes{Name: "needs", Label: "Which needs do you take?", Values: t.valuesOr("needs", codes(team.Needs)...), Error: t.problems.For("needs"), Options: needs},
		ui.Heading{Text: "What you do not do here"},
		ui.Paragraph("Say whose it is, so that the next person knocks at the right door."),
	}
	places := []ui.SelectOption{{Text: "Everywhere"}}
	for _, code := range team.NetworkCodes {
		places = append(places, ui.SelectOption{Value: code, Text: neighbourhood(code, v)})
	}
	for i := range min(max(leastRefusals, len(team.NotHere)+2), mostRefusals) {
		n := strconv.Itoa(i + 1)
		var r domain.Refusal
		if i < len(team.NotHere) {
			r = team.NotHere[i]
		}
		field := "not_here-" + n
		if i == 0 {
			field = "not_here"
		}
		fields = append(fields,
			ui.Select{Name: "not_here-" + n, ID: field, Label: "Not here " + n, Value: t.or("not_here-"+n, string(r.Need)), Error: t.problems.For(field), Options: needChoice},
			ui.Input{Name: "why-" + n, Label: "Whose it is " + n, Value: t.or("why-"+n, r.Why), Error: t.problems.For("why-" + n)})
		if len(team.NetworkCodes) > 1 || r.NetworkCode != "" {
			fields = append(fields, ui.Select{Name: "where-" + n, Label: "In which neighbourhood " + n, Value: t.or("where-"+n, r.NetworkCode), Error: t.problems.For("where-" + n), Options: places})
		}
	}
	fields = append(fields, ui.Heading{Text: "For whom"},
		ui.Input{Name: "networks", Label: "Primary care networks", Hint: "Their ODS codes, with spaces between", Value: t.or("networks", networks), Error: t.problems.For("networks"), Code: true})
	if len(v.Practices) > 0 {
		options := []ui.Option{}
		for _, p := range v.Practices {
			options = append(options, ui.Option{Value: p.ID, Text: p.Name, Hint: p.Postcode})
		}
		fields = append(fields, ui.Checkboxes{Name: "practices", Label: "Only these practices of your network", Hint: "Tick none for all of them.", Values: t.valuesOr("practices", team.PracticeIDs...), Error: t.problems.For("practices"), Options: options})
	}
	fields = append(fields, ui.Input{Name: "phone", Label: "Phone (optional)", Type: "tel", Width: 20, Value: t.or("phone", team.Phone), Error: t.problems.For("phone")})
	return sheet{Page: base, Heading: "What your team does", Parts: []ui.Component{
		ui.Form{Action: Root + "/team/edit", IdempotencyKey: key(), Version: team.Version, Fields: fields, Values: versionZero(team.Version), Buttons: []ui.Component{ui.Button{Text: "Publish"}}},
	}}
}

// versionZero says that nothing was there before: a form leaves a version of 0 out.
func versionZero(version int64) []ui.Value {
	if version > 0 {
		return nil
	}
	return []ui.Value{{Name: httpx.VersionField, Value: "0"}}
}

func codes(needs []terms.Need) []string {
	var out []string
	for _, n := range needs {
		out = append(out, string(n))
	}
	return out
}

func (web *Web) publishTeam(w http.ResponseWriter, r *http.Request) error {
	f, err := httpx.ParseForm(r)
	if err != nil {
		return err
	}
	version, err := f.Version()
	if err != nil {
		return err
	}
	team := teamIn(f)
	err = f.Err()
	if err == nil {
		_, err = web.app.PublishTeam(r.Context(), who(r.Context()), httpx.Command(r.Context(), "publish team"), team, version)
	}
	if err != nil && again(err) {
		return web.showTeamForm(w, r, typed{sent: f.Values()}, err)
	}
	if err != nil {
		return err
	}
	return done(w, r, "/team", "published")
}

func teamIn(f *httpx.Form) domain.Team {
	var all []string
	for _, n := range terms.Needs {
		all = append(all, string(n.Code))
	}
	t := domain.Team{WhatWeDo: f.Area("what_we_do", 2000, "Enter what your team does"), Accepts: f.YesNo("accepts", "Select whether your team takes referrals"), Phone: f.Text("phone", 40, "")}
	for _, n := range f.Choices("needs", "", all...) {
		t.Needs = append(t.Needs, terms.Need(n))
	}
	for i := range mostRefusals {
		n := strconv.Itoa(i + 1)
		need, why := f.Choice("not_here-"+n, "", all...), f.Text("why-"+n, lineMost, "")
		if need != "" {
			t.NotHere = append(t.NotHere, domain.Refusal{Need: terms.Need(need), Why: why, NetworkCode: strings.ToUpper(f.Text("where-"+n, 12, ""))})
		}
	}
	for _, code := range strings.Fields(strings.ToUpper(f.Text("networks", lineMost, ""))) {
		if len(code) > 12 || strings.Trim(code, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") != "" {
			f.Add("networks", "Enter ODS codes of letters and digits, such as U12345")
			break
		}
		if !slices.Contains(t.NetworkCodes, code) {
			t.NetworkCodes = append(t.NetworkCodes, code)
		}
	}
	for _, p := range f.TypedAll("practices") {
		if !id.Valid(p) {
			f.Add("practices", "Select from the practices on the page")
			break
		}
		t.PracticeIDs = append(t.PracticeIDs, p)
	}
	return t
}

func (web *Web) capacityForm(w http.ResponseWriter, r *http.Request) error {
	return web.showCapacity(w, r, typed{}, nil)
}

func (web *Web) showCapacity(w http.ResponseWriter, r *http.Request, t typed, refused error) error {
	v, err := web.app.Team(r.Context(), who(r.Context()))
	if err != nil {
		return err
	}
	t.problems = ui.ProblemsOf(refused)
	return web.show(w, httpx.Status(refused), capacitySheet(web.page(r, "Report room", "Our team"), v, t))
}

func capacitySheet(base ui.Page, v app.TeamView, t typed) sheet {
	base.Problems = t.problems
	base.Back = &ui.Link{Text: "Back to your team", Href: Root + "/team"}
	var statuses []ui.Option
	for _, s := range terms.CapacityStatuses {
		statuses = append(statuses, ui.Option{Value: string(s.Code), Text: s.Label})
	}
	c := v.Capacity
	return sheet{Page: base, Heading: "Report room", Parts: []ui.Component{
		ui.Paragraph("Practices see this as up to date for 7 days, then as getting old, and after 28 days as unknown."),
		ui.Form{
			Action: Root + "/team/capacity", IdempotencyKey: key(), Version: c.Version, Values: versionZero(c.Version), Fields: []ui.Component{
				ui.Radios{Name: "status", Label: "How much room does your team have?", Value: t.or("status", string(c.Status)), Error: t.problems.For("status"), Options: statuses},
				ui.Input{Name: "places_free", Label: "How many more people could you take? (optional)", Width: 4, Numeric: true, Value: t.or("places_free", number(c.PlacesFree)), Error: t.problems.For("places_free")},
				ui.Input{Name: "waiting", Label: "How many wait? (optional)", Width: 4, Numeric: true, Value: t.or("waiting", number(c.Waiting)), Error: t.problems.For("waiting")},
				ui.DateInput{Name: "next_review", Label: "When will you look at this again? (optional)", Value: t.date("next_review", ""), Error: t.problems.For("next_review")},
			},
			Buttons: []ui.Component{ui.Button{Text: "Report room"}},
		},
	}}
}

func number(n *int) string {
	if n == nil {
		return ""
	}
	return strconv.Itoa(*n)
}

func (web *Web) reportCapacity(w http.ResponseWriter, r *http.Request) error {
	f, err := httpx.ParseForm(r)
	if err != nil {
		return err
	}
	version, err := f.Version()
	if err != nil {
		return err
	}
	var statuses []string
	for _, s := range terms.CapacityStatuses {
		statuses = append(statuses, string(s.Code))
	}
	c := domain.Capacity{Status: terms.CapacityStatus(f.Choice("status", "Select how much room your team has", statuses...)), NextReviewOn: day(f, "next_review", "")}
	count := func(name string) *int {
		if f.Typed(name) == "" {
			return nil
		}
		n := f.Int(name, 0, 10_000, "")
		return &n
	}
	c.PlacesFree, c.Waiting = count("places_free"), count("waiting")
	err = f.Err()
	if err == nil {
		_, err = web.app.ReportCapacity(r.Context(), who(r.Context()), httpx.Command(r.Context(), "report capacity"), c, version)
	}
	if err != nil && again(err) {
		return web.showCapacity(w, r, typed{sent: f.Values()}, err)
	}
	if err != nil {
		return err
	}
	return done(w, r, "/team", "capacity")
}

func roomWords(c domain.Capacity, now timeT) string {
	words := terms.CapacityWords(c.Status, terms.FreshnessUntil(c.Status, c.UntilOn, c.ReportedAt, now))
	if until, err := time.Parse(time.DateOnly, c.UntilOn); err == nil && now.Before(until) {
		words += " until " + ui.Day(until)
	}
	return words
}
