package api

import (
	_ "example.org/waypost/pkg/ui"
)
