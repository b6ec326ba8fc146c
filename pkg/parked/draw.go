package parked

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"example.org/waypost/pkg/event"
	"example.org/waypost/pkg/inbox"
	"example.org/waypost/pkg/ui"
)

func (l Look) drawList(p ui.Page, cases []inbox.ParkedCase, next string, now time.Time) ui.Shutter {
	p.Wide = true
	s := ui.Shutter{Page: p, Heading: "Events that could not be applied"}
	if len(cases) == 0 {
		s.Body = ui.EmptyState{Heading: "Nothing is parked", Body: ui.Paragraph("Every event that was heard here could be applied.")}
		return s
	}
	t := ui.Table{
		Caption: "By case, the oldest first", HideCaption: true,
		Columns: []ui.Column{
			{Text: "Event"}, {Text: "Said by"}, {Text: "Parked"}, {Text: "What failed"}, {Text: "Times tried", Numeric: true}, {Text: "Look at it by"}, {Text: "Waits behind it"},
		},
	}
	for _, c := range cases {
		behind := "nothing"
		if c.Behind > 0 {
			behind = ui.Count(c.Behind, "event", "events")
		}
		t.Rows = append(t.Rows, ui.Row{Cells: []ui.Component{
			ui.Link{Text: inWords(c.Type), Href: l.event(c.EventID), Hidden: "parked " + ui.Moment(c.FirstAt, now)},
			ui.Text(c.Speaker), ui.Text(ui.Moment(c.FirstAt, now)), ui.Text(c.Reason), ui.Text(strconv.Itoa(c.Attempts)), due(c.DueAt, now),
			ui.Text(behind),
		}})
	}
	s.Body = ui.Group{
		ui.Paragraph("Each of these waits with what follows on the same case. Other cases go on, and nothing is lost. Put right what failed, then have it tried again."),
		t,
		ui.Pagination{Next: next},
	}
	return s
}

func due(at, now time.Time) ui.Component {
	if now.After(at) {
		return ui.Status{Tag: ui.Tag{Text: "Overdue", Colour: ui.Red}, Reason: ui.Moment(at, now)}
	}
	return ui.Text(ui.Moment(at, now))
}

func (l Look) drawEvent(p ui.Page, e inbox.ParkedEvent, key string, now time.Time) ui.Shutter {
	p.Trail = []ui.Link{{Text: "Parked events", Href: l.Path()}}
	s := ui.Shutter{Page: p, Heading: titleOf(e)}
	body := ui.Group{}
	if e.How == "" {
		body = append(body, ui.Heading{Level: 2, Text: "What failed"}, ui.InsetText{Body: ui.Text(e.Reason)},
			ui.Paragraph("An event is never changed. What can be put right is the program that applies it, or the data that it meets here. After that, have it tried again."))
		body = append(body, l.settle(e, key)...)
	} else {
		body = append(body, ui.Paragraph(settled(e, now)))
	}
	body = append(body, ui.Heading{Level: 2, Text: "The event"}, facts(e, now),
		ui.Paragraph("What it holds is not shown: it may concern a patient."))
	if t := l.others(e, now); len(t.Rows) > 0 {
		body = append(body, t)
	}
	s.Body = body
	return s
}

// settle is what can be done with it.
func (l Look) settle(e inbox.ParkedEvent, key string) ui.Group {
	try := "Try it again"
	told := "If it fails again it stays as it is."
	if n := len(e.Case); n > 1 {
		try = "Try all " + ui.Count(n, "event", "events") + " of this case again"
		told = "They are applied in order, in one step: all of them, or none."
	}
	return ui.Group{
		ui.Paragraph(told),
		ui.Form{Action: l.event(e.EventID) + "/replay", IdempotencyKey: key, Buttons: []ui.Component{ui.Button{Text: try}}},
		ui.LinkButton{Text: "Drop this event for good", Href: l.event(e.EventID) + "/drop", Variant: ui.Secondary},
	}
}

func place(e inbox.ParkedEvent) string {
	return fmt.Sprintf("partition %d, position %d, epoch %d", e.Partition, e.Position, e.Epoch)
}

func facts(e inbox.ParkedEvent, now time.Time) ui.SummaryList {
	var s ui.SummaryList
	row := func(key, value string) {
		if value != "" {
			s.Rows = append(s.Rows, ui.SummaryRow{Key: key, Value: ui.Text(value)})
		}
	}
	row("Type", e.Type)
	row("Said by", e.Speaker)
	row("Event id", e.EventID)
	row("About", e.About)
	if e.Position > 0 {
		row("Its place", place(e))
	}
	row("Parked", ui.Moment(e.FirstAt, now))
	row("Last tried", ui.Moment(e.LastAt, now)+", "+ui.Count(e.Attempts, "time", "times")+" in all")
	if e.How == "" {
		s.Rows = append(s.Rows, ui.SummaryRow{Key: "Look at it by", Value: due(e.DueAt, now)})
	}
	return s
}

// others are the rest of the case.
func (l Look) others(e inbox.ParkedEvent, now time.Time) ui.Table {
	t := ui.Table{Caption: "Parked on the same case, in their order", Columns: []ui.Column{{Text: "Event"}, {Text: "Said by"}, {Text: "Parked"}, {Text: "Why"}}}
	if len(e.Case) < 2 && (len(e.Case) == 0 || e.Case[0].EventID == e.EventID) {
		return t
	}
	for _, c := range e.Case {
		name := ui.Component(ui.Link{Text: inWords(c.Type), Href: l.event(c.EventID), Hidden: "of " + c.Speaker + ", parked " + ui.Moment(c.FirstAt, now)})
		if c.EventID == e.EventID {
			name = ui.Text(inWords(c.Type) + " (this one)")
		}
		t.Rows = append(t.Rows, ui.Row{Cells: []ui.Component{name, ui.Text(c.Speaker), ui.Text(ui.Moment(c.FirstAt, now)), ui.Text(c.Reason)}})
	}
	return t
}

func (l Look) drawDrop(p ui.Page, e inbox.ParkedEvent, why, key string) ui.Shutter {
	p.Title = "Drop an event"
	p.Back = &ui.Link{Text: "Back to the event", Href: l.event(e.EventID)}
	radios := ui.Radios{Name: "why", Label: "Why can it be dropped?", Size: "m", Value: why, Error: p.Problems.For("why")}
	for _, x := range whys {
		radios.Options = append(radios.Options, ui.Option{Value: string(x.code), Text: x.words})
	}
	follows := "Nothing waits behind it."
	if n := len(e.Case) - 1; n > 0 {
		follows = ui.Count(n, "other event of the same case stays parked", "other events of the same case stay parked") + " until somebody has them tried again."
	}
	return ui.Shutter{Page: p, Heading: "Drop “" + inWords(e.Type) + "” of " + e.Speaker, Body: ui.Group{
		ui.WarningCallout{Heading: "This can not be undone", Body: ui.Paragraph("What the event says will have no effect here, now or later: this service and its speaker will differ. Have it tried again first, if it can be put right.")},
		ui.Paragraph(follows + " The event is kept, with who dropped it, when and why."),
		ui.Form{
			Action: l.event(e.EventID) + "/drop", IdempotencyKey: key,
			Fields: []ui.Component{radios, ui.Checkboxes{
				Name: "sure", Label: "Are you sure?", Size: "m", Error: p.Problems.For("sure"),
				Options: []ui.Option{{Value: "yes", Text: "It shall have no effect here, ever"}},
			}},
			Buttons: []ui.Component{ui.Button{Text: "Drop it", Variant: ui.Warning}},
		},
	}}
}

type reason struct {
	code  inbox.Why
	words string
}

var whys = []reason{
	{inbox.PutRight, "What it says was done here by hand"},
	{inbox.SaidAgain, "A later event says the same"},
	{inbox.NoEffect, "It would change nothing any more, such as on a case that is closed"},
	{inbox.Mistaken, "It should not have been said"},
}

func codes() (out []string) {
	for _, x := range whys {
		out = append(out, string(x.code))
	}
	return out
}

func settled(e inbox.ParkedEvent, now time.Time) string {
	by := ""
	if e.By != "" {
		by = ", by the person with the id " + e.By
	}
	if e.How == "replayed" {
		return "It was applied " + ui.Moment(e.At, now) + by + "."
	}
	why := ""
	if i := slices.IndexFunc(whys, func(w reason) bool { return w.code == e.Why }); i >= 0 {
		why = " Why: " + strings.ToLower(whys[i].words[:1]) + whys[i].words[1:] + "."
	}
	return "It was dropped " + ui.Moment(e.At, now) + by + "." + why
}

func titleOf(e inbox.ParkedEvent) string {
	switch e.How {
	case "replayed":
		return inWords(e.Type) + ": applied"
	case "dropped":
		return inWords(e.Type) + ": dropped"
	}
	return inWords(e.Type) + ": could not be applied"
}

// inWords is a type as one would say it: waypost.vcse.offer_accepted.v1 is "Offer accepted". What could not be read has no such type.
func inWords(typ string) string {
	_, fact, ok := event.SplitType(typ)
	if !ok {
		return "A message that can not be read"
	}
	fact = strings.ReplaceAll(fact, "_", " ")
	return strings.ToUpper(fact[:1]) + fact[1:]
}

// banner tells what was just done.
func banner(what string) *ui.Banner {
	switch what {
	case "replayed":
		return &ui.Banner{Kind: ui.Success, Heading: "It was applied", Body: ui.Paragraph("What waited behind it on the same case was applied too.")}
	case "dropped":
		return &ui.Banner{Kind: ui.Success, Heading: "It was dropped", Body: ui.Paragraph("It has no effect here. What waited behind it can be tried now.")}
	}
	return nil
}
