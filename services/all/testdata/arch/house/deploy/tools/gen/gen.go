package main

import (
	_ "example.org/waypost/services/vcse"
)

func main() {}
