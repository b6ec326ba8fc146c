-- Audit rows that are committed and have no place in the chain yet. A row comes here in the transaction that adds it to audit,
-- and goes in the one that seals it; so one that commits late, behind others with higher numbers, is sealed like any other.
create table audit_waiting (
  seq   bigint primary key,
  since timestamptz not null default clock_timestamp()
);
call guard('audit_waiting');
call person_may('audit_waiting', 'insert', 'true');
call machines_may('audit_waiting', 'insert');
call machine_may('audit_waiting', 'sealer', 'select,delete');
call machine_may('audit_waiting', 'reconciler', 'select');
call machine_may('audit_waiting', 'clock', 'select');

-- It is not named in what a person or machine does: audit rows can not be added without it.
create function audit_waits() returns trigger language plpgsql as $$
begin
  insert into audit_waiting (seq) select seq from added;
  return null;
end $$;
create trigger audit_waits after insert on audit referencing new table as added for each statement execute function audit_waits();

-- What was written before there was a sealer waits for it. The owner sees nothing through its own forced policies.
alter table audit no force row level security;
alter table audit_waiting no force row level security;
insert into audit_waiting (seq) select seq from audit;
alter table audit force row level security;
alter table audit_waiting force row level security;

-- When it was sealed, by the database's clock; part of what is hashed.
alter table audit_seal add column sealed_at timestamptz not null;
