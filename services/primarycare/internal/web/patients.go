package web

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"example.org/waypost/pkg/fault"
	"example.org/waypost/pkg/httpx"
	"example.org/waypost/pkg/nhsnumber"
	"example.org/waypost/pkg/ui"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/primarycare/internal/domain"
)

func (web *Web) add(w http.ResponseWriter, r *http.Request) error {
	p := web.page(r, "Patients", "Add a patient")
	return web.plain(w, http.StatusOK, web.drawAdd(p, fresh(url.Values{}), "", 0))
}

func (web *Web) added(w http.ResponseWriter, r *http.Request) error {
	f, err := httpx.ParseForm(r)
	if err != nil {
		return err
	}
	d, err := web.readDetails(f)
	if err == nil {
		out, addErr := web.App.AddPatient(r.Context(), by(r), httpx.Command(r.Context(), "add patient"), d, f.Ticked("another_person"))
		if addErr == nil {
			done := "added"
			if out.Existing {
				done = "existing"
			}
			return see(w, r, "/practice/patients/"+out.Ref+"?done="+done)
		}
		err = addErr
	}
	again, ok := refused(f.Values(), err)
	if !ok {
		return err
	}
	p := web.page(r, "Patients", "Add a patient")
	again.dress(&p)
	same := ""
	if isFault(err, domain.ErrSamePerson) {
		same = "yes"
	}
	return web.plain(w, again.status, web.drawAdd(p, again, same, 0))
}

func (web *Web) drawAdd(p ui.Page, f form, same string, version int64) plainPage {
	p.Back = back("Find a patient", "/practice/patients")
	page := plainPage{Page: p, Heading: "Add a patient", Lede: "Write down who they are. What they need comes after the red-flag questions."}
	fields := detailFields(f)
	if same != "" || f.value("another_person") != "" {
		fields = append(fields, ui.Checkboxes{
			Name: "another_person", Label: "Another patient has this name and date of birth",
			Values: f.values("another_person"), Options: []ui.Option{{Value: "yes", Text: "This is another person: add them as well"}},
		})
	}
	page.Body = []ui.Component{ui.Form{
		Action: "/practice/patients", IdempotencyKey: web.NewID(), Version: version, Fields: fields,
		Buttons: []ui.Component{ui.Button{Text: "Add patient"}, ui.LinkButton{Text: "Cancel", Href: "/practice/patients", Variant: ui.Secondary}},
	}}
	return page
}

// readDetails takes what was typed. When anything is missing the domain says at once what else is wrong, so that nobody is sent back twice.
func (web *Web) readDetails(f *httpx.Form) (domain.Details, error) {
	d := domain.Details{
		GivenName: f.Text("given_name", domain.MaxName, ""), FamilyName: f.Text("family_name", domain.MaxName, ""), DateOfBirth: f.Date("date_of_birth", "Enter their date of birth"),
		NHSNumber: f.Text("nhs_number", 40, ""), Phone: f.Text("phone", 40, ""), Email: f.Text("email", 254, ""), Address: f.Area("address", domain.MaxNote, ""),
		Postcode: f.Text("postcode", 12, ""), InterpreterNeeded: f.Ticked("interpreter_needed"), SafeNote: f.Area("safe_note", domain.MaxNote, ""),
		NextOfKin: f.Area("next_of_kin", domain.MaxNote, ""), Sex: terms.Sex(f.Choice("sex", "", codes(terms.Sexes)...)),
		Language:       f.Text("language", 35, ""),
		NoNumberReason: domain.NoNumberReason(f.Choice("no_number_reason", "", noNumberCodes()...)),
	}
	for _, a := range f.Choices("accessibility", "", accessibilityCodes()...) {
		d.Accessibility = append(d.Accessibility, terms.Accessibility(a))
	}
	ways := f.Choices("safe_ways", "Select how it is safe to contact them", "phone", "text", "email", "letter", "none")
	for _, way := range ways {
		d.Safe.Phone = d.Safe.Phone || way == "phone"
		d.Safe.Text = d.Safe.Text || way == "text"
		d.Safe.Email = d.Safe.Email || way == "email"
		d.Safe.Letter = d.Safe.Letter || way == "letter"
	}
	if len(ways) > 1 && ways[len(ways)-1] == "none" {
		f.Add("safe_ways", "Select the ways that are safe, or that no way is")
	}
	if more, wrong := fault.Of(web.App.CheckDetails(d)); wrong && f.Err() != nil {
		for _, x := range more.Fields {
			if !f.Has(x.Path) {
				f.Add(x.Path, x.Message)
			}
		}
	}
	return d, f.Err()
}

func codes[T ~string](list []terms.Term[T]) []string {
	out := make([]string, len(list))
	for i, x := range list {
		out[i] = string(x.Code)
	}
	return out
}

func noNumberCodes() []string {
	var out []string
	for _, x := range domain.NoNumberReasons {
		out = append(out, string(x.Code))
	}
	return out
}

func accessibilityCodes() []string {
	var out []string
	for _, a := range terms.Accessibilities {
		out = append(out, string(a.Code))
	}
	return out
}

// detailFields are the questions about who somebody is. How it is safe to reach them comes before phone and address.
func detailFields(f form) []ui.Component {
	return []ui.Component{
		ui.Input{Name: "given_name", Label: "Given name", Value: f.value("given_name"), Error: f.wrong("given_name"), Width: 20, Autocomplete: "off"},
		ui.Input{Name: "family_name", Label: "Family name", Value: f.value("family_name"), Error: f.wrong("family_name"), Width: 20, Autocomplete: "off"},
		ui.DateInput{Name: "date_of_birth", Label: "Date of birth", Hint: "Such as 27 3 1984", Value: ui.TypedDate(f.typed, "date_of_birth"), Error: f.wrong("date_of_birth")},
		ui.Input{Name: "nhs_number", Label: "NHS number", Hint: "10 digits, with or without spaces", Value: f.value("nhs_number"), Error: f.wrong("nhs_number"), Width: 20, Numeric: true, Code: true, Autocomplete: "off"},
		ui.Select{Name: "no_number_reason", Label: "If there is no number, why", Value: f.value("no_number_reason"), Error: f.wrong("no_number_reason"), Options: noNumberOptions()},
		ui.Checkboxes{
			Name: "safe_ways", Label: "How is it safe to contact them?", Hint: "Ask: “Is it safe to ring, text, email or write to you?” Somebody at home may read or hear it.",
			Values: f.values("safe_ways"), Error: f.wrong("safe_ways"), Options: []ui.Option{
				{Value: "phone", Text: "Phone"},
				{Value: "text", Text: "Text message"},
				{Value: "email", Text: "Email"},
				{Value: "letter", Text: "Letter"},
				{Value: "none", Text: "No way is safe: they will contact us", Divider: "or", Exclusive: true},
			},
		},
		ui.Textarea{Name: "safe_note", Label: "What to know before contacting them (optional)", Hint: "Such as “not after five, he is home then”", Value: f.value("safe_note"), Error: f.wrong("safe_note"), Rows: 2, MaxLength: domain.MaxNote},
		ui.Input{Name: "phone", Label: "Phone (optional)", Value: f.value("phone"), Error: f.wrong("phone"), Type: "tel", Width: 20, Autocomplete: "off"},
		ui.Input{Name: "email", Label: "Email (optional)", Value: f.value("email"), Error: f.wrong("email"), Type: "email", Autocomplete: "off"},
		ui.Textarea{Name: "address", Label: "Address (optional)", Value: f.value("address"), Error: f.wrong("address"), Rows: 3},
		ui.Input{Name: "postcode", Label: "Postcode (optional)", Hint: "Finds services nearby", Value: f.value("postcode"), Error: f.wrong("postcode"), Width: 10, Autocomplete: "off"},
		ui.Details{Summary: "Language, access needs, next of kin", Open: rarelyAsked(f), Body: ui.Group{
			ui.Select{Name: "sex", Label: "Sex", Value: f.value("sex"), Error: f.wrong("sex"), Options: sexOptions()},
			ui.Select{Name: "language", Label: "Language", Value: f.value("language"), Error: f.wrong("language"), Options: languageOptions(f.value("language"))},
			ui.Checkboxes{Name: "interpreter_needed", Label: "Interpreter", Values: f.values("interpreter_needed"), Options: []ui.Option{{Value: "yes", Text: "They need an interpreter"}}},
			ui.Checkboxes{Name: "accessibility", Label: "What they need to take part", Values: f.values("accessibility"), Error: f.wrong("accessibility"), Options: accessibilityOptions()},
			ui.Textarea{Name: "next_of_kin", Label: "Next of kin (optional)", Value: f.value("next_of_kin"), Error: f.wrong("next_of_kin"), Rows: 2, MaxLength: domain.MaxNote},
		}},
	}
}

func rarelyAsked(f form) bool {
	for _, name := range []string{"language", "interpreter_needed", "accessibility", "next_of_kin"} {
		if f.value(name) != "" || f.wrong(name) != "" {
			return true
		}
	}
	return false
}

func noNumberOptions() []ui.SelectOption {
	out := []ui.SelectOption{{Text: "There is a number"}}
	for _, x := range domain.NoNumberReasons {
		out = append(out, ui.SelectOption{Value: string(x.Code), Text: x.Label})
	}
	return out
}

func sexOptions() []ui.SelectOption {
	out := []ui.SelectOption{{Text: "Not asked"}}
	for _, x := range terms.Sexes {
		out = append(out, ui.SelectOption{Value: string(x.Code), Text: x.Label})
	}
	return out
}

func languageOptions(chosen string) []ui.SelectOption {
	var out []ui.SelectOption
	known := false
	for _, l := range domain.Languages {
		known = known || l.Code == chosen
		out = append(out, ui.SelectOption{Value: l.Code, Text: l.Label})
	}
	if !known {
		out = append(out, ui.SelectOption{Value: chosen, Text: chosen})
	}
	return out
}

func accessibilityOptions() []ui.Option {
	out := make([]ui.Option, len(terms.Accessibilities))
	for i, a := range terms.Accessibilities {
		out[i] = ui.Option{Value: string(a.Code), Text: a.Label}
	}
	return out
}

// typedDetails puts a patient's details into a form, as if they had been typed.
func typedDetails(d domain.Details) url.Values {
	v := url.Values{
		"given_name": {d.GivenName}, "family_name": {d.FamilyName}, "nhs_number": {nhsnumber.Format(d.NHSNumber)}, "no_number_reason": {string(d.NoNumberReason)},
		"sex": {string(d.Sex)}, "phone": {d.Phone}, "email": {d.Email}, "address": {d.Address}, "postcode": {d.Postcode}, "language": {d.Language},
		"safe_note": {d.SafeNote}, "next_of_kin": {d.NextOfKin},
		"date_of_birth-day": {strconv.Itoa(d.DateOfBirth.Day())}, "date_of_birth-month": {strconv.Itoa(int(d.DateOfBirth.Month()))}, "date_of_birth-year": {strconv.Itoa(d.DateOfBirth.Year())},
	}
	if d.InterpreterNeeded {
		v.Set("interpreter_needed", "yes")
	}
	for _, a := range d.Accessibility {
		v.Add("accessibility", string(a))
	}
	for way, safe := range map[string]bool{"phone": d.Safe.Phone, "text": d.Safe.Text, "email": d.Safe.Email, "letter": d.Safe.Letter, "none": !d.Safe.Any()} {
		if safe {
			v.Add("safe_ways", way)
		}
	}
	return v
}

func (web *Web) edit(w http.ResponseWriter, r *http.Request) error {
	p, err := web.onPatient(r)
	if err != nil {
		return err
	}
	return web.plain(w, http.StatusOK, web.drawEdit(web.page(r, "Patients", "Change details of "+initials(p)), fresh(typedDetails(p.Details)), p))
}

func (web *Web) onPatient(r *http.Request) (domain.Patient, error) {
	ref, err := httpx.PathID(r, "ref")
	if err != nil {
		return domain.Patient{}, err
	}
	p, err := web.App.PatientRecord(r.Context(), by(r), ref)
	if err == nil && !p.ErasedAt.IsZero() {
		err = domain.ErrErased
	}
	return p, err
}

func (web *Web) edited(w http.ResponseWriter, r *http.Request) error {
	return web.change(w, r, func(f *httpx.Form) (func(domain.Patient) domain.Patient, error) {
		d, err := web.readDetails(f)
		return func(p domain.Patient) domain.Patient { p.Details = d; return p }, err
	}, "changed", func(p ui.Page, f form, was domain.Patient) plainPage { return web.drawEdit(p, f, was) })
}

// change saves a form about a patient, and shows it again with what was typed when it is refused.
func (web *Web) change(w http.ResponseWriter, r *http.Request, read func(*httpx.Form) (func(domain.Patient) domain.Patient, error), done string,
	draw func(ui.Page, form, domain.Patient) plainPage,
) error {
	ref, err := httpx.PathID(r, "ref")
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
	to, err := read(f)
	if err == nil {
		if _, err = web.App.ChangePatient(r.Context(), by(r), httpx.Command(r.Context(), "change patient"), ref, version, to); err == nil {
			return see(w, r, "/practice/patients/"+ref+"?done="+done)
		}
	}
	again, ok := refused(f.Values(), err)
	if !ok {
		return err
	}
	was, err := web.onPatient(r)
	if err != nil {
		return err
	}
	p := web.page(r, "Patients", "Change details of "+initials(was))
	again.dress(&p)
	return web.plain(w, again.status, draw(p, again, was))
}

func (web *Web) drawEdit(p ui.Page, f form, was domain.Patient) plainPage {
	href := "/practice/patients/" + was.Ref
	p.Back = back("Back to the patient", href)
	return plainPage{Page: p, Heading: "Change details", Lede: "Everyone who helps this person now gets the new contact details.", Body: []ui.Component{
		ui.Form{
			Action: href + "/edit", IdempotencyKey: web.NewID(), Version: was.Version, Fields: detailFields(f),
			Buttons: []ui.Component{ui.Button{Text: "Save details"}, ui.LinkButton{Text: "Cancel", Href: href, Variant: ui.Secondary}},
		},
	}}
}

func (web *Web) status(w http.ResponseWriter, r *http.Request) error {
	p, err := web.onPatient(r)
	if err != nil {
		return err
	}
	return web.plain(w, http.StatusOK, web.drawStatus(web.page(r, "Patients", "Status of "+initials(p)), fresh(url.Values{"status": {string(p.Status)}}), p))
}

func (web *Web) statusChanged(w http.ResponseWriter, r *http.Request) error {
	return web.change(w, r, func(f *httpx.Form) (func(domain.Patient) domain.Patient, error) {
		s := terms.PatientStatus(f.Choice("status", "Select whether they are still your patient", codes(terms.PatientStatuses)...))
		return func(p domain.Patient) domain.Patient { p.Status = s; return p }, f.Err()
	}, "status", web.drawStatus)
}

func (web *Web) drawStatus(p ui.Page, f form, was domain.Patient) plainPage {
	href := "/practice/patients/" + was.Ref
	p.Back, p.Header = back("Back to the patient", href), header(was, web.Now())
	var options []ui.Option
	for _, s := range terms.PatientStatuses {
		options = append(options, ui.Option{Value: string(s.Code), Text: s.Label})
	}
	return plainPage{Page: p, Body: []ui.Component{ui.Form{
		Action: href + "/status", IdempotencyKey: web.NewID(), Version: was.Version,
		Fields: []ui.Component{
			ui.Radios{Name: "status", Label: "Are they still your patient?", Heading: true, Size: "l", Value: f.value("status"), Error: f.wrong("status"), Options: options},
			ui.WarningCallout{Heading: "Open referrals end", Body: ui.Paragraph("When you record that somebody has died or moved away, their open referrals are closed and everyone who was asked is told in Waypost, so that nobody rings the family.")},
		},
		Buttons: []ui.Component{ui.Button{Text: "Save status"}, ui.LinkButton{Text: "Cancel", Href: href, Variant: ui.Secondary}},
	}}}
}

func changedWords(fields []string) string {
	words := make([]string, len(fields))
	for i, f := range fields {
		words[i] = domain.FieldWords(f)
	}
	if len(words) == 1 && words[0] == "added" {
		return "Added to your list"
	}
	return "Changed: " + strings.Join(words, ", ")
}

func nextOfKin(p domain.Patient) ui.Component { return orNone(p.NextOfKin, "Not recorded") }
