package storybook

import (
	_ "example.org/waypost/services/vcse/internal/web"
)
