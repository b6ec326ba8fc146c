package mdt

import (
	_ "example.org/waypost/services/vcse/internal/domain"
	_ "github.com/nats-io/nats-server/v2/server"
)
