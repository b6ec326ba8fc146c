package api

import (
	"context"

	"example.org/waypost/pkg/httpx"
)

func (x API) standDown(ctx context.Context, in *changeInput) (*httpx.One[doneView], error) {
	c, err := change(in.ChangeInput, in.ID)
	if err != nil {
		return nil, err
	}
	return done(x.App.StandDown(ctx, who(ctx), httpx.Command(ctx, "stand down"), c))
}
