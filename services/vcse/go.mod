module example.org/waypost/services/vcse

go 1.26.0

require (
	example.org/waypost/pkg v0.0.0
	example.org/waypost/schemas v0.0.0
)

require github.com/stretchr/testify v1.12.1 // indirect

replace example.org/waypost/pkg => ../../pkg

replace example.org/waypost/schemas => ../../schemas
