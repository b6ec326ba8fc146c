package web

import (
	_ "example.org/waypost/schemas/vcse"
	_ "example.org/waypost/services/mdt/internal/api"
	_ "example.org/waypost/services/mdt/internal/store"
)
