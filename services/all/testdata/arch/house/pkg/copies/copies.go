package copies

import (
	_ "example.org/waypost/schemas/vcse"
)
