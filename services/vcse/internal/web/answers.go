package web

import (
	"time"

	"example.org/waypost/pkg/ui"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/vcse/internal/app"
	"example.org/waypost/services/vcse/internal/domain"
)

// forms draws the form of each action on the offer's page.
var forms = map[domain.Action]func(v app.OfferView, t *tried, now time.Time) ui.Component{
	domain.ActionAccept:    acceptForm,
	domain.ActionAsk:       askForm,
	domain.ActionWaitlist:  waitlistForm,
	domain.ActionBounce:    bounceForm,
	domain.ActionAttend:    attendForm,
	domain.ActionEnd:       endForm,
	domain.ActionStandDown: standDownForm,
}

func form(v app.OfferView, verb string, fields []ui.Component, button ui.Button) ui.Form {
	return ui.Form{ID: verb, Action: offerPath(v.ID) + "/" + verb, IdempotencyKey: newKey(), Version: v.Version, Fields: fields, Buttons: []ui.Component{button}}
}

// folded hides a form that is not the usual next step, and opens it when something in it is wrong.
func folded(id, summary string, open bool, body ui.Component) ui.Component {
	return ui.Details{ID: "fold-" + id, Summary: summary, Open: open, Body: body}
}

func acceptForm(v app.OfferView, t *tried, _ time.Time) ui.Component {
	heading, button := "Accept", "Accept"
	note := ui.Paragraph("You take charge of this need. The sender will see in the service that you accepted.")
	switch v.State {
	case terms.OfferWaitlisted:
		heading, button = "There is a place now", "Accept from the waiting list"
	case terms.OfferExpired:
		heading = "Accept late"
		note = "The time for your answer is over. Your answer counts if nobody else has accepted; otherwise you will be asked to stand down."
	}
	return ui.Group{ui.Heading{Text: heading}, note, form(v, "accept", []ui.Component{
		ui.DateInput{
			Name: "first_contact", Label: "By when will you be in touch?", Hint: "Leave it empty for five working days",
			Value: t.date(domain.ActionAccept, "first_contact", ui.DateParts{}), Error: t.wrong("first_contact"),
		},
	}, ui.Button{Text: button})}
}

func askForm(v app.OfferView, t *tried, _ time.Time) ui.Component {
	return folded("ask", "Ask for more information", t.open(domain.ActionAsk), ui.Group{
		ui.Paragraph("The sender will see your question in the service, and the clock moves to them. A place that is kept stays kept."),
		form(v, "ask", []ui.Component{
			ui.Textarea{
				Name: "question", Label: "What do you need to know?", MaxLength: domain.MaxText,
				Value: t.typed(domain.ActionAsk, "question", ""), Error: t.wrong("question"),
			},
		}, ui.Button{Text: "Send the question", Variant: ui.Secondary}),
	})
}

func waitlistForm(v app.OfferView, t *tried, _ time.Time) ui.Component {
	return folded("waitlist", "Put on the waiting list", t.open(domain.ActionWaitlist), ui.Group{
		ui.Paragraph("The sender will see the place on the list in the service. You owe them word of how the list moves."),
		form(v, "waitlist", []ui.Component{
			ui.DateInput{
				Name: "expected", Label: "When do you expect a place?", Hint: "Leave it empty if you do not know",
				Value: t.date(domain.ActionWaitlist, "expected", ui.DateParts{}), Error: t.wrong("expected"),
			},
		}, ui.Button{Text: "Put on the waiting list", Variant: ui.Secondary}),
	})
}

func bounceForm(v app.OfferView, t *tried, _ time.Time) ui.Component {
	summary, button := "Bounce", "Bounce"
	words := ui.Paragraph("The sender will see your reason in the service. Waypost offers it to the next suitable service; it does not go back to the GP by itself.")
	if v.State == terms.OfferWaitlisted {
		summary, button = "Release from the waiting list", "Release and bounce"
	}
	return folded("bounce", summary, t.open(domain.ActionBounce), ui.Group{words, form(v, "bounce", []ui.Component{
		ui.Radios{Name: "reason", Label: "Why can you not take this?", Value: t.typed(domain.ActionBounce, "reason", ""), Error: t.wrong("reason"), Options: bounceOptions(v, t)},
		ui.Textarea{
			Name: "detail", Label: "What should the sender know?", Hint: "Needed for a safeguarding concern and for another reason", Rows: 3,
			MaxLength: domain.MaxText, Value: t.typed(domain.ActionBounce, "detail", ""), Error: t.wrong("detail"),
		},
	}, ui.Button{Text: button, Variant: ui.Warning})})
}

// bounceOptions is the shared list of reasons, grouped, each with what its rule asks for.
func bounceOptions(v app.OfferView, t *tried) []ui.Option {
	var out []ui.Option
	var group terms.BounceGroup
	for _, r := range terms.BounceReasonsFor(terms.ReceiverService) {
		o := ui.Option{Value: string(r.Code), Text: r.Label}
		if r.Group != group {
			group = r.Group
			o.Group = string(group)
		}
		if r.Code == terms.BounceSafeguardingConcern {
			o.Hint = "If somebody is in danger now, ring 999 first"
		}
		switch {
		case r.NeedsCriterion:
			o.Reveal = ui.Input{
				Name: "criterion", Label: "Which criterion is not met?", Hint: criteria(v.Service),
				Value: t.typed(domain.ActionBounce, "criterion", ""), Error: t.wrong("criterion"),
			}
		case r.NeedsUntil:
			o.Reveal = ui.DateInput{Name: "until", Label: "From when may there be room?", Value: t.date(domain.ActionBounce, "until", ui.DateParts{}), Error: t.wrong("until")}
		case r.NeedsRole:
			o.Reveal = ui.Select{Name: "whose_role", Label: "Whose work is it?", Value: t.typed(domain.ActionBounce, "whose_role", ""), Error: t.wrong("whose_role"), Options: roleOptions()}
		}
		out = append(out, o)
	}
	return out
}

// criteria says what the service itself asks for, so that nobody has to look it up.
func criteria(s domain.Service) string {
	out := ""
	if a := ages(s); a != "" {
		out = "Ages: " + a + ". "
	}
	if s.Eligibility != "" && len(s.Eligibility) < 200 {
		out += s.Eligibility
	}
	return out
}

func roleOptions() []ui.SelectOption {
	out := []ui.SelectOption{{Value: "", Text: "Choose"}}
	for _, r := range terms.Roles {
		out = append(out, ui.SelectOption{Value: string(r.Code), Text: r.Label})
	}
	return out
}

func attendForm(v app.OfferView, t *tried, now time.Time) ui.Component {
	options := make([]ui.Option, len(terms.AttendanceResults))
	for i, r := range terms.AttendanceResults {
		options[i] = ui.Option{Value: string(r.Code), Text: r.Label}
	}
	return ui.Group{ui.Heading{Text: "Record a session"}, form(v, "attend", []ui.Component{
		ui.DateInput{Name: "session", Label: "Which day?", Value: t.date(domain.ActionAttend, "session", ui.PartsOf(now.In(ui.London))), Error: t.wrong("session")},
		ui.Radios{Name: "result", Label: "Did they come?", Value: t.typed(domain.ActionAttend, "result", ""), Error: t.wrong("result"), Options: options, Inline: true},
	}, ui.Button{Text: "Record"})}
}

func endForm(v app.OfferView, t *tried, _ time.Time) ui.Component {
	options := []ui.Option{}
	for _, o := range terms.OutcomesForReceiver() {
		options = append(options, ui.Option{Value: string(o.Code), Text: o.Label})
	}
	return folded("end", "End your support", t.open(domain.ActionEnd), ui.Group{
		ui.Paragraph("The referral closes and the place is free again. The sender will see how it ended. This can not be undone."),
		form(v, "end", []ui.Component{
			ui.Radios{Name: "outcome", Label: "How did it end?", Value: t.typed(domain.ActionEnd, "outcome", ""), Error: t.wrong("outcome"), Options: options},
			ui.Textarea{
				Name: "note", Label: "A word for the sender", Hint: "You can leave this empty", MaxLength: domain.MaxText,
				Value: t.typed(domain.ActionEnd, "note", ""), Error: t.wrong("note"),
			},
		}, ui.Button{Text: "End support", Variant: ui.Warning}),
	})
}

func standDownForm(v app.OfferView, _ *tried, _ time.Time) ui.Component {
	return ui.Group{
		ui.WarningCallout{Heading: "Stand down", Urgent: true, Body: ui.Group{
			ui.Paragraph(takenBack(v.Offer)),
			ui.Paragraph("Do not make contact, or stop if you have begun. If you have arranged anything with them, tell them kindly that somebody else will be in touch or that it has ended. Confirm by " + ui.Day(v.StandDownDueAt) + "."),
		}},
		form(v, "stand-down", nil, ui.Button{Text: "Stood down"}),
	}
}

func assignForm(v app.OfferView, t *tried) ui.Component {
	options := []ui.SelectOption{{Value: "", Text: "Nobody in particular"}}
	for _, c := range v.Colleagues {
		options = append(options, ui.SelectOption{Value: c.ID, Text: c.Name + " (" + number(c.Load) + " open)"})
	}
	label := "Who deals with this?"
	if v.AssignedTo != "" {
		label = "Who deals with this? Now: " + name(v.Names, v.AssignedTo, "a colleague who has left")
	}
	return form(v, "assign", []ui.Component{
		ui.Select{Name: "assigned_to", Label: label, Value: t.typed(domain.ActionAssign, "assigned_to", v.AssignedTo), Error: t.wrong("assigned_to"), Options: options},
	}, ui.Button{Text: "Save", Variant: ui.Secondary, Hidden: "who deals with this"})
}
