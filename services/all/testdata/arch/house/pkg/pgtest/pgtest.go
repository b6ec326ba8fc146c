package pgtest

import (
	_ "testing"

	_ "example.org/waypost/pkg/id"
)
