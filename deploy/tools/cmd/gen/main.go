// Command gen makes the Go types, terms.json and asyncapi.json from the JSON Schemas of the events:
//
//	cd deploy/tools && go run ./cmd/gen
package main

//go:generate go run . ../../../../schemas

import (
	"fmt"
	"os"

	"example.org/waypost/deploy/tools/internal/contract"
)

func main() {
	root := "../../schemas"
	if len(os.Args) > 1 {
		root = os.Args[1]
	}
	if err := contract.Write(root); err != nil {
		fmt.Fprintln(os.Stderr, "gen:", err)
		os.Exit(1)
	}
}
