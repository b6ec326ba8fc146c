package web

import (
	"example.org/waypost/pkg/httpx"
	"example.org/waypost/pkg/ui"
)

var banners = map[string]ui.Banner{}

func (web *Web) Routes() []httpx.Route { return nil }
