package inbox

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"time"

	"go.uber.org/zap"

	"example.org/waypost/pkg/httpx"
	"example.org/waypost/pkg/pg"
)

// Waiting is a case of which something is parked in a service, as whoever watches all of them needs it: which event it begins with, and
// nothing of what that is or whom it is about.
type Waiting struct {
	Service string    `json:"service"`
	EventID string    `json:"event_id"`
	Since   time.Time `json:"since"`
	DueAt   time.Time `json:"due_at"`
	Behind  int       `json:"behind"`
}

// MostWaiting is how many cases a service lists, the oldest first: its own pages have all.
const MostWaiting = 200

const answerWithin = 3 * time.Second

// ListWaiting lists what is parked in db's service.
func ListWaiting(ctx context.Context, db *pg.DB, service string) ([]Waiting, error) {
	cases, err := ListParkedCases(ctx, db, service, "", MostWaiting)
	out := make([]Waiting, len(cases))
	for i, c := range cases {
		out[i] = Waiting{service, c.EventID, c.FirstAt, c.DueAt, c.Behind}
	}
	return out, err
}

// WaitingHandler answers another service with ListWaiting. Whoever mounts it guards it.
func WaitingHandler(db *pg.DB, service string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		list, err := ListWaiting(r.Context(), db, service)
		if err != nil {
			http.Error(w, "what is parked can not be read now", http.StatusServiceUnavailable)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(list) // who went away asks again
	}
}

// HTTPWaiting asks another service. urls maps a service to the whole address of its handler.
func HTTPWaiting(client *http.Client, urls map[string]string, token string) func(ctx context.Context, service string) ([]Waiting, error) {
	return func(ctx context.Context, service string) (list []Waiting, err error) {
		ctx, cancel := context.WithTimeout(ctx, answerWithin)
		defer cancel()
		body, err := get(ctx, client, urls[service], token)
		if err != nil {
			return nil, fmt.Errorf("ask %s what is parked: %w", service, err)
		}
		defer body.Close()
		if err := json.NewDecoder(body).Decode(&list); err != nil {
			return nil, fmt.Errorf("ask %s what is parked: %w", service, err)
		}
		return list, nil
	}
}

// Everywhere asks services what is parked in them.
type Everywhere struct {
	Services []string
	Ask      func(ctx context.Context, service string) ([]Waiting, error)
	Log      *zap.Logger
}

// Waiting asks all at once, outside of any transaction; unread are those who did not answer.
func (e Everywhere) Waiting(ctx context.Context) (found []Waiting, unread []string) {
	said, errs := make([][]Waiting, len(e.Services)), make([]error, len(e.Services))
	var all sync.WaitGroup
	for i, service := range e.Services {
		all.Go(func() { said[i], errs[i] = e.Ask(ctx, service) })
	}
	all.Wait()
	for i, service := range e.Services {
		if errs[i] != nil {
			e.Log.Warn("ask what is parked", zap.String("service", service), zap.String("error", httpx.Verbs(errs[i])))
			unread = append(unread, service)
		}
		found = append(found, said[i]...)
	}
	return found, unread
}
