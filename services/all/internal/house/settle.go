package house

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// Settle waits until every fact that was said has reached everybody who listens.
func (d Databases) Settle(ctx context.Context, services []Service) error {
	conn, err := pgx.Connect(ctx, d.Main)
	if err != nil {
		return fmt.Errorf("wait until all is settled: %w", err)
	}
	defer conn.Close(context.WithoutCancel(ctx))
	query := Unheard(services)
	look := time.NewTicker(20 * time.Millisecond)
	defer look.Stop()
	for {
		var n int64
		if err := conn.QueryRow(ctx, query).Scan(&n); err != nil {
			return fmt.Errorf("wait until all is settled: %w", err)
		}
		if n == 0 {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-look.C:
		}
	}
}

// Unheard is a query that counts, over all who listen, what was said and has not reached them: what has no position yet, and by how much
// the positions differ. The events themselves are not counted, because it is asked again and again. The names are ours, so they need no
// quoting.
func Unheard(services []Service) string {
	var waiting, said, heard, pairs []string
	for _, x := range services {
		waiting = append(waiting, fmt.Sprintf(`(select count(*) from %s.outbox where position is null)`, x.Name))
		said = append(said, fmt.Sprintf(`select '%[1]s' as speaker, partition, epoch, position from %[1]s.relay_state`, x.Name))
		heard = append(heard, fmt.Sprintf(`select '%[1]s' as reader, speaker, partition, epoch, position from %[1]s.inbox_progress`, x.Name))
		for _, speaker := range x.Listens {
			pairs = append(pairs, fmt.Sprintf(`('%s', '%s')`, x.Name, speaker))
		}
	}
	// Who listens to a speaker that is not in this house hears nothing of it here.
	return `with said as (` + strings.Join(said, " union all ") + `), heard as (` + strings.Join(heard, " union all ") + `),
			pair (reader, speaker) as (values ` + strings.Join(append(pairs, "('', '')"), ", ") + `)
		select ` + strings.Join(waiting, " + ") + ` + coalesce(sum(case when heard.epoch = said.epoch then said.position - heard.position else said.position end), 0)::bigint
		from pair join said using (speaker) left join heard using (reader, speaker, partition)`
}
