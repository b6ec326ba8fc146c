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

// ended notes that a loop has gone although it should not.
func (f *Frame) ended(ctx context.Context, loop string) {
	if ctx.Err() == nil {
		f.watch.Loop(loop).Ended()
	}
}
