package web

import (
	"net/http"

	"example.org/waypost/pkg/httpx"
	"example.org/waypost/pkg/ui"
	"example.org/waypost/services/mdt/internal/app"
)

// ownerOf is who does an action.
func ownerOf(v app.ActionView, names map[string]string) string {
	owner := name(names, v.OwnerID) + ", " + name(names, v.OwnerOrg)
	if v.Left {
		owner += " (has left)"
	}
	return owner
}

// give is the form that puts somebody else's name on an action.
func give(v app.ActionView, t typed) []ui.Component {
	people := []ui.SelectOption{{Text: "Choose"}}
	for _, x := range v.Takers {
		if x.PersonID != v.OwnerID || x.OrganisationID != v.OwnerOrg {
			people = append(people, ui.SelectOption{Value: somebody(x.PersonID, x.OrganisationID), Text: x.PersonName + ", " + x.Role.Label() + ", " + x.OrganisationName})
		}
	}
	heading := ui.Heading{Text: "Give this action to another"}
	if len(people) == 1 {
		return []ui.Component{heading, ui.Paragraph("Nobody else works there who could be given it.")}
	}
	parts := []ui.Component{heading}
	if v.Left {
		parts = append(parts, ui.InsetText{Body: ui.Paragraph("Whoever was to do this no longer works there, so nobody does it now.")})
	}
	return append(parts, ui.Form{
		Action: actionPath(v.ID) + "/give", IdempotencyKey: newKey(), Version: v.Version, Fields: []ui.Component{
			ui.Select{Name: "owner", Label: "Who does it now?", Hint: "It is to be done by the same day", Value: t.or("owner", ""), Options: people, Error: t.wrong("owner")},
		},
		Buttons: []ui.Component{ui.Button{Text: "Give it to them", Variant: ui.Secondary}},
	})
}

func (web *Web) giveAction(w http.ResponseWriter, r *http.Request) error {
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
	owner := chosen(f, "owner", "Select who does it now", "")
	if err = f.Err(); err == nil {
		in := app.GiveInput{ID: id, Version: version, PersonID: owner.PersonID, Organisation: owner.Organisation}
		_, err = web.app.GiveAction(r.Context(), who(r.Context()), httpx.Command(r.Context(), "give action"), in)
	}
	if refused(err) {
		return web.showAction(w, r, id, httpx.Status(err), typed{f, ui.ProblemsOf(err)})
	}
	if err != nil {
		return err
	}
	return to(w, r, actionsPath, "given")
}
