// Command reconcile compares the ledgers of a Waypost that is running: what every service said, what its stream holds, and what
// everybody who listens has heard. It ends with 1 when they differ.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/signal"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"example.org/waypost/pkg/door"
	"example.org/waypost/pkg/ledger"
	"example.org/waypost/schemas"
	"example.org/waypost/services/all"
)

func main() {
	dir := flag.String("data", all.DefaultDir(), "data folder of the Waypost that is running")
	apart := flag.String("services", "", "instead of it, where services that run apart are: name=http://host:port, separated by ;")
	token := flag.String("token-file", "", "the file with the services' token, with -services")
	wait := flag.Duration("wait", time.Minute, "how long events may be on their way")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	w, err := whole(*dir)
	if *apart != "" {
		w, err = inParts(*apart, *token)
	}
	if err == nil {
		err = reconcile(ctx, os.Stdout, w, *wait)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "reconcile:", all.Line(err))
		os.Exit(1)
	}
}

// waypost is one that is running: where each service is, and the token that they show each other.
type waypost struct {
	at    map[string]string
	token string
}

// whole is all services in one process.
func whole(dir string) (waypost, error) {
	inside, err := all.ReadInside(dir)
	w := waypost{at: map[string]string{}, token: inside.Token}
	for _, service := range schemas.Speakers {
		w.at[service] = inside.URL
	}
	return w, err
}

func inParts(list, tokenFile string) (waypost, error) {
	w := waypost{at: map[string]string{}}
	for part := range strings.SplitSeq(list, ";") {
		name, url, ok := strings.Cut(part, "=")
		if !ok || !slices.Contains(schemas.Speakers, name) {
			return w, fmt.Errorf("-services: %q is not name=http://host:port", part)
		}
		w.at[name] = strings.TrimSuffix(url, "/")
	}
	b, err := os.ReadFile(tokenFile)
	if err != nil {
		return w, fmt.Errorf("-token-file: %w", err)
	}
	w.token = strings.TrimSpace(string(b))
	return w, nil
}

// reconcile compares until nothing differs, or what differs has not changed for as long as wait.
func reconcile(ctx context.Context, out io.Writer, w waypost, wait time.Duration) error {
	began := time.Now()
	for {
		books, err := fetch(ctx, w)
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

// fetch asks all services at once.
func fetch(ctx context.Context, w waypost) (map[string]ledger.Book, error) {
	var mu sync.Mutex
	var work sync.WaitGroup
	books := map[string]ledger.Book{}
	var failed error
	for service := range w.at {
		work.Go(func() {
			b, err := book(ctx, w, service)
			mu.Lock()
			defer mu.Unlock()
			books[service] = b
			if err != nil {
				failed = err
			}
		})
	}
	work.Wait()
	return books, failed
}

func book(ctx context.Context, w waypost, service string) (b ledger.Book, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, w.at[service]+door.LedgerPath(service), nil)
	if err != nil {
		return b, err
	}
	req.Header.Set("Authorization", "Bearer "+w.token)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return b, fmt.Errorf("ask %s: %w", service, err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		why, _ := io.ReadAll(io.LimitReader(res.Body, 500)) // only to say more
		return b, fmt.Errorf("ask %s: status %d: %s", service, res.StatusCode, strings.TrimSpace(string(why)))
	}
	err = json.NewDecoder(res.Body).Decode(&b)
	return b, err
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
