package main

import (
	_ "os"

	_ "example.org/waypost/pkg/id"
	_ "example.org/waypost/services/vcse"
)

func main() {}
