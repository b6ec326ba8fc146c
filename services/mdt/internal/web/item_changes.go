package web

import (
	"net/http"

	"example.org/waypost/pkg/httpx"
	"example.org/waypost/pkg/ui"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/mdt/internal/app"
	"example.org/waypost/services/mdt/internal/domain"
)

// change reads the form of an item's page, does one thing, and leads back; what is wrong is shown on the page with what was typed.
func (web *Web) change(w http.ResponseWriter, r *http.Request, done string, do func(id string, f *httpx.Form) error) error {
	id, err := httpx.PathID(r, "id")
	if err != nil {
		return err
	}
	f, err := httpx.ParseForm(r)
	if err != nil {
		return err
	}
	if err = do(id, f); refused(err) {
		return web.showItem(w, r, id, httpx.Status(err), typed{f, ui.ProblemsOf(err)})
	}
	if err != nil {
		return err
	}
	return to(w, r, itemPath(id), done)
}

func (web *Web) discuss(w http.ResponseWriter, r *http.Request) error {
	return web.change(w, r, "decided", func(id string, f *httpx.Form) error {
		version, err := f.Version()
		if err != nil {
			return err
		}
		in := app.DiscussInput{ItemID: id, Version: version, Decision: terms.MDTDecision(f.Text("decision", 40, "Select what the meeting decided")), Note: f.Area("note", domain.MaxText, "")}
		if err := f.Err(); err != nil {
			return err
		}
		_, err = web.app.Discuss(r.Context(), who(r.Context()), httpx.Command(r.Context(), "discuss"), in)
		return err
	})
}

// chosen reads a person out of a drop-down list.
func chosen(f *httpx.Form, field, ask, item string) app.SomebodyInput {
	v := f.Text(field, 80, ask)
	person, organisation, ok := readSomebody(v)
	if v != "" && (!ok || person == "") {
		f.Add(field, "Select somebody from the list")
	}
	return app.SomebodyInput{ItemID: item, PersonID: person, Organisation: organisation}
}

func (web *Web) askToHold(w http.ResponseWriter, r *http.Request) error {
	return web.change(w, r, "asked", func(id string, f *httpx.Form) error {
		in := chosen(f, "holder", "Select who should hold the case", id)
		if err := f.Err(); err != nil {
			return err
		}
		_, err := web.app.AskToHold(r.Context(), who(r.Context()), httpx.Command(r.Context(), "ask to hold"), in)
		return err
	})
}

func (web *Web) assignKeyWorker(w http.ResponseWriter, r *http.Request) error {
	return web.change(w, r, "key-worker", func(id string, f *httpx.Form) error {
		version, err := f.Version()
		if err != nil {
			return err
		}
		in := chosen(f, "key_worker", "Select who stays in touch", id)
		if err := f.Err(); err != nil {
			return err
		}
		_, err = web.app.AssignKeyWorker(r.Context(), who(r.Context()), httpx.Command(r.Context(), "assign key worker"), in, version)
		return err
	})
}

func (web *Web) releaseKeyWorker(w http.ResponseWriter, r *http.Request) error {
	return web.change(w, r, "key-worker", func(id string, f *httpx.Form) error {
		version, err := f.Version()
		if err != nil {
			return err
		}
		_, err = web.app.ReleaseKeyWorker(r.Context(), who(r.Context()), httpx.Command(r.Context(), "release key worker"), id, version)
		return err
	})
}

func (web *Web) agreeAction(w http.ResponseWriter, r *http.Request) error {
	return web.change(w, r, "agreed", func(id string, f *httpx.Form) error {
		in := app.AgreeInput{SomebodyInput: chosen(f, "owner", "Select who does it", id), What: f.Text("what", domain.MaxNote, "Enter what is to be done"), DueOn: iso(f.Date("due_on", "Enter by when it is to be done"))}
		if err := f.Err(); err != nil {
			return err
		}
		_, err := web.app.AgreeAction(r.Context(), who(r.Context()), httpx.Command(r.Context(), "agree action"), in)
		return err
	})
}
