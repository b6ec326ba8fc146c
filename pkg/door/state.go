package door

import (
	"context"
	"encoding/json"
	"net/http"

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
