package inside

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"example.org/waypost/schemas"
)

// Rebuild has a service's stream made anew and published again, and returns when the stream holds everything that was said and has not expired.
func (w Waypost) Rebuild(ctx context.Context, out io.Writer, stream string, wait time.Duration) error {
	if !slices.Contains(schemas.Speakers, stream) {
		return fmt.Errorf("say whose stream: make rebuild STREAM=%s", strings.Join(schemas.Speakers, "|"))
	}
	if w.At[stream] == "" {
		return fmt.Errorf("-services does not say where %s is", stream)
	}
	began := time.Now()
	if w.House != "" {
		if err := w.Remake(ctx, stream); err != nil {
			return err
		}
		fmt.Fprintf(out, "the stream of %s was made anew\n", stream)
	}
	// Should this be lost, the service looks within a minute by itself.
	if err := w.Look(ctx, stream); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	for {
		done, err := w.published(ctx, out, stream)
		if err != nil {
			return err
		}
		if done {
			fmt.Fprintf(out, "rebuild_seconds=%.1f\n", time.Since(began).Seconds())
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("it is not all published yet: %w", ctx.Err())
		case <-time.After(time.Second):
		}
	}
}

// published tells whether the stream has everything. The ledger is read first: when it misses nothing, either all is there or the
// service has taken back what it knew as published, and then the state that is read after it says so.
func (w Waypost) published(ctx context.Context, out io.Writer, stream string) (bool, error) {
	book, err := w.Book(ctx, stream)
	if err != nil {
		return false, err
	}
	state, err := w.State(ctx, stream)
	if err != nil {
		return false, err
	}
	left := book.Stream.Missing + state.Said.Unpublished
	fmt.Fprintf(out, "%d messages are in it, %d are to come\n", book.Stream.Messages, left)
	return left == 0 && state.Unread == "", nil
}
