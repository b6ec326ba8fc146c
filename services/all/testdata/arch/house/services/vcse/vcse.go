package vcse

import (
	_ "example.org/waypost/pkg/copies"
	_ "example.org/waypost/services/vcse/internal/web"
	_ "net/http"
)
