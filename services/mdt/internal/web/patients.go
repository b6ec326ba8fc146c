package web

import (
	"net/http"
	"strings"
	"time"

	"example.org/waypost/pkg/fault"
	"example.org/waypost/pkg/httpx"
	"example.org/waypost/pkg/ui"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/mdt/internal/app"
	"example.org/waypost/services/mdt/internal/domain"
)

// Patients as our organisation knows them. What is typed to find somebody is posted: it stands in no address.

func patientPath(ref string) string { return Root + "/patients/" + ref }

func (web *Web) patients(w http.ResponseWriter, r *http.Request) error {
	return web.show(w, http.StatusOK, drawFind(web.page(r, "Patients", sectionPatients), nil, "", web.Now()))
}

func (web *Web) find(w http.ResponseWriter, r *http.Request) error {
	f, err := httpx.ParseForm(r)
	if err != nil {
		return err
	}
	words := f.Text("words", 100, "")
	found, err := web.app.Find(r.Context(), who(r.Context()), words)
	if err != nil {
		return err
	}
	return web.show(w, http.StatusOK, drawFind(web.page(r, "Patients", sectionPatients), &found, words, web.Now()))
}

func findForm(action, words string) ui.Component {
	return ui.Form{
		Action: action, IdempotencyKey: newKey(), Fields: []ui.Component{ui.Input{Name: "words", Label: "Find a person", Hint: "NHS number, name, or the reference of a referral", Value: words, Width: 30}},
		Buttons: []ui.Component{ui.Button{Text: "Find", Variant: ui.Secondary}},
	}
}

func drawFind(p ui.Page, f *app.Found, words string, now time.Time) sheet {
	parts := []ui.Component{findForm(Root+"/patients/find", words)}
	switch {
	case f == nil:
	case strings.TrimSpace(words) == "":
		parts = append(parts, ui.EmptyState{Heading: "Nothing was entered", Body: ui.Paragraph("Enter an NHS number, like 999 123 4567, a name, like Ada Hart, or a reference, like CDEF 2346.")})
	case len(f.Patients) == 0 && len(f.Referrals) == 0:
		parts = append(parts, nothingFound(f, words))
	default:
		parts = append(parts, foundList(f, now))
	}
	return sheet{Page: p, Heading: "Patients", Parts: parts}
}

func nothingFound(f *app.Found, words string) ui.Component {
	if e, ok := fault.Of(f.NotNumber); ok {
		return ui.EmptyState{Heading: "“" + words + "” was not found", Body: ui.Paragraph(e.Message + ".")}
	}
	return ui.EmptyState{Heading: "Your organisation has nobody for “" + words + "”", Body: ui.Group{
		ui.Paragraph("Try the NHS number, or the beginning of the family name. Somebody whom other organisations help is found here only once your organisation has to do with them."),
		ui.Link{Text: "Put somebody on an agenda", Href: Root + "/meetings"},
	}}
}

func foundList(f *app.Found, now time.Time) ui.Component {
	t := ui.Table{Caption: "Found", Columns: []ui.Column{{Text: "Person"}, {Text: "Born"}, {Text: "NHS number"}}}
	for _, x := range f.Patients {
		t.Rows = append(t.Rows, ui.Row{Cells: []ui.Component{ui.Link{Text: x.Name(), Href: patientPath(x.PatientRef)}, ui.Text(ui.DateOfBirth(x.Contact.Born(), now)), text(x.Contact.NHSNumber)}})
	}
	g := ui.Group{}
	if len(f.Patients) > 0 {
		g = append(g, t)
	}
	for _, x := range f.Referrals {
		g = append(g, ui.Card{Heading: "Referral " + reference(x.Reference), Href: referralPath(x.ID), Body: ui.Text(x.Standing())})
	}
	return g
}

// patientOf reads the patient in the path.
func (web *Web) patientOf(r *http.Request) (app.PatientView, error) {
	ref, err := httpx.PathID(r, "ref")
	if err != nil {
		return app.PatientView{}, err
	}
	return web.app.PatientByRef(r.Context(), who(r.Context()), ref)
}

func (web *Web) patient(w http.ResponseWriter, r *http.Request) error {
	v, err := web.patientOf(r)
	if err != nil {
		return err
	}
	return web.show(w, http.StatusOK, drawPatient(web.page(r, "Patient "+v.Contact.Initials(), sectionPatients), v, refers(who(r.Context())), web.Now()))
}

func drawPatient(p ui.Page, v app.PatientView, mayRefer bool, now time.Time) sheet {
	p.Back, p.Header = &ui.Link{Text: "Patients", Href: Root + "/patients"}, header(v.Patient, true, now)
	if v.Removed() {
		return sheet{Page: p, Heading: "Details removed", Parts: []ui.Component{ui.Paragraph("What named this person was removed on " + ui.Date(v.RemovedAt) + ". Nothing more can be recorded here.")}}
	}
	c := v.Contact
	address := "Address"
	if !c.SafeWays.Letter {
		address = "Address (do not write)"
	}
	details := ui.SummaryCard{Heading: "Details", Links: []ui.Link{{Text: "Change", Href: patientPath(v.PatientRef) + "/change", Hidden: "the details"}}, Rows: []ui.SummaryRow{
		{Key: address, Value: text(strings.Join(append(append([]string{}, c.AddressLines...), c.Postcode), ", "))}, {Key: "Email", Value: onlySafe(c.Email, c.SafeWays.Email)}, {Key: "Next of kin", Value: text(c.NextOfKin)},
	}}
	start := ui.Group{ui.LinkButton{Text: "Put them on an agenda", Href: patientPath(v.PatientRef) + "/agenda", Variant: ui.Secondary}}
	if mayRefer {
		start = append(start, ui.LinkButton{Text: "Refer them", Href: Root + "/referrals/new?patient=" + v.PatientRef})
	}
	parts := []ui.Component{start, details}
	if v.Case.ID != "" {
		holder := "Nobody"
		if v.Holder != nil {
			holder = name(v.Names, v.Holder.PersonID) + ", " + name(v.Names, v.Holder.OrganisationID)
		}
		parts = append(parts, ui.SummaryCard{Heading: "Case " + reference(v.Case.Reference), Links: []ui.Link{{Text: "Open the shared case", Href: "/case/" + v.Case.ID}}, Rows: []ui.SummaryRow{
			{Key: "Status", Value: ui.Tag{Text: map[bool]string{true: "Open", false: "Closed"}[v.Case.Open], Colour: ui.Grey}}, {Key: "Case-holder", Value: ui.Text(holder)},
		}})
	}
	if len(v.Items) == 0 && len(v.Referrals) == 0 {
		parts = append(parts, ui.EmptyState{Heading: "No meeting has discussed them and you have referred them to nobody"})
	}
	if len(v.Items) > 0 {
		t := ui.Table{Caption: "Meetings", Columns: []ui.Column{{Text: "Meeting"}, {Text: "Why"}, {Text: "Status"}}}
		for _, x := range v.Items {
			t.Rows = append(t.Rows, ui.Row{Cells: []ui.Component{ui.Link{Text: x.Meeting.Name + ", " + ui.Date(x.Meeting.StartsAt), Href: itemPath(x.ID)}, ui.Text(x.Reason.Label()), itemTag(x.Item)}})
		}
		parts = append(parts, t)
	}
	if len(v.Referrals) > 0 {
		t := ui.Table{Caption: "Referrals you sent", Columns: []ui.Column{{Text: "Reference"}, {Text: "Need"}, {Text: "Status"}}}
		for _, x := range v.Referrals {
			t.Rows = append(t.Rows, ui.Row{Cells: []ui.Component{ui.Link{Text: reference(x.Reference), Href: referralPath(x.ID)}, ui.Text(x.Need.Label()), referralTag(x)}})
		}
		parts = append(parts, t)
	}
	if len(v.Consents) > 0 {
		var l ui.List
		for _, x := range v.Consents {
			l = append(l, ui.Text(map[bool]string{true: "Agreed: ", false: "Did not agree: "}[x.Given]+lower(x.Purpose.Label())+untilWords(x, now)+". "+x.How.Label()+", asked by "+name(v.Names, x.AskedBy)+", "+ui.Date(x.AskedAt)))
		}
		parts = append(parts, ui.Heading{Text: "What they agreed to"}, l)
	}
	return sheet{Page: p, Heading: "Patient", Parts: parts}
}

func (web *Web) changePatient(w http.ResponseWriter, r *http.Request) error {
	v, err := web.patientOf(r)
	if err != nil {
		return err
	}
	return web.show(w, http.StatusOK, drawChangePatient(web.page(r, "Change details of "+v.Contact.Initials(), sectionPatients), v.Patient, typed{}))
}

func drawChangePatient(p ui.Page, v domain.Patient, t typed) sheet {
	p.Problems, p.Back = t.problems, &ui.Link{Text: v.Name(), Href: patientPath(v.PatientRef)}
	return sheet{Page: p, Heading: "Change their details", Parts: []ui.Component{ui.Form{
		Action: patientPath(v.PatientRef), IdempotencyKey: newKey(), Version: v.Version,
		Fields: contactFields(v.Contact, t, false), Buttons: []ui.Component{ui.Button{Text: "Save"}},
	}}}
}

// contactFields ask how to reach somebody safely before who they are.
func contactFields(c domain.Contact, t typed, number bool) []ui.Component {
	var safe []string
	for _, x := range []struct {
		ok   bool
		code string
	}{{c.SafeWays.Phone, "phone"}, {c.SafeWays.Text, "text"}, {c.SafeWays.Email, "email"}, {c.SafeWays.Letter, "letter"}} {
		if x.ok {
			safe = append(safe, x.code)
		}
	}
	fields := []ui.Component{
		ui.Checkboxes{Name: "safe", Label: "How is it safe to contact them?", Hint: "Ask. Leave all empty when they will contact you", Values: t.all("safe", safe...), Options: []ui.Option{{Value: "phone", Text: "Phone"}, {Value: "text", Text: "Text message"}, {Value: "email", Text: "Email"}, {Value: "letter", Text: "Letter"}}},
		ui.Input{Name: "safe_note", Label: "What must one take care of? (optional)", Hint: "For example: not after five, he is home then", Value: t.or("safe_note", c.SafeNote), Error: t.wrong("safe_note")},
		ui.Input{Name: "given_name", Label: "Given name", Value: t.or("given_name", c.GivenName), Error: t.wrong("given_name"), Width: 20},
		ui.Input{Name: "family_name", Label: "Family name", Value: t.or("family_name", c.FamilyName), Error: t.wrong("family_name"), Width: 20},
		ui.DateInput{Name: "date_of_birth", Label: "Date of birth", Hint: "For example, 27 3 1957", Value: t.date("date_of_birth", c.Born()), Error: t.wrong("date_of_birth")},
	}
	if number {
		fields = append(fields, ui.Input{Name: "nhs_number", Label: "NHS number", Hint: "10 digits, like 999 123 4567. Leave it empty when it is not known", Value: t.or("nhs_number", c.NHSNumber), Error: t.wrong("nhs_number"), Width: 10, Numeric: true})
	}
	return append(fields,
		ui.Input{Name: "phone", Label: "Phone", Type: "tel", Value: t.or("phone", c.Phone), Error: t.wrong("phone"), Width: 20},
		ui.Input{Name: "email", Label: "Email", Type: "email", Value: t.or("email", c.Email), Error: t.wrong("email"), Width: 30},
		ui.Textarea{Name: "address", Label: "Address (optional)", Rows: 3, Value: t.or("address", strings.Join(c.AddressLines, "\n")), Error: t.wrong("address")},
		ui.Input{Name: "postcode", Label: "Postcode (optional)", Hint: "Services near by are shown first", Value: t.or("postcode", c.Postcode), Error: t.wrong("postcode"), Width: 10},
		ui.Input{Name: "next_of_kin", Label: "Next of kin (optional)", Value: t.or("next_of_kin", c.NextOfKin), Error: t.wrong("next_of_kin")},
	)
}

// readContact takes the fields; domain checks them.
func readContact(f *httpx.Form, was domain.Contact) domain.Contact {
	c := was
	c.GivenName, c.FamilyName = f.Text("given_name", domain.MaxName, "Enter their given name"), f.Text("family_name", domain.MaxName, "Enter their family name")
	c.DateOfBirth = iso(f.Date("date_of_birth", "Enter their date of birth"))
	c.NHSNumber, c.Phone, c.Email = f.Text("nhs_number", 30, ""), f.Text("phone", 30, ""), f.Text("email", 254, "")
	c.Postcode, c.SafeNote, c.NextOfKin = f.Text("postcode", 20, ""), f.Text("safe_note", domain.MaxNote, ""), f.Text("next_of_kin", domain.MaxNote, "")
	c.AddressLines = nil
	for _, line := range strings.Split(f.Area("address", domain.MaxNote, ""), "\n") {
		if line = strings.TrimSpace(line); line != "" {
			c.AddressLines = append(c.AddressLines, line)
		}
	}
	c.SafeWays = domain.SafeWays{}
	for _, way := range f.Choices("safe", "", "phone", "text", "email", "letter") {
		switch way {
		case "phone":
			c.SafeWays.Phone = true
		case "text":
			c.SafeWays.Text = true
		case "email":
			c.SafeWays.Email = true
		case "letter":
			c.SafeWays.Letter = true
		}
	}
	return c
}

func (web *Web) savePatient(w http.ResponseWriter, r *http.Request) error {
	v, err := web.patientOf(r)
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
	c := readContact(f, v.Contact)
	if err = f.Err(); err == nil {
		_, err = web.app.ChangePatient(r.Context(), who(r.Context()), httpx.Command(r.Context(), "change patient"), v.PatientRef, version, c)
	}
	if refused(err) {
		return web.show(w, httpx.Status(err), drawChangePatient(web.page(r, "Change details", sectionPatients), v.Patient, typed{f, ui.ProblemsOf(err)}))
	}
	if err != nil {
		return err
	}
	return to(w, r, patientPath(v.PatientRef), "patient")
}

// putOnAgenda is where the shared case leads to: which meeting, and what the person agreed to.
func (web *Web) putOnAgenda(w http.ResponseWriter, r *http.Request) error {
	v, err := web.patientOf(r)
	if err != nil {
		return err
	}
	return web.show(w, http.StatusOK, drawPutOnAgenda(web.page(r, "Put on an agenda", sectionPatients), v, typed{}, web.Now()))
}

func drawPutOnAgenda(p ui.Page, v app.PatientView, t typed, now time.Time) sheet {
	p.Problems, p.Back, p.Header = t.problems, &ui.Link{Text: v.Name(), Href: patientPath(v.PatientRef)}, header(v.Patient, true, now)
	if len(v.Meetings) == 0 {
		return sheet{Page: p, Heading: "Put them on an agenda", Parts: []ui.Component{ui.EmptyState{Heading: "No meeting is planned", Body: ui.Group{ui.Paragraph("Schedule a meeting of your organisation, or ask another one to invite you."), ui.Link{Text: "Schedule a meeting", Href: Root + "/meetings/new"}}}}}
	}
	q := ui.Radios{Name: "meeting", Label: "Which meeting?", Value: t.or("meeting", v.Meetings[0].ID), Error: t.wrong("meeting")}
	for _, m := range v.Meetings {
		q.Options = append(q.Options, ui.Option{Value: m.ID, Text: m.Name + ", " + ui.Day(m.StartsAt), Hint: name(v.Names, m.OrganisationID)})
	}
	return sheet{Page: p, Heading: "Put them on an agenda", Parts: []ui.Component{ui.Form{
		Action: patientPath(v.PatientRef) + "/agenda", IdempotencyKey: newKey(),
		Fields: append([]ui.Component{q}, consentFields(terms.ConsentDiscussAtMDT, t)...), Buttons: []ui.Component{ui.Button{Text: "Continue"}},
	}}}
}

func (web *Web) startAgendaOf(w http.ResponseWriter, r *http.Request) error {
	v, err := web.patientOf(r)
	if err != nil {
		return err
	}
	f, err := httpx.ParseForm(r)
	if err != nil {
		return err
	}
	meeting := f.ID("meeting", "Select a meeting")
	c := web.readConsent(f, terms.ConsentDiscussAtMDT)
	if err := f.Err(); err != nil {
		return web.show(w, httpx.Status(err), drawPutOnAgenda(web.page(r, "Put on an agenda", sectionPatients), v, typed{f, ui.ProblemsOf(err)}, web.Now()))
	}
	return web.begin(w, r, meeting, v.PatientRef, c)
}
