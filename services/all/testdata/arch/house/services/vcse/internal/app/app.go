package app

import (
	_ "example.org/waypost/pkg/copies"
	_ "example.org/waypost/schemas/vcse"
	_ "example.org/waypost/services/vcse/internal/domain"
	_ "example.org/waypost/services/vcse/internal/store"
)
