package web

import (
	"net/http"
	"net/url"
	"time"

	"example.org/waypost/pkg/fault"
	"example.org/waypost/pkg/httpx"
	"example.org/waypost/pkg/pg"
	"example.org/waypost/pkg/ui"
	"example.org/waypost/services/primarycare/internal/app"
	"example.org/waypost/services/primarycare/internal/domain"
)

// beforeSending is what stands between the answers and the button: nothing, or why this person can not send it alone and who may
// sign for them. send tells whether the button is shown.
func (web *Web) beforeSending(f form, d app.DraftPage) (parts []ui.Component, send bool) {
	if not, refused := fault.Of(d.NotHere); refused {
		for _, x := range not.Fields {
			parts = append(parts, ui.WarningCallout{Heading: "They do not do that here", Body: ui.Group{ui.Paragraph(x.Message + "."), ui.Link{Text: "Choose who to ask", Href: taskHref(d.ID, "services") + "?from=check"}}})
		}
		return parts, false
	}
	refusal, refused := fault.Of(d.MayNot)
	if !refused {
		return nil, true
	}
	now, me := web.Now(), d.Signature.AskedBy
	switch {
	case d.Supervisors == nil || d.Signature.DraftID == "":
	case d.Signature.Signed(d.Draft, me):
		return []ui.Component{ui.InsetText{Body: ui.Text("Signed by " + d.Names.Name(d.Signature.AnsweredBy, "a colleague") + ", " + ui.Moment(d.Signature.AnsweredAt, now) +
			", for " + d.Names.Name(me, "a colleague") + ". Whoever changes anything above needs a new signature.")}}, true
	case d.Signature.Waits(d.Draft):
		parts = append(parts, ui.InsetText{Body: ui.Text(d.Names.Name(d.Signature.SupervisorID, "A colleague") + " was asked to sign this " + ui.Moment(d.Signature.AskedAt, now) +
			". They see it under “To sign”. When they have signed, the button to send it is here.")})
	case d.Signature.Answer == domain.SignatureSentBack && d.Signature.Of(d.Draft):
		parts = append(parts, ui.InsetText{Body: ui.Text(d.Names.Name(d.Signature.AnsweredBy, "A colleague") + " sent this back " + ui.Moment(d.Signature.AnsweredAt, now) + ". Speak with them before you ask again.")})
	default:
		parts = append(parts, ui.InsetText{Body: ui.Text("This was changed after a signature was asked for, so it has to be asked for again.")})
	}
	parts = append([]ui.Component{ui.WarningCallout{Heading: "You can not send this alone", Body: ui.Paragraph(refusal.Message + ".")}}, parts...)
	if d.Supervisors == nil {
		return parts, false
	}
	if len(d.Supervisors) == 0 {
		return append(parts, ui.Paragraph("Nobody at your practice can sign this just now. What you have written is kept for 7 days.")), false
	}
	who := ui.Radios{Name: "supervisor", Label: "Who should sign this with you?", Size: "m", Hint: "They see what you would send, and sign it or send it back", Value: f.value("supervisor"), Error: f.wrong("supervisor")}
	for _, s := range d.Supervisors {
		who.Options = append(who.Options, ui.Option{Value: s.PersonID, Text: s.PersonName, Hint: s.Role.Label()})
	}
	text := "Ask them to sign"
	if d.Signature.Waits(d.Draft) {
		text = "Ask somebody else to sign"
	}
	return append(parts, ui.Form{Action: taskHref(d.ID, "signature"), IdempotencyKey: web.NewID(), Version: d.Version, Fields: []ui.Component{who}, Buttons: []ui.Component{ui.Button{Text: text}}}), false
}

func (web *Web) askSignature(w http.ResponseWriter, r *http.Request) error {
	return web.saveTask(w, r, "Check before sending", web.drawCheck, func(id string, version int64, f *httpx.Form, cmd pg.Command) (string, error) {
		supervisor := f.ID("supervisor", "Select who should sign")
		if err := f.Err(); err != nil {
			return "", err
		}
		_, err := web.App.AskSignature(r.Context(), by(r), cmd, id, version, supervisor)
		return taskHref(id, "check"), err
	})
}

func (web *Web) signatures(w http.ResponseWriter, r *http.Request) error {
	l, err := web.App.Signatures(r.Context(), by(r))
	if err != nil {
		return err
	}
	p := web.page(r, "To sign", "To sign")
	web.done(r, &p)
	return web.Pages.Render(w, http.StatusOK, "listing", drawSignatures(p, l, by(r).Person.ID, web.Now()))
}

func drawSignatures(p ui.Page, l app.SignatureList, me string, now time.Time) listPage {
	p.Wide = true
	page := listPage{Page: p, Heading: "To sign", Lede: "Referrals that a colleague may not send alone yet. Anybody who may send them can sign, also when somebody else was asked."}
	if len(l.Waiting) == 0 {
		page.List = ui.EmptyState{Heading: "Nothing waits for a signature", Body: ui.Paragraph("When a colleague asks you to sign with them, it is here.")}
		return page
	}
	t := ui.Table{Caption: "To sign", HideCaption: true, Columns: []ui.Column{{Text: "Patient"}, {Text: "Need"}, {Text: "Begun by"}, {Text: "Asked"}, {Text: "Whom"}}}
	for _, s := range l.Waiting {
		d := l.Drafts[s.DraftID]
		whom := l.Names.Name(s.SupervisorID, "A colleague")
		if s.SupervisorID == me {
			whom = "You"
		}
		need := needLabel(d.Need)
		if d.Need.Sensitive() {
			need = "Sensitive"
		}
		t.Rows = append(t.Rows, ui.Row{New: s.SupervisorID == me, Cells: []ui.Component{
			ui.Link{Text: callName(l.Patients, d.Ref, "A patient"), Href: signHref(s.DraftID), Hidden: "asked " + ui.Moment(s.AskedAt, now)},
			ui.Text(need), ui.Text(l.Names.Name(s.AskedBy, "A colleague")), ui.Text(ui.Near(s.AskedAt, now)), ui.Text(whom),
		}})
	}
	page.List = t
	return page
}

func signHref(draft string) string { return "/practice/signatures/" + draft }

// signature shows a supervisor what would be sent.
func (web *Web) signature(w http.ResponseWriter, r *http.Request) error {
	d, gone, err := web.draft(w, r)
	if err != nil || gone {
		return err
	}
	return web.plain(w, http.StatusOK, web.drawSignature(web.onSignature(r, d), fresh(url.Values{}), d, by(r).Person.ID))
}

func (web *Web) onSignature(r *http.Request, d app.DraftPage) ui.Page {
	p := web.page(r, "To sign", "Sign for a colleague: "+initials(d.Patient))
	p.Header, p.Back = header(d.Patient, web.Now()), back("To sign", "/practice/signatures")
	return p
}

func (web *Web) drawSignature(p ui.Page, f form, d app.DraftPage, me string) plainPage {
	now, s := web.Now(), d.Signature
	page := plainPage{Page: p, Heading: "Sign for a colleague"}
	refusal, refused := fault.Of(d.MayNot)
	switch {
	case s.DraftID == "":
		page.Body = []ui.Component{ui.EmptyState{Heading: "Nobody has asked for a signature", Body: ui.Link{Text: "See what was begun", Href: taskHref(d.ID, "")}}}
		return page
	case s.Answer != "" && s.Of(d.Draft):
		did := " signed this "
		if s.Answer == domain.SignatureSentBack {
			did = " sent this back "
		}
		page.Body = append(page.Body, ui.InsetText{Body: ui.Text(d.Names.Name(s.AnsweredBy, "A colleague") + did + ui.Moment(s.AnsweredAt, now) + ".")})
	case !s.Of(d.Draft):
		page.Body = append(page.Body, ui.WarningCallout{Heading: "It was changed since", Body: ui.Paragraph(domain.ErrChangedSince.Message + ".")})
	case s.AskedBy == me:
		page.Body = append(page.Body, ui.InsetText{Body: ui.Text(domain.ErrOwnSignature.Message + ".")})
	case refused:
		page.Body = append(page.Body, ui.WarningCallout{Heading: "You can not sign this", Body: ui.Paragraph(refusal.Message + ".")})
	}
	open := page.Body == nil
	rows := web.answers(d)
	for i := range rows {
		rows[i].Links = nil
	}
	rows = append([]ui.SummaryRow{{Key: "Begun by", Value: ui.Text(d.Names.Name(s.AskedBy, "A colleague") + ", who asked " + ui.Moment(s.AskedAt, now))}}, rows...)
	page.Body = append(page.Body, ui.SummaryList{Rows: rows})
	if open {
		page.Body = append(page.Body, ui.Form{Action: signHref(d.ID), IdempotencyKey: web.NewID(), Version: d.Version, Fields: []ui.Component{
			ui.Radios{Name: "answer", Label: "Do you sign this?", Size: "m", Hint: "You are recorded beside your colleague, who sends it", Value: f.value("answer"), Error: f.wrong("answer"), Options: []ui.Option{
				{Value: string(domain.SignatureGiven), Text: "Yes, it can be sent as it stands here"},
				{Value: string(domain.SignatureSentBack), Text: "No, I send it back and speak with them"},
			}},
		}, Buttons: []ui.Component{ui.Button{Text: "Save"}}})
	}
	return page
}

func (web *Web) signed(w http.ResponseWriter, r *http.Request) error {
	f, err := httpx.ParseForm(r)
	if err != nil {
		return err
	}
	id, err := httpx.PathID(r, "id")
	if err != nil {
		return err
	}
	version, err := f.Version()
	if err != nil {
		return err
	}
	answer := domain.SignatureAnswer(f.Choice("answer", "Select whether you sign this", string(domain.SignatureGiven), string(domain.SignatureSentBack)))
	if err = f.Err(); err == nil {
		if _, err = web.App.Sign(r.Context(), by(r), httpx.Command(r.Context(), "sign"), id, version, answer); err == nil {
			return see(w, r, "/practice/signatures?done="+string(answer))
		}
	}
	d, gone, derr := web.draft(w, r)
	if derr != nil || gone {
		return derr
	}
	again, ok := refused(f.Values(), err)
	if !ok {
		return err
	}
	p := web.onSignature(r, d)
	again.dress(&p)
	return web.plain(w, again.status, web.drawSignature(p, again, d, by(r).Person.ID))
}
