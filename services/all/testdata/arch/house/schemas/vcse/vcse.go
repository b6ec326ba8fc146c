package vcse

import (
	_ "encoding/json"

	_ "example.org/waypost/schemas/terms"
)
