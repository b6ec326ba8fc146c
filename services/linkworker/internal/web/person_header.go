package web

import (
	"time"

	"example.org/waypost/pkg/nhsnumber"
	"example.org/waypost/pkg/ui"
	"example.org/waypost/services/linkworker/internal/domain"
)

type timeT = time.Time

// header is who the page is about, and on every page of a person the way to the crisis page.
func header(p domain.Person, offer string, now timeT) *ui.PersonHeader {
	h := &ui.PersonHeader{Name: p.Name(), Href: Root + "/people/" + p.Ref}
	if p.Ref == "" {
		h.Href = ""
	}
	if !p.RemovedAt.IsZero() || p.GivenName+p.FamilyName == "" {
		h.Restricted = "Details are not shown: what was shared was removed because the person no longer agrees, or because their record was erased. Ask the sender if you must reach them."
	} else {
		h.Facts = facts(p, now)
	}
	if !p.SafeAny() && h.Restricted == "" {
		h.Alerts = append(h.Alerts, ui.Text("Do not contact them: no way is safe. They will contact you."))
	}
	if p.SafeNote != "" {
		h.Alerts = append(h.Alerts, ui.Text("Contact: "+p.SafeNote))
	}
	if p.InterpreterNeeded {
		h.Alerts = append(h.Alerts, ui.Text("Needs an interpreter: "+languageName(p.Language)))
	}
	crisis := Root + "/crisis"
	if offer != "" {
		crisis = Root + "/offers/" + offer + "/crisis"
	}
	h.Alerts = append(h.Alerts, ui.LinkButton{Text: "In crisis now? See whom to ring", Href: crisis, Variant: ui.Warning, Small: true})
	return h
}

func facts(p domain.Person, now timeT) []ui.Fact {
	var list []ui.Fact
	if born := p.Born(); !born.IsZero() {
		list = append(list, ui.Fact{Key: "Born", Value: ui.Text(ui.DateOfBirth(born, now))})
	}
	if n := nhsnumber.Format(p.NHSNumber); n != "" {
		list = append(list, ui.Fact{Key: "NHS number", Value: ui.Text(n)})
	}
	list = append(list, ui.Fact{Key: "Safe to contact by", Value: ui.Text(safeWays(p))})
	return list
}

// safeWays names the ways by which the person may be reached, with the number or address for each.
func safeWays(p domain.Person) string {
	words := ""
	add := func(ok bool, way, value string) {
		if !ok {
			return
		}
		if words != "" {
			words += "; "
		}
		words += way
		if value != "" {
			words += " " + value
		}
	}
	add(p.SafePhone, "phone", p.Phone)
	add(p.SafeText, "text", p.Phone)
	add(p.SafeEmail, "email", p.Email)
	add(p.SafeLetter, "letter", "")
	if words == "" {
		return "no way"
	}
	return words
}

func languageName(code string) string {
	names := map[string]string{
		"ur": "Urdu", "pa": "Punjabi", "bn": "Bengali", "pl": "Polish", "ar": "Arabic", "so": "Somali", "ro": "Romanian", "fa": "Farsi",
		"fr": "French", "es": "Spanish", "pt": "Portuguese", "zh": "Chinese", "gu": "Gujarati", "ku": "Kurdish", "uk": "Ukrainian", "bfi": "British Sign Language",
	}
	if n := names[code]; n != "" {
		return n
	}
	if code == "" {
		return "ask which language"
	}
	return code
}

// dayEnd is when a working day ends in London; the zero time for what is no day.
func dayEnd(day string) timeT {
	t, err := time.ParseInLocation(time.DateOnly, day, ui.London)
	if err != nil {
		return timeT{}
	}
	return t.Add(17*time.Hour + 30*time.Minute)
}

// dayWords is a day as it is read: "Thursday 26 November".
func dayWords(day string, now timeT) string {
	t, err := time.ParseInLocation(time.DateOnly, day, ui.London)
	if err != nil {
		return ""
	}
	return ui.Near(t, now)
}
