package api

import (
	"context"
	"time"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/httpx"
	"example.org/waypost/services/coordination/internal/app"
	"example.org/waypost/services/coordination/internal/domain"
)

type lookalikeView struct {
	ID       string             `json:"id" format:"uuid"`
	OneRef   string             `json:"one_ref" format:"uuid"`
	OtherRef string             `json:"other_ref" format:"uuid"`
	Reason   domain.AgainReason `json:"reason,omitempty" doc:"Of two who were kept apart: why somebody wants them looked at again"`
	AskedAt  time.Time          `json:"asked_at"`
	DueAt    time.Time          `json:"due_at"`
}

type lookalikesInput struct{ httpx.ListInput }

type lookalikesOutput struct{ Body httpx.List[lookalikeView] }

func (api API) listLookalikes(ctx context.Context, in *lookalikesInput) (*lookalikesOutput, error) {
	a, _ := actor.From(ctx)
	cursor, err := after[app.ListCursor](ctx, in.ListInput)
	if err != nil {
		return nil, err
	}
	v, err := api.App.SeeLookalikes(ctx, a, cursor, in.Limit)
	if err != nil {
		return nil, err
	}
	shown := httpx.ListBody(ctx, in.ListInput, v.Rows, func(l app.LookalikeListed) any { return l.Cursor() })
	out := httpx.List[lookalikeView]{Items: []lookalikeView{}, Next: shown.Next}
	for _, l := range shown.Items {
		out.Items = append(out.Items, lookalikeView{l.ID, l.One, l.Other, l.Why, l.AskedAt, l.DueAt})
	}
	return &lookalikesOutput{out}, nil
}

type settleLookalikeInput struct {
	httpx.WriteInput
	ID   string `path:"id" format:"uuid"`
	Body struct {
		Same   bool   `json:"same" doc:"They are one person; false: they are kept apart"`
		Reason string `json:"reason,omitempty" enum:"sender_says,person_says,relatives,records_show" doc:"How you know that they are two"`
	}
}

type lookalikeDoneView struct {
	ID string `json:"id" format:"uuid"`
}

func (api API) settleLookalike(ctx context.Context, in *settleLookalikeInput) (*struct{ Body lookalikeDoneView }, error) {
	a, _ := actor.From(ctx)
	done, err := api.App.SettleLookalike(ctx, a, app.LookalikeAnswer{
		Command: httpx.Command(ctx, "settle lookalike"), LookalikeID: in.ID, Same: in.Body.Same, Apart: domain.ApartReason(in.Body.Reason),
	})
	if err != nil {
		return nil, err
	}
	return &struct{ Body lookalikeDoneView }{lookalikeDoneView{done.LookalikeID}}, nil
}

type lookAtApartInput struct {
	httpx.WriteInput
	One   string `path:"one" format:"uuid"`
	Other string `path:"other" format:"uuid"`
	Body  struct {
		Reason string `json:"reason" enum:"learned_more,sender_says,person_says,mistake"`
	}
}

func (api API) lookAtApart(ctx context.Context, in *lookAtApartInput) (*struct{ Body lookalikeDoneView }, error) {
	a, _ := actor.From(ctx)
	done, err := api.App.LookAtApart(ctx, a, app.LookingAgain{Command: httpx.Command(ctx, "look at apart"), One: in.One, Other: in.Other, Why: domain.AgainReason(in.Body.Reason)})
	if err != nil {
		return nil, err
	}
	return &struct{ Body lookalikeDoneView }{lookalikeDoneView{done.LookalikeID}}, nil
}
