package outbox

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/pg"
)

// Head is how far a speaker has numbered what it says in one partition. Every position up to it can be had from its replay.
type Head struct {
	Partition int   `json:"partition"`
	Epoch     int   `json:"epoch"`
	Position  int64 `json:"position"`
}

// Heads reads the heads of all partitions in which anything was said, oldest epoch first. There is more than one epoch only after
// the database was restored from a backup.
func Heads(ctx context.Context, db *pg.DB) (heads []Head, err error) {
	err = db.InTx(ctx, actor.Machine(actor.Relay), func(ctx context.Context, tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `with recursive epochs(epoch) as (
				select (select min(epoch) from outbox)
				union all
				select (select min(o.epoch) from outbox o where o.epoch > e.epoch) from epochs e where e.epoch is not null
			), heads as (
				select partition, epoch, position from relay_state where position > 0 or epoch > 1
				union all
				select s.partition, e.epoch, (select max(o.position) from outbox o where o.epoch = e.epoch and o.partition = s.partition)
				from epochs e join relay_state s on e.epoch < s.epoch
			)
			select partition, epoch, position from heads where position is not null order by partition, epoch`)
		if err != nil {
			return err
		}
		heads, err = pgx.CollectRows(rows, pgx.RowToStructByPos[Head])
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read heads: %w", err)
	}
	return heads, nil
}

// HeadsHandler answers with the heads as a JSON list. It needs the services' token; readers compare with it how far they have
// heard, because the loss of the last events shows in nothing else.
func HeadsHandler(db *pg.DB, token string) http.Handler {
	return Internal(token, func(w http.ResponseWriter, r *http.Request) {
		heads, err := Heads(r.Context(), db)
		if err != nil {
			http.Error(w, "the outbox can not be read now", http.StatusServiceUnavailable)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(heads) // who went away asks again
	})
}
