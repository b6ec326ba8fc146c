package pgtest

import (
	_ "example.org/waypost/pkg/id"
	_ "testing"
)
