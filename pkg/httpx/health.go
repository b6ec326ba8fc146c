package httpx

import (
	"context"
	"encoding/json"
	"net/http"
	"time"
)

// Part is a part of a process and how it is, for whoever watches. State is in our own words: what a driver says may hold addresses.
type Part struct {
	Name   string `json:"part"`
	OK     bool   `json:"ok"`
	State  string `json:"state"`
	Needed bool   `json:"needed"` // without it the answer is 503
}

// Health is the routes for whoever starts, stops and sends work to the process: is it alive, or should it be started anew; and
// is it ready for work.
func Health(alive, ready func(ctx context.Context) []Part) []Route {
	route := func(pattern, name string, parts func(ctx context.Context) []Part) Route {
		h := TellParts(parts)
		return Route{
			Method: http.MethodGet, Pattern: pattern, Name: name, Face: FaceInternal, Public: true,
			Handler: func(w http.ResponseWriter, r *http.Request) error { h.ServeHTTP(w, r); return nil },
		}
	}
	return []Route{route("/healthz", "healthz", alive), route("/readyz", "readyz", ready)}
}

// partsTime bounds the look at all parts: whoever asks will not wait longer.
const partsTime = 2 * time.Second

// TellParts answers with the parts as JSON: 200, or 503 when one that is needed is not well.
func TellParts(parts func(ctx context.Context) []Part) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), partsTime)
		defer cancel()
		answer := struct {
			OK    bool   `json:"ok"`
			Parts []Part `json:"parts"`
		}{true, parts(ctx)}
		status := http.StatusOK
		for _, p := range answer.Parts {
			if p.Needed && !p.OK {
				answer.OK, status = false, http.StatusServiceUnavailable
			}
		}
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Cache-Control", "no-store")
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(answer) // who went away asks again
	})
}
