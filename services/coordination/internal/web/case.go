package web

import (
	"net/http"
	"strings"
	"time"

	"example.org/waypost/pkg/httpx"
	"example.org/waypost/pkg/nhsnumber"
	"example.org/waypost/pkg/ui"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/coordination/internal/app"
	"example.org/waypost/services/coordination/internal/domain"
)

// casePage is the shared case.
type casePage struct {
	ui.Page
	Reference string
	State     ui.Tag
	Live      ui.Live
	Agenda    ui.Component
	End       ui.Component
	Looked    ui.Component
}

func (web *Web) sharedCase(w http.ResponseWriter, r *http.Request) error {
	caseID, err := httpx.PathID(r, "id")
	if err != nil {
		return err
	}
	return web.showCase(w, r, caseID)
}

func (web *Web) showCase(w http.ResponseWriter, r *http.Request, caseID string) error {
	v, err := web.App.SeeCase(r.Context(), who(r), caseID)
	if err != nil {
		return err
	}
	return web.pages.Render(w, http.StatusOK, pageCase, casePageOf(web.page(r, "Case "+spoken(v.Case.Reference)), v))
}

// caseOfPatient shows the case of a patient's ref, which other workspaces know.
func (web *Web) caseOfPatient(w http.ResponseWriter, r *http.Request) error {
	ref, err := httpx.PathID(r, "ref")
	if err != nil {
		return err
	}
	caseID, err := web.App.CaseToShow(r.Context(), who(r), ref)
	if err != nil {
		return err
	}
	return web.showCase(w, r, caseID)
}

func casePageOf(p ui.Page, v app.CaseView) casePage {
	p.Trail = []ui.Link{{Text: "Cases", Href: Root}}
	p.Header = personHeader(v.Patient, v.Sees, v.Now)
	state := ui.Tag{Text: "Open", Colour: ui.Blue}
	if !v.Case.Open {
		state = ui.Tag{Text: "Closed", Colour: ui.Grey}
	}
	body := ui.Group{inEmergency(v), closedBanner(v), oneRecord(v), keptApart(v), ui.Heading{Text: "Who is involved"}, involved(v), ui.Heading{Text: "Referrals"}}
	if len(v.Referrals) == 0 {
		body = append(body, ui.Paragraph("There is no referral on this case that you can see."))
	}
	for _, r := range v.Referrals {
		body = append(body, referralCard(r, v.Can[r.ID], v.Names, v.Now))
	}
	body = append(body, actions(v)...)
	body = append(body, ui.Heading{Text: "What happened"}, timelineOf(v))
	return casePage{
		Page: p, Reference: spoken(v.Case.Reference), State: state, Agenda: agendaLink(v), End: endLink(v), Looked: lookedLink(v),
		Live: ui.Live{ID: "case", Label: "The case", Events: Root + "/live/" + v.Case.ID, Refresh: casePath(v.Case.ID), Now: v.Now, Body: body},
	}
}

// agendaLink leads to mdt's page, where the person is asked first; who is not in a referral gets there the same way.
func agendaLink(v app.CaseView) ui.Component {
	if !v.MayMeet || !v.Case.Open {
		return nil
	}
	return ui.LinkButton{Text: "Put them on a meeting's agenda", Href: "/mdt/patients/" + v.Case.PatientRef + "/agenda", Variant: ui.Secondary}
}

func closedBanner(v app.CaseView) ui.Component {
	if v.Case.Open {
		return nil
	}
	return ui.InsetText{Body: ui.Paragraph("This case was closed on " + ui.Date(v.Case.ClosedAt) + ". " + sentence(v.Case.Outcome.Label()))}
}

// personHeader is who the case is about, as far as one may see; what everyone must know first stands above all else.
func personHeader(p domain.Patient, sees domain.Sees, now time.Time) *ui.PersonHeader {
	if sees.NotWanted {
		return &ui.PersonHeader{Name: "Name hidden", Restricted: "This person does not want your organisation to know about them. What you sent is below. If they tell you otherwise, record that they agree."}
	}
	if !sees.Contact {
		return &ui.PersonHeader{Name: "Name hidden", Restricted: "Your role does not see who this is. Ask a colleague whose role does."}
	}
	if !p.ErasedAt.IsZero() {
		return &ui.PersonHeader{Name: "Erased record", Restricted: "This person's record was erased. What is left are codes, which lead to nobody."}
	}
	h := &ui.PersonHeader{Name: p.Name()}
	if when := born(p, now); when != "" {
		h.Facts = append(h.Facts, ui.Fact{Key: "Date of birth", Value: ui.Text(when)})
	}
	if p.NHSNumber != "" {
		h.Facts = append(h.Facts, ui.Fact{Key: "NHS number", Value: ui.Text(nhsnumber.Format(p.NHSNumber))})
	}
	h.Facts = append(h.Facts, ui.Fact{Key: "Contact", Value: ui.Text(contactWords(p))})
	if p.NextOfKin != "" {
		h.Facts = append(h.Facts, ui.Fact{Key: "Next of kin", Value: ui.Text(p.NextOfKin)})
	}
	if p.Status == "died" {
		h.Alerts = append(h.Alerts, ui.WarningCallout{Heading: "This person has died", Body: ui.Paragraph("Do not contact them. Speak with the practice first.")})
	}
	if not := notBy(p); not != "" {
		h.Alerts = append(h.Alerts, ui.WarningCallout{Heading: "Do not contact them by " + not, Body: ui.Paragraph("It is not safe for them. Do not send letters or messages that way either.")})
	}
	if p.SafeNote != "" {
		h.Alerts = append(h.Alerts, ui.WarningCallout{Heading: "Contact with care", Body: ui.Prose(p.SafeNote)})
	}
	var needs []string
	for _, a := range p.Accessibility {
		needs = append(needs, lower(a.Label()))
	}
	if p.InterpreterNeeded {
		needs = append(needs, "an interpreter")
	}
	if len(needs) > 0 {
		h.Facts = append(h.Facts, ui.Fact{Key: "Needs", Value: ui.Text(strings.Join(needs, ", "))})
	}
	return h
}

// notBy are the ways by which somebody must not be contacted, when others are safe.
func notBy(p domain.Patient) string {
	var ways []string
	for _, way := range []struct {
		safe bool
		word string
	}{{p.SafePhone, "phone"}, {p.SafeText, "text message"}, {p.SafeEmail, "email"}, {p.SafeLetter, "letter"}} {
		if !way.safe {
			ways = append(ways, way.word)
		}
	}
	if len(ways) == 0 {
		return ""
	}
	last := len(ways) - 1
	if last == 0 {
		return ways[0]
	}
	return strings.Join(ways[:last], ", ") + " or " + ways[last]
}

// contactWords says only the ways that are safe.
func contactWords(p domain.Patient) string {
	var ways []string
	if p.SafePhone && p.Phone != "" {
		ways = append(ways, "phone "+p.Phone)
	}
	if p.SafeText && p.Phone != "" {
		ways = append(ways, "text "+p.Phone)
	}
	if p.SafeEmail && p.Email != "" {
		ways = append(ways, "email "+p.Email)
	}
	if p.SafeLetter && len(p.AddressLines) > 0 {
		ways = append(ways, "letter")
	}
	if len(ways) == 0 {
		return "No safe way is known. Do not contact them; ask the sender"
	}
	return strings.Join(ways, ", ")
}

// involved lists who has a part in the case.
func involved(v app.CaseView) ui.Component {
	table := ui.Table{Caption: "Who is involved", HideCaption: true, Columns: []ui.Column{{Text: "Who"}, {Text: "Part"}}}
	seen := map[string]bool{}
	add := func(name, part string) {
		if key := name + "|" + part; name != "" && !seen[key] {
			seen[key] = true
			table.Rows = append(table.Rows, ui.Row{Cells: []ui.Component{ui.Text(name), ui.Text(part)}})
		}
	}
	parts := map[string]string{"case_holder": "Case-holder", "key_worker": "Key worker"}
	for _, p := range v.People {
		part := parts[p.Part]
		if p.State == "offered" {
			part = "Asked to be case-holder"
		}
		add(named(v.Names[p.Person], v.Names[p.Organisation]), part)
	}
	for _, r := range v.Referrals {
		if !r.State.Open() {
			continue
		}
		add(v.Names.Of(r.SenderOrganisation, "A sender"), "Sent a referral: "+lower(r.Need.Label()))
		if o := r.Live(); o != nil {
			add(named(receiverName(o.Receiver, v.Names), other(v.Names[o.Receiver.Organisation], receiverName(o.Receiver, v.Names))), partOf(o.State)+": "+lower(r.Need.Label()))
		}
		if r.Owes.Party == domain.Coordinator {
			add(owesWords(r, v.Names), "Finds a way: "+lower(r.Need.Label()))
		}
	}
	if len(table.Rows) == 0 {
		return ui.Paragraph("Nobody at the moment.")
	}
	return table
}

// partOf is what a receiver is to a case: whoever was only asked does not help yet.
func partOf(offer terms.OfferState) string {
	switch offer {
	case terms.OfferAccepted:
		return "Helps"
	case terms.OfferWaitlisted:
		return "Has them on the waiting list"
	default:
		return "Asked to help"
	}
}

func named(name, organisation string) string {
	if name == "" || organisation == "" {
		return name + organisation
	}
	return name + ", " + organisation
}

func other(name, than string) string {
	if name == than {
		return ""
	}
	return name
}

// referralCard is one referral with who owes the next step, by when, and every offer.
func referralCard(r domain.Referral, can []domain.Action, names app.Names, now time.Time) ui.Component {
	card := ui.SummaryCard{Heading: r.Need.Label()}
	if can != nil { // on a page of its own it leads nowhere else
		card.Links = links(r, can)
	}
	row := func(key string, value ui.Component) {
		card.Rows = append(card.Rows, ui.SummaryRow{Key: key, Value: value})
	}
	row("State", stateTag(r))
	if r.State.Open() {
		row("Next step", ui.Group{ui.Paragraph(owesWords(r, names) + ": " + stepWords(r)), ui.Clock{Since: r.Since, Due: r.DueAt, What: "next step", Now: now}})
	}
	row("Reference", ui.Text(spoken(r.Reference)))
	row("Sent by", ui.Text(names.Of(r.SenderOrganisation, "A sender")+", "+ui.Moment(r.RequestedAt, now)))
	if r.ParentID != "" {
		row("Kind", ui.Text("Onward referral"))
	}
	if r.Narrative != "" {
		row("What was said", ui.Prose(r.Narrative))
	}
	if r.Safeguarding != "" {
		row("Safeguarding", ui.Prose(r.Safeguarding))
	}
	if len(r.Offers) > 0 {
		row("Offers", offers(r, names, now))
	}
	return card
}

func offers(r domain.Referral, names app.Names, now time.Time) ui.Component {
	var list ui.List
	for _, o := range r.Offers {
		words := receiverName(o.Receiver, names) + ", offered " + ui.Moment(o.OfferedAt, now) + ": " + lower(o.State.Label()) + "."
		if o.Reason != "" && o.State == terms.OfferBounced {
			words += " " + reasonWords(domain.Referral{Reason: o.Reason})
		}
		list = append(list, ui.Group{ui.Text(words), notice(o, names)})
	}
	return list
}

// notice is how far the e-mail about an offer got, with what to do when it did not get there.
func notice(o domain.Offer, names app.Names) ui.Component {
	switch {
	case o.Notice == "" || o.Notice == terms.NoticeSettled:
		return nil
	case o.Notice == terms.NoticePhoned:
		return ui.Text(" Phoned on " + ui.Date(o.NoticeAt) + ".")
	case !o.Notice.Phone():
		return ui.Text(" " + sentence(o.Notice.Label()))
	}
	words := "They were to be told: " + lower(o.NoticeKind.Label()) + "."
	if phone := names.Phone(o.Receiver.Organisation); phone != "" {
		words += " Their number is " + phone + "."
	}
	return ui.Group{ui.Text(" "), ui.Tag{Text: o.Notice.Label(), Colour: ui.Red}, ui.Paragraph(words + " This goes once they have opened the offer, or whoever sent it says that they phoned.")}
}

// links lead to what this person may do.
func links(r domain.Referral, can []domain.Action) []ui.Link {
	out := []ui.Link{{Text: "Open", Href: referralPath(r.ID)}}
	for _, a := range can {
		switch a {
		case domain.ActionJoin:
			return append(out, ui.Link{Text: "Say if it is a duplicate", Href: referralPath(r.ID) + "/duplicate"})
		case domain.ActionSettle:
			return append(out, ui.Link{Text: "Say who this is", Href: referralPath(r.ID) + "/who"})
		case domain.ActionOffer:
			return append(out, ui.Link{Text: "Find a way", Href: referralPath(r.ID) + "/office"})
		case domain.ActionCall:
			return append(out, ui.Link{Text: callTitle, Href: callPath(r.ID, r.ToPhone()[0].ID)})
		}
	}
	return out
}

func actions(v app.CaseView) ui.Group {
	if len(v.Actions) == 0 {
		return nil
	}
	table := ui.Table{Caption: "Actions that were agreed", Columns: []ui.Column{{Text: "What"}, {Text: "Who"}, {Text: "By"}}}
	for _, x := range v.Actions {
		what := x.What
		if what == "" {
			what = "Your role does not see what it is"
		}
		due, _ := time.Parse(time.DateOnly, x.DueOn)
		table.Rows = append(table.Rows, ui.Row{Cells: []ui.Component{ui.Text(what), ui.Text(named(v.Names[x.OwnerPerson], v.Names[x.OwnerOrganisation])), ui.Text(ui.Date(due))}})
	}
	return ui.Group{table}
}
