module example.org/waypost

go 1.26.0

require (
	github.com/nats-io/nats-server/v2 v2.0.0
	go.uber.org/zap v1.0.0
)

replace github.com/nats-io/nats-server/v2 => ./outside/nats-server

replace go.uber.org/zap => ./outside/zap
