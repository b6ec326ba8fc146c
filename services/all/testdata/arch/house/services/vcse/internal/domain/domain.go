package domain

import (
	_ "strings"

	_ "example.org/waypost/pkg/fault"
	_ "example.org/waypost/schemas/terms"
)
