package domain

import (
	_ "database/sql"
	_ "example.org/waypost/pkg/id"
	_ "example.org/waypost/services/mdt/internal/store"
	_ "math/rand/v2"
)
