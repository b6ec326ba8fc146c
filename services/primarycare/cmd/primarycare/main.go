// Command primarycare runs the practice's desk.
package main

import (
	"os"

	"example.org/waypost/pkg/door"
	"example.org/waypost/services/primarycare"
)

func main() {
	os.Exit(door.Main(primarycare.Name, primarycare.Migrate, primarycare.Open))
}
