package store

import (
	_ "embed"

	_ "example.org/waypost/pkg/id"
	_ "example.org/waypost/services/vcse/internal/domain"
)
