package web

import (
	"net/http"
	"slices"
	"strconv"

	"example.org/waypost/pkg/httpx"
	"example.org/waypost/pkg/ui"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/linkworker/internal/app"
	"example.org/waypost/services/linkworker/internal/domain"
)

// longest texts that a form takes, in characters.
const (
	noteMost = 4000
	lineMost = 300
)

// asked is what the sender wrote.
func asked(v app.OfferView, now timeT) ui.SummaryCard {
	o := v.Offer
	c := ui.SummaryCard{Heading: "What is asked"}
	row := func(k string, value ui.Component) { c.Rows = append(c.Rows, ui.SummaryRow{Key: k, Value: value}) }
	row("Need", ui.Text(needWords(o, false)))
	row("How soon", ui.Text(o.Urgency.Label()))
	sender := senderName(v)
	if v.Sender.Phone != "" {
		sender += ", " + v.Sender.Phone
	}
	if o.RequestedBy != "" {
		sender = v.Name(o.RequestedBy) + ", " + sender
	}
	row("Sent by", ui.Text(sender))
	row("Offered", ui.Text(ui.Moment(o.OfferedAt, now)+tries(o.Attempt)))
	if o.Narrative != "" {
		row("What they said", ui.Prose(o.Narrative))
	}
	if len(o.Accessibility) > 0 {
		var list ui.List
		for _, a := range o.Accessibility {
			list = append(list, ui.Text(a.Label()))
		}
		row("So that they can take part", list)
	}
	if v.Person.Address != "" {
		key := "Address"
		if !v.Person.SafeLetter {
			key = "Address (do not write)"
		}
		row(key, ui.Prose(v.Person.Address+"\n"+v.Person.Postcode))
	}
	if v.Person.NextOfKin != "" {
		row("Next of kin", ui.Text(v.Person.NextOfKin))
	}
	if o.Question != "" {
		row("Your team asked", ui.Prose(o.Question))
	}
	if o.Reply != "" {
		row("The sender answered", ui.Prose(o.Reply))
	}
	row("The shared case", ui.List{ui.Link{Text: "Open the shared case", Href: "/case/" + o.CaseID}, ui.Link{Text: "See who already helps", Href: "/case/panel/" + o.PatientRef}, ui.Link{Text: "They no longer agree to sharing", Href: "/case/patients/" + o.PatientRef + "/consent"}})
	return c
}

func tries(attempt int) string {
	if attempt < 2 {
		return ""
	}
	return ", after " + ui.Count(attempt-1, "other receiver", "other receivers")
}

// answerForms are the three answers on one page; which was last tried is open.
func answerForms(v app.OfferView, t typed, me string) []ui.Component {
	o := v.Offer
	forms := []ui.Component{acceptForm(v, t, me)}
	if o.State == terms.OfferExpired {
		return forms
	}
	if o.State == terms.OfferOffered {
		forms = append(forms, ui.Details{
			ID: "ask", Summary: "Ask for more information", Open: t.value("question") != "" || t.problems.For("question") != "",
			Body: ui.Form{
				Action: Root + "/offers/" + o.ID + "/ask", IdempotencyKey: key(), Version: o.Version,
				Fields: []ui.Component{ui.Textarea{
					Name: "question", Label: "What do you need to know?", Hint: "The sender sees your question. The clock is theirs until they answer.",
					Value: t.value("question"), Error: t.problems.For("question"), MaxLength: noteMost,
				}},
				Buttons: []ui.Component{ui.Button{Text: "Ask the sender", Variant: ui.Secondary}},
			},
		})
	}
	bounced := t.value("reason") != "" || t.value("detail") != "" || t.problems.For("reason")+t.problems.For("detail")+t.problems.For("criterion")+t.problems.For("until")+t.problems.For("whose_role") != ""
	return append(forms, ui.Details{ID: "bounce", Summary: "Bounce: we can not take this", Open: bounced, Body: bounceForm(v, t)},
		ui.List{ui.Link{Text: "Record an attempt to reach them", Href: Root + "/offers/" + o.ID + "/contact"}})
}

func acceptForm(v app.OfferView, t typed, me string) ui.Component {
	o := v.Offer
	var options []ui.SelectOption
	for _, c := range v.Colleagues {
		name := c.Name
		if c.ID == me {
			name += " (you)"
		}
		options = append(options, ui.SelectOption{Value: c.ID, Text: name + ": supports " + ui.Count(c.Load, "person", "people")})
	}
	return ui.Form{
		Action: Root + "/offers/" + o.ID + "/accept", IdempotencyKey: key(), Version: o.Version, ID: "accept-form",
		Fields: []ui.Component{
			ui.Select{Name: "assign_to", Label: "Who will support them?", Value: t.or("assign_to", me), Error: t.problems.For("assign_to"), Options: options},
			ui.DateInput{
				Name: "first_contact_by", Label: "First contact by", Hint: "Leave it empty for 5 working days from today. The sender sees the date.",
				Value: t.date("first_contact_by", ""), Error: t.problems.For("first_contact_by"),
			},
		},
		Buttons: []ui.Component{ui.Button{Text: "Accept"}},
	}
}

// bounceForm lists the reasons in their groups, each with what it asks for. A crisis has its own page.
func bounceForm(v app.OfferView, t typed) ui.Component {
	o := v.Offer
	var options []ui.Option
	group := terms.BounceGroup("")
	for _, reason := range terms.BounceReasonsFor(terms.ReceiverTeam) {
		opt := ui.Option{Value: string(reason.Code), Text: reason.Label}
		if reason.Group != group {
			opt.Group, group = string(reason.Group), reason.Group
		}
		opt.Hint = reason.Then
		switch {
		case reason.Code == terms.BounceMentalHealthCrisis:
			opt.Hint = "Opens the crisis page: whom to ring now. The practice gets a red flag"
		case reason.NeedsCriterion:
			opt.Reveal = ui.Input{Name: "criterion", Label: "Which of your criteria is not met?", Value: t.value("criterion"), Error: t.problems.For("criterion")}
		case reason.NeedsUntil:
			opt.Reveal = ui.DateInput{Name: "until", Label: "From when may there be room?", Value: t.date("until", ""), Error: t.problems.For("until")}
		case reason.NeedsRole:
			opt.Reveal = ui.Select{Name: "whose_role", Label: "Whose role is it?", Value: t.value("whose_role"), Error: t.problems.For("whose_role"), Options: roleOptions()}
		case reason.Code == terms.BounceCouldNotContact:
			opt.Hint = ui.Count(v.Failed, "failed attempt", "failed attempts") + " recorded; it takes " + strconv.Itoa(reason.NeedsTries) + ". " + reason.Then
		}
		options = append(options, opt)
	}
	return ui.Form{
		Action: Root + "/offers/" + o.ID + "/bounce", IdempotencyKey: key(), Version: o.Version,
		Fields: []ui.Component{
			ui.Radios{Name: "reason", Label: "Why can you not take this?", Value: t.value("reason"), Error: t.problems.For("reason"), Options: options},
			ui.Textarea{
				Name: "detail", Label: "What should the sender know?", Hint: "They see the reason and these words. Name who could help instead, if you know.",
				Value: t.value("detail"), Error: t.problems.For("detail"), Rows: 3, MaxLength: noteMost,
			},
		},
		Buttons: []ui.Component{ui.Button{Text: "Bounce", Variant: ui.Warning}},
	}
}

func roleOptions() []ui.SelectOption {
	options := []ui.SelectOption{{Value: "", Text: "Select a role"}}
	for _, role := range terms.Roles {
		if !slices.Contains([]terms.Role{terms.RoleLinkWorker, terms.RolePrivacyOfficer, terms.RolePlatformOperator}, role.Code) {
			options = append(options, ui.SelectOption{Value: string(role.Code), Text: role.Label})
		}
	}
	return options
}

func (web *Web) accept(w http.ResponseWriter, r *http.Request) error {
	return web.answer(w, r, "accepted", func(f *httpx.Form, id string, version int64) error {
		in := app.AcceptInput{OfferID: id, Version: version, AssignTo: f.ID("assign_to", "Select who will support them"), FirstContactBy: day(f, "first_contact_by", "")}
		if err := f.Err(); err != nil {
			return err
		}
		_, err := web.app.Accept(r.Context(), who(r.Context()), httpx.Command(r.Context(), "accept"), in)
		return err
	})
}

func (web *Web) ask(w http.ResponseWriter, r *http.Request) error {
	return web.answer(w, r, "asked", func(f *httpx.Form, id string, version int64) error {
		in := app.AskInput{OfferID: id, Version: version, Question: f.Area("question", noteMost, "Enter what you need to know")}
		if err := f.Err(); err != nil {
			return err
		}
		_, err := web.app.Ask(r.Context(), who(r.Context()), httpx.Command(r.Context(), "ask"), in)
		return err
	})
}

func (web *Web) bounce(w http.ResponseWriter, r *http.Request) error {
	f, err := httpx.ParseForm(r)
	if err != nil {
		return err
	}
	if f.Typed("reason") == string(terms.BounceMentalHealthCrisis) {
		id, err := httpx.PathID(r, "id")
		if err != nil {
			return err
		}
		return done(w, r, "/offers/"+id+"/crisis", "") // nothing is written yet: whom to ring comes first
	}
	return web.answer(w, r, "bounced", func(f *httpx.Form, id string, version int64) error {
		var codes, roles []string
		for _, x := range terms.BounceReasonsFor(terms.ReceiverTeam) {
			codes = append(codes, string(x.Code))
		}
		for _, x := range terms.Roles {
			roles = append(roles, string(x.Code))
		}
		b := domain.Bounce{Reason: terms.BounceReason(f.Choice("reason", "Select why you can not take this", codes...)), Detail: f.Area("detail", noteMost, "")}
		switch info, _ := terms.BounceReasonByCode(b.Reason); {
		case info.NeedsCriterion:
			b.Criterion = f.Text("criterion", lineMost, "")
		case info.NeedsUntil:
			b.UntilOn = day(f, "until", "")
		case info.NeedsRole:
			b.WhoseRole = terms.Role(f.Choice("whose_role", "", roles...))
		}
		if err := f.Err(); err != nil {
			return err
		}
		_, err := web.app.Bounce(r.Context(), who(r.Context()), httpx.Command(r.Context(), "bounce"), app.BounceInput{OfferID: id, Version: version, Bounce: b})
		return err
	})
}

func (web *Web) standDown(w http.ResponseWriter, r *http.Request) error {
	return web.answer(w, r, "stood-down", func(_ *httpx.Form, id string, version int64) error {
		_, err := web.app.StandDown(r.Context(), who(r.Context()), httpx.Command(r.Context(), "stand down"), id, version)
		return err
	})
}

// answer reads a form of the offer's page, and shows that page again with what was typed when it is refused.
func (web *Web) answer(w http.ResponseWriter, r *http.Request, banner string, do func(f *httpx.Form, id string, version int64) error) error {
	id, err := httpx.PathID(r, "id")
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
	err = do(f, id, version)
	if err != nil && again(err) {
		return web.showOffer(w, r, id, typed{sent: f.Values()}, err)
	}
	if err != nil {
		return err
	}
	return done(w, r, "/offers/"+id, banner)
}
