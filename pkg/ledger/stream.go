package ledger

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/nats-io/nats.go"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/bus"
	"example.org/waypost/pkg/event"
	"example.org/waypost/pkg/pg"
)

// Stream is what a speaker's stream holds, compared with its outbox.
type Stream struct {
	Messages int64 `json:"messages"`
	Missing  int64 `json:"missing"` // acknowledged, young enough to be kept, and not there
	Doubled  int64 `json:"doubled"` // there more than once: readers turn the second away
	Altered  int64 `json:"altered"` // under the id of an event of ours, and not what we said
	Strange  int64 `json:"strange"` // no event of ours
}

// OK tells whether everything is there as it was said. Doubles do no harm.
func (s Stream) OK() bool { return s.Missing == 0 && s.Altered == 0 && s.Strange == 0 }

// readStream reads a service's whole stream.
func readStream(ctx context.Context, db *pg.DB, nc *nats.Conn) (s Stream, err error) {
	seen := map[string]bool{}
	for next := uint64(1); next > 0; {
		var messages []*nats.Msg
		if messages, next, err = batch(ctx, nc, db.Service(), next); err != nil {
			return s, err
		}
		if err := s.compare(ctx, db, messages, seen); err != nil {
			return s, err
		}
	}
	kept := time.Now().Add(-bus.MaxAge).UTC()
	err = db.InTx(ctx, actor.Machine(actor.Reconciler), func(ctx context.Context, tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `select o.event_id::text from outbox o join relay_state s on s.partition = o.partition
			where o.position is not null and (o.epoch < s.epoch or o.position <= s.published) and o.occurred_at > $1`, kept)
		if err != nil {
			return err
		}
		var id string
		_, err = pgx.ForEachRow(rows, []any{&id}, func() error {
			if !seen[id] {
				s.Missing++
			}
			return nil
		})
		return err
	})
	return s, err
}

// compare counts messages and marks as seen those that are what the outbox says.
func (s *Stream) compare(ctx context.Context, db *pg.DB, messages []*nats.Msg, seen map[string]bool) error {
	events := map[string]*event.Event{}
	var ids []string
	for _, m := range messages {
		s.Messages++
		e, err := event.FromMsg(m.Header, m.Data)
		switch {
		case err != nil:
			s.Strange++
		case seen[e.ID] || events[e.ID] != nil:
			s.Doubled++
		default:
			events[e.ID] = e
			ids = append(ids, e.ID)
		}
	}
	said, err := hashes(ctx, db, ids)
	if err != nil {
		return err
	}
	for id, e := range events {
		hash, ours := said[id]
		switch {
		case !ours:
			s.Strange++
		case !e.Genuine() || !bytes.Equal(hash, e.Hash):
			s.Altered++
		default:
			seen[id] = true
		}
	}
	return nil
}

func hashes(ctx context.Context, db *pg.DB, ids []string) (of map[string][]byte, err error) {
	of = map[string][]byte{}
	err = db.InTx(ctx, actor.Machine(actor.Reconciler), func(ctx context.Context, tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `select event_id::text, hash from outbox where event_id = any($1) and position is not null`, ids)
		if err != nil {
			return err
		}
		var id string
		var hash []byte
		_, err = pgx.ForEachRow(rows, []any{&id, &hash}, func() error { of[id] = bytes.Clone(hash); return nil })
		return err
	})
	return of, err
}

// How much is read at once, and how long the broker may take for it.
const (
	atOnce  = 500
	timeout = 30 * time.Second
)

// batch reads messages of a speaker's stream from a sequence on, by direct get; next is 0 when there are no more.
func batch(ctx context.Context, nc *nats.Conn, speaker string, from uint64) (messages []*nats.Msg, next uint64, err error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	ask, err := json.Marshal(map[string]any{"seq": from, "batch": atOnce, "next_by_subj": "waypost." + speaker + ".>"})
	if err != nil {
		return nil, 0, err
	}
	inbox := nc.NewRespInbox()
	answers, err := nc.SubscribeSync(inbox)
	if err != nil {
		return nil, 0, err
	}
	defer func() { err = errors.Join(err, answers.Unsubscribe()) }()
	if err := nc.PublishRequest("$JS.API.DIRECT.GET."+bus.Stream(speaker), inbox, ask); err != nil {
		return nil, 0, err
	}
	for {
		m, err := answers.NextMsgWithContext(ctx)
		if err != nil {
			return nil, 0, fmt.Errorf("read messages: %w", err)
		}
		switch status := m.Header.Get("Status"); status {
		case "":
			messages = append(messages, m)
		case "404": // nothing from here on
			return messages, 0, nil
		case "204": // the end of the batch
			if len(messages) == 0 || m.Header.Get("Nats-Num-Pending") == "0" {
				return messages, 0, nil
			}
			last, err := strconv.ParseUint(messages[len(messages)-1].Header.Get("Nats-Sequence"), 10, 64)
			return messages, last + 1, err
		default:
			return nil, 0, fmt.Errorf("read messages: status %s", status)
		}
	}
}
