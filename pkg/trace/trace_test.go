package trace_test

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"example.org/waypost/pkg/trace"
	"example.org/waypost/pkg/trace/export"
)

func TestWhatIsCausedGoesOnInTheTrace(t *testing.T) {
	t.Parallel()
	seen := tracetest.NewSpanRecorder()
	one, two := export.Tracer("one", seen), export.Tracer("two", seen)
	ctx, request := one.Begin(t.Context(), trace.Serves, "POST refer", "", trace.Route.String("refer"))
	inner, command := trace.Begin(ctx, "refer")
	said := trace.Parent(inner)
	require.Len(t, said, 55)
	command.End(nil)
	request.Note(trace.Status.Int(201))
	request.End(nil)
	_, heard := two.Begin(context.Background(), trace.Hears, "apply referral_requested", said)
	heard.End(errors.New("Mrs Brown can not be found"))

	spans := seen.Ended()
	require.Len(t, spans, 3)
	require.Equal(t, "command refer", spans[0].Name())
	for _, s := range spans {
		require.Equal(t, spans[0].SpanContext().TraceID(), s.SpanContext().TraceID())
	}
	require.Equal(t, spans[0].SpanContext().SpanID(), spans[2].Parent().SpanID())
	require.Equal(t, codes.Error, spans[2].Status().Code)
	require.Empty(t, spans[2].Status().Description, "an error's words may repeat what was typed")
	require.Empty(t, spans[2].Events())
}

func TestOffIsNothing(t *testing.T) {
	t.Parallel()
	off := export.Tracer("one", nil)
	require.False(t, off.On())
	ctx, request := off.Begin(t.Context(), trace.Serves, "POST refer", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
	ctx, command := trace.Begin(ctx, "refer")
	require.Empty(t, trace.Parent(ctx))
	command.End(errors.New("no"))
	request.Note(trace.Status.Int(500))
	request.End(nil)
	require.Nil(t, request)
}

func TestNoCollectorNoExporter(t *testing.T) {
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "")
	sink, err := export.Open(t.Context())
	require.NoError(t, err)
	require.Nil(t, sink)
	export.Close(sink)
}

// What a command and an event pay where nobody follows them.
func BenchmarkOff(b *testing.B) {
	ctx := b.Context()
	off := export.Tracer("one", nil)
	b.Run("command", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			inner, span := trace.Begin(ctx, "refer")
			_ = trace.Parent(inner)
			span.End(nil)
		}
	})
	b.Run("event", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if off.On() {
				b.Fatal("it is off")
			}
		}
	})
}

func BenchmarkOn(b *testing.B) {
	on := export.Tracer("one", tracetest.NewSpanRecorder())
	ctx, _ := on.Begin(b.Context(), trace.Serves, "POST refer", "")
	b.ReportAllocs()
	for b.Loop() {
		inner, span := trace.Begin(ctx, "refer")
		_ = trace.Parent(inner)
		span.End(nil)
	}
}
