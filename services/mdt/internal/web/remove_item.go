package web

import (
	"net/http"

	"example.org/waypost/pkg/httpx"
	"example.org/waypost/pkg/ui"
	"example.org/waypost/services/mdt/internal/app"
)

func (web *Web) askRemove(w http.ResponseWriter, r *http.Request) error {
	id, err := httpx.PathID(r, "id")
	if err != nil {
		return err
	}
	v, err := web.app.ItemByID(r.Context(), who(r.Context()), id)
	if err != nil {
		return err
	}
	return web.show(w, http.StatusOK, drawRemove(web.page(r, "Take off the agenda", sectionMeetings), v))
}

func drawRemove(p ui.Page, v app.ItemView) sheet {
	p.Back = &ui.Link{Text: itemTitle(v), Href: itemPath(v.ID)}
	return sheet{Page: p, Caption: v.Meeting.Name, Heading: "Take this case off the agenda?", Parts: []ui.Component{
		ui.Paragraph("The case itself goes on, and so do its actions and who holds it. It does not come back to this meeting by itself."),
		ui.Form{Action: itemPath(v.ID) + "/remove", IdempotencyKey: newKey(), Version: v.Version, Buttons: []ui.Component{ui.Button{Text: "Take it off", Variant: ui.Warning}}},
		ui.Link{Text: "Leave it there", Href: itemPath(v.ID)},
	}}
}

func (web *Web) remove(w http.ResponseWriter, r *http.Request) error {
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
	v, err := web.app.ItemByID(r.Context(), who(r.Context()), id)
	if err != nil {
		return err
	}
	_, err = web.app.RemoveFromAgenda(r.Context(), who(r.Context()), httpx.Command(r.Context(), "remove from agenda"), id, version)
	if refused(err) {
		return web.showItem(w, r, id, httpx.Status(err), typed{f, ui.ProblemsOf(err)})
	}
	if err != nil {
		return err
	}
	return to(w, r, meetingPath(v.MeetingID), "removed")
}
