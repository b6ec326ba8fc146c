package domain

import (
	_ "os"
	_ "testing"
)
