-- The tables every service has, and the words its own migrations use. One schema per service; current_schema() is its name.

-- Who acts, as pg.InTx said it for this transaction. NULL, and so no row, when nobody did.
-- (After a commit a custom setting reads as '', not NULL, on the same connection.)
create function actor_org() returns uuid language sql stable parallel safe as $$ select nullif(current_setting('waypost.org', true), '')::uuid $$;
create function actor_person() returns uuid language sql stable parallel safe as $$ select nullif(current_setting('waypost.person', true), '')::uuid $$;
create function actor_role() returns text language sql stable parallel safe as $$ select nullif(current_setting('waypost.role', true), '') $$;
create function actor_grant() returns uuid language sql stable parallel safe as $$ select nullif(current_setting('waypost.grant', true), '')::uuid $$;

create procedure guard(tbl regclass) language plpgsql as $$
begin
  execute format('alter table %s enable row level security', tbl);
  execute format('alter table %s force row level security', tbl);
  execute format('revoke all on %s from public', tbl);
end $$;

-- One permissive policy per verb, named after role and verb; several calls for one table add up (or).
create procedure let_in(tbl regclass, who text, verbs text, condition text) language plpgsql as $$
declare
  verb text;
  nth int;
begin
  foreach verb in array string_to_array(replace(lower(verbs), ' ', ''), ',') loop
    execute format('grant %s on %s to %I', verb, tbl, current_schema() || '_' || who);
    select count(*) into nth from pg_policy where polrelid = tbl and polname like who || '_' || verb || '%';
    execute format('create policy %I on %s for %s to %I %s %s',
      who || '_' || verb || case when nth = 0 then '' else '_' || nth + 1 end, tbl, verb, current_schema() || '_' || who,
      case when verb = 'insert' then '' else format('using (%s)', condition) end,
      case when verb in ('insert', 'update') then format('with check (%s)', condition) else '' end);
  end loop;
end $$;

create procedure person_may(tbl regclass, verbs text, condition text) language plpgsql as $$
begin call let_in(tbl, 'person', verbs, condition); end $$;

create procedure machine_may(tbl regclass, machine text, verbs text) language plpgsql as $$
begin call let_in(tbl, machine, verbs, 'true'); end $$;

-- Every machine of the service gets the same.
create procedure machines_may(tbl regclass, verbs text) language plpgsql as $$
declare m text;
begin
  foreach m in array array['relay', 'inbox', 'clock', 'importer', 'reconciler', 'matcher', 'sealer'] loop
    call let_in(tbl, m, verbs, 'true');
  end loop;
end $$;

-- What this service said. Kept as long as the record it tells of: the broker is a cache of it.
-- about: the patient ref, or the id of the service, meeting or organisation where no patient is concerned.
-- body: the exact bytes published; what names a person is ciphertext.
-- epoch, position, prev_hash, hash: given by the relay, after the commit, dense per epoch and partition.
create table outbox (
  seq            bigint generated always as identity primary key,
  event_id       uuid not null unique,
  event_type     text not null,
  about          uuid not null,
  partition      smallint not null check (partition between 0 and 15),
  subject        text not null,
  occurred_at    timestamptz not null,
  correlation_id uuid not null,
  causation_id   uuid,
  traceparent    text,
  classification text not null,
  body           bytea not null,
  epoch          int,
  position       bigint,
  prev_hash      bytea,
  hash           bytea,
  unique (epoch, partition, position)
);
create index outbox_unnumbered on outbox (seq) where position is null;
create index outbox_about on outbox (about);
call guard('outbox');
call person_may('outbox', 'insert', 'true');
call machines_may('outbox', 'insert');
call machine_may('outbox', 'relay', 'select,update');
call machine_may('outbox', 'reconciler', 'select');

-- Where the relay stands. published is the last position of an unbroken run that the broker acknowledged; the reconciler may set it back.
create table relay_state (
  partition smallint primary key check (partition between 0 and 15),
  epoch     int not null default 1,
  position  bigint not null default 0,
  hash      bytea not null default '\x',
  published bigint not null default 0,
  check (published <= position)
);
insert into relay_state (partition) select generate_series(0, 15);
call guard('relay_state');
call machine_may('relay_state', 'relay', 'select,update');
call machine_may('relay_state', 'reconciler', 'select,update');

-- Who does a job that only one may do at a time: the relay, the reader of a speaker, the sealer, the clocks.
-- Each of its transactions renews the lease under its term, so that one who was paused and wakes up can not write.
create table lease (
  name   text primary key,
  holder text not null,
  term   bigint not null,
  until  timestamptz not null
);
call guard('lease');
call machines_may('lease', 'select,insert,update');

-- What this service heard: one row for every event of every speaker it listens to, in the transaction of its effect.
create table inbox (
  consumer   text not null,
  event_id   uuid not null,
  speaker    text not null,
  epoch      int not null,
  partition  smallint not null,
  position   bigint not null,
  applied_at timestamptz not null,
  outcome    text not null check (outcome in ('applied', 'ignored', 'parked')),
  primary key (consumer, event_id),
  unique (consumer, speaker, epoch, partition, position)
);
call guard('inbox');
call machine_may('inbox', 'inbox', 'select,insert,update');
call machine_may('inbox', 'reconciler', 'select');

-- The unbroken run of positions heard, per speaker and partition; what lies beyond it and is not in inbox was lost on the way.
create table inbox_progress (
  consumer  text not null,
  speaker   text not null,
  partition smallint not null,
  epoch     int not null,
  position  bigint not null,
  hash      bytea not null default '\x',
  primary key (consumer, speaker, partition)
);
call guard('inbox_progress');
call machine_may('inbox_progress', 'inbox', 'select,insert,update');
call machine_may('inbox_progress', 'reconciler', 'select');

-- Events that could not be applied, and those of the same case that wait behind them. headers and body as they came: nothing readable of a person.
create table parked (
  consumer   text not null,
  event_id   uuid not null,
  speaker    text not null,
  event_type text not null,
  about      uuid,
  epoch      int not null,
  partition  smallint not null,
  position   bigint not null,
  reason     text not null,
  headers    jsonb not null,
  body       bytea not null,
  attempts   int not null,
  first_at   timestamptz not null,
  last_at    timestamptz not null,
  due_at     timestamptz not null,
  settled_at timestamptz,
  settled_by uuid,
  settlement text check (settlement in ('replayed', 'dropped')),
  primary key (consumer, event_id)
);
create index parked_open on parked (consumer, about) where settled_at is null;
call guard('parked');
call machine_may('parked', 'inbox', 'select,insert,update');
call machine_may('parked', 'reconciler', 'select');

-- Who did or saw what. Rows are only ever added; the sealer gives position and chain to committed ones.
create table audit (
  seq          bigint generated always as identity primary key,
  id           uuid not null unique,
  at           timestamptz not null,
  person_id    uuid,
  organisation_id uuid,
  role         text,
  purpose      text,
  grant_id     uuid,
  machine      text,
  verb         text not null,
  object       text not null,
  object_id    uuid,
  patient_ref  uuid,
  outcome      text not null default 'done',
  correlation_id uuid,
  traceparent  text
);
-- Chain and position stand in a table of their own, so that an audit row is never updated.
create table audit_seal (
  position  bigint primary key,
  seq       bigint not null unique,
  prev_hash bytea not null,
  hash      bytea not null
);
create index audit_patient on audit (patient_ref, at);
call guard('audit');
call guard('audit_seal');
call person_may('audit', 'insert', 'person_id = actor_person()');
call machines_may('audit', 'insert');
call machine_may('audit', 'sealer', 'select');
call machine_may('audit', 'reconciler', 'select');
call machine_may('audit_seal', 'sealer', 'select,insert');
call machine_may('audit_seal', 'reconciler', 'select');
create function refuse_change() returns trigger language plpgsql as $$
begin raise exception '% is only ever added to', tg_table_name using errcode = 'restrict_violation'; end $$;
create trigger audit_only_added before update or delete or truncate on audit for each statement execute function refuse_change();
create trigger audit_seal_only_added before update or delete or truncate on audit_seal for each statement execute function refuse_change();

-- Commands already done, by who and which key. answer holds identifiers and codes only.
create table idempotency (
  person_id       uuid not null,
  organisation_id uuid not null,
  key             text not null check (length(key) between 1 and 200),
  verb            text not null,
  body_hash       bytea not null,
  answer          jsonb,
  at              timestamptz not null default now(),
  primary key (person_id, organisation_id, key)
);
call guard('idempotency');
call person_may('idempotency', 'select,insert,update', 'person_id = actor_person() and organisation_id = actor_org()');
