package all

import (
	_ "example.org/waypost/services/vcse"
	_ "github.com/nats-io/nats-server/v2/server"
)
