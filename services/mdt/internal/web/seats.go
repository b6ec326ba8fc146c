package web

import (
	"strings"

	"example.org/waypost/pkg/ui"
	"example.org/waypost/services/mdt/internal/app"
	"example.org/waypost/services/mdt/internal/domain"
)

// Who must be in the room, who of them is missing, and one press to ask them.

// seatName is who a seat is for.
func seatName(names map[string]string, s domain.Seat) string {
	switch {
	case s.Anybody():
		return "Anybody who is a " + roleWord(s)
	case s.PersonID == "":
		return "Somebody from " + name(names, s.OrganisationID)
	}
	return name(names, s.PersonID) + ", " + name(names, s.OrganisationID)
}

func roleWord(s domain.Seat) string {
	if l := s.Role.Label(); l == strings.ToUpper(l) { // GP
		return l
	}
	return lower(s.Role.Label())
}

var seatTags = map[domain.SeatState]ui.Tag{
	domain.SeatTaken: {Text: "Comes", Colour: ui.Green}, domain.SeatUnanswered: {Text: "Asked, not answered", Colour: ui.Yellow},
	domain.SeatApologies: {Text: "Can not come", Colour: ui.Orange}, domain.SeatAbsent: {Text: "Was not there", Colour: ui.Orange},
	domain.SeatNotAsked: {Text: "Not asked", Colour: ui.Red},
}

// causes say why somebody must be there, and for which cases; a reason is said once with all its cases.
func causes(v app.MeetingView, s domain.Seat) string {
	references := map[string]string{}
	for _, l := range v.Lines {
		references[l.ID] = reference(l.Case.Reference)
	}
	var out []string
	for _, w := range domain.SeatWhys {
		var cases []string
		found := false
		for _, c := range s.Causes {
			if c.Why != w.Code {
				continue
			}
			found = true
			if r := references[c.ItemID]; r != "" {
				cases = append(cases, r)
			}
		}
		switch {
		case found && len(cases) > 0:
			out = append(out, w.Text+" ("+strings.Join(cases, ", ")+")")
		case found:
			out = append(out, w.Text)
		}
	}
	return strings.Join(out, ". ")
}

// seats is the table of who must be there; may adds what asks them.
func seats(v app.MeetingView, may bool) ui.Component {
	if len(v.Seats) == 0 {
		return ui.EmptyState{Heading: "Nobody must be there yet", Body: ui.Paragraph("When cases are on the agenda, it shows who has a part in them and what they are about.")}
	}
	t := ui.Table{Caption: "Who must be in the room", HideCaption: true, Columns: []ui.Column{{Text: "Who"}, {Text: "Why"}, {Text: "Status"}}}
	ask := may && v.Planned()
	if ask {
		t.Columns = append(t.Columns, ui.Column{Text: "Ask", Hide: true})
	}
	for _, s := range v.Seats {
		cells := []ui.Component{ui.Text(seatName(v.Names, s)), ui.Text(causes(v, s)), seatTags[s.State]}
		if ask {
			cells = append(cells, asks(v, s))
		}
		t.Rows = append(t.Rows, ui.Row{Cells: cells})
	}
	return t
}

// asks is how a seat that nobody was asked to is filled.
func asks(v app.MeetingView, s domain.Seat) ui.Component {
	switch {
	case s.State != domain.SeatNotAsked:
		return ui.Text("")
	case s.Anybody():
		return ui.Link{Text: "Find somebody", Href: meetingPath(v.ID) + "/invite", Hidden: "who is a " + roleWord(s)}
	}
	return ui.Form{
		Action: meetingPath(v.ID) + "/invite", IdempotencyKey: newKey(),
		Values:  []ui.Value{{Name: "guest", Value: somebody(s.PersonID, s.OrganisationID)}, {Name: "must", Value: "yes"}},
		Buttons: []ui.Component{ui.Button{Text: "Ask", Hidden: seatName(v.Names, s), Variant: ui.Secondary, Small: true}},
	}
}

// missing names who must be there and is not going to be, as far as anybody knows.
func missing(v app.MeetingView) string {
	var who []string
	if v.Seats != nil {
		for _, s := range domain.Vacant(v.Seats) {
			who = append(who, seatName(v.Names, s)+" ("+lower(seatTags[s.State].Text)+")")
		}
		return strings.Join(who, "; ")
	}
	for _, i := range domain.Missing(v.Invitations) {
		who = append(who, guest(v.Names, i))
	}
	return strings.Join(who, ", ")
}

// still marks a case that is talked about and does not move.
func still(l app.Line) ui.Component {
	if l.Still.Times == 0 {
		return ui.Text("")
	}
	return ui.Tag{Text: stillWords(l.Still), Colour: ui.Orange}
}

func stillWords(s domain.Standstill) string {
	return "Discussed " + ui.Count(s.Times, "time", "times") + " without a change"
}
