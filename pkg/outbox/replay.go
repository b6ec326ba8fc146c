package outbox

import (
	"context"
	"crypto/subtle"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/event"
	"example.org/waypost/pkg/pg"
)

// MostReplayed bounds one answer of the replay API, in events.
const MostReplayed = 1000

// Replay reads numbered events of one partition, positions from..to, oldest first, at most MostReplayed.
func Replay(ctx context.Context, db *pg.DB, source string, partition, epoch int, from, to int64) ([]*event.Event, error) {
	var out []row
	err := db.InTx(ctx, actor.Machine(actor.Relay), func(ctx context.Context, tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `select seq, `+columns+`, epoch, position, prev_hash, hash from outbox
			where epoch = $1 and partition = $2 and position between $3 and $4 order by position limit $5`, epoch, partition, from, to, MostReplayed)
		if err != nil {
			return err
		}
		out, err = scan(rows, source, true)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("replay: %w", err)
	}
	return events(out), nil
}

// Internal lets in who has the services' token.
func Internal(token string, next http.HandlerFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if token == "" || subtle.ConstantTimeCompare([]byte(r.Header.Get("Authorization")), []byte("Bearer "+token)) != 1 {
			http.Error(w, "the services' token is needed", http.StatusUnauthorized)
			return
		}
		next(w, r)
	})
}

// ReplayHandler answers GET ?partition=&epoch=&from=&to= with structured CloudEvents, one a line. What services ask each other
// by HTTP is this, how far they are (HeadsHandler), who looked at a person (audit.Trails), and what is parked (inbox.Everywhere). It needs the services' token; readers use it when positions show that the broker lost something.
func ReplayHandler(db *pg.DB, source, token string) http.Handler {
	return Internal(token, func(w http.ResponseWriter, r *http.Request) {
		q, err := readQuery(r)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		events, err := Replay(r.Context(), db, source, int(q[0]), int(q[1]), q[2], q[3])
		if err != nil {
			http.Error(w, "the outbox can not be read now", http.StatusServiceUnavailable)
			return
		}
		w.Header().Set("Content-Type", "application/x-ndjson")
		enc := json.NewEncoder(w)
		for _, e := range events {
			c, err := e.CloudEvent()
			if err != nil || enc.Encode(c) != nil {
				return // the reader sees a short answer and asks again
			}
		}
	})
}

func readQuery(r *http.Request) ([4]int64, error) {
	var q [4]int64
	for i, name := range []string{"partition", "epoch", "from", "to"} {
		n, err := strconv.ParseInt(r.URL.Query().Get(name), 10, 64)
		if err != nil || n < 0 {
			return q, fmt.Errorf("%s must be a number", name)
		}
		q[i] = n
	}
	return q, nil
}
