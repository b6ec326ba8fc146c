package domain

import (
	_ "example.org/waypost/pkg/fault"
	_ "example.org/waypost/schemas/terms"
	_ "strings"
)
