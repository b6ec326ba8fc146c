package fhir

import (
	_ "example.org/waypost/pkg/ui"
	_ "example.org/waypost/services/mdt/internal/store"
)
