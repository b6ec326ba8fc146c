package web

import (
	"net/http"
	"time"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/httpx"
	"example.org/waypost/pkg/ui"
	"example.org/waypost/services/mdt/internal/app"
	"example.org/waypost/services/mdt/internal/domain"
)

// Being asked to hold a case, and what one holds.

func holdingPath(id string) string { return Root + "/holding/" + id }

func (web *Web) cases(w http.ResponseWriter, r *http.Request) error {
	all, names, err := web.app.Cases(r.Context(), who(r.Context()))
	if err != nil {
		return err
	}
	return web.show(w, http.StatusOK, drawCases(web.page(r, "Cases we hold", sectionCases), all, names, who(r.Context()), web.Now()))
}

func drawCases(p ui.Page, all []app.Held, names map[string]string, a actor.Actor, now time.Time) sheet {
	p.Wide = true
	if len(all) == 0 {
		return sheet{Page: p, Heading: "Cases we hold", Parts: []ui.Component{ui.EmptyState{Heading: "You and your colleagues hold no case", Body: ui.Paragraph("When a meeting asks you to hold one, it shows here and on your home page.")}}}
	}
	t := ui.Table{Caption: "Cases", HideCaption: true, Columns: []ui.Column{{Text: "Case"}, {Text: "Person"}, {Text: "Who"}, {Text: "Status"}}}
	for _, h := range all {
		person := ui.Component(ui.Text("Not shown to you"))
		if h.Known {
			person = ui.Text(h.Patient.Name())
		}
		where, status := "/case/"+h.CaseID, ui.Component(ui.Tag{Text: "Holds the case", Colour: ui.Green})
		if h.Left() {
			status = ui.Tag{Text: "Has left: a meeting asks somebody else", Colour: ui.Red}
		}
		if h.State == domain.HoldingOffered {
			status = ui.Group{ui.Tag{Text: "Asked: answer needed", Colour: ui.Blue}, ui.Clock{Since: h.AskedAt, Due: h.DueAt, What: "the answer", Now: now}}
			if h.PersonID == a.Person.ID {
				where = holdingPath(h.ID)
			}
		}
		t.Rows = append(t.Rows, ui.Row{Cells: []ui.Component{ui.Link{Text: "Case " + reference(h.Case.Reference), Href: where}, person, ui.Text(name(names, h.PersonID)), status}})
	}
	return sheet{Page: p, Heading: "Cases we hold", Parts: []ui.Component{ui.Live{ID: "cases", Label: "The cases", Events: eventsPath, Refresh: Root + "/cases", Now: now, Body: t}}}
}

func (web *Web) unheld(w http.ResponseWriter, r *http.Request) error {
	all, err := web.app.Unheld(r.Context(), who(r.Context()))
	if err != nil {
		return err
	}
	return web.show(w, http.StatusOK, drawUnheld(web.page(r, unheldHeading, sectionCases), all, web.Now()))
}

const unheldHeading = "Cases without a case-holder"

func drawUnheld(p ui.Page, all []app.Line, now time.Time) sheet {
	p.Wide = true
	if len(all) == 0 {
		return sheet{Page: p, Heading: unheldHeading, Parts: []ui.Component{ui.EmptyState{
			Heading: "Every case has somebody", Body: ui.Paragraph("An open case that a meeting of yours discussed shows here while nobody holds it or is asked to."),
		}}}
	}
	t := ui.Table{Caption: "Cases", HideCaption: true, Columns: []ui.Column{{Text: "Case"}, {Text: "Why"}, {Text: "Decided"}, {Text: "When"}}}
	for _, l := range all {
		why := "Nobody holds it"
		if l.Holder != nil {
			why = "Its case-holder has left"
		}
		t.Rows = append(t.Rows, ui.Row{Cells: []ui.Component{
			ui.Link{Text: lineName(l), Href: itemPath(l.ID)}, ui.Text(why), ui.Text(l.Item.Decision.Label()), ui.Text(ui.Moment(l.DiscussedAt, now)),
		}})
	}
	return sheet{Page: p, Heading: unheldHeading, Parts: []ui.Component{
		ui.Paragraph("A meeting of yours discussed these, and nobody who is still there holds them or is asked to. Open one to ask somebody."),
		ui.Live{ID: "unheld", Label: "The cases", Events: eventsPath, Refresh: Root + "/unheld", Now: now, Body: t},
	}}
}

func (web *Web) holding(w http.ResponseWriter, r *http.Request) error {
	id, err := httpx.PathID(r, "id")
	if err != nil {
		return err
	}
	return web.showHolding(w, r, id, http.StatusOK, typed{})
}

func (web *Web) showHolding(w http.ResponseWriter, r *http.Request, id string, status int, t typed) error {
	v, err := web.app.HoldingByID(r.Context(), who(r.Context()), id)
	if err != nil {
		return err
	}
	return web.show(w, status, drawHolding(web.page(r, "Hold a case", sectionCases), v, who(r.Context()), t, web.Now()))
}

func drawHolding(p ui.Page, v app.HoldingView, a actor.Actor, t typed, now time.Time) sheet {
	p.Problems, p.Back, p.Header = t.problems, &ui.Link{Text: "Cases we hold", Href: Root + "/cases"}, header(v.Patient, v.Known, now)
	before := "Nobody holds this case now"
	if v.Current != nil {
		before = name(v.Names, v.Current.PersonID) + ", " + name(v.Names, v.Current.OrganisationID) + ", holds it until you say yes"
	}
	rows := []ui.SummaryRow{
		{Key: "Case", Value: ui.Link{Text: reference(v.Case.Reference), Href: "/case/" + v.CaseID}},
		{Key: "Who is asked", Value: ui.Text(name(v.Names, v.PersonID) + ", " + v.Role.Label())},
		{Key: "Asked by", Value: ui.Text(name(v.Names, v.AskedBy) + ", " + name(v.Names, v.AskedByOrg) + ", " + ui.Moment(v.AskedAt, now))},
	}
	if v.Item.Narrative != "" {
		rows = append(rows, ui.SummaryRow{Key: "Why they are on the agenda", Value: ui.Prose(v.Item.Narrative)})
	}
	if v.Item.Note != "" {
		rows = append(rows, ui.SummaryRow{Key: "What the meeting said", Value: ui.Prose(v.Item.Note)})
	}
	parts := []ui.Component{}
	mine := v.PersonID == a.Person.ID
	switch v.State {
	case domain.HoldingOffered:
		parts = append(parts, ui.Clock{Since: v.AskedAt, Due: v.DueAt, What: "the answer", Now: now})
		rows = append(rows, ui.SummaryRow{Key: "Until then", Value: ui.Text(before)})
	default:
		parts = append(parts, ui.Status{Tag: ui.Tag{Text: holdingWords[v.State], Colour: holdingColours[v.State]}, Reason: holdingReason(v, now)})
	}
	parts = append(parts, ui.SummaryList{Rows: rows})
	if v.State == domain.HoldingOffered && mine {
		parts = append(parts, ui.InsetText{Body: ui.Text("The case-holder is the one professional who is accountable for the case. You stay it until somebody else has said yes.")},
			ui.Form{Action: holdingPath(v.ID) + "/accept", IdempotencyKey: newKey(), Version: v.Version, Buttons: []ui.Component{ui.Button{Text: "Yes, I hold this case"}}},
			ui.Heading{Text: "Or say no"},
			ui.Form{
				Action: holdingPath(v.ID) + "/refuse", IdempotencyKey: newKey(), Version: v.Version, Fields: []ui.Component{
					ui.Textarea{Name: "why_not", Label: "Why can you not hold it?", Hint: "The meeting reads this", Rows: 3, Value: t.or("why_not", ""), Error: t.wrong("why_not"), MaxLength: domain.MaxNote},
				},
				Buttons: []ui.Component{ui.Button{Text: "No, ask somebody else", Variant: ui.Secondary}},
			})
	}
	if v.State == domain.HoldingOffered && v.AskedByOrg == a.Organisation && meets(a) {
		parts = append(parts, ui.Form{Action: holdingPath(v.ID) + "/take-back", IdempotencyKey: newKey(), Version: v.Version, Buttons: []ui.Component{ui.Button{Text: "Take the question back", Variant: ui.Secondary}}})
	}
	return sheet{Page: p, Caption: "Case " + reference(v.Case.Reference), Heading: "Hold this case?", Parts: parts}
}

var holdingWords = map[domain.HoldingState]string{domain.HoldingHolds: "Holds the case", domain.HoldingRefused: "Said no", domain.HoldingTakenBack: "No longer asked", domain.HoldingReleased: "Released"}

var holdingColours = map[domain.HoldingState]ui.Colour{domain.HoldingHolds: ui.Green, domain.HoldingRefused: ui.Grey, domain.HoldingTakenBack: ui.Grey, domain.HoldingReleased: ui.Grey}

func holdingReason(v app.HoldingView, now time.Time) string {
	switch v.State {
	case domain.HoldingHolds:
		return "Since " + ui.Moment(v.AnsweredAt, now)
	case domain.HoldingRefused:
		return orRemoved(v.WhyNot)
	case domain.HoldingReleased:
		if v.HandedTo != "" {
			return "Handed over to " + name(v.Names, v.HandedTo) + ", " + ui.Moment(v.ReleasedAt, now)
		}
		return "The case was closed, " + ui.Moment(v.ReleasedAt, now)
	}
	return "The meeting took the question back"
}

func (web *Web) answerHolding(w http.ResponseWriter, r *http.Request, done string, do func(in app.HoldingChange) error) error {
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
	in := app.HoldingChange{ID: id, Version: version, WhyNot: f.Area("why_not", domain.MaxNote, "")}
	if err = f.Err(); err == nil {
		err = do(in)
	}
	if refused(err) {
		return web.showHolding(w, r, id, httpx.Status(err), typed{f, ui.ProblemsOf(err)})
	}
	if err != nil {
		return err
	}
	if done == "refused" || done == "taken-back" { // they do not see the case any more
		return to(w, r, Root+"/cases", done)
	}
	return to(w, r, holdingPath(id), done)
}

func (web *Web) acceptCase(w http.ResponseWriter, r *http.Request) error {
	return web.answerHolding(w, r, "accepted", func(in app.HoldingChange) error {
		_, err := web.app.AcceptCase(r.Context(), who(r.Context()), httpx.Command(r.Context(), "accept case"), in)
		return err
	})
}

func (web *Web) refuseCase(w http.ResponseWriter, r *http.Request) error {
	return web.answerHolding(w, r, "refused", func(in app.HoldingChange) error {
		_, err := web.app.RefuseCase(r.Context(), who(r.Context()), httpx.Command(r.Context(), "refuse case"), in)
		return err
	})
}

func (web *Web) takeBack(w http.ResponseWriter, r *http.Request) error {
	return web.answerHolding(w, r, "taken-back", func(in app.HoldingChange) error {
		_, err := web.app.TakeBackAsking(r.Context(), who(r.Context()), httpx.Command(r.Context(), "take back"), in)
		return err
	})
}
