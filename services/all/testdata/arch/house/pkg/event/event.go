package event

import (
	_ "example.org/waypost/schemas/vcse"
	_ "example.org/waypost/services/mdt"
)
