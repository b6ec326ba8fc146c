package web

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"example.org/waypost/pkg/fault"
	"example.org/waypost/pkg/httpx"
	"example.org/waypost/pkg/ui"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/coordination/internal/app"
)

// removalsPage is where a privacy officer has a record erased, and sees who has removed what they were told to.
type removalsPage struct {
	ui.Page
	Form ui.Form
	List ui.Component
}

const (
	removalsTitle = "Erasing and removing"
	removalsPath  = Root + "/removals"
)

func (web *Web) removals(w http.ResponseWriter, r *http.Request) error {
	v, err := web.App.SeeRemovals(r.Context(), who(r))
	if err != nil {
		return err
	}
	p := web.page(r, removalsTitle)
	if r.URL.Query().Get("done") != "" {
		p.Banner = &ui.Banner{Kind: ui.Success, Heading: "The record is being erased", Body: ui.Paragraph("Nothing of it can be read here any more. Its keys are destroyed next, and everybody who has a copy is told to remove it. It is on the list as soon as they are.")}
	}
	return web.pages.Render(w, http.StatusOK, pageRemovals, removalsPageOf(p, v, nil))
}

// erase takes a reference that was read out. It is posted, as everything is that finds a person.
func (web *Web) erase(w http.ResponseWriter, r *http.Request) error {
	f, err := httpx.ParseForm(r)
	if err != nil {
		return err
	}
	typed := f.Text("reference", 20, "Enter the reference of a case or a referral, such as C7K4 9MXC")
	s := app.Erasing{
		Command: httpx.Command(r.Context(), "erase patient"),
		Why:     terms.ErasureReason(f.Choice("why", "Select why the record is erased", codes(terms.ErasureReasons)...)),
	}
	if !f.Ticked("sure") {
		f.Add("sure", "Confirm that you know this can not be undone")
	}
	if err = f.Err(); err == nil {
		if s.PatientRef, err = web.App.RefOfReference(r.Context(), who(r), typed); err == nil {
			if _, err = web.App.Erase(r.Context(), who(r), s); err == nil {
				return seeOther(w, r, removalsPath+"?done=erased")
			}
		} else if refusal, ok := fault.Of(err); ok && refusal.Meaning == fault.MeaningNotFound {
			err = fault.Invalid("reference", "No case or referral has this reference. Check it, or ask who read it out")
		}
	}
	problems := ui.ProblemsOf(err)
	if problems == nil {
		return err
	}
	v, seeErr := web.App.SeeRemovals(r.Context(), who(r))
	if seeErr != nil {
		return seeErr
	}
	p := web.page(r, removalsTitle)
	p.Problems = problems
	return web.pages.Render(w, httpx.Status(err), pageRemovals, removalsPageOf(p, v, f.Values()))
}

func removalsPageOf(p ui.Page, v app.RemovalsView, typed url.Values) removalsPage {
	p.Wide = true
	var whys []ui.Option
	for _, x := range terms.ErasureReasons {
		whys = append(whys, ui.Option{Value: string(x.Code), Text: x.Label})
	}
	var sure []string
	if typed.Get("sure") != "" {
		sure = []string{"yes"}
	}
	return removalsPage{Page: p, List: removalsList(v), Form: ui.Form{
		Action: removalsPath, IdempotencyKey: newKey(),
		Fields: []ui.Component{
			ui.Input{Name: "reference", Label: "Whose record is to be erased?", Hint: "The reference of one of their cases or referrals: 8 letters and digits", Value: typed.Get("reference"), Width: 10, Code: true, Error: p.Problems.For("reference")},
			ui.Radios{Name: "why", Label: "Why is it erased?", Value: typed.Get("why"), Error: p.Problems.For("why"), Options: whys},
			ui.Checkboxes{Name: "sure", Label: "This can not be undone", Hint: "What is open ends, every organisation loses what it has about the person, and their keys are destroyed. Backups of the keys are kept 14 days.", Values: sure, Error: p.Problems.For("sure"), Options: []ui.Option{{Value: "yes", Text: "I know, and have checked that nobody must keep this record"}}},
		},
		Buttons: []ui.Component{ui.Button{Text: "Erase this record", Variant: ui.Warning}},
	}}
}

func removalsList(v app.RemovalsView) ui.Component {
	if len(v.Removals) == 0 {
		return ui.EmptyState{Heading: "Nobody was told to remove anything yet", Body: ui.Paragraph("When a record is erased, or somebody no longer agrees to sharing, each service that may have a copy says here that it removed it.")}
	}
	table := ui.Table{Caption: "Who was told to remove something, and who has", Columns: []ui.Column{
		{Text: "Told"}, {Text: "Why"}, {Text: "Record"}, {Text: "Where it stands"}, {Text: "Everybody by"},
	}}
	for _, r := range v.Removals {
		table.Rows = append(table.Rows, ui.Row{Cells: []ui.Component{
			ui.Text(ui.Moment(r.ToldAt, v.Now)), ui.Text(r.Because.Label()), ui.Link{Text: "Certificate " + r.PatientRef[:8], Href: removalsPath + "/" + r.BecauseEvent}, removalStatus(r), removalDue(r, v),
		}})
	}
	return table
}

// serviceNames are what people call the services.
var serviceNames = map[string]string{"primarycare": "Practices", "linkworker": "Link workers", "vcse": "Providers", "mdt": "Meetings", "coordination": "The shared case"}

func removalStatus(r app.Removal) ui.Component {
	var missing []string
	n := 0
	for _, b := range r.By {
		if b.At.IsZero() {
			missing = append(missing, serviceNames[b.Service])
		}
		n += b.Removed
	}
	if len(missing) > 0 {
		return ui.Status{Tag: ui.Tag{Text: "Not removed everywhere", Colour: ui.Orange}, Reason: "Waiting for: " + strings.Join(missing, ", ") + "."}
	}
	return ui.Status{Tag: ui.Tag{Text: "Removed", Colour: ui.Green}, Reason: fmt.Sprintf("Records removed: %d.", n)}
}

func removalDue(r app.Removal, v app.RemovalsView) ui.Component {
	if r.Missing() == 0 {
		return ui.Text("Done")
	}
	return due(r.DueAt, v.Now)
}
