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

replace example.org/waypost/pkg => ../../pkg

replace example.org/waypost/schemas => ../../schemas

replace example.org/waypost/services/primarycare => ../../services/primarycare

replace example.org/waypost/services/linkworker => ../../services/linkworker

replace example.org/waypost/services/vcse => ../../services/vcse

replace example.org/waypost/services/mdt => ../../services/mdt

replace example.org/waypost/services/coordination => ../../services/coordination

replace example.org/waypost/services/register => ../../services/register
