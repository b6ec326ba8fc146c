// Command rebuild makes a service's stream anew, from its database, in a Waypost that is running. What goes on is not disturbed:
// the service publishes everything again that a stream should hold, and who has heard it turns it away.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"example.org/waypost/schemas"
	"example.org/waypost/services/all"
	"example.org/waypost/services/all/internal/inside"
)

func main() {
	dir := flag.String("data", all.DefaultDir(), "data folder of the Waypost that is running")
	apart := flag.String("services", "", "instead of it, where services that run apart are, when their bootstrapper has just made the stream anew: name=http://host:port, separated by ;")
	token := flag.String("token-file", "", "the file with the services' token, with -services")
	stream := flag.String("stream", "", "whose stream: "+strings.Join(schemas.Speakers, ", "))
	wait := flag.Duration("wait", 10*time.Minute, "how long publishing may take")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	w, err := all.Running(*dir)
	if *apart != "" {
		w, err = inside.InParts(*apart, *token)
	}
	if err == nil {
		err = w.Rebuild(ctx, os.Stdout, *stream, *wait)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "rebuild:", all.Line(err))
		os.Exit(1)
	}
}
