// Command linkworker runs the service of link worker teams by itself.
package main

import (
	"os"

	"example.org/waypost/pkg/door"
	"example.org/waypost/services/linkworker"
)

func main() { os.Exit(door.Main(linkworker.Name, linkworker.Migrate, linkworker.Open)) }
