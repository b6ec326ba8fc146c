// Command generate writes which user of the brokers may say and hear what, from pkg/bus and schemas.
package main

import (
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"example.org/waypost/deploy/nats"
	"example.org/waypost/pkg/bus"
	"example.org/waypost/schemas"
)

func main() {
	var b strings.Builder
	write(&b)
	if err := os.WriteFile(os.Args[1], []byte(b.String()), 0o644); err != nil { //nolint:gosec // it holds no secret
		fmt.Fprintln(os.Stderr, "generate:", err)
		os.Exit(1)
	}
}

func write(w io.Writer) {
	fmt.Fprint(w, "# Code generated from pkg/bus and schemas; DO NOT EDIT.\nauthorization {\n  users: [\n")
	publish, subscribe := bus.BootstrapPermissions(nats.Bootstrapper)
	user(w, nats.Bootstrapper, publish, subscribe)
	for _, service := range slices.Sorted(slices.Values(schemas.Speakers)) {
		publish, subscribe := bus.Permissions(service, schemas.Listens[service])
		user(w, service, publish, subscribe)
	}
	fmt.Fprint(w, "  ]\n}\n")
}

// user writes one user. Its subjects are ours, and hold nothing that need be escaped.
func user(w io.Writer, name string, publish, subscribe []string) {
	fmt.Fprintf(w, "    { nkey: $%s, permissions: {\n", nats.KeyOf(name))
	list(w, "publish", publish)
	list(w, "subscribe", subscribe)
	fmt.Fprint(w, "    } }\n")
}

func list(w io.Writer, verb string, subjects []string) {
	fmt.Fprintf(w, "        %s: { allow: [\n", verb)
	for _, s := range slices.Sorted(slices.Values(subjects)) {
		fmt.Fprintf(w, "          %q\n", s)
	}
	fmt.Fprint(w, "        ] }\n")
}
