package mail_test

import (
	"testing"

	"example.org/waypost/pkg/leaktest"
)

func TestMain(m *testing.M) { leaktest.Main(m) }
