package store

import (
	_ "example.org/waypost/pkg/ui"
	_ "example.org/waypost/schemas/vcse"
	_ "github.com/nats-io/nats-server/v2/server"
)
