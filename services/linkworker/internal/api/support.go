package api

import (
	"context"

	"example.org/waypost/pkg/fault"
	"example.org/waypost/pkg/httpx"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/linkworker/internal/app"
	"example.org/waypost/services/linkworker/internal/domain"
)

func unknown(path string) error { return fault.Invalid(path, "Use a code of the published list") }

type assignInput struct {
	httpx.ChangeInput
	OfferInput
	Body struct {
		AssignTo string `json:"assign_to" format:"uuid"`
		Why      string `json:"why,omitempty" maxLength:"4000"`
	}
}

func (x face) assign(ctx context.Context, in *assignInput) (*struct{ Body doneView }, error) {
	version, err := in.Version()
	if err != nil {
		return nil, err
	}
	return changed(x.app.Assign(ctx, who(ctx), httpx.Command(ctx, "assign"), app.AssignInput{OfferID: in.ID, To: in.Body.AssignTo, Why: in.Body.Why, Version: version}))
}

type contactInput struct {
	httpx.WriteInput
	OfferInput
	Body struct {
		How    terms.ContactHow    `json:"how" maxLength:"60"`
		Result terms.ContactResult `json:"result" maxLength:"60"`
		On     string              `json:"on,omitempty" format:"date" doc:"The day it was; absent is today"`
		Note   string              `json:"note,omitempty" maxLength:"4000"`
	}
}

func (x face) contact(ctx context.Context, in *contactInput) (*struct{ Body doneView }, error) {
	b := in.Body
	return changed(x.app.RecordContact(ctx, who(ctx), httpx.Command(ctx, "record contact"), app.ContactInput{OfferID: in.ID, How: b.How, Result: b.Result, On: b.On, Note: b.Note}))
}

type assessInput struct {
	httpx.WriteInput
	OfferInput
	Body struct {
		Stage      terms.OutcomeStage  `json:"stage" maxLength:"60"`
		Needs      []terms.Need        `json:"needs,omitempty" maxItems:"60"`
		Matters    string              `json:"matters,omitempty" maxLength:"4000"`
		Satisfied  *int                `json:"satisfied,omitempty" minimum:"0" maximum:"10"`
		Worthwhile *int                `json:"worthwhile,omitempty" minimum:"0" maximum:"10"`
		Happy      *int                `json:"happy,omitempty" minimum:"0" maximum:"10"`
		Anxious    *int                `json:"anxious,omitempty" minimum:"0" maximum:"10"`
		Result     terms.OutcomeResult `json:"result,omitempty" maxLength:"60"`
	}
}

func (x face) assess(ctx context.Context, in *assessInput) (*struct{ Body doneView }, error) {
	b := in.Body
	for _, n := range b.Needs {
		if !n.Known() {
			return nil, unknown("needs")
		}
	}
	if b.Result != "" && !b.Result.Known() {
		return nil, unknown("result")
	}
	return changed(x.app.Assess(ctx, who(ctx), httpx.Command(ctx, "assess"), app.AssessInput{
		OfferID: in.ID, Stage: b.Stage, Needs: b.Needs, Matters: b.Matters,
		Scores: domain.Scores{Satisfied: b.Satisfied, Worthwhile: b.Worthwhile, Happy: b.Happy, Anxious: b.Anxious}, Result: b.Result,
	}))
}

type goalBody struct {
	Text  string     `json:"text" minLength:"1" maxLength:"300"`
	Need  terms.Need `json:"need,omitempty" maxLength:"60"`
	Steps []stepBody `json:"steps,omitempty" maxItems:"20"`
}

type stepBody struct {
	Text string `json:"text" minLength:"1" maxLength:"300"`
	Who  string `json:"who,omitempty" maxLength:"100"`
}

type planInput struct {
	httpx.ChangeInput
	OfferInput
	Body struct {
		Matters  string     `json:"matters,omitempty" maxLength:"4000"`
		Goals    []goalBody `json:"goals" nullable:"false" maxItems:"10"`
		ReviewOn string     `json:"review_on" format:"date"`
	}
}

func (x face) plan(ctx context.Context, in *planInput) (*struct{ Body doneView }, error) {
	version, err := in.Version()
	if err != nil {
		return nil, err
	}
	p := app.PlanInput{OfferID: in.ID, Version: version, Matters: in.Body.Matters, ReviewOn: in.Body.ReviewOn}
	for _, g := range in.Body.Goals {
		if g.Need != "" && !g.Need.Known() {
			return nil, unknown("goals.need")
		}
		goal := domain.Goal{Text: g.Text, Need: g.Need}
		for _, s := range g.Steps {
			goal.Steps = append(goal.Steps, domain.Step(s))
		}
		p.Goals = append(p.Goals, goal)
	}
	return changed(x.app.AgreePlan(ctx, who(ctx), httpx.Command(ctx, "agree plan"), p))
}

type endInput struct {
	httpx.ChangeInput
	OfferInput
	Body struct {
		Outcome terms.Outcome `json:"outcome" maxLength:"60"`
		Note    string        `json:"note,omitempty" maxLength:"4000"`
	}
}

func (x face) end(ctx context.Context, in *endInput) (*struct{ Body doneView }, error) {
	version, err := in.Version()
	if err != nil {
		return nil, err
	}
	return changed(x.app.EndSupport(ctx, who(ctx), httpx.Command(ctx, "end support"), app.EndInput{OfferID: in.ID, Version: version, Outcome: in.Body.Outcome, Note: in.Body.Note}))
}
