module example.org/waypost/services/all

go 1.26.0

require (
	example.org/waypost/pkg v0.0.0
	example.org/waypost/schemas v0.0.0
	example.org/waypost/services/coordination v0.0.0
	example.org/waypost/services/linkworker v0.0.0
	example.org/waypost/services/mdt v0.0.0
	example.org/waypost/services/primarycare v0.0.0
	example.org/waypost/services/register v0.0.0
	example.org/waypost/services/vcse v0.0.0
)

require (
	github.com/antithesishq/antithesis-sdk-go v0.8.0-default-no-op // indirect
	github.com/google/go-tpm v0.9.8 // indirect
	github.com/jackc/pgpassfile v1.0.0 // indirect
	github.com/jackc/pgservicefile v0.0.0-20240606120523-5a60cdf6a761 // indirect
	github.com/jackc/pgx/v5 v5.12.0 // indirect
	github.com/klauspost/compress v1.20.3 // indirect
	github.com/minio/highwayhash v1.0.4 // indirect
	github.com/nats-io/jwt/v2 v2.8.2 // indirect
	github.com/nats-io/nats-server/v2 v2.15.2 // indirect
	github.com/nats-io/nats.go v1.55.0 // indirect
	github.com/nats-io/nkeys v0.4.17 // indirect
	github.com/nats-io/nuid v1.0.1 // indirect
	github.com/stretchr/testify v1.12.1 // indirect
	go.uber.org/multierr v1.11.0 // indirect
	go.uber.org/zap v1.28.0 // indirect
	golang.org/x/crypto v0.58.0 // indirect
	golang.org/x/sys v0.49.0 // indirect
	golang.org/x/text v0.43.0 // indirect
	golang.org/x/time v0.16.0 // indirect
)

replace example.org/waypost/pkg => ../../pkg

replace example.org/waypost/schemas => ../../schemas

replace example.org/waypost/services/primarycare => ../../services/primarycare

replace example.org/waypost/services/linkworker => ../../services/linkworker

replace example.org/waypost/services/vcse => ../../services/vcse

replace example.org/waypost/services/mdt => ../../services/mdt

replace example.org/waypost/services/coordination => ../../services/coordination

replace example.org/waypost/services/register => ../../services/register
