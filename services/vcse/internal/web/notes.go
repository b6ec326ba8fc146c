package web

import (
	"net/http"
	"time"

	"example.org/waypost/pkg/httpx"
	"example.org/waypost/pkg/ui"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/vcse/internal/app"
	"example.org/waypost/services/vcse/internal/domain"
)

// notes shows what people say of a service, each with what others said of it since.
// correctionOf is the field in which a note is corrected.
func correctionOf(note string) string { return "text-" + note }

// notes are drawn with what was typed to correct one of them, where that was refused.
func notes(v app.ServiceView, now time.Time, correcting string, typed func(field, otherwise string) string, wrong ui.Problems) ui.Component {
	if len(v.Notes) == 0 {
		return ui.EmptyState{Heading: "Nobody has written a note yet", Body: ui.Paragraph("A note says what no list knows: who to ask for, when to ring, what it is really like. Never write about a patient.")}
	}
	var out ui.Group
	for _, s := range v.Notes {
		out = append(out, ui.Card{Heading: "Note by " + name(v.Names, s.Note.By, "somebody") + ", " + ui.Near(s.Note.At, now), Body: ui.Group{noteBody(v, s, now), answersTo(v, s, correcting, typed, wrong)}})
	}
	return out
}

func noteBody(v app.ServiceView, s domain.Standing, now time.Time) ui.Component {
	out := ui.Group{ui.Prose(s.Note.Text), ui.Paragraph(author(v, s.Note))}
	words := ""
	if s.Confirmed > 0 {
		words = "Confirmed " + ui.Count(s.Confirmed, "time", "times") + ", last " + ui.Near(s.LastAt, now) + ". "
	}
	if s.Disputed > 0 {
		words += "Disputed " + ui.Count(s.Disputed, "time", "times") + "."
	}
	if words != "" {
		out = append(out, ui.Paragraph(words))
	}
	if s.Perished(now) {
		out = append(out, ui.Tag{Text: "Not confirmed for 6 months: check before you rely on it", Colour: ui.Orange})
	}
	for _, a := range s.Answers {
		if a.Text != "" {
			out = append(out, ui.InsetText{Body: ui.Group{ui.Paragraph(a.Kind.Label() + " by " + author(v, a) + ", " + ui.Moment(a.At, now)), ui.Prose(a.Text)}})
		}
	}
	return out
}

func author(v app.ServiceView, n domain.Note) string {
	return name(v.Names, n.By, "Somebody") + " (" + n.Role.Label() + ", " + name(v.Names, n.Organisation, "another organisation") + ")"
}

// answersTo are the ways of answering a note: with one click that it is still true, or with words.
func answersTo(v app.ServiceView, s domain.Standing, correcting string, typed func(field, otherwise string) string, wrong ui.Problems) ui.Component {
	field, again := correctionOf(s.Note.ID), ""
	if correcting == s.Note.ID {
		again = typed("text", "")
	}
	about := []ui.Value{{Name: "about", Value: s.Note.ID}}
	one := func(kind terms.NoteKind, text string) ui.Component {
		return ui.Form{
			Action: servicePath(v.ID) + "/notes", IdempotencyKey: newKey(), Values: append([]ui.Value{{Name: "kind", Value: string(kind)}}, about...),
			Buttons: []ui.Component{ui.Button{Text: text, Variant: ui.Secondary, Small: true, Hidden: "– the note by " + name(v.Names, s.Note.By, "somebody")}},
		}
	}
	return ui.Group{
		one(terms.NoteConfirm, "Still true"), one(terms.NoteDispute, "Not true any more"),
		ui.Details{ID: "correct-" + s.Note.ID, Summary: "Correct it", Open: correcting == s.Note.ID, Body: ui.Form{
			Action: servicePath(v.ID) + "/notes", IdempotencyKey: newKey(),
			Values:  append([]ui.Value{{Name: "kind", Value: string(terms.NoteCorrect)}}, about...),
			Fields:  []ui.Component{ui.Textarea{ID: field, Name: "text", Label: "What is right?", Rows: 3, MaxLength: domain.MaxNote, Value: again, Error: wrong.For(field)}},
			Buttons: []ui.Component{ui.Button{Text: "Send the correction", Variant: ui.Secondary}},
		}},
	}
}

func noteForm(service, correcting string, typed func(field, otherwise string) string, wrong ui.Problems) ui.Component {
	text := ""
	if correcting == "" {
		text = typed("text", "")
	}
	return ui.Form{
		Action: servicePath(service) + "/notes", IdempotencyKey: newKey(), Values: []ui.Value{{Name: "kind", Value: string(terms.NoteNew)}},
		Fields: []ui.Component{ui.Textarea{
			Name: "text", Label: "Add a note", Hint: "About the service, never about a patient. It carries your name and organisation.", Rows: 3,
			MaxLength: domain.MaxNote, Value: text, Error: wrong.For("text"),
		}},
		Buttons: []ui.Component{ui.Button{Text: "Add the note", Variant: ui.Secondary}},
	}
}

func (web *Web) addNote(w http.ResponseWriter, r *http.Request) error {
	return web.onService(w, r, "note", func(id string, _ int64, f *httpx.Form) error {
		in := app.NoteInput{
			ServiceID: id, Kind: terms.NoteKind(f.Choice("kind", "Select what you want to say", "note", "confirm", "dispute", "correct")),
			About: f.ID("about", ""), Text: f.Area("text", domain.MaxNote, ""),
		}
		if err := f.Err(); err != nil {
			return err
		}
		_, err := web.App.AddNote(r.Context(), who(r), httpx.Command(r.Context(), "add note"), in)
		return err
	})
}
