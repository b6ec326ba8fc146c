package domain

import (
	_ "database/sql"
	_ "math/rand/v2"

	_ "example.org/waypost/pkg/id"
	_ "example.org/waypost/services/mdt/internal/store"
)
