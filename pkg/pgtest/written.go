package pgtest

import (
	"context"

	"github.com/jackc/pgx/v5"
)

type queryer interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
}

// Unwritten finds the verbs of the commands in a service's schema that committed without an audit row in the same transaction (a
// command's row of idempotency and its audit row bear the number of the transaction that wrote them), and counts all commands. What is
// done with a parked event is left out: the inbox does it, and writes it down, in a transaction of its own. Events that were heard are
// looked for too, each by its id: "hear" and who said them.
func Unwritten(ctx context.Context, db queryer, schema string) (commands int, verbs []string, err error) {
	schema = pgx.Identifier{schema}.Sanitize()
	rows, err := db.Query(ctx, `select i.verb, count(*), bool_and(exists (select from `+schema+`.audit a where a.xmin = i.xmin))
		from `+schema+`.idempotency i where i.verb not like '% parked event' group by i.verb
		union all
		select 'hear ' || i.speaker, 0, false from `+schema+`.inbox i where i.outcome <> 'ignored'
			and not exists (select from `+schema+`.audit a where a.object_id = i.event_id and a.verb = 'hear') group by i.speaker
		order by 1`)
	if err != nil {
		return 0, nil, err
	}
	var verb string
	var n int
	var written bool
	_, err = pgx.ForEachRow(rows, []any{&verb, &n, &written}, func() error {
		if commands += n; !written {
			verbs = append(verbs, verb)
		}
		return nil
	})
	return commands, verbs, err
}
