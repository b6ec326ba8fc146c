package web

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"example.org/waypost/pkg/ui"
	"example.org/waypost/services/mdt/internal/app"
	"example.org/waypost/services/mdt/internal/domain"
)

func (web *Web) minutes(w http.ResponseWriter, r *http.Request) error {
	v, err := web.ours(r)
	if err != nil {
		return err
	}
	return web.show(w, http.StatusOK, drawMinutes(web.page(r, "Minutes of "+v.Name, sectionMeetings), v, web.Now()))
}

// drawMinutes is what the meeting decided, for printing: names stand on it, because the meeting's people need them.
func drawMinutes(p ui.Page, v app.MeetingView, now time.Time) sheet {
	p.Back = &ui.Link{Text: v.Name, Href: meetingPath(v.ID)}
	by := map[domain.Attendance][]string{}
	for _, i := range v.Invitations {
		by[i.Attendance] = append(by[i.Attendance], guest(v.Names, i))
	}
	who := func(a domain.Attendance) ui.Component {
		if len(by[a]) == 0 {
			return ui.Text("Nobody recorded")
		}
		return ui.Text(strings.Join(by[a], ", "))
	}
	parts := []ui.Component{
		ui.InsetText{Body: ui.Text("Confidential: about people who agreed to be discussed. Print it from your browser, and shred what you print.")},
		ui.SummaryList{Rows: []ui.SummaryRow{
			{Key: "When", Value: ui.Text(when(v.Meeting))},
			{Key: "Where", Value: text(v.Place)},
			{Key: "Present", Value: who(domain.AttendancePresent)},
			{Key: "Apologies", Value: who(domain.AttendanceApologies)},
		}},
	}
	if len(v.Lines) == 0 {
		parts = append(parts, ui.EmptyState{Heading: "Nobody was on the agenda"})
	}
	for _, l := range v.Lines {
		rows := []ui.SummaryRow{{Key: "Why", Value: ui.Text(l.Reason.Label())}, {Key: "Decision", Value: itemTag(l.Item)}}
		if l.Note != "" {
			rows = append(rows, ui.SummaryRow{Key: "Said", Value: ui.Prose(l.Note)})
		}
		if l.Holder != nil {
			rows = append(rows, ui.SummaryRow{Key: "Case-holder", Value: ui.Text(name(v.Names, l.Holder.PersonID))})
		}
		for _, x := range v.Agreed {
			if x.ItemID == l.ID {
				rows = append(rows, ui.SummaryRow{Key: "Action", Value: ui.Text(fmt.Sprintf("%s: %s, by %s", name(v.Names, x.OwnerID), orRemoved(x.What), day(x.DueOn, now)))})
			}
		}
		parts = append(parts, ui.SummaryCard{Heading: lineName(l), Rows: rows})
	}
	return sheet{Page: p, Caption: name(v.Names, v.OrganisationID), Heading: "Minutes of " + v.Name, Parts: parts}
}
