package web

import (
	"net/http"
	"strings"
	"time"

	"example.org/waypost/pkg/httpx"
	"example.org/waypost/pkg/ui"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/mdt/internal/app"
	"example.org/waypost/services/mdt/internal/domain"
)

func (web *Web) askDetails(w http.ResponseWriter, r *http.Request) error {
	v, gone, err := web.begun(w, r)
	if err != nil || gone {
		return err
	}
	if !v.Agreed() {
		return domain.ErrNoConsent
	}
	return web.showDetails(w, r, http.StatusOK, v, typed{})
}

func (web *Web) showDetails(w http.ResponseWriter, r *http.Request, status int, v app.DraftView, t typed) error {
	var services []app.Service
	var teams []app.Team
	need := terms.Need(t.or("need", string(v.Need)))
	if v.Kind == domain.DraftReferral && need.Known() {
		var err error
		if services, teams, err = web.app.Suggest(r.Context(), who(r.Context()), need, v.Patient); err != nil {
			return err
		}
	}
	return web.show(w, status, drawDetails(web.page(r, "What the others need to know", draftSection(v.Draft)), v, services, teams, t, web.Now()))
}

func needOptions(none string) []ui.SelectOption {
	out := []ui.SelectOption{{Text: none}}
	for _, n := range terms.Needs {
		out = append(out, ui.SelectOption{Value: string(n.Code), Text: n.Label})
	}
	return out
}

func drawDetails(p ui.Page, v app.DraftView, services []app.Service, teams []app.Team, t typed, now time.Time) sheet {
	p.Problems, p.Back = t.problems, &ui.Link{Text: "All tasks", Href: draftPath(v.ID)}
	var fields []ui.Component
	reads := "Only what helps them to help. Link worker teams read this; providers do not"
	need := ui.Select{Name: "need", Label: "What do they need help with?", Value: t.or("need", string(v.Need)), Error: t.wrong("need"), Options: needOptions("Choose")}
	if v.Kind == domain.DraftAgenda {
		reason := ui.Radios{Name: "reason", Label: "Why should the meeting talk about them?", Value: t.or("reason", string(v.Reason)), Error: t.wrong("reason")}
		for _, x := range terms.MDTReasons {
			if x.Code != terms.MDTMergedCase {
				reason.Options = append(reason.Options, ui.Option{Value: string(x.Code), Text: x.Label})
			}
		}
		reads = "Only what helps the meeting. The people at it read this"
		need.Label, need.Options = "What do they need most? (optional)", needOptions("Not said")
		fields = append(fields, reason, need)
	} else {
		urgency := ui.Radios{Name: "urgency", Label: "How soon is help needed?", Value: t.or("urgency", string(v.Urgency)), Error: t.wrong("urgency"), Inline: true}
		for _, x := range terms.Urgencies {
			urgency.Options = append(urgency.Options, ui.Option{Value: string(x.Code), Text: x.Label})
		}
		fields = append(fields, need, urgency)
		if not := notHere(teams, terms.Need(t.or("need", string(v.Need)))); len(not) > 0 {
			fields = append(fields, ui.Details{ID: "not-here", Summary: "Link worker teams that do not take this here", Open: len(not) <= 3, Body: not})
		}
		fields = append(fields, receiverQuestion(v, services, teams, t, now))
	}
	var codes []ui.Option
	for _, x := range terms.SafeguardingCodes {
		codes = append(codes, ui.Option{Value: string(x.Code), Text: x.Label})
	}
	fields = append(fields,
		ui.Textarea{Name: "narrative", Label: "What do the others need to know?", Hint: reads, Value: t.or("narrative", v.Narrative), Error: t.wrong("narrative"), MaxLength: domain.MaxText},
		ui.Details{ID: "risk", Summary: "Is anybody at risk?", Open: v.Safeguarding != "" || t.wrong("safeguarding") != "", Body: ui.Group{
			ui.Checkboxes{Name: "codes", Label: "Kind of concern", Values: t.all("codes", wordsOf(v.Codes)...), Options: codes},
			ui.Textarea{Name: "safeguarding", Label: "What keeps the person and the worker safe?", Rows: 3, Value: t.or("safeguarding", v.Safeguarding), Error: t.wrong("safeguarding"), MaxLength: domain.MaxText},
		}})
	return sheet{Page: p, Heading: "What the others need to know", Parts: []ui.Component{ui.Form{Action: draftPath(v.ID) + "/details", IdempotencyKey: newKey(), Version: v.Version, Fields: fields, Buttons: []ui.Component{ui.Button{Text: "Save and continue"}}}}}
}

func wordsOf[T ~string](all []T) []string {
	out := make([]string, len(all))
	for i, x := range all {
		out[i] = string(x)
	}
	return out
}

// receiverQuestion offers services and teams once a need was saved, with what they say of their room and how old that is.
func receiverQuestion(v app.DraftView, services []app.Service, teams []app.Team, t typed, now time.Time) ui.Component {
	q := ui.Radios{
		Name: "receiver", Label: "Who should help?", Hint: "Services for the need you saved are listed here, the nearest first", Value: t.or("receiver", v.ReceiverID), Error: t.wrong("receiver"),
		Options: []ui.Option{{Value: "", Text: "Waypost finds who can help"}},
	}
	for _, s := range services {
		q.Options = append(q.Options, ui.Option{Value: s.ID, Text: s.Name, Hint: s.ProviderName + ". " + s.Capacity.Words() + age(s.Capacity.ReportedAt, now) + warning(s), Group: "Services"})
	}
	for _, x := range teams {
		if _, refuses := x.Refuses(terms.Need(t.or("need", string(v.Need)))); refuses || !x.AcceptsReferrals {
			continue
		}
		hint := x.Capacity.Words() + age(x.Capacity.ReportedAt, now)
		if words := x.Warns(); words != "" {
			hint += ". " + words
		}
		q.Options = append(q.Options, ui.Option{Value: x.ID, Text: x.Name, Hint: hint, Group: "Link worker teams"})
	}
	return q
}

// notHere are the teams that say that they do not take a need here, and whose it is.
func notHere(teams []app.Team, need terms.Need) (words ui.List) {
	for _, x := range teams {
		if why, refuses := x.Refuses(need); refuses && x.AcceptsReferrals {
			words = append(words, ui.Text(strings.TrimSpace(x.Name+" does not take this need. "+why)))
		}
	}
	return words
}

func (web *Web) describe(w http.ResponseWriter, r *http.Request) error {
	return web.task(w, r, func(v app.DraftView, version int64, f *httpx.Form) (string, error) {
		in := domain.Draft{
			Need: terms.Need(f.Text("need", 60, "")), Urgency: terms.Urgency(f.Text("urgency", 20, "")), Reason: terms.MDTReason(f.Text("reason", 60, "")), ReceiverID: f.ID("receiver", ""),
			Narrative: f.Area("narrative", domain.MaxText, ""), Safeguarding: f.Area("safeguarding", domain.MaxText, ""),
		}
		for _, c := range f.TypedAll("codes") {
			if code := terms.SafeguardingCode(c); code.Known() {
				in.Codes = append(in.Codes, code)
			}
		}
		if err := f.Err(); err != nil {
			return "", err
		}
		_, err := web.app.Describe(r.Context(), who(r.Context()), httpx.Command(r.Context(), "describe"), v.ID, version, in)
		return "", err
	}, func(status int, v app.DraftView, t typed) error { return web.showDetails(w, r, status, v, t) })
}

// warning is what recurs on the way there, to be read before it is chosen.
func warning(s app.Service) string {
	if s.Warns() == "" {
		return ""
	}
	return ". " + s.Warns()
}
