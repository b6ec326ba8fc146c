package main

import (
	_ "example.org/waypost/pkg/id"
	_ "example.org/waypost/services/vcse"
	_ "os"
)

func main() {}
