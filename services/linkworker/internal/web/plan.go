package web

import (
	"net/http"
	"strconv"
	"strings"

	"example.org/waypost/pkg/httpx"
	"example.org/waypost/pkg/ui"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/linkworker/internal/app"
	"example.org/waypost/services/linkworker/internal/domain"
)

// mostGoals is how many goals a plan's form has room for: more than a person keeps in mind.
const mostGoals = 4

var planPage = drawn{"Agree a plan", func(v app.OfferView, t typed, _ timeT) []ui.Component {
	var was domain.Plan
	if len(v.Plans) > 0 {
		was = v.Plans[0]
	} else if n := len(v.Assessments); n > 0 {
		was.Matters = v.Assessments[n-1].Matters
	}
	needs := []ui.SelectOption{{Value: "", Text: "No need in particular"}}
	for _, n := range terms.Needs {
		needs = append(needs, ui.SelectOption{Value: string(n.Code), Text: n.Label})
	}
	fields := []ui.Component{ui.Textarea{
		Name: "matters", Label: "What matters to me", Hint: "In the person's own words.", Rows: 3, Value: t.or("matters", was.Matters),
		Error: t.problems.For("matters"), MaxLength: noteMost,
	}}
	for i := range mostGoals {
		n := strconv.Itoa(i + 1)
		var g domain.Goal
		if i < len(was.Goals) {
			g = was.Goals[i]
		}
		goal := []ui.Component{
			ui.Input{Name: "goal-" + n, Label: "Goal " + n, Value: t.or("goal-"+n, g.Text), Error: t.problems.For("goal-" + n)},
			ui.Select{Name: "need-" + n, Label: "Need of goal " + n, Value: t.or("need-"+n, string(g.Need)), Error: t.problems.For("need-" + n), Options: needs},
			ui.Textarea{
				Name: "steps-" + n, Label: "Steps to goal " + n, Hint: "One on each line, with who does it after a colon: Ring the college: Sam. Note a service you told them about as a step too.",
				Rows: 3, Value: t.or("steps-"+n, stepLines(g.Steps)), Error: t.problems.For("steps-" + n),
			},
		}
		if i == 0 || g.Text != "" || t.value("goal-"+n) != "" {
			fields = append(fields, goal...)
			continue
		}
		fields = append(fields, ui.Details{ID: "more-" + n, Summary: "Add goal " + n, Body: ui.Group(goal)})
	}
	fields = append(fields, ui.DateInput{Name: "review", Label: "When will you look at it together again?", Value: t.date("review", was.ReviewOn), Error: t.problems.For("review")})
	return []ui.Component{formOf(v, "plan", "Agree plan", fields...)}
}}

func stepLines(steps []domain.Step) string {
	var lines []string
	for _, s := range steps {
		line := s.Text
		if s.Who != "" {
			line += ": " + s.Who
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "\n")
}

// stepsIn reads one step a line; what stands after the last colon is who does it.
func stepsIn(typed string) []domain.Step {
	var steps []domain.Step
	for line := range strings.Lines(typed) {
		line = strings.TrimSpace(line)
		if line == "" {
			continue
		}
		s := domain.Step{Text: line}
		if i := strings.LastIndex(line, ": "); i > 0 {
			s = domain.Step{Text: strings.TrimSpace(line[:i]), Who: strings.TrimSpace(line[i+2:])}
		}
		steps = append(steps, s)
	}
	return steps
}

func (web *Web) planForm(w http.ResponseWriter, r *http.Request) error {
	return web.offerForm(planPage)(w, r)
}

func (web *Web) agreePlan(w http.ResponseWriter, r *http.Request) error {
	return web.take(w, r, planPage, "plan", func(f *httpx.Form, id string) error {
		version, err := f.Version()
		if err != nil {
			return err
		}
		in := app.PlanInput{OfferID: id, Version: version, Matters: f.Area("matters", noteMost, ""), ReviewOn: day(f, "review", "Enter when you will look at it together again")}
		var needs []string
		for _, n := range terms.Needs {
			needs = append(needs, string(n.Code))
		}
		for i := range mostGoals {
			n := strconv.Itoa(i + 1)
			g := domain.Goal{Text: f.Text("goal-"+n, lineMost, ""), Need: terms.Need(f.Choice("need-"+n, "", needs...)), Steps: stepsIn(f.Area("steps-"+n, noteMost, ""))}
			switch {
			case g.Text != "":
				in.Goals = append(in.Goals, g)
			case len(g.Steps) > 0:
				f.Add("goal-"+n, "Enter the goal that these steps lead to")
			}
		}
		if err := f.Err(); err != nil {
			return err
		}
		_, err = web.app.AgreePlan(r.Context(), who(r.Context()), httpx.Command(r.Context(), "agree plan"), in)
		return err
	})
}
