package web

import (
	"example.org/waypost/pkg/parked"
	"example.org/waypost/pkg/ui"
	"example.org/waypost/services/coordination/internal/app"
)

// roots are where the pages of each service begin.
var roots = map[string]string{"primarycare": "/practice", "linkworker": "/link-worker", "vcse": "/provider", "mdt": "/mdt", "coordination": Root}

// parkedPath is the page on which the service that could not apply an event has it tried again.
func parkedPath(o app.Owed) string { return parked.Look{Root: roots[o.Service]}.Path() + "/" + o.ID }

func parkedWhere(o app.Owed) string {
	where := "Heard by: " + lower(serviceNames[o.Service])
	if o.Behind > 0 {
		where += ". " + ui.Count(o.Behind, "event waits", "events wait") + " behind it"
	}
	return where
}

// actionWays is what can be done about an action that is late: whoever owes it opens it, to do it or to give it to somebody else.
func actionWays(o app.Owed, v app.OverdueView) ui.Component {
	switch {
	case o.Organisation == v.Reader:
		return ui.Link{Text: "Open the action", Href: "/mdt/actions/" + o.ID}
	case o.State == app.OwnerLeft:
		return ui.Text("Ask them to give it to somebody else")
	}
	return ui.Text("Ring them")
}

// answerWays and signpostWays lead whoever owes it to where it is done.
func answerWays(o app.Owed, v app.OverdueView) ui.Component {
	if o.Organisation == v.Reader {
		return ui.Link{Text: "Open the meetings", Href: "/mdt"}
	}
	return ui.Text("Ring them. The next meeting has the case on its agenda")
}

func signpostWays(o app.Owed, v app.OverdueView) ui.Component {
	if o.Organisation == v.Reader {
		return ui.Link{Text: "Open the signpost", Href: "/practice/signposts/" + o.ID}
	}
	return ui.Text("Ring the practice")
}

// partlyParked says of which services the list is not all.
func partlyParked(v app.OverdueView) ui.Component {
	var list ui.List
	for _, s := range v.Unread {
		list = append(list, ui.Text(serviceNames[s]+": what could not be applied there could not be read just now. Load this page again in some minutes."))
	}
	for _, s := range v.Cut {
		list = append(list, ui.Group{
			ui.Text(serviceNames[s] + ": more could not be applied than is listed here. "),
			ui.Link{Text: "See all of it", Href: parked.Look{Root: roots[s]}.Path(), Hidden: "that is parked, " + lower(serviceNames[s])},
		})
	}
	if len(list) == 0 {
		return nil
	}
	return ui.WarningCallout{Heading: "This list is not complete", Body: list}
}
