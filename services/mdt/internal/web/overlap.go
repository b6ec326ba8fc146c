package web

import (
	"strconv"
	"strings"

	"example.org/waypost/pkg/httpx"
	"example.org/waypost/pkg/id"
	"example.org/waypost/pkg/ui"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/mdt/internal/domain"
)

// helpers asks who helps already, and who of them may help with the need too: what is to be done about those is a question of our form. The
// need and what was answered before are sent, not written into an address.
func helpers(ref string, need terms.Need, t typed) ui.Fetched {
	f := ui.Fetched{
		ID: "helpers", URL: "/case/panel/" + ref, Link: ui.Link{Text: "See who already helps", Href: "/case/panel/" + ref},
		Late: "We could not see who already helps. You can still send: Waypost checks it again.", Meanwhile: overlapQuestion(t),
	}
	if need == "" {
		return f
	}
	f.URL, f.Post = "/case/panel", []ui.Value{{Name: "patient_ref", Value: ref}, {Name: "need", Value: string(need)}}
	for _, name := range []string{"overlap", "send_reason", "join_with", "send_note"} {
		if v := t.or(name, ""); v != "" {
			f.Post = append(f.Post, ui.Value{Name: name, Value: v})
		}
		if t.wrong(name) != "" {
			f.Post = append(f.Post, ui.Value{Name: "missing", Value: name})
		}
	}
	return f
}

// overlapQuestion stands where "who already helps" is fetched, until that comes with its own question, and for who has no scripts.
func overlapQuestion(t typed) ui.Component {
	var reasons []ui.Option
	for _, s := range terms.SendReasons {
		reasons = append(reasons, ui.Option{Value: string(s.Code), Text: s.Label})
	}
	return ui.Radios{
		Name: "overlap", Label: "Does somebody who helps already do this too?", Hint: "Look at who already helps first.", Value: t.or("overlap", ""), Error: t.wrong("overlap"),
		Options: []ui.Option{
			{Value: overlapNone, Text: "No, as far as Waypost knows"},
			{Value: overlapUnseen, Text: "I could not see who helps"},
			{Value: string(terms.OverlapJoin), Text: terms.OverlapJoin.Label()},
			{Value: string(terms.OverlapSend), Text: terms.OverlapSend.Label(), Reveal: ui.Group{
				ui.Radios{Name: "send_reason", Label: "Why is it right?", Value: t.or("send_reason", ""), Error: t.wrong("send_reason"), Options: reasons},
				ui.Textarea{Name: "send_note", Label: "Anything to add (optional)", Hint: "Whoever helps can read it.", Rows: 2, Value: t.or("send_note", ""), Error: t.wrong("send_note"), MaxLength: domain.MaxSendNote},
			}},
			{Value: string(terms.OverlapStop), Text: terms.OverlapStop.Label(), Hint: "What you wrote is kept for 7 days."},
		},
	}
}

// The answers for who was not shown the panel.
const (
	overlapNone   = "none"
	overlapUnseen = "unseen"
)

// overlapOf reads what was shown, which the panel brings along, and what is to be done; stop is to send nothing. Whoever was shown that
// nobody may do this too is asked nothing.
func overlapOf(f *httpx.Form) (a terms.OverlapAnswer, stop bool) {
	a.Helping, a.Shown = shownIn(f, "seen_helping"), shownIn(f, "seen_overlaps")
	switch choice := f.Choice("overlap", "", overlapNone, overlapUnseen, string(terms.OverlapJoin), string(terms.OverlapSend), string(terms.OverlapStop)); choice {
	case string(terms.OverlapStop):
		return a, true
	case string(terms.OverlapJoin):
		a.Choice = terms.OverlapJoin
		named, worker := strings.CutPrefix(f.Typed("join_with"), terms.JoinWorker)
		switch {
		case named != "" && !id.Valid(named):
			f.Add("join_with", "Select who should do this too")
		case worker:
			a.Worker = named
		default:
			a.With = named
		}
	case string(terms.OverlapSend):
		a.Choice, a.Note = terms.OverlapSend, f.Area("send_note", domain.MaxSendNote, "")
		a.Reason = terms.SendReason(f.Text("send_reason", 60, ""))
	case "":
		if a.Shown == nil && !f.Has("overlap") {
			f.Add("overlap", "Select whether somebody who helps already does this too")
		}
	}
	switch missing := a.Missing(); {
	case missing == "" || f.Has(missing):
	case missing == "overlap":
		f.Add("overlap", "Select what to do about who helps already")
	default:
		f.Add("send_reason", "Select why it is sent although somebody helps already")
	}
	return a, false
}

func shownIn(f *httpx.Form, name string) *int {
	n, err := strconv.Atoi(f.Typed(name))
	if err != nil || n < 0 || n > 1000 {
		return nil
	}
	return &n
}
