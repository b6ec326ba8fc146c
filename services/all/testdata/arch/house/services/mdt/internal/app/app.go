package app

import (
	_ "example.org/waypost/pkg/ui"
	_ "example.org/waypost/services/mdt/internal/web"
	_ "example.org/waypost/services/vcse"
)
