package main

import (
	_ "example.org/waypost/pkg/pgtest"
	_ "example.org/waypost/schemas/vcse"
	_ "example.org/waypost/services/mdt"
	_ "example.org/waypost/services/mdt/internal/app"
)

func main() {}
