package web

import (
	"net/http"
	"strings"
	"time"

	"example.org/waypost/pkg/fault"
	"example.org/waypost/pkg/httpx"
	"example.org/waypost/pkg/ui"
	"example.org/waypost/services/mdt/internal/app"
	"example.org/waypost/services/mdt/internal/domain"
)

func (web *Web) askPatient(w http.ResponseWriter, r *http.Request) error {
	v, gone, err := web.begun(w, r)
	if err != nil || gone {
		return err
	}
	if !v.Agreed() {
		return domain.ErrNoConsent
	}
	return web.show(w, http.StatusOK, drawAskPatient(web.page(r, "Who is it about?", draftSection(v.Draft)), v, nil, "", typed{}, web.Now()))
}

// drawAskPatient finds somebody first, and asks for details only of who is not found.
func drawAskPatient(p ui.Page, v app.DraftView, f *app.Found, words string, t typed, now time.Time) sheet {
	p.Problems, p.Back = t.problems, &ui.Link{Text: "All tasks", Href: draftPath(v.ID)}
	here := draftPath(v.ID) + "/patient"
	parts := []ui.Component{findForm(here+"/find", words)}
	if f != nil {
		switch {
		case strings.TrimSpace(words) == "":
			parts = append(parts, ui.EmptyState{Heading: "Nothing was entered", Body: ui.Paragraph("Enter an NHS number, like 999 123 4567, or a name, like Ada Hart.")})
		case len(f.Patients) == 0 && f.NotNumber != nil:
			e, _ := fault.Of(f.NotNumber)
			parts = append(parts, ui.EmptyState{Heading: "“" + words + "” was not found", Body: ui.Paragraph(e.Message + ".")})
		case len(f.Patients) == 0:
			parts = append(parts, ui.EmptyState{Heading: "Your organisation has nobody for “" + words + "”", Body: ui.Paragraph("Add them below. With an NHS number, Waypost finds the case they may have elsewhere.")})
		}
		for _, x := range f.Patients {
			parts = append(parts, ui.SummaryCard{
				Heading: x.Name(), Rows: []ui.SummaryRow{{Key: "Born", Value: ui.Text(ui.DateOfBirth(x.Contact.Born(), now))}, {Key: "NHS number", Value: text(x.Contact.NHSNumber)}},
				Body: ui.Form{Action: here + "/choose", IdempotencyKey: newKey(), Version: v.Version, Values: []ui.Value{{Name: "patient", Value: x.PatientRef}}, Buttons: []ui.Component{ui.Button{Text: "This is who it is about", Hidden: x.Name(), Variant: ui.Secondary}}},
			})
		}
	}
	if f != nil && len(f.Patients) == 0 || t.Form != nil {
		c := domain.Contact{}
		if f != nil {
			c.NHSNumber = f.Number
		}
		fields := contactFields(c, t, true)
		if p.Problems.For("") == domain.ErrSamePerson.Message || t.or("another", "") != "" {
			fields = append(fields, ui.Checkboxes{Name: "another", Label: "Is it somebody else of the same name?", Values: t.all("another"), Options: []ui.Option{{Value: "yes", Text: "Yes, this is another person"}}})
		}
		parts = append(parts, ui.Heading{Text: "Add them"}, ui.Form{Action: here, IdempotencyKey: newKey(), Version: v.Version, Fields: fields, Buttons: []ui.Component{ui.Button{Text: "Save and continue"}}})
	}
	return sheet{Page: p, Heading: "Who is it about?", Parts: parts}
}

func (web *Web) findPatient(w http.ResponseWriter, r *http.Request) error {
	v, gone, err := web.begun(w, r)
	if err != nil || gone {
		return err
	}
	if !v.Agreed() {
		return domain.ErrNoConsent
	}
	f, err := httpx.ParseForm(r)
	if err != nil {
		return err
	}
	words := f.Text("words", 100, "")
	found, err := web.app.Find(r.Context(), who(r.Context()), words)
	if err != nil {
		return err
	}
	return web.show(w, http.StatusOK, drawAskPatient(web.page(r, "Who is it about?", draftSection(v.Draft)), v, &found, words, typed{}, web.Now()))
}

func (web *Web) choosePatient(w http.ResponseWriter, r *http.Request) error {
	return web.task(w, r, func(v app.DraftView, version int64, f *httpx.Form) (string, error) {
		patient := f.ID("patient", "Select who it is about")
		if err := f.Err(); err != nil {
			return "", err
		}
		_, err := web.app.ChoosePatient(r.Context(), who(r.Context()), httpx.Command(r.Context(), "choose patient"), v.ID, version, patient)
		return "", err
	}, web.patientAgain(w, r))
}

func (web *Web) patientAgain(w http.ResponseWriter, r *http.Request) func(int, app.DraftView, typed) error {
	return func(status int, v app.DraftView, t typed) error {
		return web.show(w, status, drawAskPatient(web.page(r, "Who is it about?", draftSection(v.Draft)), v, nil, "", t, web.Now()))
	}
}

func (web *Web) addPatient(w http.ResponseWriter, r *http.Request) error {
	return web.task(w, r, func(v app.DraftView, version int64, f *httpx.Form) (string, error) {
		if !v.Agreed() {
			return "", domain.ErrNoConsent
		}
		in := app.AddPatientInput{Contact: readContact(f, domain.Contact{}), Another: f.Ticked("another")}
		if err := f.Err(); err != nil {
			return "", err
		}
		a, command := who(r.Context()), httpx.Command(r.Context(), "add patient")
		done, err := web.app.AddPatient(r.Context(), a, command, in)
		if err != nil {
			return "", err
		}
		_, err = web.app.ChoosePatient(r.Context(), a, then(command, "choose"), v.ID, version, done.ID)
		return "", err
	}, web.patientAgain(w, r))
}
