package vcse

import (
	_ "net/http"

	_ "example.org/waypost/pkg/copies"
	_ "example.org/waypost/services/vcse/internal/web"
)
