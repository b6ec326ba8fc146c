package web

import (
	"strings"
	"time"

	"example.org/waypost/pkg/nhsnumber"
	"example.org/waypost/pkg/ui"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/primarycare/internal/app"
	"example.org/waypost/services/primarycare/internal/domain"
)

// colours are how the tones look. The words beside them carry the meaning.
var colours = map[domain.Tone]ui.Colour{
	domain.ToneYours: ui.Blue, domain.ToneTheirs: ui.Yellow, domain.ToneHeld: ui.Purple, domain.ToneGood: ui.Green, domain.ToneOver: ui.Grey,
}

func statusOf(r domain.Referral) ui.Status {
	words, tone, why := r.Status()
	return ui.Status{Tag: ui.Tag{Text: words, Colour: colours[tone]}, Reason: why}
}

// owedBy says who owes the next step of a referral.
func owedBy(r domain.Referral, n app.Names) string {
	switch {
	case !r.Open || !r.WithdrawnAt.IsZero():
		return ""
	case r.Owes == terms.PartySender && r.Yours():
		return "your answer"
	case r.Owes == terms.PartyReceiver:
		return receiverName(r, n) + "’s next step"
	case r.Owes == terms.PartyCoordinator && r.State == terms.ReferralEscalated:
		return n.Name(r.EscalatedTo, n.Name(r.OwesPerson, "the area’s office")) + "’s next step"
	}
	return "the check"
}

// receiverName is the service or team that is asked now, with its organisation.
func receiverName(r domain.Referral, n app.Names) string {
	if r.Receiver.ID != "" {
		return n.Receiver(r.Receiver.ID)
	}
	return n.Name(r.ReceiverOf, "the service")
}

// clockOf is how long a referral has waited, who owes what, and by when.
func clockOf(r domain.Referral, n app.Names, now time.Time) ui.Component {
	if !r.Open || !r.WithdrawnAt.IsZero() {
		return ui.Text("–")
	}
	return ui.Clock{Since: r.RequestedAt, Due: r.DueAt, What: owedBy(r, n), Now: now}
}

func needLabel(n terms.Need) string {
	if n == "" {
		return "Not said"
	}
	return n.Label()
}

// listNeed is the need in a list, where a sensitive one is not shown unasked.
func listNeed(n terms.Need, sensitive bool) string {
	if sensitive {
		return "Sensitive"
	}
	return needLabel(n)
}

// header is who a page is about.
func header(p domain.Patient, now time.Time) *ui.PersonHeader {
	if p.Ref == "" {
		return nil
	}
	h := &ui.PersonHeader{Name: p.Name(), Href: "/practice/patients/" + p.Ref, Facts: []ui.Fact{{Key: "Born", Value: ui.Text(ui.DateOfBirth(p.DateOfBirth, now))}}}
	if !p.ErasedAt.IsZero() {
		h.Name, h.Facts, h.Restricted = "Erased record", nil, "This person's record was erased. What is left tells nothing about them."
		return h
	}
	number := "None: " + p.NoNumberReason.Label()
	if p.NHSNumber != "" {
		number = nhsnumber.Format(p.NHSNumber)
	}
	h.Facts = append(h.Facts, ui.Fact{Key: "NHS number", Value: ui.Text(number)})
	if p.Phone != "" && p.Safe.Phone {
		h.Facts = append(h.Facts, ui.Fact{Key: "Phone", Value: ui.Text(p.Phone)})
	}
	if p.Status != terms.PatientActive {
		h.Alerts = append(h.Alerts, ui.Tag{Text: p.Status.Label(), Colour: ui.Grey})
	}
	if !p.Safe.Any() {
		h.Alerts = append(h.Alerts, ui.Text("Not safe to contact them by any way. They will contact you."))
	} else if p.SafeNote != "" {
		h.Alerts = append(h.Alerts, ui.Text("Contact safely: "+p.SafeNote))
	}
	return h
}

// initials name a patient in a title.
func initials(p domain.Patient) string {
	if i := p.Initials(); i != "" {
		return i
	}
	return "erased record"
}

// callName is how a list calls a patient.
func callName(known map[string]domain.Patient, ref, otherwise string) string {
	p, ok := known[ref]
	switch {
	case !ok:
		return otherwise
	case !p.ErasedAt.IsZero():
		return "Erased record"
	}
	return p.Name()
}

func accessibilityWords(list []terms.Accessibility) string {
	words := make([]string, len(list))
	for i, a := range list {
		words[i] = a.Label()
	}
	return strings.Join(words, ", ")
}

func orNone(s, none string) ui.Component {
	if strings.TrimSpace(s) == "" {
		return ui.Text(none)
	}
	return ui.Prose(s)
}

// far is a distance as people say it.
func far(km *float64) string {
	if km == nil {
		return ""
	}
	return ui.Far(*km)
}

// roomOf says how much room there is, and how old that fact is.
func roomOf(c app.Capacity, now time.Time) ui.Status {
	tag := ui.Tag{Text: c.Words(), Colour: ui.Grey}
	switch {
	case c.Freshness == terms.FreshnessUnknown:
	case c.Status == terms.CapacityHas:
		tag.Colour = ui.Green
	case c.Status == terms.CapacityNone:
		tag.Colour = ui.Red
	default:
		tag.Colour = ui.Yellow
	}
	if c.Freshness == terms.FreshnessStale {
		tag.Colour = ui.Grey
	}
	if c.ReportedAt.IsZero() {
		return ui.Status{Tag: tag, Reason: "They have never said how much room they have"}
	}
	reason := "Said " + ui.Ago(c.ReportedAt, now) + " ago"
	if c.PlacesFree != nil && *c.PlacesFree > 0 {
		reason = ui.Count(*c.PlacesFree, "place free", "places free") + ", said " + ui.Ago(c.ReportedAt, now) + " ago"
	}
	if c.Waiting != nil && *c.Waiting > 0 {
		reason += ", " + ui.Count(*c.Waiting, "person waits", "people wait")
	}
	if c.Simulated {
		reason += " (simulated)"
	}
	return ui.Status{Tag: tag, Reason: reason}
}

// dayOf is a calendar date on a page.
func dayOf(t time.Time) string { return t.Format("Monday 2 January 2006") }

// linkLine is a link on a line of its own.
type linkLine struct{ ui.Link }

// Template names html/link_line.html.
func (linkLine) Template() string { return "link_line" }

func line(text, href, hidden string) linkLine {
	return linkLine{ui.Link{Text: text, Href: href, Hidden: hidden}}
}
