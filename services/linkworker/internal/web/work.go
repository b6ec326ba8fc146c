package web

import (
	"strconv"

	"example.org/waypost/pkg/ui"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/linkworker/internal/app"
	"example.org/waypost/services/linkworker/internal/domain"
)

// work is what we do with somebody we support, and what was done.
func work(v app.OfferView, now timeT) []ui.Component {
	o := v.Offer
	var parts []ui.Component
	if o.Supported() {
		to := func(text, path string) ui.Component {
			return ui.Link{Text: text, Href: Root + "/offers/" + o.ID + "/" + path}
		}
		parts = append(parts, ui.Heading{Text: "What you can do"}, ui.List{
			to("Record a contact", "contact"), to("Record an assessment", "assessment"), to("Agree a plan", "plan"),
			to("Refer on to a service or team", "refer"), to("Give them to a colleague", "assign"), to("End support", "end"),
		})
	}
	parts = append(parts, contactsPart(v, now)...)
	if !o.Supported() && o.State != terms.OfferEnded {
		return parts
	}
	parts = append(parts, planPart(v, now)...)
	parts = append(parts, wellbeingPart(v, now)...)
	parts = append(parts, onwardPart(v, now)...)
	return append(parts, meetingPart(v.KeyWorkers, v.Actions, v.Name, now)...)
}

func contactsPart(v app.OfferView, now timeT) []ui.Component {
	parts := []ui.Component{ui.Heading{Text: "Contacts"}}
	if len(v.Contacts) == 0 {
		return append(parts, ui.Paragraph("No contact or attempt has been recorded yet."))
	}
	if v.Failed > 0 {
		parts = append(parts, ui.InsetText{Body: ui.Text(ui.Count(v.Failed, "attempt", "attempts") + " in vain since they were last reached. After 3 you can say that they could not be reached.")})
	}
	table := ui.Table{Caption: "Contacts and attempts, newest first", HideCaption: true, Columns: []ui.Column{{Text: "When"}, {Text: "How"}, {Text: "What came of it"}, {Text: "Note"}}}
	for _, c := range v.Contacts {
		table.Rows = append(table.Rows, ui.Row{New: !v.LookedAt.IsZero() && c.At.After(v.LookedAt), Cells: []ui.Component{
			ui.Text(ui.Near(c.At, now)), ui.Text(c.How.Label() + ", " + v.Name(c.By)), ui.Text(c.Result.Label()), ui.Prose(c.Note),
		}})
	}
	return append(parts, table)
}

func planPart(v app.OfferView, now timeT) []ui.Component {
	parts := []ui.Component{ui.Heading{Text: "What matters and the plan"}}
	if len(v.Plans) == 0 {
		return append(parts, ui.Paragraph("No plan has been agreed yet."))
	}
	p := v.Plans[0]
	card := ui.SummaryCard{Heading: "Agreed " + ui.Near(p.At, now) + " with " + v.Name(p.By)}
	if p.Matters != "" {
		card.Rows = append(card.Rows, ui.SummaryRow{Key: "What matters to them", Value: ui.Prose(p.Matters)})
	}
	for i, g := range p.Goals {
		body := ui.Group{ui.Prose(g.Text)}
		if len(g.Steps) > 0 {
			var steps ui.List
			for _, s := range g.Steps {
				steps = append(steps, ui.Text(s.Line()))
			}
			body = append(body, steps)
		}
		card.Rows = append(card.Rows, ui.SummaryRow{Key: "Goal " + strconv.Itoa(i+1), Value: body})
	}
	card.Rows = append(card.Rows, ui.SummaryRow{Key: "Look at it again", Value: ui.Text(dayWords(p.ReviewOn, now))})
	parts = append(parts, card)
	if n := len(v.Plans) - 1; n > 0 {
		parts = append(parts, ui.Paragraph("Before that, "+ui.Count(n, "plan was", "plans were")+" agreed; "+theyStay(n)+" in the record."))
	}
	return parts
}

func theyStay(n int) string {
	if n == 1 {
		return "it stays"
	}
	return "they stay"
}

// wellbeingPart shows the four answers at each stage: a table, what changed, and bars for each question asked at least twice.
// The answers are never added up.
func wellbeingPart(v app.OfferView, now timeT) []ui.Component {
	parts := []ui.Component{ui.Heading{Text: "Assessments"}}
	if len(v.Assessments) == 0 {
		return append(parts, ui.Paragraph("No assessment has been recorded yet."))
	}
	table := ui.Table{Caption: "Personal wellbeing (ONS4), answers from 0 to 10", CaptionSize: "s", Columns: []ui.Column{{Text: "Question"}}}
	for _, a := range v.Assessments {
		table.Columns = append(table.Columns, ui.Column{Text: a.Stage.Label() + ", " + ui.Near(a.At, now)})
	}
	several := len(v.Assessments) > 1
	if several {
		table.Columns = append(table.Columns, ui.Column{Text: "Change"})
	}
	var charts []ui.Component
	for _, q := range terms.ONS4Questions {
		cells := []ui.Component{ui.Text(q.Label)}
		chart := ui.Chart{ID: "ons4-" + string(q.Code), Caption: q.Label + lower(q), What: "When", Unit: "Answer, 0 to 10"}
		for _, a := range v.Assessments {
			n := a.Scores.Of(q.Code)
			if n == nil {
				cells = append(cells, ui.Text("Not answered"))
				continue
			}
			cells = append(cells, ui.Text(strconv.Itoa(*n)+", "+domain.Band(q.Code, *n)))
			chart.Bars = append(chart.Bars, ui.Bar{Label: a.Stage.Label() + ", " + ui.Near(a.At, now), Value: *n})
		}
		if several {
			cells = append(cells, ui.Text(changeWords(q.Code, v.Assessments)))
		}
		if len(chart.Bars) > 1 {
			charts = append(charts, chart)
		}
		table.Rows = append(table.Rows, ui.Row{Cells: cells})
	}
	parts = append(parts, table)
	if len(charts) > 0 {
		parts = append(parts, ui.Details{ID: "wellbeing-drawn", Summary: "See the change drawn", Body: ui.Group(charts)})
	}
	last := v.Assessments[len(v.Assessments)-1]
	rows := []ui.SummaryRow{}
	if last.Matters != "" {
		rows = append(rows, ui.SummaryRow{Key: "What matters to them", Value: ui.Prose(last.Matters)})
	}
	if len(last.Needs) > 0 {
		var needs ui.List
		for _, n := range last.Needs {
			needs = append(needs, ui.Text(n.Label()))
		}
		rows = append(rows, ui.SummaryRow{Key: "Needs found", Value: needs})
	}
	if last.Result != "" {
		rows = append(rows, ui.SummaryRow{Key: "In their own judgement", Value: ui.Text(last.Result.Label())})
	}
	if len(rows) > 0 {
		parts = append(parts, ui.SummaryCard{Heading: last.Stage.Label() + ", " + ui.Near(last.At, now), Rows: rows})
	}
	return parts
}

func lower(q terms.ONS4QuestionInfo) string {
	if q.LowIsBetter {
		return " (lower is better)"
	}
	return " (higher is better)"
}

// changeWords compare the first answer to a question with the last.
func changeWords(q terms.ONS4Question, all []domain.Assessment) string {
	var firstAnswer, last *int
	for _, a := range all {
		n := a.Scores.Of(q)
		if n == nil {
			continue
		}
		if firstAnswer == nil {
			firstAnswer = n
		} else {
			last = n
		}
	}
	if last == nil {
		return "Not known"
	}
	return domain.Change(q, *firstAnswer, *last)
}

func onwardPart(v app.OfferView, now timeT) []ui.Component {
	parts := []ui.Component{ui.Heading{Text: "Sent on"}}
	if len(v.Onward) == 0 {
		return append(parts, ui.Paragraph("Nothing was sent on to a service or another team."))
	}
	table := ui.Table{Caption: "Onward referrals", HideCaption: true, Columns: []ui.Column{{Text: "Referral"}, {Text: "Need"}, {Text: "With"}, {Text: "Where it stands"}}}
	for _, r := range v.Onward {
		table.Rows = append(table.Rows, ui.Row{Cells: []ui.Component{
			ui.Link{Text: spaced(r.Reference), Href: Root + "/referrals/" + r.ID},
			ui.Text(referralNeed(r)), ui.Text(withWhom(r, v.Receivers[r.ReceiverID].Name)),
			ui.Status{Tag: referralTag(r), Reason: owesWords(r, v.Name, now)},
		}})
	}
	return append(parts, table)
}

// meetingPart is what the multidisciplinary meeting gave to our staff.
func meetingPart(keyWorkers []domain.KeyWorker, actions []domain.Action, name func(string) string, now timeT) []ui.Component {
	if len(keyWorkers) == 0 && len(actions) == 0 {
		return nil
	}
	parts := []ui.Component{ui.Heading{Text: "From the meeting"}}
	for _, k := range keyWorkers {
		parts = append(parts, ui.Paragraph(name(k.PersonID)+" has been key worker since "+ui.Near(k.At, now)+"."))
	}
	if len(actions) == 0 {
		return parts
	}
	table := ui.Table{Caption: "Agreed actions", CaptionSize: "s", Columns: []ui.Column{{Text: "What"}, {Text: "Who"}, {Text: "By when"}}}
	for _, a := range actions {
		when := ui.Component(ui.Clock{Due: dayEnd(a.DueOn), What: "action", Now: now})
		if !a.DoneAt.IsZero() {
			when = ui.Text(a.Result.Label() + ", " + ui.Near(a.DoneAt, now))
		}
		table.Rows = append(table.Rows, ui.Row{Cells: []ui.Component{ui.Prose(a.What), ui.Text(name(a.PersonID)), when}})
	}
	return append(parts, table)
}

// history is what happened to the offer, newest first.
func history(v app.OfferView, now timeT) ui.Timeline {
	o := v.Offer
	var t ui.Timeline
	add := func(at timeT, title, author, role string, body ui.Component) {
		if at.IsZero() {
			return
		}
		t.Entries = append(t.Entries, ui.TimelineEntry{
			Title: title, At: at, When: ui.Moment(at, now), Author: author, Role: role, Body: body,
			New: !v.LookedAt.IsZero() && at.After(v.LookedAt),
		})
	}
	const team = "Our team"
	add(o.OfferedAt, "Offered to your team", senderName(v), "Sender", nil)
	if o.Question != "" && o.State != terms.OfferInformationAsked {
		add(o.RepliedAt, "The sender answered your question", senderName(v), "Sender", ui.Prose(o.Reply))
	}
	if o.Answer != "" {
		add(o.AnsweredAt, o.Answer.Label(), v.Name(o.AnsweredBy), team, answerBody(o))
		add(o.ConfirmedAt, "Your answer was confirmed", "Coordination", "Waypost", nil)
	}
	for _, p := range v.Passed {
		title := "Given to " + v.Name(p.To)
		if p.From != "" {
			title = "Passed from " + v.Name(p.From) + " to " + v.Name(p.To)
		}
		add(p.At, title, v.Name(p.By), team, ui.Prose(p.Why))
	}
	add(o.TakenBackAt, "Taken back: "+standDownWhy(o), "Coordination", "Waypost", nil)
	add(o.StoodDown, "Stood down", v.Name(o.StoodDownBy), team, nil)
	add(o.EndedAt, "Support ended: "+o.Outcome.Label(), v.Name(o.EndedBy), team, ui.Prose(o.EndNote))
	add(o.ClosedAt, "The referral was closed", "Coordination", "Waypost", nil)
	sortNewest(t.Entries)
	return t
}

func answerBody(o domain.Offer) ui.Component {
	switch o.Answer {
	case terms.AnswerBounced:
		body := ui.Group{ui.Paragraph(o.Bounce.Reason.Label() + ".")}
		if o.Bounce.Criterion != "" {
			body = append(body, ui.Paragraph("Criterion: "+o.Bounce.Criterion))
		}
		if o.Bounce.WhoseRole != "" {
			body = append(body, ui.Paragraph("Whose role it is: "+o.Bounce.WhoseRole.Label()))
		}
		return append(body, ui.Prose(o.Bounce.Detail))
	case terms.AnswerAsked:
		return ui.Prose(o.Question)
	}
	return nil
}
