// Package trace follows one piece of work through all services, as spans of OpenTelemetry. Where nobody collects them it is off, and
// costs a look into the context. A span tells what was done, by the names and ids below; never whom it was done for.
package trace

import (
	"context"
	"errors"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
)

// The attributes that a span may have, and no others.
const (
	Service  = attribute.Key("service.name")
	Route    = attribute.Key("waypost.route") // the route's name
	Method   = attribute.Key("http.request.method")
	Status   = attribute.Key("http.response.status_code")
	Request  = attribute.Key("waypost.request") // the id that log and error pages show
	Verb     = attribute.Key("waypost.verb")    // what a command does
	Event    = attribute.Key("waypost.event")   // an event's id
	Type     = attribute.Key("waypost.event.type")
	Speaker  = attribute.Key("waypost.speaker")
	Position = attribute.Key("waypost.position")
)

// Keys lists them.
var Keys = []attribute.Key{Service, Route, Method, Status, Request, Verb, Event, Type, Speaker, Position}

// What a span may be of: serving a request, publishing an event, hearing one.
const (
	Serves    = trace.SpanKindServer
	Publishes = trace.SpanKindProducer
	Hears     = trace.SpanKindConsumer
)

// Tracer begins the spans of one service; nil is off.
type Tracer struct{ tracer trace.Tracer }

// From makes a Tracer of one of OpenTelemetry's.
func From(t trace.Tracer) *Tracer { return &Tracer{t} }

// Scope names the spans' origin.
const Scope = "example.org/waypost/pkg/trace"

// Span is a piece of work; nil when tracing is off.
type Span struct{ span trace.Span }

// On tells whether spans are made, for callers who would have to put something together first.
func (t *Tracer) On() bool { return t != nil }

// Begin begins a span that goes on from a traceparent, or is the first of its trace when there is none.
func (t *Tracer) Begin(ctx context.Context, kind trace.SpanKind, name, traceparent string, facts ...attribute.KeyValue) (context.Context, *Span) {
	if t == nil {
		return ctx, nil
	}
	if traceparent != "" {
		ctx = w3c.Extract(ctx, propagation.MapCarrier{"traceparent": traceparent})
	}
	ctx, s := t.tracer.Start(ctx, name, trace.WithSpanKind(kind), trace.WithAttributes(facts...))
	return ctx, &Span{s}
}

// Begin begins a span for a command inside the span that ctx belongs to; none when it belongs to none.
func Begin(ctx context.Context, verb string) (context.Context, *Span) {
	of := trace.SpanFromContext(ctx)
	if !of.SpanContext().IsValid() {
		return ctx, nil
	}
	ctx, s := of.TracerProvider().Tracer(Scope).Start(ctx, "command "+verb, trace.WithAttributes(Verb.String(verb)))
	return ctx, &Span{s}
}

// Note adds to what the span tells.
func (s *Span) Note(facts ...attribute.KeyValue) {
	if s != nil {
		s.span.SetAttributes(facts...)
	}
}

// End ends the span. Of an error it keeps only that there was one, since its words may repeat what was typed.
func (s *Span) End(err error) {
	if s == nil {
		return
	}
	if err != nil && !errors.Is(err, context.Canceled) {
		s.span.SetStatus(codes.Error, "")
	}
	s.span.End()
}

var w3c propagation.TraceContext

// Parent is the traceparent of the span that ctx belongs to, for what is caused by it; "" when it belongs to none.
func Parent(ctx context.Context) string {
	if !trace.SpanContextFromContext(ctx).IsValid() {
		return ""
	}
	c := propagation.MapCarrier{}
	w3c.Inject(ctx, c)
	return c["traceparent"]
}
