package store_test

import (
	_ "example.org/waypost/pkg/pgtest"
	_ "example.org/waypost/services/vcse"
	_ "testing"
)
