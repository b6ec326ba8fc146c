package pg

// UnguardedTables lists the tables of schema $1 without forced row-level security, and the views that would read past it.
// Each service's tests expect none. Goose's own tables are granted to nobody.
const UnguardedTables = `select c.relname::text from pg_class c join pg_namespace n on n.oid = c.relnamespace
	where n.nspname = $1 and c.relname not like 'migration\_%'
	  and (c.relkind in ('r', 'p') and not (c.relrowsecurity and c.relforcerowsecurity)
	    or c.relkind = 'm' or c.relkind = 'v' and not coalesce(c.reloptions::text[] @> array['security_invoker=true'], false))
	order by 1`
