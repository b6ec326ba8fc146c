package people

import (
	"net/http"
	"time"

	"example.org/waypost/pkg/httpx"
	"example.org/waypost/pkg/mail/mailbox"
	"example.org/waypost/pkg/ui"
)

// MailboxPath is where everything is that was e-mailed on a machine of one's own. It is beside the page on which one chooses who to be,
// and like that page in no deployed binary.
const MailboxPath = "/sign-in/mailbox"

const mailboxTemplate = "mailbox"

type mailboxPage struct {
	ui.Page
	Intro ui.Component
	Mails ui.Component
}

// Mailbox shows what came to box; call it before Routes.
func (p *Provider) Mailbox(box *mailbox.Box) { p.box = box }

func (p *Provider) mails(w http.ResponseWriter, r *http.Request) error {
	return p.pages.Render(w, http.StatusOK, mailboxTemplate, fillMailbox(p.box.All(), time.Now(), httpx.Nonce(r.Context())))
}

func fillMailbox(all []mailbox.Message, now time.Time, nonce string) mailboxPage {
	page := mailboxPage{
		Page:  ui.Page{Title: "Mailbox", Nonce: nonce, Back: &ui.Link{Text: "Choose who to be", Href: "/sign-in"}},
		Intro: ui.Paragraph("What organisations were told by email, the newest first. In this demonstration nothing leaves your machine. An organisation without an email address is phoned instead."),
		Mails: ui.EmptyState{Heading: "Nothing was sent yet", Body: ui.Paragraph("An email goes out when a service with an address is offered somebody.")},
	}
	var cards ui.Group
	for i := len(all) - 1; i >= 0; i-- {
		m := all[i]
		cards = append(cards, ui.SummaryCard{Heading: m.Subject, Rows: []ui.SummaryRow{
			{Key: "To", Value: ui.Text(m.To)}, {Key: "Sent", Value: ui.Text(ui.Moment(m.At, now))}, {Key: "Email", Value: ui.Prose(m.Text)},
		}})
	}
	if len(cards) > 0 {
		page.Mails = cards
	}
	return page
}

func mailboxStories() []ui.Story {
	now := time.Date(2026, 11, 24, 10, 42, 0, 0, time.UTC)
	full := []mailbox.Message{{
		To: "hello@good.example.org", Subject: "Waypost: a new offer waits for your answer", At: now.Add(-time.Hour),
		Text: "To Good Company\n\nA new offer waits for your answer.\n\nService: Lunch club\nAnswer by: Friday 27 November 2026, 17:30\nSee it: https://waypost.example.org/provider/offers/0193a2c0-0000-7000-8000-00000000000a\n\nYou have to sign in to see it.",
	}}
	return []ui.Story{
		{Page: mailboxTemplate, Template: mailboxTemplate, State: "full", Data: fillMailbox(full, now, "")},
		{Page: mailboxTemplate, Template: mailboxTemplate, State: "empty", Data: fillMailbox(nil, now, "")},
	}
}
