// Command mdt runs the service of the weekly meetings by itself.
package main

import (
	"os"

	"example.org/waypost/pkg/door"
	"example.org/waypost/services/mdt"
)

func main() { os.Exit(door.Main(mdt.Name, mdt.Migrate, mdt.Open)) }
