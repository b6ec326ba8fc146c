package web

import (
	"net/http"

	"example.org/waypost/pkg/ui"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/coordination/internal/domain"
)

// whoSeesPage draws the rule by which the program decides, as it is.
type whoSeesPage struct {
	ui.Page
	Tables ui.Component
}

const (
	whoSeesTitle = "Who sees what"
	whoSeesPath  = Root + "/who-sees-what"
)

func (web *Web) whoSees(w http.ResponseWriter, r *http.Request) error {
	return web.pages.Render(w, http.StatusOK, pageWhoSees, whoSeesPageOf(web.page(r, whoSeesTitle)))
}

// cellWords are a cell of the table in words.
var cellWords = map[string]ui.Tag{
	domain.Always: {Text: "Yes", Colour: ui.Green}, domain.Sensitive: {Text: "Yes, sensitive too", Colour: ui.Green}, domain.Never: {Text: "No", Colour: ui.Grey},
}

// whoSeesPageOf has a table for each right rather than one wide one, which nobody could read on a phone.
func whoSeesPageOf(p ui.Page) whoSeesPage {
	var body ui.Group
	for _, right := range domain.Rights {
		table := ui.Table{Caption: right.Label, Columns: []ui.Column{{Text: "Role"}, {Text: "Allowed"}}}
		for _, role := range terms.Roles {
			if cell := domain.Cell(role.Code, right.Code); cell != domain.Never {
				table.Rows = append(table.Rows, ui.Row{Cells: []ui.Component{ui.Text(role.Label), cellWords[cell]}})
			}
		}
		body = append(body, table)
	}
	var none ui.List
	for _, role := range terms.Roles {
		if _, err := domain.SeesCase(role.Code); err != nil {
			none = append(none, ui.Text(role.Label))
		}
	}
	return whoSeesPage{Page: p, Tables: append(body, ui.Heading{Text: "Roles that see no case"}, none)}
}

// roleWords is a role in the middle of a sentence: a GP stays one, and an MDT coordinator too.
func roleWords(role string) string {
	label := terms.Role(role).Label()
	if len(label) > 1 && label[1] >= 'A' && label[1] <= 'Z' {
		return label
	}
	return lower(label)
}
