package door

import (
	"context"
	"crypto/subtle"
	"encoding/json"
	"net/http"

	"github.com/prometheus/client_golang/prometheus"

	"example.org/waypost/pkg/standing"
)

// State tells how the service stands. It asks the database, and the speakers how far they are, for two seconds at most each.
func (f *Frame) State(ctx context.Context) standing.State {
	st := f.stand.Read(ctx)
	st.Stream = f.lookout.Seen()
	return st
}

func (f *Frame) serveState(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(f.State(r.Context())) // who went away asks again
}

// Metrics is what the service tells Prometheus; what its process tells is not in it.
func (f *Frame) Metrics() prometheus.Gatherer { return f.meter.Gather() }

// MetricsGuard lets in who has one of the tokens: the services' own, or one that is good for metrics only, so that whoever
// collects them can not read what services say to each other. "" is no token.
func MetricsGuard(h http.Handler, tokens ...string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for _, token := range tokens {
			if token != "" && subtle.ConstantTimeCompare([]byte(r.Header.Get("Authorization")), []byte("Bearer "+token)) == 1 {
				h.ServeHTTP(w, r)
				return
			}
		}
		http.Error(w, "a token for metrics is needed", http.StatusUnauthorized)
	})
}
