package web

import (
	"net/http"
	"strings"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/httpx"
	"example.org/waypost/pkg/id"
	"example.org/waypost/pkg/ui"
	"example.org/waypost/services/mdt/internal/app"
	"example.org/waypost/services/mdt/internal/domain"
)

// Who is asked to a meeting, and who comes.

// somebody is a person at an organisation as a form's value; the person is empty for whoever is sent.
func somebody(person, organisation string) string { return person + ":" + organisation }

// readSomebody takes the value apart; ok is false for what was not on our page.
func readSomebody(v string) (person, organisation string, ok bool) {
	person, organisation, ok = strings.Cut(v, ":")
	return person, organisation, ok && id.Valid(organisation) && (person == "" || id.Valid(person))
}

func (web *Web) guests(w http.ResponseWriter, r *http.Request) error {
	v, err := web.ours(r)
	if err != nil {
		return err
	}
	return web.showGuests(w, r, v, http.StatusOK, typed{})
}

func (web *Web) showGuests(w http.ResponseWriter, r *http.Request, v app.MeetingView, status int, t typed) error {
	words := r.URL.Query().Get("organisation")
	g, err := web.app.Guests(r.Context(), who(r.Context()), words)
	if err != nil {
		return err
	}
	return web.show(w, status, drawGuests(web.page(r, "Ask somebody to the meeting", sectionMeetings), v.Meeting, g, words, t))
}

// drawGuests looks organisations up by name in the address: no person who is helped is an organisation.
func drawGuests(p ui.Page, m domain.Meeting, g app.Guests, words string, t typed) sheet {
	p.Back, p.Problems = &ui.Link{Text: m.Name, Href: meetingPath(m.ID)}, t.problems
	here := meetingPath(m.ID) + "/invite"
	parts := []ui.Component{ui.Filter{Heading: "Find an organisation", Action: here, Open: true, Fields: []ui.Component{
		ui.Input{Name: "organisation", Label: "Name, postcode or ODS code of an organisation", Hint: "Leave it empty for your own", Value: words, Width: 30},
	}, Clear: here}}
	q := ui.Radios{Name: "guest", Label: "Whom do you ask?", Value: t.or("guest", ""), Error: t.wrong("guest")}
	for _, o := range g.Organisations {
		q.Options = append(q.Options, ui.Option{Group: o.Name, Value: somebody("", o.ID), Text: "Somebody whom " + o.Name + " sends"})
		for _, x := range g.People[o.ID] {
			q.Options = append(q.Options, ui.Option{Value: somebody(x.PersonID, o.ID), Text: x.PersonName, Hint: x.Role.Label()})
		}
	}
	if len(g.Organisations) == 0 {
		return sheet{Page: p, Caption: m.Name, Heading: "Ask somebody to the meeting", Parts: append(parts, ui.EmptyState{Heading: "No organisation fits these words", Body: ui.Paragraph("Try the first part of its name. One that is missing is added in the register by the area's office.")})}
	}
	return sheet{Page: p, Caption: m.Name, Heading: "Ask somebody to the meeting", Parts: append(parts, ui.Form{
		Action: here + query("organisation", words), IdempotencyKey: newKey(), Fields: []ui.Component{
			q,
			ui.Checkboxes{Name: "must", Label: "How much are they needed?", Values: t.all("must"), Options: []ui.Option{{Value: "yes", Text: "They must be there", Hint: "The meeting shows when they can not come"}}},
		},
		Buttons: []ui.Component{ui.Button{Text: "Ask them to the meeting"}},
	})}
}

func (web *Web) invite(w http.ResponseWriter, r *http.Request) error {
	v, err := web.ours(r)
	if err != nil {
		return err
	}
	f, err := httpx.ParseForm(r)
	if err != nil {
		return err
	}
	person, organisation, ok := readSomebody(f.Text("guest", 80, "Select whom you ask"))
	if !ok && f.Typed("guest") != "" {
		f.Add("guest", "Select somebody from the list")
	}
	if err = f.Err(); err == nil {
		_, err = web.app.Invite(r.Context(), who(r.Context()), httpx.Command(r.Context(), "invite"), app.InviteInput{MeetingID: v.ID, PersonID: person, Organisation: organisation, Must: f.Ticked("must")})
	}
	if refused(err) {
		return web.showGuests(w, r, v, httpx.Status(err), typed{f, ui.ProblemsOf(err)})
	}
	if err != nil {
		return err
	}
	return to(w, r, meetingPath(v.ID), "invited")
}

func (web *Web) uninvite(w http.ResponseWriter, r *http.Request) error {
	v, err := web.ours(r)
	if err != nil {
		return err
	}
	f, err := httpx.ParseForm(r)
	if err != nil {
		return err
	}
	invitation := f.ID("invitation", "Select whom you no longer ask")
	if err := f.Err(); err != nil {
		return err
	}
	if _, err := web.app.Uninvite(r.Context(), who(r.Context()), httpx.Command(r.Context(), "uninvite"), v.ID, invitation); err != nil {
		return err
	}
	return to(w, r, meetingPath(v.ID), "uninvited")
}

func (web *Web) room(w http.ResponseWriter, r *http.Request) error {
	v, err := web.load(r)
	if err != nil {
		return err
	}
	return web.show(w, http.StatusOK, drawRoom(web.page(r, "Who comes", sectionMeetings), v, who(r.Context())))
}

// drawRoom asks for everybody whom the actor may answer for: the meeting's organisation for all, others for their own people.
func drawRoom(p ui.Page, v app.MeetingView, a actor.Actor) sheet {
	p.Back = &ui.Link{Text: v.Name, Href: meetingPath(v.ID)}
	if err := v.Attend(); err != nil {
		return sheet{Page: p, Caption: v.Name, Heading: "Who comes", Parts: []ui.Component{ui.InsetText{Body: ui.Paragraph(ui.ProblemsOf(err)[0].Message)}}}
	}
	form := ui.Form{Action: meetingPath(v.ID) + "/room", IdempotencyKey: newKey(), Buttons: []ui.Component{ui.Button{Text: "Save"}}}
	for _, i := range v.Invitations {
		if !v.Ours && i.GuestID != a.Organisation {
			continue
		}
		q := ui.Select{Name: "i-" + i.ID, Label: guest(v.Names, i), Hint: name(v.Names, i.GuestID), Value: string(i.Attendance)}
		for _, x := range domain.Attendances {
			q.Options = append(q.Options, ui.SelectOption{Value: string(x.Code), Text: x.Label})
		}
		form.Fields = append(form.Fields, q)
	}
	parts := []ui.Component{form}
	if len(form.Fields) == 0 {
		parts = []ui.Component{ui.EmptyState{Heading: "Nobody of yours is asked"}}
	}
	if v.Ours && v.Planned() && meets(a) {
		parts = append(parts, ui.Heading{Text: "No longer ask somebody"}, uninviteForm(v))
	}
	return sheet{Page: p, Caption: v.Name, Heading: "Who comes", Parts: parts}
}

func uninviteForm(v app.MeetingView) ui.Component {
	q := ui.Select{Name: "invitation", Label: "Whom do you no longer ask?", Options: []ui.SelectOption{{Text: "Choose"}}}
	for _, i := range v.Invitations {
		q.Options = append(q.Options, ui.SelectOption{Value: i.ID, Text: guest(v.Names, i)})
	}
	return ui.Form{Action: meetingPath(v.ID) + "/uninvite", IdempotencyKey: newKey(), Fields: []ui.Component{q}, Buttons: []ui.Component{ui.Button{Text: "Take off the list", Variant: ui.Secondary}}}
}

func (web *Web) attend(w http.ResponseWriter, r *http.Request) error {
	v, err := web.load(r)
	if err != nil {
		return err
	}
	f, err := httpx.ParseForm(r)
	if err != nil {
		return err
	}
	says := map[string]domain.Attendance{}
	for _, i := range v.Invitations {
		if _, sent := f.Values()["i-"+i.ID]; sent {
			says[i.ID] = domain.Attendance(f.Choice("i-"+i.ID, "", "", "coming", "apologies", "present", "absent"))
		}
	}
	if err := f.Err(); err != nil {
		return err
	}
	if _, err := web.app.Attend(r.Context(), who(r.Context()), httpx.Command(r.Context(), "record attendance"), v.ID, says); err != nil {
		return err
	}
	return to(w, r, meetingPath(v.ID), "room")
}
