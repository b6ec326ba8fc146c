package pg

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// sampled lists what Postgres would keep samples of although it may not: the columns of the schema $1 named by table $2 and
// column $3, and every expression in an index on one of those tables, since it may be made from such a column.
const sampled = `select format('alter table %s alter column %I set statistics 0', c.oid::regclass, a.attname)
	from unnest($2::text[], $3::text[]) x (tbl, col)
	join pg_class c on c.relname = x.tbl and c.relnamespace = $1::regnamespace
	join pg_attribute a on a.attrelid = c.oid and a.attname = x.col and coalesce(a.attstattarget, -1) <> 0
	union
	select format('alter index %s alter column %s set statistics 0', i.indexrelid::regclass, a.attnum)
	from pg_index i join pg_class c on c.oid = i.indrelid and c.relnamespace = $1::regnamespace and c.relname = any ($2)
	join pg_attribute a on a.attrelid = i.indexrelid and i.indkey[a.attnum - 1] = 0 and coalesce(a.attstattarget, -1) <> 0`

// LeaveNoSamples keeps what stands in these columns out of the statistics of Postgres's planner. They are samples of the values
// themselves, in a catalogue that no erasure reaches: a name would stand there until the table is analysed again, and in every
// backup till then. What it costs are guesses in place of counts when such a column is searched by; each has its index.
// Call it after Migrate. It changes nothing the second time.
func LeaveNoSamples(ctx context.Context, adminURL, service string, columns []Column) error {
	cc, err := pgx.ParseConfig(adminURL)
	if err != nil || !word.MatchString(service) {
		return fmt.Errorf("leave no samples in %s: the address can not be read", service)
	}
	cc.RuntimeParams["role"] = service + "_owner"
	cc.RuntimeParams["search_path"] = service
	conn, err := pgx.ConnectConfig(ctx, cc)
	if err != nil {
		return fmt.Errorf("leave no samples in %s: %w", service, err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	var tables, names []string
	for _, c := range columns {
		tables, names = append(tables, c.Table), append(names, c.Column)
	}
	rows, err := conn.Query(ctx, sampled, service, tables, names)
	if err != nil {
		return fmt.Errorf("leave no samples in %s: %w", service, err)
	}
	statements, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return fmt.Errorf("leave no samples in %s: %w", service, err)
	}
	for _, sql := range statements {
		if _, err := conn.Exec(ctx, sql); err != nil {
			return fmt.Errorf("leave no samples in %s: %w", service, err)
		}
	}
	return nil
}
