package web

import (
	"net/http"
	"time"

	"example.org/waypost/pkg/httpx"
	"example.org/waypost/pkg/ui"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/primarycare/internal/app"
	"example.org/waypost/services/primarycare/internal/domain"
)

type patientPage struct {
	ui.Page
	Heading string
	Notices []ui.Component
	Start   ui.Component
	Parts   []ui.Component
}

func (web *Web) patient(w http.ResponseWriter, r *http.Request) error {
	ref, err := httpx.PathID(r, "ref")
	if err != nil {
		return err
	}
	page, err := web.App.Patient(r.Context(), by(r), ref)
	if err != nil {
		return err
	}
	p := web.page(r, "Patients", "Patient "+initials(page.Patient))
	web.done(r, &p)
	record := drawPatient(p, page, web.NewID(), web.Now())
	if terms.Role(by(r).Role) == terms.RoleGP && page.ErasedAt.IsZero() {
		record.Parts = append(record.Parts, line("Put them on a meeting’s agenda", "/mdt/patients/"+page.Ref+"/agenda", ""))
	}
	return web.Pages.Render(w, http.StatusOK, "patient", record)
}

func drawPatient(p ui.Page, page app.PatientPage, key string, now time.Time) patientPage {
	p.Header = header(page.Patient, now)
	p.Header.Href = ""
	p.Back = back("Find a patient", "/practice/patients")
	href := "/practice/patients/" + page.Ref
	out := patientPage{Page: p, Heading: "Patient record"}
	for _, f := range page.Flags {
		if f.Open() {
			out.Notices = append(out.Notices, ui.WarningCallout{Heading: "Red flag", Urgent: true, Body: ui.Group{
				ui.Paragraph("Raised " + ui.Moment(f.RaisedAt, now) + " and not dealt with yet."), ui.Link{Text: "Open the red flag", Href: "/practice/red-flags/" + f.ID},
			}})
		}
	}
	for _, other := range page.Others {
		out.Notices = append(out.Notices, ui.InsetText{Body: ui.Group{ui.Text("Your practice has two records of this person. "), ui.Link{Text: "Open the other record", Href: "/practice/patients/" + other.Ref}}})
	}
	if err := page.MayStart(); err != nil {
		out.Notices = append(out.Notices, ui.InsetText{Body: ui.Text(err.Error() + ".")})
	} else {
		out.Start = ui.Form{Action: href + "/start", IdempotencyKey: key, Buttons: []ui.Component{
			ui.Button{Text: "Refer or give information"},
			ui.LinkButton{Text: "Raise a red flag", Href: "/practice/crisis?patient=" + page.Ref, Variant: ui.Warning},
		}}
	}
	out.Parts = []ui.Component{patientDrafts(page, now), patientReferrals(page, now), patientSignposts(page, now), patientActions(page, now)}
	if page.ErasedAt.IsZero() {
		out.Parts = append(out.Parts, sharedCase(page.Now, page.CaseID), patientFacts(page, href, now), patientLog(page, now))
	}
	return out
}

// sharedCase is coordination's panel, which the browser fetches itself, with a plain link for who has no scripts.
func sharedCase(ref, caseID string) ui.Component {
	g := ui.Group{ui.Heading{Text: "Who already helps"}, whoHelps(ref, "We could not see who already helps just now. Everything else on this page works.")}
	if caseID != "" {
		g = append(g, line("Open the shared case", "/case/"+caseID, ""))
	}
	return g
}

func whoHelps(ref, late string) ui.Fetched {
	return ui.Fetched{ID: "who-helps", URL: "/case/panel/" + ref, Link: ui.Link{Text: "See who already helps", Href: "/case/panel/" + ref}, Late: late, Within: 3 * time.Second}
}

func patientDrafts(page app.PatientPage, now time.Time) ui.Component {
	if len(page.Drafts) == 0 {
		return nil
	}
	t := ui.Table{Caption: "Started and not sent", Columns: []ui.Column{{Text: "Started on"}, {Text: "By"}, {Text: "Deleted on"}}}
	for _, d := range page.Drafts {
		t.Rows = append(t.Rows, ui.Row{Cells: []ui.Component{
			ui.Link{Text: ui.Moment(d.StartedAt, now), Href: "/practice/tasks/" + d.ID}, ui.Text(page.Names.Name(d.StartedBy, "A colleague")), ui.Text(ui.Near(d.ExpiresAt, now)),
		}})
	}
	return t
}

func patientReferrals(page app.PatientPage, now time.Time) ui.Component {
	if len(page.Referrals) == 0 {
		return ui.Group{ui.Heading{Text: "Referrals"}, ui.EmptyState{Heading: "Your practice has sent no referral for this person"}}
	}
	t := ui.Table{Caption: "Referrals", Columns: []ui.Column{{Text: "Need"}, {Text: "Sent"}, {Text: "Status"}, {Text: "What is due"}}}
	for _, r := range page.Referrals {
		t.Rows = append(t.Rows, ui.Row{New: r.New, Cells: []ui.Component{
			ui.Link{Text: listNeed(r.Need, r.Sensitive), Href: "/practice/referrals/" + r.ID, Hidden: "referral " + r.Reference},
			ui.Text(ui.Near(r.RequestedAt, now)),
			statusOf(r.Referral), clockOf(r.Referral, page.Names, now),
		}})
	}
	return t
}

func patientSignposts(page app.PatientPage, now time.Time) ui.Component {
	if len(page.Signposts) == 0 {
		return nil
	}
	t := ui.Table{Caption: "Information given", Columns: []ui.Column{{Text: "What"}, {Text: "Given"}, {Text: "How it went"}}}
	for _, s := range page.Signposts {
		t.Rows = append(t.Rows, ui.Row{Cells: []ui.Component{
			ui.Link{Text: signpostName(s, page.Names), Href: "/practice/signposts/" + s.ID}, ui.Text(ui.Near(s.At, now)), ui.Text(howItWent(s)),
		}})
	}
	return t
}

func signpostName(s domain.Signpost, n app.Names) string {
	if s.ServiceID != "" {
		return n.Receiver(s.ServiceID)
	}
	return needLabel(s.Need)
}

func howItWent(s domain.Signpost) string {
	switch {
	case s.Result != "":
		return s.Result.Label()
	case s.FollowUpOn.IsZero():
		return "Nobody asks"
	}
	return "To be asked on " + dayOf(s.FollowUpOn)
}

func patientActions(page app.PatientPage, now time.Time) ui.Component {
	if len(page.Agreed) == 0 {
		return nil
	}
	return actionTable(page.Agreed, nil, page.Names, now)
}

func patientFacts(page app.PatientPage, href string, now time.Time) ui.Component {
	p := page.Patient
	number := nhsNumber(p)
	rows := []ui.SummaryRow{
		{Key: "Name", Value: ui.Text(p.Name())},
		{Key: "Date of birth", Value: ui.Text(ui.DateOfBirth(p.DateOfBirth, now))},
		{Key: "NHS number", Value: ui.Text(number)},
		{Key: "Safe to contact by", Value: ui.Text(p.Safe.Words())},
		{Key: "Before contacting them", Value: orNone(p.SafeNote, "Nothing to know")},
		{Key: "Phone", Value: onlySafe(p.Phone, p.Safe.Phone || p.Safe.Text)},
		{Key: "Email", Value: onlySafe(p.Email, p.Safe.Email)},
		{Key: addressKey(p.Safe), Value: orNone(p.Address+"\n"+p.Postcode, "Not recorded")},
		{Key: "Language", Value: ui.Text(languageWords(p))},
		{Key: "Access needs", Value: orNone(accessibilityWords(p.Accessibility), "None recorded")},
		{Key: "Next of kin", Value: nextOfKin(p)},
		{Key: "Sharing", Value: ui.Text(sharingWords(page, now)), Links: sharingLinks(page)},
		{Key: "Status", Value: ui.Text(p.Status.Label()), Links: []ui.Link{{Text: "Change", Href: href + "/status"}}},
	}
	return ui.SummaryCard{Heading: "Details", Links: []ui.Link{{Text: "Change", Href: href + "/edit"}}, Rows: rows}
}

// onlySafe shows a number or an address that may be used. What may not is only on the form that changes it.
func onlySafe(value string, safe bool) ui.Component {
	if value != "" && !safe {
		return ui.Text("Recorded, but not safe to use")
	}
	return orNone(value, "Not recorded")
}

// addressKey is what the address stands under: where somebody lives is needed for visits, also when no letter may come.
func addressKey(s domain.SafeWays) string {
	if !s.Letter {
		return "Address (do not write)"
	}
	return "Address"
}

func nhsNumber(p domain.Patient) string {
	if p.NHSNumber == "" {
		return "None: " + p.NoNumberReason.Label()
	}
	return spaced(p.NHSNumber)
}

func spaced(n string) string {
	if len(n) != 10 {
		return n
	}
	return n[:3] + " " + n[3:6] + " " + n[6:]
}

func languageWords(p domain.Patient) string {
	words := domain.LanguageLabel(p.Language)
	if p.InterpreterNeeded {
		words += ", needs an interpreter"
	}
	return words
}

// sharingLinks leads to where it is recorded that the person no longer agrees: consent is coordination's, which knows with whom was shared.
func sharingLinks(page app.PatientPage) []ui.Link {
	for _, c := range page.Consents {
		if c.Purpose == terms.ConsentShareToHelp {
			if c.Stands() && page.CaseID != "" {
				return []ui.Link{{Text: "They no longer agree", Href: "/case/patients/" + page.Now + "/consent"}}
			}
			return nil
		}
	}
	return nil
}

// untilWords is until when they agree, where they named a day.
func untilWords(c domain.Consent, now time.Time) string {
	day, err := time.ParseInLocation(time.DateOnly, c.UntilOn, ui.London)
	if err != nil {
		return ""
	}
	return ", until " + ui.Near(day, now)
}

func sharingWords(page app.PatientPage, now time.Time) string {
	for _, c := range page.Consents {
		if c.Purpose != terms.ConsentShareToHelp {
			continue
		}
		who := page.Names.Name(c.AskedBy, "somebody who helps them")
		switch {
		case !c.WithdrawnAt.IsZero():
			return "No longer agrees to sharing, since " + ui.Near(c.WithdrawnAt, now)
		case c.Given:
			return "Agreed to sharing what is needed with those who help" + untilWords(c, now) + ". Asked by " + who + ", " + ui.Moment(c.AskedAt, now)
		}
		return "Did not agree to sharing. Asked by " + who + ", " + ui.Moment(c.AskedAt, now)
	}
	return "Not asked yet"
}

func patientLog(page app.PatientPage, now time.Time) ui.Component {
	if len(page.Changes) == 0 {
		return nil
	}
	var t ui.Timeline
	for _, c := range page.Changes {
		t.Entries = append(t.Entries, ui.TimelineEntry{Title: changedWords(c.Fields), At: c.At, When: ui.Moment(c.At, now), Author: page.Names.Name(c.By, "Somebody who helps them")})
	}
	return ui.Details{Summary: "What was changed in these details", Body: t}
}

func (web *Web) start(w http.ResponseWriter, r *http.Request) error {
	ref, err := httpx.PathID(r, "ref")
	if err != nil {
		return err
	}
	d, err := web.App.StartDraft(r.Context(), by(r), httpx.Command(r.Context(), "start"), ref)
	if err != nil {
		return err
	}
	return see(w, r, "/practice/tasks/"+d.ID+"/red-flags")
}
