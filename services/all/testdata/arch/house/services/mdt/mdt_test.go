package mdt

import (
	_ "example.org/waypost/services/vcse"
)
