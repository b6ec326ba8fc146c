package api

import (
	"context"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/httpx"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/coordination/internal/app"
	"example.org/waypost/services/coordination/internal/domain"
)

// stepInput is a step without anything to say beside it.
type stepInput struct {
	httpx.ChangeInput
	ID string `path:"id" format:"uuid"`
}

type reasonInput struct {
	httpx.ChangeInput
	ID   string `path:"id" format:"uuid"`
	Body struct {
		Reason string `json:"reason" maxLength:"60" doc:"A code of the list of reasons (schemas/terms)"`
	}
}

type settleInput struct {
	httpx.ChangeInput
	ID   string `path:"id" format:"uuid"`
	Body struct {
		Same      string   `json:"same,omitempty" format:"uuid" doc:"Which of may_be it is; absent when it is none of them"`
		Different []string `json:"different,omitempty" maxItems:"50" format:"uuid" doc:"When it is none: everybody who was compared"`
		Reason    string   `json:"reason,omitempty" maxLength:"60" doc:"When it is none, how that is known: sender_says, person_says, relatives or records_show"`
	}
}

type offerInput struct {
	httpx.ChangeInput
	ID   string `path:"id" format:"uuid"`
	Body struct {
		Kind string `json:"kind" enum:"service,team"`
		ID   string `json:"id" format:"uuid"`
	}
}

type closeInput struct {
	httpx.ChangeInput
	ID   string `path:"id" format:"uuid"`
	Body struct {
		Outcome string `json:"outcome" maxLength:"60" doc:"A code of the list of outcomes (schemas/terms)"`
	}
}

// doneView is where a step has led to.
type doneView struct {
	ReferralID string `json:"referral_id" format:"uuid"`
	CaseID     string `json:"case_id" format:"uuid"`
	State      string `json:"state"`
	Version    int    `json:"version"`
}

// take makes the step of a request, has it taken, and answers with where it led.
func take(ctx context.Context, verb string, in httpx.ChangeInput, id string, do func(by actor.Actor, s app.Step) (app.Done, error)) (*httpx.One[doneView], error) {
	version, err := in.Version()
	if err != nil {
		return nil, err
	}
	a, _ := actor.From(ctx)
	done, err := do(a, app.Step{Command: httpx.Command(ctx, verb), ReferralID: id, Version: version})
	if err != nil {
		return nil, err
	}
	return &httpx.One[doneView]{ETag: httpx.ETag(int64(done.Version)), Body: doneView{done.ReferralID, done.CaseID, string(done.State), done.Version}}, nil
}

func (api API) join(ctx context.Context, in *stepInput) (*httpx.One[doneView], error) {
	return take(ctx, "join", in.ChangeInput, in.ID, func(by actor.Actor, s app.Step) (app.Done, error) { return api.App.Join(ctx, by, s) })
}

func (api API) confirm(ctx context.Context, in *reasonInput) (*httpx.One[doneView], error) {
	return take(ctx, "confirm", in.ChangeInput, in.ID, func(by actor.Actor, s app.Step) (app.Done, error) {
		return api.App.Confirm(ctx, by, s, terms.SendReason(in.Body.Reason))
	})
}

func (api API) withdraw(ctx context.Context, in *reasonInput) (*httpx.One[doneView], error) {
	return take(ctx, "withdraw", in.ChangeInput, in.ID, func(by actor.Actor, s app.Step) (app.Done, error) {
		return api.App.Withdraw(ctx, by, s, terms.WithdrawalReason(in.Body.Reason))
	})
}

func (api API) settle(ctx context.Context, in *settleInput) (*httpx.One[doneView], error) {
	is := app.Recognition{Same: in.Body.Same, Apart: domain.ApartReason(in.Body.Reason), Shown: in.Body.Different}
	if is.Same != "" {
		is.Shown = append(is.Shown, is.Same)
	}
	return take(ctx, "settle", in.ChangeInput, in.ID, func(by actor.Actor, s app.Step) (app.Done, error) { return api.App.Settle(ctx, by, s, is) })
}

func (api API) offer(ctx context.Context, in *offerInput) (*httpx.One[doneView], error) {
	to := domain.Receiver{Kind: terms.ReceiverKind(in.Body.Kind), ID: in.Body.ID}
	return take(ctx, "offer", in.ChangeInput, in.ID, func(by actor.Actor, s app.Step) (app.Done, error) { return api.App.Offer(ctx, by, s, to) })
}

func (api API) wait(ctx context.Context, in *stepInput) (*httpx.One[doneView], error) {
	return take(ctx, "wait", in.ChangeInput, in.ID, func(by actor.Actor, s app.Step) (app.Done, error) { return api.App.Wait(ctx, by, s) })
}

func (api API) close(ctx context.Context, in *closeInput) (*httpx.One[doneView], error) {
	return take(ctx, "close", in.ChangeInput, in.ID, func(by actor.Actor, s app.Step) (app.Done, error) {
		return api.App.Close(ctx, by, s, terms.Outcome(in.Body.Outcome))
	})
}

type closeCaseInput struct {
	httpx.ChangeInput
	ID   string `path:"id" format:"uuid"`
	Body struct {
		Outcome string `json:"outcome" maxLength:"60" doc:"A code of the list of case outcomes (schemas/terms)"`
	}
}

type reopenCaseInput struct {
	httpx.ChangeInput
	ID   string `path:"id" format:"uuid"`
	Body struct {
		Note string `json:"note" minLength:"1" maxLength:"2000"`
	}
}

type caseDoneView struct {
	CaseID  string `json:"case_id" format:"uuid"`
	Open    bool   `json:"open"`
	Version int    `json:"version"`
}

func (api API) closeCase(ctx context.Context, in *closeCaseInput) (*httpx.One[caseDoneView], error) {
	return endCase(ctx, "close case", in.ChangeInput, in.ID, func(by actor.Actor, s app.CaseStep) (app.CaseDone, error) {
		return api.App.CloseCase(ctx, by, s, terms.CaseOutcome(in.Body.Outcome))
	})
}

func (api API) reopenCase(ctx context.Context, in *reopenCaseInput) (*httpx.One[caseDoneView], error) {
	return endCase(ctx, "reopen case", in.ChangeInput, in.ID, func(by actor.Actor, s app.CaseStep) (app.CaseDone, error) {
		return api.App.ReopenCase(ctx, by, s, in.Body.Note)
	})
}

func endCase(ctx context.Context, verb string, in httpx.ChangeInput, id string, do func(by actor.Actor, s app.CaseStep) (app.CaseDone, error)) (*httpx.One[caseDoneView], error) {
	version, err := in.Version()
	if err != nil {
		return nil, err
	}
	a, _ := actor.From(ctx)
	done, err := do(a, app.CaseStep{Command: httpx.Command(ctx, verb), CaseID: id, Version: version})
	if err != nil {
		return nil, err
	}
	return &httpx.One[caseDoneView]{ETag: httpx.ETag(int64(done.Version)), Body: caseDoneView(done)}, nil
}
