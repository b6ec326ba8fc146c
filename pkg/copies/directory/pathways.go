package directory

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/event"
	"example.org/waypost/pkg/pg"
	"example.org/waypost/schemas/coordination"
	"example.org/waypost/schemas/terms"
)

// OnPathwayCounted keeps what was counted last of a way, also to a receiver that was not heard of yet.
func OnPathwayCounted(ctx context.Context, tx pgx.Tx, _ *event.Event, p *coordination.PathwayCountedV1) error {
	same := 0
	if p.Same != nil {
		same = *p.Same
	}
	return pg.Later(ctx, tx, "keep pathway", `insert into pathway_copy as w (receiver_kind, receiver_id, need, sender_organisation_id, people, came_back, reason, same, newest_at, at)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
		on conflict (receiver_id, receiver_kind, need, sender_organisation_id) do update set people = excluded.people, came_back = excluded.came_back,
			reason = excluded.reason, same = excluded.same, newest_at = excluded.newest_at, at = excluded.at
		where w.at <= excluded.at`,
		p.ReceiverKind, p.ReceiverID, p.Need, orNull(p.SenderOrganisationID), p.People, p.CameBack, p.Reason, same, p.NewestAt, p.At)
}

// Warning is that a reason recurs on the way from a sender to a receiver, with its numbers.
type Warning struct {
	Need     terms.Need
	Reason   terms.BounceReason
	Same     int  // for that reason
	People   int  // of how many
	CameBack int  // for any reason
	Everyone bool // of all senders of the area together, not of the one that asks
	NewestAt time.Time
}

// warnedFor is how long what was counted is believed after its newest answer.
const warnedFor = 180 * 24 * time.Hour

// Warnings reads what a sender must know of these services and teams before it sends somebody with this need there. Its own numbers
// count where there are enough of them; else those of all senders.
func Warnings(ctx context.Context, tx pgx.Tx, need terms.Need, sender string, now time.Time, ids ...string) (map[string]Warning, error) {
	of := map[string]Warning{}
	if need == "" || len(ids) == 0 {
		return of, nil
	}
	rows, err := tx.Query(ctx, `select distinct on (receiver_id) receiver_id::text, reason, same, people, came_back, sender_organisation_id is null, newest_at
		from pathway_copy where receiver_id = any($1::uuid[]) and need = $2 and (sender_organisation_id = $3 or sender_organisation_id is null) and newest_at > $4
		order by receiver_id, sender_organisation_id is null`, ids, need, orNull(sender), now.Add(-warnedFor))
	if err != nil {
		return nil, fmt.Errorf("read warnings: %w", err)
	}
	var id string
	w := Warning{Need: need}
	_, err = pgx.ForEachRow(rows, []any{&id, &w.Reason, &w.Same, &w.People, &w.CameBack, &w.Everyone, &w.NewestAt}, func() error {
		if w.Reason != "" {
			of[id] = w
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read warnings: %w", err)
	}
	return of, nil
}

// Words is the warning as a sentence: "4 of the last 10 referrals for debt and money to Advice came back: not in its area".
func (w Warning) Words(need terms.Need, receiver string) string {
	why := string(w.Reason)
	if i, ok := terms.BounceReasonByCode(w.Reason); ok && i.Warning != "" {
		why = i.Warning
	}
	whose := "your last "
	if w.Everyone {
		whose = "the last "
	}
	return strconv.Itoa(w.Same) + " of " + whose + strconv.Itoa(w.People) + " referrals for “" + need.Label() + "” to " + receiver + " came back: " + why
}

func addWarnings(ctx context.Context, tx pgx.Tx, q Query, found []Found) error {
	ids := make([]string, len(found))
	for i, f := range found {
		ids[i] = f.ID
	}
	of, err := Warnings(ctx, tx, q.Needs[0], q.Sender, q.Now, ids...)
	for i, f := range found {
		if w, ok := of[f.ID]; ok {
			found[i].Warning = &w
		}
	}
	return err
}

// Warns is the warning as a sentence, "" when there is none.
func (f Found) Warns() string {
	if f.Warning == nil {
		return ""
	}
	return f.Warning.Words(f.Warning.Need, f.Name)
}
