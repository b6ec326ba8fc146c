// Package export sends spans to where they are collected. It stands apart from what makes them, because it is heavy.
package export

import (
	"context"
	"fmt"
	"os"
	"time"

	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	sdk "go.opentelemetry.io/otel/sdk/trace"

	"example.org/waypost/pkg/trace"
)

// Sink is where spans go; all services of a process share one. Close it at the end.
type Sink = sdk.SpanProcessor

// Open sends spans to the collector that OTEL_EXPORTER_OTLP_ENDPOINT names, by OTLP over HTTP; nil when it names none.
// What can not be sent is lost: nothing of Waypost waits for a collector.
func Open(ctx context.Context) (Sink, error) {
	if os.Getenv("OTEL_EXPORTER_OTLP_ENDPOINT") == "" {
		return nil, nil
	}
	to, err := otlptracehttp.New(ctx)
	if err != nil {
		return nil, fmt.Errorf("send traces: %w", err)
	}
	return sdk.NewBatchSpanProcessor(to), nil
}

// Tracer makes a service's tracer; nil, which is off, without a place for its spans. How much is recorded is said by OTEL_TRACES_SAMPLER.
func Tracer(service string, to Sink) *trace.Tracer {
	if to == nil {
		return nil
	}
	p := sdk.NewTracerProvider(sdk.WithSpanProcessor(to), sdk.WithResource(resource.NewSchemaless(trace.Service.String(service))))
	return trace.From(p.Tracer(trace.Scope))
}

// Close sends what was not sent yet, for five seconds at most; after that it is lost, and nothing else is.
func Close(s Sink) {
	if s == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	_ = s.Shutdown(ctx)
}
