package outbox

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"go.uber.org/zap"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/bus"
	"example.org/waypost/pkg/event"
	"example.org/waypost/pkg/pg"
)

// A broker may lose what it has acknowledged: its last seconds in a power cut, or everything with its disk. So the relay looks
// at each start, whenever the broker comes back and before it publishes more, and every minute, whether the last message of each
// partition is the one that it published last, and the first one where it should begin; by content, because a broker that lost
// messages gives their numbers to others. A number that goes down is a sign by itself. What is missing is published again, or
// all of it when it can not be told what is. The readers need none of this (they fetch what is missing from the outbox); those
// who come later do. A hole that another relay left behind and did not live to see is found by comparing the ledgers.

// tail is how far one partition was published, and what stands there.
type tail struct {
	partition int
	epoch     int
	published int64
	expired   int64 // up to here events are older than the stream keeps them
}

// verifyDue tells whether the stream's end should be looked at. While the broker is away there is nothing to look at.
func (r *Relay) verifyDue() bool {
	nc := r.JS.Conn()
	if r.Verify < 0 || !nc.IsConnected() {
		return false
	}
	return r.shorter || r.reconnected() || time.Since(r.verified) > r.Verify
}

// reconnected tells whether the broker was away since the stream was last looked at.
func (r *Relay) reconnected() bool {
	return r.Verify >= 0 && r.JS.Conn().Stats().Reconnects != r.reconnects
}

// verify takes back the mark of what the stream has no more, and tells whether there was any.
func (r *Relay) verify(ctx context.Context, lease *pg.Lease) (lost bool, err error) {
	r.reconnects = r.JS.Conn().Stats().Reconnects
	tails, err := r.tails(ctx)
	if err != nil {
		return false, fmt.Errorf("verify the stream: %w", err)
	}
	back := map[int]int64{}
	for _, t := range tails {
		stands := t.expired
		if !r.shorter {
			stands, err = r.stands(ctx, t)
		}
		if err != nil {
			return false, fmt.Errorf("verify the stream: %w", err)
		}
		if stands < t.published {
			back[t.partition] = stands
			r.mending[t.partition] = true
			r.Log.Warn("relay: the broker lost what it had acknowledged, publishing it again", zap.Int("partition", t.partition),
				zap.Int64("from", stands+1), zap.Int64("to", t.published))
		}
	}
	if err := r.takeBack(ctx, lease, back); err != nil {
		return false, fmt.Errorf("verify the stream: %w", err)
	}
	r.verified, r.shorter, r.unseen = time.Now(), false, 0
	return len(back) > 0, nil
}

// How long nothing is published while the stream can not be looked at, and when it is looked at again after that.
const (
	mostUnseen = 20
	soon       = 5 * time.Second
)

// giveUpLooking tells whether to go on without: holding back what is new for ever would be worse than a hole that readers fill
// from the outbox.
func (r *Relay) giveUpLooking(err error) bool {
	r.verified = time.Time{}
	r.unseen++
	if r.unseen < mostUnseen {
		r.Log.Warn("relay", zap.Error(err))
		return false
	}
	r.Log.Error("relay: going on without knowing what the broker still has", zap.Error(err))
	r.verified = time.Now().Add(min(soon, r.Verify) - r.Verify)
	return true
}

func (r *Relay) tails(ctx context.Context) (tails []tail, err error) {
	err = r.DB.InTx(ctx, actor.Machine(actor.Relay), func(ctx context.Context, tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `select s.partition, s.epoch, s.published, coalesce((select max(o.position) from outbox o
				where o.epoch = s.epoch and o.partition = s.partition and o.position <= s.published and o.occurred_at < $1), 0)
			from relay_state s where s.published > 0`, time.Now().Add(time.Hour-bus.MaxAge).UTC()) // the broker's clock, and a moment between two questions, may differ
		if err != nil {
			return err
		}
		tails, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (t tail, err error) {
			err = row.Scan(&t.partition, &t.epoch, &t.published, &t.expired)
			return t, err
		})
		return err
	})
	return tails, err
}

// stands is the last position of a partition that the stream has as the outbox has it. A stream that does not begin where it
// should was lost, and has got new messages since.
func (r *Relay) stands(ctx context.Context, t tail) (int64, error) {
	subjects := event.SubjectsOf(r.DB.Service(), t.partition)
	first, last, err := r.ends(ctx, subjects)
	switch {
	case errors.Is(err, event.ErrMalformed):
		r.Log.Error("relay: the first or last message of a partition is no event", zap.Int("partition", t.partition), zap.Error(err))
		return t.published, nil
	case err != nil:
		return 0, err
	case first == nil || last == nil:
		return t.expired, nil
	}
	m := r.mended[t.partition]
	switch mended := m.first == first.ID; {
	case mended && m.last == last.ID && m.published == t.published:
		return t.published, nil // all was sent again, in the order in which the holes allowed it
	case !mended && first.Epoch == t.epoch && first.Position > t.expired+1, last.Epoch != t.epoch:
		return t.expired, nil
	}
	var ours []byte
	err = r.DB.InTx(ctx, actor.Machine(actor.Relay), func(ctx context.Context, tx pgx.Tx) error {
		return tx.QueryRow(ctx, `select hash from outbox where epoch = $1 and partition = $2 and position = $3`, last.Epoch, t.partition, last.Position).Scan(&ours)
	})
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return 0, err
	}
	if !bytes.Equal(ours, last.Hash) || !last.Genuine() {
		// Sending it again under its id would be turned away as known. Readers fetch the true one; a person must look at the disk.
		r.Log.Error("relay: the last message of a partition is not what was published", zap.Int("partition", t.partition), zap.Int64("position", last.Position))
		return t.published, nil
	}
	return last.Position, nil
}

// ends are the first and the last message of a partition after it was mended, and how far it was published then: they need not
// be the first and the last position.
type ends struct {
	first, last string
	published   int64
}

func (r *Relay) ends(ctx context.Context, subjects string) (first, last *event.Event, err error) {
	if first, err = r.get(ctx, map[string]any{"seq": 1, "next_by_subj": subjects}); err == nil {
		last, err = r.get(ctx, map[string]any{"last_by_subj": subjects})
	}
	return first, last, err
}

// remember looks how mended partitions stand now, so that they are not mended again. A relay that starts anew mends them once more.
func (r *Relay) remember(ctx context.Context) {
	if len(r.mending) == 0 {
		return
	}
	tails, err := r.tails(ctx)
	if err != nil {
		return // they are mended again
	}
	for _, t := range tails {
		if !r.mending[t.partition] {
			continue
		}
		first, last, err := r.ends(ctx, event.SubjectsOf(r.DB.Service(), t.partition))
		if err == nil && first != nil && last != nil {
			r.mended[t.partition] = ends{first.ID, last.ID, t.published}
		}
	}
	clear(r.mending)
}

// get reads one message from the stream, by direct get; nil when there is none.
func (r *Relay) get(ctx context.Context, which map[string]any) (*event.Event, error) {
	ask, err := json.Marshal(which)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, ackWait)
	defer cancel()
	m, err := r.JS.Conn().RequestWithContext(ctx, "$JS.API.DIRECT.GET."+bus.Stream(r.DB.Service()), ask)
	if err != nil {
		return nil, fmt.Errorf("read a message: %w", err)
	}
	switch status := m.Header.Get("Status"); status {
	case "":
	case "404":
		return nil, nil
	default:
		return nil, fmt.Errorf("read a message: status %s", status)
	}
	e, err := event.FromMsg(m.Header, m.Data)
	if err != nil {
		return nil, fmt.Errorf("read a message: %w", err)
	}
	return e, nil
}

func (r *Relay) takeBack(ctx context.Context, lease *pg.Lease, back map[int]int64) error {
	if len(back) == 0 {
		return nil
	}
	return r.inTx(ctx, lease, func(ctx context.Context, tx pgx.Tx) error {
		for partition, stands := range back {
			if err := pg.Later(ctx, tx, "take marks back", `update relay_state set published = $2 where partition = $1 and published > $2`, partition, stands); err != nil {
				return err
			}
		}
		return nil
	})
}
