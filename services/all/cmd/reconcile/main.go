// Command reconcile compares the ledgers of a Waypost that is running: what every service said, what its stream holds, and what
// everybody who listens has heard. It ends with 1 when they differ.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"example.org/waypost/pkg/ledger"
	"example.org/waypost/schemas"
	"example.org/waypost/services/all"
	"example.org/waypost/services/all/internal/inside"
)

func main() {
	dir := flag.String("data", all.DefaultDir(), "data folder of the Waypost that is running")
	apart := flag.String("services", "", "instead of it, where services that run apart are: name=http://host:port, separated by ;")
	token := flag.String("token-file", "", "the file with the services' token, with -services")
	wait := flag.Duration("wait", time.Minute, "how long events may be on their way")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	w, err := all.Running(*dir)
	if *apart != "" {
		w, err = inside.InParts(*apart, *token)
	}
	if err == nil {
		err = reconcile(ctx, os.Stdout, w, *wait)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "reconcile:", all.Line(err))
		os.Exit(1)
	}
}

// reconcile compares until nothing differs, or what differs has not changed for as long as wait.
func reconcile(ctx context.Context, out io.Writer, w inside.Waypost, wait time.Duration) error {
	began := time.Now()
	for {
		books, err := w.Books(ctx, nil)
		if err != nil {
			return err
		}
		found := ledger.Compare(books, schemas.Listens)
		if len(found) == 0 || time.Since(began) > wait {
			return tell(out, books, found)
		}
		fmt.Fprintf(out, "%d differences, which may be events on their way: comparing again\n", len(found))
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(2 * time.Second):
		}
	}
}

func tell(out io.Writer, books map[string]ledger.Book, found []ledger.Difference) error {
	var said, heard, parked, missing, altered, doubled int64
	fmt.Fprintf(out, "\n%-14s %10s %10s %10s %8s\n", "", "said", "in stream", "heard", "parked")
	for _, name := range schemas.Speakers {
		b := books[name]
		var s, h int64
		for _, r := range b.Said {
			s += r.Count
		}
		for _, runs := range b.Heard {
			for _, r := range runs {
				h += r.Count
			}
		}
		fmt.Fprintf(out, "%-14s %10d %10d %10d %8d\n", name, s, b.Stream.Messages, h, b.Parked)
		said, heard, parked = said+s, heard+h, parked+b.Parked
		missing, altered, doubled = missing+b.Stream.Missing, altered+b.Stream.Altered+b.Stream.Strange, doubled+b.Stream.Doubled
	}
	fmt.Fprintln(out)
	for _, d := range found {
		fmt.Fprintln(out, d)
	}
	fmt.Fprintf(out, "said=%d heard=%d parked=%d missing=%d altered=%d doubled=%d differences=%d\n", said, heard, parked, missing, altered, doubled, len(found))
	if len(found) > 0 {
		return fmt.Errorf("%d differences", len(found))
	}
	return nil
}
