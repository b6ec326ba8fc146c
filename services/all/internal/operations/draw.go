package operations

import (
	"strconv"
	"strings"
	"time"

	"example.org/waypost/pkg/standing"
	"example.org/waypost/pkg/ui"
)

type operationsPage struct {
	ui.Page
	Flow, Ledgers ui.Live
}

// headline is the one line, and what else stands still.
type headline struct{ Flow }

// Template names html/flow_headline.html.
func (headline) Template() string { return "flow_headline" }

func draw(p ui.Page, f Flow, c Compared, key string, now time.Time) operationsPage {
	section := func(id, label string, body ui.Component) ui.Live {
		return ui.Live{ID: id, Label: label, Events: eventsPath, Refresh: Path, Now: now, Body: body}
	}
	return operationsPage{
		Page:    p,
		Flow:    section("flow", "Where the events stand", ui.Group{headline{f}, Picture(f), servicesTable(f), arrowsTable(f)}),
		Ledgers: section("ledgers", "Comparison of the ledgers", ledgers(c, key, now)),
	}
}

func arrowsTable(f Flow) ui.Table {
	t := ui.Table{Caption: "Who hears whom", Columns: []ui.Column{
		{Text: "From and to"}, {Text: "Heard in the last hour", Numeric: true}, {Text: "Not heard yet", Numeric: true}, {Text: "Oldest of these"},
	}}
	for _, a := range f.Arrows {
		name := ui.Text(a.Speaker + " to " + a.Reader)
		if !a.Known {
			t.Rows = append(t.Rows, ui.Row{Cells: []ui.Component{name, ui.Text("not known"), ui.Text("not known"), ui.Text("not known")}})
			continue
		}
		t.Rows = append(t.Rows, ui.Row{Cells: []ui.Component{name, ui.Text(lately(a, f.At)), behind(a), oldest(a, f.At)}})
	}
	return t
}

func lately(a Arrow, now time.Time) string {
	n := strconv.FormatInt(a.Lately, 10)
	if now.Sub(a.Since) < 59*time.Minute { // we have not watched for an hour
		return n + " since " + ui.TimeOfDay(a.Since)
	}
	return n
}

func behind(a Arrow) ui.Component {
	switch {
	case !a.Asked:
		return ui.Text(a.Speaker + " did not say")
	case len(a.Holes) > 0:
		return ui.Text(strconv.FormatInt(a.Behind, 10) + ", behind a missing one")
	}
	return ui.Text(strconv.FormatInt(a.Behind, 10))
}

func oldest(a Arrow, now time.Time) ui.Component {
	switch {
	case a.stands(now):
		since := a.Oldest
		if since.IsZero() {
			since = a.Holes[0].Since
		}
		return ui.Status{Tag: ui.Tag{Text: "Stands still", Colour: ui.Red}, Reason: "said " + clockTime(since, now)}
	case a.Behind > 0:
		return ui.Text("on its way")
	}
	return ui.Text("none")
}

func servicesTable(f Flow) ui.Table {
	t := ui.Table{Caption: "The services", Columns: []ui.Column{
		{Text: "Service"}, {Text: "Said, not out", Numeric: true}, {Text: "Parked"}, {Text: "Stream"}, {Text: "Put right since its start"}, {Text: "Jobs"}, {Text: "Broker"},
	}}
	for _, s := range f.Services {
		row := ui.Row{Cells: []ui.Component{ui.Text(s.Name)}}
		if !s.Answers {
			row.Cells = append(row.Cells, ui.Status{Tag: ui.Tag{Text: "Does not answer", Colour: ui.Red}})
			for range len(t.Columns) - 2 {
				row.Cells = append(row.Cells, ui.Text("not known"))
			}
			t.Rows = append(t.Rows, row)
			continue
		}
		row.Cells = append(row.Cells, unpublished(s.State, f.At), parkedOf(s), streamOf(s.State, f.At), ui.Text(repairs(s.State)), jobs(s.State), brokerOf(s.State, f.At))
		t.Rows = append(t.Rows, row)
	}
	return t
}

func unpublished(st standing.State, now time.Time) ui.Component {
	n := strconv.FormatInt(st.Said.Unpublished, 10)
	switch {
	case st.Unread != "":
		return ui.Status{Tag: ui.Tag{Text: "Not known", Colour: ui.Red}, Reason: st.Unread}
	case st.Said.Unpublished > 0 && now.Sub(st.Said.Oldest) > patience:
		return ui.Status{Tag: ui.Tag{Text: n, Colour: ui.Red}, Reason: "since " + clockTime(st.Said.Oldest, now)}
	}
	return ui.Text(n)
}

func parkedOf(s Service) ui.Component {
	var n int64
	for _, h := range s.State.Heard {
		n += h.Parked.Count
	}
	switch {
	case s.ParkedPage == "":
		return ui.Text("hears nobody")
	case n == 0:
		return ui.Link{Text: "none", Href: s.ParkedPage, Hidden: "parked in " + s.Name}
	}
	return ui.Link{Text: ui.Count(int(n), "event", "events"), Href: s.ParkedPage, Hidden: "parked in " + s.Name}
}

func streamOf(st standing.State, now time.Time) ui.Component {
	h := st.Stream
	if h.At.IsZero() {
		return ui.Text("not looked at yet")
	}
	if len(h.Faults) > 0 {
		var words []string
		for _, fault := range h.Faults {
			words = append(words, fault.Words)
		}
		return ui.Status{Tag: ui.Tag{Text: "Not in order", Colour: ui.Red}, Reason: strings.Join(words, "; ")}
	}
	words := strconv.FormatUint(h.Messages, 10) + " messages, in order"
	if !h.Remade.IsZero() {
		words += "; made anew " + clockTime(h.Remade, now)
	}
	if h.Unseen != "" {
		words += " " + clockTime(h.At, now) + "; since then " + h.Unseen
	}
	return ui.Text(words)
}

// repairs is what went wrong and was put right by itself.
func repairs(st standing.State) string {
	var fetched, altered, again int64
	for _, m := range st.Repairs.Streams {
		fetched, altered, again = fetched+m.Fetched, altered+m.Altered, again+m.Resubscribed
	}
	var all []string
	say := func(n int64, one, many string) {
		if n > 0 {
			all = append(all, ui.Count(int(n), one, many))
		}
	}
	say(fetched, "event fetched", "events fetched")
	say(altered, "event altered on the way", "events altered on the way")
	say(again, "stalled consumer", "stalled consumers")
	say(st.Repairs.Mended, "part published again", "parts published again")
	if len(all) == 0 {
		return "nothing"
	}
	return strings.Join(all, ", ")
}

func jobs(st standing.State) ui.Component {
	var list []string
	for _, j := range jobsOf(st) {
		of := ""
		if j.all() > 1 {
			of = " of " + strconv.Itoa(j.all())
		}
		for _, part := range []struct {
			n     int
			words string
		}{{j.here, "here"}, {j.elsewhere, "in another copy"}, {j.nobody, "taken by nobody"}} {
			switch {
			case part.n > 0 && part.n < j.all():
				list = append(list, j.name+": "+strconv.Itoa(part.n)+of+" "+part.words)
			case part.n > 0:
				list = append(list, j.name+": "+part.words)
			}
		}
	}
	if len(list) == 0 {
		return ui.Text("none taken")
	}
	return ui.Text(strings.Join(list, ", "))
}

func brokerOf(st standing.State, now time.Time) ui.Component {
	if !st.Broker.Connected {
		return ui.Status{Tag: ui.Tag{Text: "Away", Colour: ui.Red}, Reason: "since " + clockTime(st.Broker.Since, now)}
	}
	return ui.Text("connected since " + clockTime(st.Broker.Since, now))
}

// ledgers is the whole comparison: how it went, and the button.
func ledgers(c Compared, key string, now time.Time) ui.Component {
	lead := ui.Paragraph("Every event that a service said is compared with what its stream holds and with what everybody who listens has heard. This reads all of it, so it may take a while.")
	if c.Running {
		words := "Reading the ledgers"
		if len(c.Read) > 0 {
			words = ui.Count(len(c.Read), "service has", "services have") + " been read: " + strings.Join(c.Read, ", ")
		}
		if c.Tries > 1 {
			words += ". Something differed, which may be events on their way, so it is compared again"
		}
		return ui.Group{lead, ui.InsetText{Body: ui.Text("Comparing since " + ui.TimeOfDay(c.Began) + ". " + words + ".")}}
	}
	return ui.Group{lead, result(c, now), ui.Form{Action: comparePath, IdempotencyKey: key, Buttons: []ui.Component{ui.Button{Text: "Compare the ledgers now", Variant: ui.Secondary}}}}
}

// mostShown bounds how many differences are listed; the first say what is wrong.
const mostShown = 30

func result(c Compared, now time.Time) ui.Component {
	if c.Ended.IsZero() {
		return ui.Paragraph("They have not been compared since Waypost was started.")
	}
	at := "Compared " + ui.Moment(c.Ended, now) + ": "
	totals := ui.Count(int(c.Said), "event was", "events were") + " said, and heard " + ui.Count(int(c.Heard), "time", "times") + "."
	switch {
	case c.Failed:
		return ui.Group{ui.Status{Tag: ui.Tag{Text: "Not compared", Colour: ui.Red}, Reason: at + "not every service gave its ledger. The log says why."}}
	case len(c.Differences) == 0:
		return ui.Group{ui.Status{Tag: ui.Tag{Text: "They agree", Colour: ui.Green}, Reason: at + "nothing is missing and nothing is doubled. " + totals}}
	}
	list := ui.List{}
	for _, d := range c.Differences[:min(mostShown, len(c.Differences))] {
		list = append(list, ui.Text(d))
	}
	return ui.Group{ui.Status{Tag: ui.Tag{Text: ui.Count(len(c.Differences), "difference", "differences"), Colour: ui.Red}, Reason: at + totals}, list}
}
