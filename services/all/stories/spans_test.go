package stories

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/attribute"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"example.org/waypost/pkg/trace"
)

// spanBook holds every span of all stories, as it ends, against what a span may tell, and keeps of it only what stories ask for: the
// spans themselves are ten gigabytes.
type spanBook struct {
	mu    sync.Mutex
	done  map[string]map[string][]string // by trace and service: the names of what was done
	told  map[string]bool                // every attribute, as key=value
	wrong []string                       // what a span told that none may, a few of them
}

var spans = newSpanBook()

func newSpanBook() *spanBook {
	return &spanBook{done: map[string]map[string][]string{}, told: map[string]bool{}}
}

func (b *spanBook) OnStart(context.Context, sdk.ReadWriteSpan) {}
func (b *spanBook) Shutdown(context.Context) error             { return nil }
func (b *spanBook) ForceFlush(context.Context) error           { return nil }

func (b *spanBook) OnEnd(s sdk.ReadOnlySpan) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(s.Events()) > 0 || s.Status().Description != "" {
		b.isWrong(s.Name() + ": an event or a status would carry an error's words")
	}
	if longNumber.MatchString(s.Name()) {
		b.isWrong(s.Name())
	}
	service := ""
	for _, a := range slices.Concat(s.Attributes(), s.Resource().Attributes()) {
		if !slices.Contains(trace.Keys, a.Key) {
			b.isWrong(s.Name() + " has " + string(a.Key))
		}
		if a.Key == trace.Service {
			service = a.Value.AsString()
		}
		value := string(a.Key) + "=" + a.Value.String()
		if b.told[value] {
			continue
		}
		b.told[value] = true
		if a.Key != trace.Event && a.Key != trace.Request && longNumber.MatchString(value) {
			b.isWrong(s.Name() + ": " + value)
		}
	}
	id := s.SpanContext().TraceID().String()
	if b.done[id] == nil {
		b.done[id] = map[string][]string{}
	}
	b.done[id][service] = append(b.done[id][service], s.Name())
}

func (b *spanBook) isWrong(what string) {
	if len(b.wrong) < 20 {
		b.wrong = append(b.wrong, what)
	}
}

// did is what was done under a trace, by service.
func (b *spanBook) did(trace string) map[string][]string {
	b.mu.Lock()
	defer b.mu.Unlock()
	out := map[string][]string{}
	for service, names := range b.done[trace] {
		out[service] = slices.Clone(names)
	}
	return out
}

// tells finds the first of these words in what any span told so far.
func (b *spanBook) tells(words []string) (found string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for value := range b.told {
		for _, w := range words {
			if strings.Contains(value, w) {
				return value
			}
		}
	}
	return ""
}

// broken is what spans told that none may.
func (b *spanBook) broken() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.wrong)
}

// The book sees what no span may tell.
func TestWhatASpanMayNotTellIsSeen(t *testing.T) {
	t.Parallel()
	for name, stub := range map[string]tracetest.SpanStub{
		"a key of its own": {Name: "GET offer", Attributes: []attribute.KeyValue{attribute.String("patient", "x")}},
		"an id in a route": {Name: "GET offer", Attributes: []attribute.KeyValue{trace.Route.String("/offers/01a2286a-2611")}},
		"a number":         {Name: "GET 9990000001"},
		"an error's words": {Name: "GET offer", Events: []sdk.Event{{Name: "exception"}}},
	} {
		b := newSpanBook()
		b.OnEnd(stub.Snapshot())
		require.Len(t, b.broken(), 1, name)
	}
	b := newSpanBook()
	b.OnEnd(tracetest.SpanStub{Name: "GET offer", Attributes: []attribute.KeyValue{trace.Service.String("vcse"), trace.Request.String("01a2286a-2611")}}.Snapshot())
	require.Empty(t, b.broken())
	require.NotEmpty(t, b.tells([]string{"2611"}))
	require.Empty(t, b.tells([]string{"Zwartkruis"}))
}
