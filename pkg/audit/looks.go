package audit

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"go.uber.org/zap"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/httpx"
	"example.org/waypost/pkg/id"
	"example.org/waypost/pkg/pg"
)

// Look is one row of somebody's, as whoever lists them needs it: identifiers and verbs.
type Look struct {
	ID           string    `json:"id"`
	At           time.Time `json:"at"`
	Person       string    `json:"person"`
	Organisation string    `json:"organisation"`
	Role         string    `json:"role"`
	Verb         string    `json:"verb"`
	Object       string    `json:"object"`
	Emergency    bool      `json:"emergency"` // under a grant to look without a part in the case
}

// Cursor is where a page ends that ends with l.
func (l Look) Cursor() LookCursor { return LookCursor{l.At, l.ID} }

// LookCursor is where a page of looks ended.
type LookCursor struct {
	At time.Time `json:"t"`
	ID string    `json:"i"`
}

// Question asks for what people did with what is held under some refs of one patient: the newest before a place, at most so many.
type Question struct {
	Refs   []string    `json:"refs"`
	Before *LookCursor `json:"before,omitempty"`
	Limit  int         `json:"limit"`
}

const lookColumns = `a.id::text, a.at, a.person_id::text, coalesce(a.organisation_id::text, ''), coalesce(a.role, ''), a.verb, a.object, a.grant_id is not null`

// Looks answers a question from the caller's own trail, as far as the actor may see it, the newest first.
func Looks(ctx context.Context, tx pgx.Tx, q Question) ([]Look, error) {
	if q.Before == nil {
		return looks(ctx, tx, `where a.patient_ref = any($1) and a.person_id is not null order by a.at desc, a.id desc limit $2`, q.Refs, q.Limit)
	}
	return looks(ctx, tx, `where a.patient_ref = any($1) and a.person_id is not null and (a.at, a.id) < ($3, $4::uuid) order by a.at desc, a.id desc limit $2`,
		q.Refs, q.Limit, q.Before.At, q.Before.ID)
}

// LooksUnder lists what was looked at under a grant, in order.
func LooksUnder(ctx context.Context, tx pgx.Tx, grantID string, limit int) ([]Look, error) {
	return looks(ctx, tx, `where a.grant_id = $1 and a.person_id is not null order by a.at, a.id limit $2`, grantID, limit)
}

func looks(ctx context.Context, tx pgx.Tx, condition string, args ...any) ([]Look, error) {
	rows, err := tx.Query(ctx, `select `+lookColumns+` from audit a `+condition, args...)
	if err != nil {
		return nil, fmt.Errorf("read who looked: %w", err)
	}
	all, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Look])
	if err != nil {
		return nil, fmt.Errorf("read who looked: %w", err)
	}
	return all, nil
}

// mostAsked bounds a question and its answer.
const (
	mostAsked    = 500
	mostQuestion = 64 << 10
	answerWithin = 3 * time.Second
)

func (q Question) answerable() bool {
	return len(q.Refs) > 0 && len(q.Refs) <= mostAsked && q.Limit > 0 && q.Limit <= mostAsked && (q.Before == nil || id.Valid(q.Before.ID)) &&
		!slices.ContainsFunc(q.Refs, func(ref string) bool { return !id.Valid(ref) })
}

// LooksHandler answers another service's Question. It must stand behind the services' token.
func LooksHandler(db *pg.DB) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var q Question
		if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, mostQuestion)).Decode(&q); err != nil || !q.answerable() {
			http.Error(w, "refs (1 to 500), before and limit (1 to 500) are needed", http.StatusBadRequest)
			return
		}
		found := []Look{}
		err := db.InTx(r.Context(), actor.Machine(actor.Reconciler), func(ctx context.Context, tx pgx.Tx) error {
			some, err := Looks(ctx, tx, q)
			found = append(found, some...)
			return err
		})
		if err != nil {
			http.Error(w, "who looked could not be read", http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(found) // whoever asked has gone
	}
}

// HTTPLooks asks another service. urls maps a service to the whole address of its handler.
func HTTPLooks(client *http.Client, urls map[string]string, token string) func(ctx context.Context, service string, q Question) ([]Look, error) {
	return func(ctx context.Context, service string, q Question) (found []Look, err error) {
		ctx, cancel := context.WithTimeout(ctx, answerWithin)
		defer cancel()
		body, err := json.Marshal(q)
		if err != nil {
			return nil, fmt.Errorf("ask %s who looked: %w", service, err)
		}
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, urls[service], bytes.NewReader(body))
		if err != nil {
			return nil, fmt.Errorf("ask %s who looked: %w", service, err)
		}
		req.Header.Set("Authorization", "Bearer "+token)
		req.Header.Set("Content-Type", "application/json")
		res, err := client.Do(req)
		if err != nil {
			return nil, fmt.Errorf("ask %s who looked: %w", service, err)
		}
		defer res.Body.Close()
		if res.StatusCode != http.StatusOK {
			return nil, fmt.Errorf("ask %s who looked: status %d", service, res.StatusCode)
		}
		if err := json.NewDecoder(res.Body).Decode(&found); err != nil {
			return nil, fmt.Errorf("ask %s who looked: %w", service, err)
		}
		return found, nil
	}
}

// Trails are the trails of the other services.
type Trails struct {
	Services []string
	Ask      func(ctx context.Context, service string, q Question) ([]Look, error)
	Log      *zap.Logger
}

// Looks asks all at once, outside of any transaction, and gives what they say, the newest first; unread are those who did not answer.
func (t Trails) Looks(ctx context.Context, q Question) (found []Look, unread []string) {
	said, errs := make([][]Look, len(t.Services)), make([]error, len(t.Services))
	var all sync.WaitGroup
	for i, service := range t.Services {
		all.Go(func() { said[i], errs[i] = t.Ask(ctx, service, q) })
	}
	all.Wait()
	for i, service := range t.Services {
		if errs[i] != nil {
			t.Log.Warn("ask who looked", zap.String("service", service), zap.String("error", httpx.Verbs(errs[i])))
			unread = append(unread, service)
		}
		found = append(found, said[i]...)
	}
	slices.SortFunc(found, Newest)
	return found, unread
}

// Newest orders looks as Looks does.
func Newest(a, b Look) int { return cmp.Or(b.At.Compare(a.At), cmp.Compare(b.ID, a.ID)) }
