package held

import (
	"context"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
)

// machinery are tables that hold identifiers and sealed words only; what they tell of stands in the others.
var machinery = []string{"outbox", "inbox", "inbox_progress", "parked", "audit", "audit_seal", "audit_waiting", "idempotency", "lease", "relay_state"}

// check are columns in which somebody may have written of another person, or what could do harm to read.
var check = []string{"narrative", "safeguarding", "safeguarding_codes", "next_of_kin", "safe_note", "note", "text", "body", "what", "detail", "reply", "end_note", "summary", "decision", "who"}

// own are the columns that say whose a row is: the person it is about, or the ref of theirs that it came under.
var own = []string{"patient_ref", "first_ref", "about", "ref"}

// table is one of a service's, and where its rows about the person are. A row's place holds for as long as the transaction that looks.
type table struct {
	name    string
	uuids   []string // its columns that hold one id
	parents []parent
	places  map[string]bool
}

// parent says that a table's columns name a row of another.
type parent struct {
	table  string
	ours   []string
	theirs []string
}

// rowsAbout finds the rows that name the person, and then, by foreign keys, those that belong to such a row. It knows no table by
// name, so that one that is added is not forgotten. A row that is somebody else's is left out, whoever it names: a referral of somebody who
// looks like the person, and waits until it is known who that is, names the person too.
func rowsAbout(ctx context.Context, tx pgx.Tx, service string, refs []string) ([]*table, error) {
	tables, err := tablesOf(ctx, tx, service)
	if err != nil {
		return nil, err
	}
	byName := map[string]*table{}
	for _, t := range tables {
		byName[t.name] = t
	}
	for _, t := range tables {
		theirs := t.theirs("x", byName)
		for _, c := range t.uuids {
			if err := t.find(ctx, tx, `select x.ctid::text from `+ident(t.name)+` x where x.`+ident(c)+` = any ($1::uuid[]) and `+theirs, refs); err != nil {
				return nil, err
			}
		}
	}
	for more := true; more; {
		more = false
		for _, t := range tables {
			for _, p := range t.parents {
				above := byName[p.table]
				if above == nil || len(above.places) == 0 || above == t {
					continue
				}
				before := len(t.places)
				if err := t.find(ctx, tx, `select x.ctid::text from `+ident(t.name)+` x join `+ident(p.table)+` y on `+p.on("x", "y")+` where y.ctid = any ($2::tid[]) and `+t.owned("x"), refs, above.at()); err != nil {
					return nil, err
				}
				more = more || len(t.places) > before
			}
		}
	}
	return tables, nil
}

// on joins a row with the one that it names.
func (p parent) on(x, y string) string {
	var on []string
	for i := range p.ours {
		on = append(on, x+"."+ident(p.ours[i])+" = "+y+"."+ident(p.theirs[i]))
	}
	return strings.Join(on, " and ")
}

// owned is the condition that a row's own columns say that it is one of the refs' in $1, or say nothing.
func (t *table) owned(row string) string {
	var is, nobody []string
	for _, c := range own {
		if slices.Contains(t.uuids, c) {
			is, nobody = append(is, row+"."+ident(c)+" = any ($1::uuid[])"), append(nobody, row+"."+ident(c)+" is null")
		}
	}
	if len(is) == 0 {
		return "cardinality($1::uuid[]) > 0"
	}
	return "(coalesce(" + strings.Join(is, " or ") + ", false) or " + strings.Join(nobody, " and ") + ")"
}

// theirs is owned for a row that names the person: where it has no such column it is whose the rows are that it belongs to.
func (t *table) theirs(row string, byName map[string]*table) string {
	var ours, belong []string
	for _, p := range t.parents {
		above := byName[p.table]
		if above == nil || above == t || !slices.ContainsFunc(own, func(c string) bool { return slices.Contains(above.uuids, c) }) {
			continue
		}
		belongs := "exists (select from " + ident(p.table) + " y where " + p.on(row, "y")
		ours, belong = append(ours, belongs+" and "+above.owned("y")+")"), append(belong, belongs+")")
	}
	if len(belong) == 0 || slices.ContainsFunc(own, func(c string) bool { return slices.Contains(t.uuids, c) }) {
		return t.owned(row)
	}
	return "(" + strings.Join(ours, " or ") + " or not (" + strings.Join(belong, " or ") + "))"
}

func tablesOf(ctx context.Context, tx pgx.Tx, service string) ([]*table, error) {
	rows, err := tx.Query(ctx, `select c.relname, coalesce(array_agg(a.attname::text order by a.attnum) filter (where a.atttypid = 'uuid'::regtype), '{}')
		from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
		where c.relnamespace = $1::regnamespace and c.relkind = 'r' and not c.relname = any ($2) and c.relname not like 'migration%' group by c.relname order by c.relname`, service, machinery)
	if err != nil {
		return nil, err
	}
	tables, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (*table, error) {
		t := &table{places: map[string]bool{}}
		return t, row.Scan(&t.name, &t.uuids)
	})
	if err != nil {
		return nil, err
	}
	rows, err = tx.Query(ctx, `select c.relname, p.relname,
			(select array_agg(a.attname::text order by k.n) from unnest(f.conkey) with ordinality k(num, n) join pg_attribute a on a.attrelid = f.conrelid and a.attnum = k.num),
			(select array_agg(a.attname::text order by k.n) from unnest(f.confkey) with ordinality k(num, n) join pg_attribute a on a.attrelid = f.confrelid and a.attnum = k.num)
		from pg_constraint f join pg_class c on c.oid = f.conrelid join pg_class p on p.oid = f.confrelid
		where f.contype = 'f' and c.relnamespace = $1::regnamespace and p.relnamespace = $1::regnamespace`, service)
	if err != nil {
		return nil, err
	}
	var child string
	var p parent
	_, err = pgx.ForEachRow(rows, []any{&child, &p.table, &p.ours, &p.theirs}, func() error {
		for _, t := range tables {
			if t.name == child {
				t.parents = append(t.parents, parent{table: p.table, ours: slices.Clone(p.ours), theirs: slices.Clone(p.theirs)})
			}
		}
		return nil
	})
	return tables, err
}

func (t *table) find(ctx context.Context, tx pgx.Tx, sql string, args ...any) error {
	rows, err := tx.Query(ctx, sql, args...)
	if err != nil {
		return err
	}
	var place string
	_, err = pgx.ForEachRow(rows, []any{&place}, func() error { t.places[place] = true; return nil })
	return err
}

func (t *table) at() []string {
	var out []string
	for p := range t.places {
		out = append(out, p)
	}
	slices.Sort(out)
	return out
}

// read gives the rows as text, in the order in which they were written, without what is empty and without what is only for machines.
func (t *table) read(ctx context.Context, tx pgx.Tx) (out Table, err error) {
	out = Table{Name: t.name, Rows: []Row{}}
	rows, err := tx.Query(ctx, `select array(select key from jsonb_each_text(to_jsonb(x)) order by 1), array(select coalesce(value, '') from jsonb_each_text(to_jsonb(x)) order by key)
		from `+ident(t.name)+` x where x.ctid = any ($1::tid[]) order by x.ctid`, t.at())
	if err != nil {
		return out, err
	}
	var names, values []string
	_, err = pgx.ForEachRow(rows, []any{&names, &values}, func() error {
		var r Row
		for i, name := range names {
			if v := values[i]; v != "" && v != "[]" && v != "{}" && v != "false" && name != "likeness" && !strings.HasPrefix(v, `\x`) {
				r.Fields = append(r.Fields, Field{Name: name, Value: v, Check: slices.Contains(check, name)})
			}
		}
		out.Rows = append(out.Rows, r)
		return nil
	})
	return out, err
}

func ident(name string) string { return pgx.Identifier{name}.Sanitize() }
