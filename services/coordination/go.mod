module example.org/waypost/services/coordination

go 1.26.0

require (
	example.org/waypost/pkg v0.0.0
	example.org/waypost/schemas v0.0.0
)

require (
	github.com/jackc/pgpassfile v1.0.0 // indirect
	github.com/jackc/pgservicefile v0.0.0-20240606120523-5a60cdf6a761 // indirect
	github.com/jackc/pgx/v5 v5.12.0 // indirect
	github.com/stretchr/testify v1.12.1 // indirect
	golang.org/x/text v0.43.0 // indirect
	pgregory.net/rapid v1.3.0 // indirect
)

replace example.org/waypost/pkg => ../../pkg

replace example.org/waypost/schemas => ../../schemas
