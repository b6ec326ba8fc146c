package door

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"example.org/waypost/pkg/httpx"
)

// Alive tells of each of the service's own loops whether it moves. One that does not is no better after waiting: the process is to
// be started anew. Databases and broker are not asked here, since starting anew brings neither back.
func (f *Frame) Alive(context.Context) []httpx.Part {
	var parts []httpx.Part
	for _, l := range f.watch.Loops() {
		p := httpx.Part{Name: l.Name, OK: l.Moves(), Needed: true, State: "moves"}
		switch {
		case l.Ended:
			p.State = "has ended"
		case l.Stuck:
			p.State = fmt.Sprintf("has been at one piece of work for %d seconds", int(l.Busy.Seconds()))
		}
		parts = append(parts, p)
	}
	return parts
}

// Readiness tells whether the service can take work: its databases answer. The broker is told of and not needed: what is said
// without it is kept, and reaches the others later.
func (f *Frame) Readiness(ctx context.Context) []httpx.Part {
	pings := []struct {
		name string
		ping func(context.Context) error
	}{{"database", f.DB.Ping}, {"sessions", f.People.Ping}}
	if f.Keys != nil {
		pings = append(pings, struct {
			name string
			ping func(context.Context) error
		}{"vault", f.Keys.Ping})
	}
	parts := make([]httpx.Part, len(pings), len(pings)+1)
	var all sync.WaitGroup
	for i, p := range pings {
		all.Go(func() {
			parts[i] = httpx.Part{Name: p.name, OK: true, State: "answers", Needed: true}
			if p.ping(ctx) != nil {
				parts[i].OK, parts[i].State = false, "does not answer"
			}
		})
	}
	all.Wait()
	b := f.watch.Connection()
	broker := httpx.Part{Name: "broker", OK: b.Connected, State: "connected since " + b.Since.Format(time.RFC3339)}
	if !b.Connected {
		broker.State = "away since " + b.Since.Format(time.RFC3339)
	}
	parts = append(parts, broker)
	if f.mail != nil {
		parts = append(parts, f.mail(ctx))
	}
	return parts
}

// Ready is Readiness in one word: nil, or what is missing.
func (f *Frame) Ready(ctx context.Context) error {
	var errs []error
	for _, p := range f.Readiness(ctx) {
		if p.Needed && !p.OK {
			errs = append(errs, fmt.Errorf("the %s of %s %s", p.Name, f.Service, p.State))
		}
	}
	return errors.Join(errs...)
}
