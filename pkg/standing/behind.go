package standing

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/event"
	"example.org/waypost/pkg/pg"
)

// Left is what somebody who listens has not heard of one partition of ours.
type Left struct {
	Partition int       `json:"partition"`
	Epoch     int       `json:"epoch"`
	Head      int64     `json:"head"` // what we have numbered
	Behind    int64     `json:"behind"`
	Next      time.Time `json:"next,omitzero"` // when the first that is missing was said
}

// Behind compares how far somebody has heard db's service with what it has numbered. After it was restored from a backup only the
// new epoch counts. It reads one event's time for each partition that is behind.
func Behind(ctx context.Context, db *pg.DB, heard []Lane) (left []Left, err error) {
	var parts, epochs []int
	var positions []int64
	for _, h := range heard {
		parts, epochs, positions = append(parts, h.Partition), append(epochs, h.Epoch), append(positions, h.Position)
	}
	err = db.InTx(ctx, actor.Machine(actor.Reconciler), func(ctx context.Context, tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `select s.partition, s.epoch, s.position, greatest(s.position - coalesce(h.position, 0), 0), o.occurred_at
			from relay_state s
			left join unnest($1::int[], $2::int[], $3::bigint[]) as h(partition, epoch, position) on h.partition = s.partition and h.epoch = s.epoch
			left join outbox o on o.epoch = s.epoch and o.partition = s.partition and o.position = coalesce(h.position, 0) + 1
			where s.position > 0 order by s.partition`, parts, epochs, positions)
		if err != nil {
			return err
		}
		left, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (l Left, err error) {
			var next *time.Time
			err = row.Scan(&l.Partition, &l.Epoch, &l.Head, &l.Behind, &next)
			l.Next = utc(next)
			return l, err
		})
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read what is left: %w", err)
	}
	return left, nil
}

// BehindHandler answers GET ?heard=partition.epoch.position,… with a JSON list of Left. Whoever mounts it guards it.
func BehindHandler(db *pg.DB) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		heard, err := readHeard(r.URL.Query().Get("heard"))
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		left, err := Behind(r.Context(), db, heard)
		if err != nil {
			http.Error(w, "the outbox can not be read now", http.StatusServiceUnavailable)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(left) // who went away asks again
	}
}

func readHeard(s string) (heard []Lane, err error) {
	if s == "" {
		return nil, nil
	}
	parts := strings.Split(s, ",")
	if len(parts) > event.Partitions {
		return nil, errors.New("heard has more than there are partitions")
	}
	for _, part := range parts {
		var l Lane
		if _, err := fmt.Sscanf(part+" ", "%d.%d.%d ", &l.Partition, &l.Epoch, &l.Position); err != nil || l.Position < 0 {
			return nil, errors.New("heard must be partition.epoch.position, and commas between")
		}
		heard = append(heard, l)
	}
	return heard, nil
}

func writeHeard(lanes []Lane) string {
	parts := make([]string, len(lanes))
	for i, l := range lanes {
		parts[i] = fmt.Sprintf("%d.%d.%d", l.Partition, l.Epoch, l.Position)
	}
	return strings.Join(parts, ",")
}

// HTTPBehind asks the speakers. urls maps a speaker to the whole address of its handler.
func HTTPBehind(client *http.Client, urls map[string]string, token string) Asker {
	return func(ctx context.Context, speaker string, heard []Lane) (left []Left, err error) {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, urls[speaker]+"?heard="+url.QueryEscape(writeHeard(heard)), nil)
		if err != nil {
			return nil, fmt.Errorf("ask %s what is left: %w", speaker, err)
		}
		req.Header.Set("Authorization", "Bearer "+token)
		res, err := client.Do(req)
		if err != nil {
			return nil, fmt.Errorf("ask %s what is left: %w", speaker, err)
		}
		defer res.Body.Close()
		if res.StatusCode != http.StatusOK {
			return nil, fmt.Errorf("ask %s what is left: status %d", speaker, res.StatusCode)
		}
		if err := json.NewDecoder(res.Body).Decode(&left); err != nil {
			return nil, fmt.Errorf("ask %s what is left: %w", speaker, err)
		}
		return left, nil
	}
}
