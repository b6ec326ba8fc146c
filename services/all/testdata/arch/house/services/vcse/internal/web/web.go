package web

import (
	_ "html/template"

	_ "example.org/waypost/pkg/ui"
	_ "example.org/waypost/services/vcse/internal/app"
)
