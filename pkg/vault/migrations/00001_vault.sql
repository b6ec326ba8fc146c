
-- Who may do what with which class. This table is the whole policy: the functions below and the row conditions both read it.
-- A keyset is symmetric, so who may make with it holds what opens it: may_make without may_open would be a lie.
create table class_policy (
  service  text    not null,
  class    text    not null check (class in ('contact', 'narrative', 'safeguarding', 'message')),
  may_make boolean not null,
  may_open boolean not null,
  primary key (service, class),
  check (may_open or not may_make)
);

insert into class_policy (service, class, may_make, may_open)
select s, c, true, true
from unnest(array['primarycare', 'linkworker', 'vcse', 'mdt', 'coordination']) s,
     unnest(array['contact', 'narrative', 'safeguarding', 'message']) c
where not (s = 'vcse' and c = 'narrative'); -- a provider learns what it needs to help, not the story; register holds no patient

-- One row for every ref ever given out. The number itself is never here, only its keyed hash, and after erasure not even that.
create table patient_ref (
  ref          uuid        primary key,
  number_hash  bytea       unique check (octet_length(number_hash) = 32),
  made_at      timestamptz not null default clock_timestamp(),
  made_by      text        not null default session_user,
  destroyed_at timestamptz,
  destroyed_by text,
  check (destroyed_at is null or number_hash is null)
);

-- One Tink keyset for each patient and class, encrypted under a key that is not in any database.
create table keyset (
  ref     uuid        not null references patient_ref,
  class   text        not null check (class in ('contact', 'narrative', 'safeguarding', 'message')),
  key_id  uuid        not null,
  version integer     not null default 1 check (version > 0),
  kek_id  text        not null check (kek_id <> ''),
  wrapped bytea       not null check (octet_length(wrapped) between 64 and 4096),
  made_at timestamptz not null default clock_timestamp(),
  made_by text        not null default session_user,
  primary key (ref, class)
);

-- Which key file this vault was made with, so that another one is noticed before it gives a known patient a second ref.
create table key_file (
  one         boolean primary key default true check (one),
  fingerprint bytea   not null check (octet_length(fingerprint) = 16)
);

-- Who asked for what, when. No key and no hash is ever written here. Rows are only added.
create table access (
  at      timestamptz not null default clock_timestamp(),
  service text        not null default session_user,
  acting  text        not null default '',  -- as the service says: person:<id> or machine:<name>
  verb    text        not null,
  refs    uuid[]      not null,
  classes text[]      not null default '{}',
  denied  text[]      not null default '{}' -- classes asked for that the policy does not give
);
create index access_at on access using brin (at);

-- A destroyed row must not linger in the file: vacuum comes within a minute of the first one, not after a fifth of the table.
alter table keyset      set (autovacuum_vacuum_threshold = 1, autovacuum_vacuum_scale_factor = 0);
alter table patient_ref set (autovacuum_vacuum_threshold = 1, autovacuum_vacuum_scale_factor = 0);

-- The second wall. The functions run as the owner of the tables, so the owner too is held to what the service that signed
-- in (session_user, which no function and no SET ROLE changes) may do. Migrations sign in as somebody who has the owner's role.
alter table class_policy enable row level security;
alter table class_policy force  row level security;
alter table patient_ref  enable row level security;
alter table patient_ref  force  row level security;
alter table keyset       enable row level security;
alter table keyset       force  row level security;
alter table key_file     enable row level security;
alter table key_file     force  row level security;
alter table access       enable row level security;
alter table access       force  row level security;

create policy own_lines on class_policy for select to vault_owner using (service = session_user);
create policy migration on class_policy to vault_owner
  using ((select pg_has_role(session_user, 'vault_owner', 'member')));

create policy by_function on patient_ref for select to vault_owner using (true);
create policy made_fresh  on patient_ref for insert to vault_owner with check (destroyed_at is null and made_by = session_user);
create policy locked      on patient_ref for update to vault_owner using (true)
  with check ((select has_function_privilege(session_user, 'vault.destroy(uuid, text)', 'execute')));

create policy may_open on keyset for select to vault_owner -- the classes are asked for once a statement, not once a row
  using (class = any (array(select p.class from class_policy p where p.service = session_user and p.may_open))
         or (select has_function_privilege(session_user, 'vault.destroy(uuid, text)', 'execute')));
create policy may_make on keyset for insert to vault_owner
  with check (made_by = session_user
              and class in (select p.class from class_policy p where p.service = session_user and p.may_make));
create policy may_destroy on keyset for delete to vault_owner
  using ((select has_function_privilege(session_user, 'vault.destroy(uuid, text)', 'execute')));
create policy rewrap on keyset for update to vault_owner
  using ((select pg_has_role(session_user, 'vault_owner', 'member')));

create policy known on key_file for select to vault_owner using (true);
create policy first on key_file for insert to vault_owner with check (true);

create policy added on access for insert to vault_owner with check (service = session_user);

-- What is inserted by another transaction and what is destroyed by another must be seen at once by the next statement.
create function check_call(size integer) returns void
language plpgsql set search_path = vault, pg_temp as $$
begin
  if current_setting('transaction_isolation') <> 'read committed' then
    raise exception 'the vault is called in read committed only' using errcode = 'invalid_transaction_state';
  end if;
  if size > 1000 then -- nobody has a reason to ask for more at once; taking everything shows in the access table
    raise exception 'at most 1000 at once' using errcode = 'program_limit_exceeded';
  end if;
end $$;

-- The ref of each hash, in order; made at the first call, the same for every caller ever after, until it is destroyed.
create function refs_for_numbers(hashes bytea[], acting text) returns uuid[]
language plpgsql security definer set search_path = vault, pg_temp as $$
declare
  found_refs uuid[];
begin
  perform check_call(cardinality(hashes));
  for attempt in 1..3 loop -- again only when one was destroyed between the two statements
    insert into patient_ref (ref, number_hash)
      select gen_random_uuid(), t.h from (select distinct h from unnest(hashes) h) t
      where not exists (select from patient_ref p where p.number_hash = t.h)
      order by t.h -- so that two callers with many numbers wait for each other in one order only
    on conflict (number_hash) do nothing;
    select array_agg(p.ref order by t.n) into found_refs
      from unnest(hashes) with ordinality t (h, n) join patient_ref p on p.number_hash = t.h;
    exit when cardinality(found_refs) = cardinality(hashes);
  end loop;
  if cardinality(found_refs) is distinct from cardinality(hashes) then
    raise exception 'a ref was destroyed while it was looked up' using errcode = 'serialization_failure';
  end if;
  insert into access (acting, verb, refs) values (refs_for_numbers.acting, 'ref_for_number', found_refs);
  return found_refs;
end $$;

-- Refs for patients without a number.
create function new_refs(size integer, acting text) returns uuid[]
language plpgsql security definer set search_path = vault, pg_temp as $$
declare
  made uuid[];
begin
  perform check_call(size);
  with fresh as (insert into patient_ref (ref) select gen_random_uuid() from generate_series(1, size) returning ref)
  select coalesce(array_agg(ref), '{}') into made from fresh;
  insert into access (acting, verb, refs) values (new_refs.acting, 'new_ref', made);
  return made;
end $$;

-- What stands for each ref and each class that the caller may open; classes it may not open are not mentioned.
-- state: held, absent (nobody has made it yet), erased, unknown (no such ref was given out).
--
-- Few refs out of many rows, always by their keys. Left to itself the planner goes by statistics from the vault's first
-- minutes, when it was all but empty, and reads the whole table at every call; so the ways in are named here, and one plan
-- serves a connection.
create function look(refs uuid[], classes text[])
returns table (ref uuid, class text, state text, may_make boolean, key_id uuid, version integer, kek_id text, wrapped bytea)
language plpgsql stable set search_path = vault, pg_temp
set plan_cache_mode = force_generic_plan set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off as $$
#variable_conflict use_column
declare
  mine  text[];
  makes boolean[];
begin
  select array_agg(p.class order by p.class), array_agg(p.may_make order by p.class) into mine, makes
    from class_policy p where p.service = session_user and p.may_open and p.class = any (classes);
  return query
  select r.ref, c.class,
         case when pr.ref is null then 'unknown' when pr.destroyed_at is not null then 'erased'
              when k.key_id is null then 'absent' else 'held' end,
         c.may_make, k.key_id, k.version, k.kek_id, k.wrapped
  from unnest(refs) r (ref)
  cross join unnest(mine, makes) c (class, may_make)
  left join lateral (select p.ref, p.destroyed_at from patient_ref p where p.ref = r.ref offset 0) pr on true
  left join lateral (select s.key_id, s.version, s.kek_id, s.wrapped from keyset s where s.ref = r.ref and s.class = c.class offset 0) k
    on pr.destroyed_at is null;
end $$;

create function keysets(refs uuid[], classes text[], acting text)
returns table (ref uuid, class text, state text, may_make boolean, key_id uuid, version integer, kek_id text, wrapped bytea)
language plpgsql security definer set search_path = vault, pg_temp as $$
begin
  perform check_call(cardinality(refs));
  -- Nothing is made here. If Postgres dies within the next half second the line of this reading may be lost, and nothing
  -- else; waiting for the disk would cost every reader a flush for each batch.
  perform set_config('synchronous_commit', 'off', true);
  insert into access (acting, verb, refs, classes, denied)
    select keysets.acting, 'keysets', keysets.refs,
           coalesce(array_agg(c) filter (where p.class is not null), '{}'),
           coalesce(array_agg(c) filter (where p.class is null), '{}')
    from unnest(keysets.classes) c
    left join class_policy p on p.service = session_user and p.class = c and p.may_open;
  return query select * from look(keysets.refs, keysets.classes);
end $$;

-- Keeps each keyset whose place is free, and answers with what stands there now: the first one stays, whoever asks second.
create function put_keysets(refs uuid[], classes text[], key_ids uuid[], kek_id text, wrapped bytea[], acting text)
returns table (ref uuid, class text, state text, may_make boolean, key_id uuid, version integer, kek_id_now text, wrapped_now bytea)
language plpgsql security definer set search_path = vault, pg_temp as $$
begin
  perform check_call(cardinality(refs));
  -- Shared locks: destroy waits for us and then deletes what we made, or we wait for it and make nothing.
  perform 1 from patient_ref p where p.ref = any (put_keysets.refs) and p.destroyed_at is null order by p.ref for share;
  insert into keyset (ref, class, key_id, kek_id, wrapped)
    select a.ref, a.class, a.key_id, put_keysets.kek_id, a.wrapped
    from unnest(put_keysets.refs, put_keysets.classes, put_keysets.key_ids, put_keysets.wrapped) a (ref, class, key_id, wrapped)
    join patient_ref p on p.ref = a.ref and p.destroyed_at is null
    join class_policy c on c.service = session_user and c.class = a.class and c.may_make
    order by a.ref, a.class
  on conflict do nothing;
  insert into access (acting, verb, refs, classes)
    select put_keysets.acting, 'put_keysets', array(select distinct unnest(put_keysets.refs)), array(select distinct unnest(put_keysets.classes));
  return query
    select l.* from look(array(select distinct unnest(put_keysets.refs)), put_keysets.classes) l
    where exists (select from unnest(put_keysets.refs, put_keysets.classes) a (ref, class) where a.ref = l.ref and a.class = l.class);
end $$;

-- Deletes the keysets and the mapping of a ref and leaves a tombstone, so that nobody can make keys for it again.
-- False when no such ref was ever given out; true also the second time.
create function destroy(ref uuid, acting text) returns boolean
language plpgsql security definer set search_path = vault, pg_temp as $$
begin
  perform check_call(1);
  update patient_ref p set number_hash = null, destroyed_at = coalesce(p.destroyed_at, clock_timestamp()),
                           destroyed_by = coalesce(p.destroyed_by, session_user)
    where p.ref = destroy.ref;
  if not found then
    return false;
  end if;
  delete from keyset k where k.ref = destroy.ref;
  insert into access (acting, verb, refs) values (destroy.acting, 'destroy', array[destroy.ref]);
  return true;
end $$;

-- Whether this is the key file that the vault was made with; the first caller says which it is.
create function same_key_file(fingerprint bytea) returns boolean
language plpgsql security definer set search_path = vault, pg_temp as $$
begin
  insert into key_file (fingerprint) values (same_key_file.fingerprint) on conflict do nothing;
  return (select k.fingerprint = same_key_file.fingerprint from key_file k);
end $$;

revoke all on all tables in schema vault from public;
revoke all on all functions in schema vault from public;

grant usage on schema vault to primarycare, linkworker, vcse, mdt, coordination;
grant execute on function keysets(uuid[], text[], text), put_keysets(uuid[], text[], uuid[], text, bytea[], text), same_key_file(bytea)
  to primarycare, linkworker, vcse, mdt, coordination;
-- Those who meet a patient first. A provider is told of its patients by an offer.
grant execute on function refs_for_numbers(bytea[], text), new_refs(integer, text) to primarycare, linkworker, mdt, coordination;
-- Coordination alone says patient_erased.
grant execute on function destroy(uuid, text) to coordination;
