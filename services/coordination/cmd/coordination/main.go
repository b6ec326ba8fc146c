// Command coordination runs the service that has the case: environment in, door open.
package main

import (
	"os"

	"example.org/waypost/pkg/door"
	"example.org/waypost/services/coordination"
)

func main() {
	os.Exit(door.Main(coordination.Service, coordination.Migrate, coordination.Open))
}
