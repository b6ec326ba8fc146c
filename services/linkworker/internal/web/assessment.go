package web

import (
	"net/http"

	"example.org/waypost/pkg/httpx"
	"example.org/waypost/pkg/ui"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/linkworker/internal/app"
)

var assessmentPage = drawn{"Record an assessment", func(v app.OfferView, t typed, _ timeT) []ui.Component {
	var stages, results, needs []ui.Option
	for _, s := range terms.OutcomeStages {
		stages = append(stages, ui.Option{Value: string(s.Code), Text: s.Label})
	}
	for _, x := range terms.OutcomeResults {
		results = append(results, ui.Option{Value: string(x.Code), Text: x.Label})
	}
	for _, n := range terms.Needs {
		needs = append(needs, ui.Option{Value: string(n.Code), Text: n.Label})
	}
	stage, matters := string(terms.StageStart), ""
	if len(v.Assessments) > 0 {
		stage, matters = string(terms.StageReview), v.Assessments[len(v.Assessments)-1].Matters
	}
	fields := []ui.Component{
		ui.Radios{Name: "stage", Label: "When is this asked?", Value: t.or("stage", stage), Error: t.problems.For("stage"), Options: stages},
		ui.Textarea{
			Name: "matters", Label: "What matters to them", Hint: "In their own words where that can be.", Value: t.or("matters", matters),
			Error: t.problems.For("matters"), MaxLength: noteMost,
		},
		ui.Details{
			ID: "needs-found", Summary: "Needs you found together", Open: len(t.values("needs")) > 0,
			Body: ui.Checkboxes{Name: "needs", Label: "Which needs did you find?", Values: t.values("needs"), Error: t.problems.For("needs"), Options: needs},
		},
		ui.Heading{Text: "Four questions about wellbeing"},
		ui.Paragraph("Read each question out as it stands: the wording is part of the measure. 0 is not at all and 10 is completely. Leave a question empty when they would rather not answer. The answers are not added up."),
	}
	for _, q := range terms.ONS4Questions {
		fields = append(fields, ui.Input{Name: string(q.Code), Label: q.Ask, Width: 2, Numeric: true, Value: t.value(string(q.Code)), Error: t.problems.For(string(q.Code))})
	}
	fields = append(fields,
		ui.Radios{Name: "result", Label: "How are things compared with before, in their own judgement? (optional)", Value: t.value("result"), Error: t.problems.For("result"), Options: results})
	return []ui.Component{
		formOf(v, "assessment", "Record assessment", fields...),
		ui.Paragraph("Questions: Office for National Statistics, personal wellbeing (ONS4), Open Government Licence 3.0. For adults, asked of the person themselves."),
	}
}}

func (web *Web) assessmentForm(w http.ResponseWriter, r *http.Request) error {
	return web.offerForm(assessmentPage)(w, r)
}

func (web *Web) assess(w http.ResponseWriter, r *http.Request) error {
	return web.take(w, r, assessmentPage, "assessed", func(f *httpx.Form, id string) error {
		var stages, results, needs []string
		for _, s := range terms.OutcomeStages {
			stages = append(stages, string(s.Code))
		}
		for _, x := range terms.OutcomeResults {
			results = append(results, string(x.Code))
		}
		for _, n := range terms.Needs {
			needs = append(needs, string(n.Code))
		}
		in := app.AssessInput{
			OfferID: id, Stage: terms.OutcomeStage(f.Choice("stage", "Select when this is asked", stages...)),
			Matters: f.Area("matters", noteMost, ""), Result: terms.OutcomeResult(f.Choice("result", "", results...)),
		}
		for _, n := range f.Choices("needs", "", needs...) {
			in.Needs = append(in.Needs, terms.Need(n))
		}
		for _, q := range terms.ONS4Questions {
			name := string(q.Code)
			if f.Typed(name) == "" {
				continue
			}
			n := f.Int(name, 0, 10, "")
			in.Scores.Set(q.Code, &n)
		}
		if err := f.Err(); err != nil {
			return err
		}
		_, err := web.app.Assess(r.Context(), who(r.Context()), httpx.Command(r.Context(), "assess"), in)
		return err
	})
}
