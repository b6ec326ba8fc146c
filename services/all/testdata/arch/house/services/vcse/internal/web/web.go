package web

import (
	_ "example.org/waypost/pkg/ui"
	_ "example.org/waypost/services/vcse/internal/app"
	_ "html/template"
)
