package store_test

import (
	_ "testing"

	_ "example.org/waypost/pkg/pgtest"
	_ "example.org/waypost/services/vcse"
)
