package house

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/prometheus/client_golang/prometheus"

	"example.org/waypost/pkg/authn"
	"example.org/waypost/pkg/door"
	"example.org/waypost/pkg/httpx"
	"example.org/waypost/pkg/meter"
)

// Front is front for doors that somebody else opened and runs, by name.
func Front(doors map[string]Door) (http.Handler, error) {
	var all []face
	for _, name := range slices.Sorted(maps.Keys(doors)) {
		all = append(all, face{name, doors[name]})
	}
	return front(all)
}

// face is what answers on the front address: a service's door, or the house's own pages.
type face struct {
	name string
	shows
}

type shows interface {
	Handler() http.Handler
	Routes() []httpx.Route
}

// front is the one public origin: each door's routes as its own table lists them. What no table has goes to the door whose
// pages begin alike, so that "there is no such page" looks like the workspace one is in.
func front(doors []face) (http.Handler, error) {
	mux := http.NewServeMux()
	sections := map[string]http.Handler{}
	taken := map[string]string{}
	for _, d := range doors {
		handler := d.Handler()
		for _, rt := range d.Routes() {
			if rt.Face == httpx.FaceInternal {
				continue // see back
			}
			pattern := rt.Method + " " + rt.Pattern
			if by, ok := taken[pattern]; ok {
				if rt.Face == httpx.FaceAsset {
					continue // the same styles and scripts in every door
				}
				return nil, fmt.Errorf("%s and %s both serve %s", by, d.name, pattern)
			}
			taken[pattern] = d.name
			if err := handle(mux, pattern, handler); err != nil {
				return nil, fmt.Errorf("%s: %w", d.name, err)
			}
			if s := section(rt.Pattern); s != "" && sections[s] == nil {
				sections[s] = handler
			}
		}
	}
	if _, ok := taken["GET /{$}"]; !ok {
		mux.Handle("GET /{$}", http.RedirectHandler(authn.SignInPath, http.StatusSeeOther))
	}
	mux.Handle("/internal/", http.NotFoundHandler()) // not even refused here
	other := otherwise(doors)
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		if h := sections[section(r.URL.Path)]; h != nil {
			h.ServeHTTP(w, r)
			return
		}
		other.ServeHTTP(w, r)
	})
	return mux, nil
}

// back is for our own processes only and has a port of its own: the replay of each outbox, metrics and health.
func back(doors []opened, tokens ...string) (*http.ServeMux, error) {
	mux := http.NewServeMux()
	for _, d := range doors {
		handler := d.Handler()
		for _, rt := range d.Routes() {
			if rt.Face != httpx.FaceInternal || rt.Pattern == "/healthz" || rt.Pattern == "/readyz" || rt.Pattern == door.MetricsPath {
				continue // every door has these; the house answers for all of them
			}
			if err := handle(mux, rt.Method+" "+rt.Pattern, handler); err != nil {
				return nil, fmt.Errorf("%s: %w", d.name, err)
			}
		}
	}
	all := []prometheus.Gatherer{meter.Process("all")}
	for _, d := range doors {
		all = append(all, d.Metrics())
	}
	mux.Handle("GET "+door.MetricsPath, door.MetricsGuard(meter.Handler(all...), tokens...))
	mux.Handle("GET /healthz", httpx.TellParts(partsOf(doors, Door.Alive)))
	mux.Handle("GET /readyz", httpx.TellParts(partsOf(doors, Door.Readiness)))
	return mux, nil
}

// partsOf are the parts of all services, each under its service's name.
func partsOf(doors []opened, of func(Door, context.Context) []httpx.Part) func(ctx context.Context) []httpx.Part {
	return func(ctx context.Context) []httpx.Part {
		each := make([][]httpx.Part, len(doors))
		var all sync.WaitGroup
		for i, d := range doors {
			all.Go(func() { each[i] = of(d, ctx) })
		}
		all.Wait()
		var parts []httpx.Part
		for i, d := range doors {
			for _, p := range each[i] {
				p.Name = d.name + ": " + p.Name
				parts = append(parts, p)
			}
		}
		return parts
	}
}

// handle is mux.Handle with an error in place of its panic when two patterns meet.
func handle(mux *http.ServeMux, pattern string, h http.Handler) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%v", p)
		}
	}()
	mux.Handle(pattern, h)
	return nil
}

// section is the part of a path by which doors differ: /provider, /api/vcse.
func section(path string) string {
	parts := strings.SplitN(strings.TrimPrefix(path, "/"), "/", 3)
	if parts[0] == "api" && len(parts) > 1 {
		return "api/" + parts[1]
	}
	if strings.ContainsAny(parts[0], "{}") {
		return ""
	}
	return parts[0]
}

// otherwise answers for what begins like nothing we have: the door where people sign in.
func otherwise(doors []face) http.Handler {
	for _, d := range doors {
		for _, rt := range d.Routes() {
			if rt.Pattern == authn.SignInPath {
				return d.Handler()
			}
		}
	}
	return http.NotFoundHandler()
}
