package web

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"example.org/waypost/pkg/fault"
	"example.org/waypost/pkg/httpx"
	"example.org/waypost/pkg/id"
	"example.org/waypost/pkg/ui"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/coordination/internal/app"
)

// panelPage is "who already helps?" for who has no scripts; the other workspaces' pages show its part alone.
type panelPage struct {
	ui.Page
	Panel ui.Component
	Ask   ui.Component
}

// longestNote is how much a sender may write of why they send although somebody helps.
const longestNote = 500

// panel answers other workspaces' pages: asked with a patient ref alone, by GET or POST, it tells who helps already. Asked with a need
// for a form of theirs, it also asks what is to be done about whoever may do this too, with what was answered before.
func (web *Web) panel(w http.ResponseWriter, r *http.Request) error {
	ref, need, typed := r.PathValue("ref"), "", url.Values(nil)
	if r.Method == http.MethodPost {
		f, err := httpx.ParseForm(r)
		if err != nil {
			return err
		}
		ref, need, typed = f.Typed("patient_ref"), f.Typed("need"), f.Values()
	}
	if !id.Valid(ref) {
		return fault.NotFound("patient")
	}
	p, err := web.App.WhoHelps(r.Context(), who(r), ref, terms.Need(need))
	if err != nil {
		return err
	}
	if r.Header.Get("HX-Request") != "" || r.URL.Query().Has("fragment") {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Cache-Control", "no-store")
		return web.pages.Fragment(w, append(panelOf(p), overlapFields(p, typed)))
	}
	return web.pages.Render(w, http.StatusOK, pagePanel, panelPage{web.page(r, "Who already helps"), panelOf(p), askAboutNeed(p)})
}

// askAboutNeed asks the same with a need, for who has no scripts: who of them may help with that too.
func askAboutNeed(p app.Panel) ui.Component {
	needs := []ui.SelectOption{{Text: "Select a need"}}
	for _, n := range terms.Needs {
		needs = append(needs, ui.SelectOption{Value: string(n.Code), Text: n.Label})
	}
	return ui.Form{
		Action: Root + "/panel", Values: []ui.Value{{Name: "patient_ref", Value: p.PatientRef}},
		Fields:  []ui.Component{ui.Select{Name: "need", Label: "Who of them may help with another need?", Value: string(p.Need), Options: needs}},
		Buttons: []ui.Component{ui.Button{Text: "Look again", Variant: ui.Secondary}},
	}
}

// panelOf says who helps, or that nobody does as far as we know.
func panelOf(p app.Panel) ui.Group {
	// The numbers go with the form that the panel stands in: how many were shown as helping when the sender sent.
	seen := []ui.Value{{Name: "seen_helping", Value: strconv.Itoa(len(p.Helping))}}
	if p.Need != "" {
		seen = append(seen, ui.Value{Name: "seen_overlaps", Value: strconv.Itoa(p.Overlaps())})
	}
	body := ui.Group{ui.Hidden{Values: seen}}
	for _, x := range p.Working {
		body = append(body, ui.Paragraph(workingWords(x)))
	}
	link := ui.Component(nil)
	if p.CaseID != "" {
		link = ui.Link{Text: "Open the shared case", Href: casePath(p.CaseID)}
	} else if p.InEmergency && len(p.Helping) > 0 {
		link = ui.Link{Text: emergencyTitle, Href: emergencyOf(p.PatientRef)}
	}
	if len(p.Helping) == 0 {
		body = append(body, ui.Paragraph("As far as Waypost knows, nobody helps with a referral at the moment."))
	} else {
		body = append(body, helpingTable(p))
	}
	body = append(body, warnings(p)...)
	if len(p.Household) > 0 {
		body = append(body, ui.InsetText{Body: ui.Text("Somebody they live with is helped already by " + strings.Join(p.Household, " and ") + ". Both agreed that this may be told.")})
	}
	if len(p.Failed) > 0 {
		body = append(body, failedOf(p))
	}
	if link == nil {
		return body
	}
	return append(body, ui.List{link, ui.Link{Text: "Whether the people they live with may be told", Href: householdPath(p.PatientRef)}})
}

// failedOf names who is passed over, so that nobody chooses them in vain.
func failedOf(p app.Panel) ui.Component {
	var who ui.List
	for _, f := range p.Failed {
		who = append(who, ui.Text(f.Name+", asked "+ui.Ago(f.On, p.Now)+" ago"))
	}
	return ui.InsetText{Body: ui.Group{
		ui.Paragraph("Asked for this need in the last 30 days, and could not help or did not answer:"), who,
		ui.Paragraph("Waypost does not ask them for it again so soon. If you choose them, it goes to the next who fits."),
	}}
}

func workingWords(x app.Working) string {
	what := "Case-holder: "
	if x.Stays {
		what = "Key worker, who stays in touch with the person: "
	}
	words := what + workerName(x)
	if x.Role != "" {
		words += ", " + lower(x.Role.Label())
	}
	if x.At != "" {
		words += " at " + x.At
	}
	words += "."
	for _, also := range x.Also {
		words += " Asked to help with this too: " + lower(also.Need.Label()) + ", by " + also.By + "."
	}
	return words
}

// needWords is what somebody helps with, as far as the reader may know.
func needWords(n terms.Need) string {
	if n == "" {
		return "Another need, which is not shown here"
	}
	return n.Label()
}

func workerName(x app.Working) string { return cmp.Or(x.Name, "Somebody who is not named here") }

func helpingTable(p app.Panel) ui.Table {
	table := ui.Table{Caption: "Who already helps", CaptionSize: "s", Columns: []ui.Column{{Text: "Need"}, {Text: "Who"}, {Text: "State"}, {Text: "Since"}}}
	for _, h := range p.Helping {
		with := h.With
		if with == "" {
			with = "Being found"
		}
		need := ui.Group{ui.Text(needWords(h.Need))}
		for _, also := range h.Also {
			need = append(need, ui.Paragraph("Asked to help with this too: "+lower(also.Need.Label())+". By "+also.By+", "+ui.Ago(also.Since, p.Now)+" ago."))
		}
		table.Rows = append(table.Rows, ui.Row{New: false, Cells: []ui.Component{need, ui.Text(with), ui.Tag{Text: h.State.Label(), Colour: colours[h.State]}, ui.Text(since(h.Since, p.Now))}})
	}
	return table
}

func warnings(p app.Panel) (body ui.Group) {
	if slices.ContainsFunc(p.Helping, func(h app.Helping) bool { return h.Same }) {
		body = append(body, ui.WarningCallout{Heading: "The same need is open already", Body: ui.Paragraph("If you send this, it is held until you say whether to join what is there or why a second one is right.")})
	}
	var covers []string
	for _, h := range p.Helping {
		if h.Covers && !slices.Contains(covers, h.With) {
			covers = append(covers, h.With)
		}
	}
	said := ui.Group{}
	if len(covers) > 0 {
		words := " helps this person already, and says that they help with this need."
		if len(covers) > 1 {
			words = " help this person already, and say that they help with this need."
		}
		said = append(said, ui.Paragraph(strings.Join(covers, " and ")+words))
	}
	for _, x := range p.Working {
		if x.Helps {
			said = append(said, ui.Paragraph(workerName(x)+" works with this person already, whatever the need. Ask them first: if they take it on, do not send."))
		}
	}
	if len(said) > 0 && p.Need != "" {
		body = append(body, ui.WarningCallout{Heading: "Already helping, and may do this too", Body: said})
	}
	return body
}

// overlapFields ask the sender what to do about whoever may do this too. They stand in the sender's own form and are sent with it: what
// is chosen reaches us in the request. Nothing is asked when there is nobody.
func overlapFields(p app.Panel, typed url.Values) ui.Component {
	if p.Overlaps() == 0 {
		return nil
	}
	wrong := func(field, message string) string {
		if typed.Get("missing") == field {
			return message
		}
		return ""
	}
	var ask []ui.Option
	for _, h := range p.Helping {
		if h.Covers && h.Joinable {
			ask = append(ask, ui.Option{Value: h.ReferralID, Text: h.With, Hint: "Helps with: " + lower(needWords(h.Need))})
		}
	}
	for _, x := range p.Working {
		if x.Joinable {
			ask = append(ask, ui.Option{Value: terms.JoinWorker + x.PersonID, Text: workerName(x), Hint: "Key worker, who stays in touch with the person"})
		}
	}
	var ways []ui.Option
	if len(ask) > 0 {
		join := ui.Option{Value: string(terms.OverlapJoin), Text: terms.OverlapJoin.Label(), Hint: "They see it with what they do already, and you see how it goes."}
		if len(ask) > 1 {
			join.Reveal = ui.Radios{Name: "join_with", Label: "Who should do this too?", Value: typed.Get("join_with"), Options: ask}
		}
		ways = append(ways, join)
	}
	ways = append(ways,
		ui.Option{Value: string(terms.OverlapSend), Text: terms.OverlapSend.Label(), Reveal: ui.Group{
			ui.Radios{Name: "send_reason", Label: "Why is it right?", Value: typed.Get("send_reason"), Error: wrong("send_reason", "Select why it is sent although somebody helps already"), Options: options(terms.SendReasons)},
			ui.Textarea{Name: "send_note", Label: "Anything to add (optional)", Hint: "Whoever helps can read it.", Rows: 2, MaxLength: longestNote, Value: typed.Get("send_note")},
		}},
		ui.Option{Value: string(terms.OverlapStop), Text: terms.OverlapStop.Label(), Hint: "What you wrote is kept for you."})
	body := ui.Group{ui.Radios{Name: "overlap", Label: "What do you want to do?", Size: "s", Value: typed.Get("overlap"), Error: wrong("overlap", "Select what to do about who helps already"), Options: ways}}
	if len(ask) == 1 {
		body = append(body, ui.Hidden{Values: []ui.Value{{Name: "join_with", Value: ask[0].Value}}})
	}
	return body
}

func since(at, now time.Time) string { return ui.Ago(at, now) }
