package event

import (
	"context"
	"time"
)

func parseTime(s string) (time.Time, error) { return time.Parse(time.RFC3339Nano, s) }

// Cause is what led to what is being done now: it travels from request to event to event.
type Cause struct {
	Correlation string
	Causation   string
	Traceparent string
}

type causeKey struct{}

// WithCause puts the cause into ctx; httpx does so for requests, the inbox for reactions.
func WithCause(ctx context.Context, c Cause) context.Context {
	return context.WithValue(ctx, causeKey{}, c)
}

// CauseOf takes it out; all empty when there is none.
func CauseOf(ctx context.Context) Cause {
	c, _ := ctx.Value(causeKey{}).(Cause)
	return c
}
