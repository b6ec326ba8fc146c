package web

import (
	"net/http"
	"net/url"

	"example.org/waypost/pkg/httpx"
	"example.org/waypost/pkg/ui"
	"example.org/waypost/services/primarycare/internal/app"
	"example.org/waypost/services/primarycare/internal/domain"
)

func (web *Web) duty(w http.ResponseWriter, r *http.Request) error {
	d, err := web.App.Duty(r.Context(), by(r))
	if err != nil {
		return err
	}
	p := web.page(r, "", "On duty today")
	web.done(r, &p)
	return web.plain(w, http.StatusOK, web.drawDuty(p, fresh(url.Values{"clinician": {d.ClinicianID}, "clinician_phone": {d.ClinicianPhone}, "deputy": {d.DeputyID}, "deputy_phone": {d.DeputyPhone}}), d, mayAct(by(r))))
}

func (web *Web) drawDuty(p ui.Page, f form, d app.DutyPage, may bool) plainPage {
	now := web.Now()
	page := plainPage{Page: p, Heading: "On duty today", Lede: "Red flags go to the duty clinician, and after 15 minutes without an answer to the deputy."}
	if d.Set() {
		page.Body = append(page.Body, onDuty(d), ui.Paragraph("Set by "+d.Names.Name(d.SetBy, "a colleague")+", "+ui.Moment(d.SetAt, now)+". It counts for today only."))
	} else {
		page.Body = append(page.Body, ui.WarningCallout{Heading: "Nobody is set for today", Body: ui.Paragraph("A red flag raised now goes straight to “ring 999 or 111”.")})
	}
	if !may {
		page.Body = append(page.Body, ui.InsetText{Body: ui.Text("A GP or the practice manager can change this.")})
		return page
	}
	clinicians, deputies := []ui.SelectOption{{Text: "Choose a GP"}}, []ui.SelectOption{{Text: "Nobody"}}
	for _, x := range d.Clinicians {
		clinicians = append(clinicians, ui.SelectOption{Value: x.PersonID, Text: x.PersonName})
	}
	for _, x := range d.Deputies {
		deputies = append(deputies, ui.SelectOption{Value: x.PersonID, Text: x.PersonName + " (" + x.Role.Label() + ")"})
	}
	page.Body = append(page.Body, ui.Form{Action: "/practice/duty", IdempotencyKey: web.NewID(), Version: d.Version, Fields: []ui.Component{
		ui.Select{Name: "clinician", Label: "Duty clinician", Value: f.value("clinician"), Error: f.wrong("clinician"), Options: clinicians},
		ui.Input{Name: "clinician_phone", Label: "Phone or extension (optional)", Hint: "Of the duty clinician", Value: f.value("clinician_phone"), Error: f.wrong("clinician_phone"), Width: 20, Autocomplete: "off"},
		ui.Select{Name: "deputy", Label: "Deputy", Hint: "Somebody else, for when the duty clinician does not answer", Value: f.value("deputy"), Error: f.wrong("deputy"), Options: deputies},
		ui.Input{Name: "deputy_phone", Label: "Deputy’s phone or extension (optional)", Value: f.value("deputy_phone"), Error: f.wrong("deputy_phone"), Width: 20, Autocomplete: "off"},
	}, Buttons: []ui.Component{ui.Button{Text: "Save"}}})
	return page
}

func (web *Web) setDuty(w http.ResponseWriter, r *http.Request) error {
	f, err := httpx.ParseForm(r)
	if err != nil {
		return err
	}
	version := int64(0) // nobody was set for today when the page was drawn
	if f.Typed(httpx.VersionField) != "" {
		if version, err = f.Version(); err != nil {
			return err
		}
	}
	d := domain.Duty{ClinicianID: f.ID("clinician", "Select the duty clinician"), DeputyID: f.ID("deputy", ""), ClinicianPhone: f.Text("clinician_phone", 40, ""), DeputyPhone: f.Text("deputy_phone", 40, "")}
	if err = f.Err(); err == nil {
		if _, err = web.App.SetDuty(r.Context(), by(r), httpx.Command(r.Context(), "set duty"), version, d); err == nil {
			return see(w, r, "/practice/duty?done=duty")
		}
	}
	again, ok := refused(f.Values(), err)
	if !ok {
		return err
	}
	now, err := web.App.Duty(r.Context(), by(r))
	if err != nil {
		return err
	}
	p := web.page(r, "", "On duty today")
	again.dress(&p)
	return web.plain(w, again.status, web.drawDuty(p, again, now, true))
}
