// Package api is how a program sees the meetings and another care organisation's referrals: JSON over the same app as the pages.
package api

import (
	"github.com/danielgtaylor/huma/v2"

	"example.org/waypost/services/mdt/internal/app"
)

// Register adds every operation.
func Register(h huma.API, a *app.App) {}
