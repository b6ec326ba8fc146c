module example.org/waypost/deploy/tools

go 1.26.0

require (
	example.org/waypost/pkg v0.0.0
	example.org/waypost/schemas v0.0.0
)

replace example.org/waypost/schemas => ../../schemas

replace example.org/waypost/pkg => ../../pkg
