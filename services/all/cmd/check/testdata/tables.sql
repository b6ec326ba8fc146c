-- The columns that the checker reads, without the constraints that keep them right: the test breaks what those would refuse.
-- The checker itself is run against the real tables by the demonstration's test.
create schema coordination;
create schema linkworker;
create schema mdt;
create schema primarycare;
create schema register;
create schema vcse;

create table coordination.case_record (id uuid, patient_ref uuid, closed_at timestamptz);
create table coordination.referral (id uuid, case_id uuid, patient_ref uuid, reference text, state text, need text, root boolean,
  confirmed text not null default '', owes_party text, due_at timestamptz, overdue boolean not null default false);
create table coordination.offer (id uuid, referral_id uuid, state text);
create table vcse.offer (id uuid, referral_id uuid, state text, organisation_id uuid default '00000000-0000-4000-8000-0000000000a1');
create table vcse.capacity (service_id uuid, reserved int);
create table vcse.reservation (id uuid, service_id uuid, offer_id uuid, released_at timestamptz, until timestamptz default now() + interval '1 day');
create table vcse.attendance (id uuid, offer_id uuid, session_on date);
create table linkworker.offer (id uuid, referral_id uuid, state text);
create table primarycare.referral (id uuid, state text, heard int, ref uuid, practice_id uuid default '00000000-0000-4000-8000-0000000000b1');
create table primarycare.patient (practice_id uuid default '00000000-0000-4000-8000-0000000000b1', ref uuid, nhs_number text, family_name text not null default '');
create table coordination.patient (ref uuid, merged_into uuid, erased_at timestamptz, family_name text not null default '');
create table coordination.merge (from_ref uuid, into_ref uuid, at timestamptz not null default now() - interval '1 minute', undone_at timestamptz);
create table coordination.erasure (ref uuid, told_at timestamptz);
create table coordination.removal_by (because_event uuid, service text, at timestamptz);
create table linkworker.referral (id uuid, state text, progress int);
create table mdt.referral (id uuid, state text, heard int);
create table mdt.meeting (id uuid, series_id uuid, status text, starts_at timestamptz);
create table mdt.item (id uuid, meeting_id uuid, patient_ref uuid, state text, decision text not null default '', why text);
create table mdt.case_holder (case_id uuid, person_id uuid, state text);
create table mdt.key_worker (case_id uuid, person_id uuid, released_at timestamptz);
create table mdt.action (id uuid, meeting_id uuid, series_id uuid, patient_ref uuid, owner_id uuid, due_on date, state text, told_overdue boolean not null default true);
create table coordination.consent (id uuid, stands boolean, ends_at timestamptz, first_ref uuid, given boolean not null default true, asked_at timestamptz not null default now());
create table primarycare.red_flag (id uuid, rung text, due_at timestamptz, ended_at timestamptz);
create table primarycare.signature (draft_id uuid, answer text);
create table coordination.break_glass (id uuid);
create table register.competency (id uuid, person_id uuid, until_on date, expired_at timestamptz);
create table register.person_role (id uuid, until_on date, ended_at timestamptz);
create table coordination.case_person (case_id uuid, person_id uuid, part text, state text);

do $$
declare s text;
begin
  foreach s in array array['coordination', 'linkworker', 'mdt', 'primarycare', 'register', 'vcse'] loop
    execute format('create table %I.outbox (seq bigint generated always as identity, event_id uuid, event_type text, about uuid, partition smallint,
      occurred_at timestamptz, correlation_id uuid, causation_id uuid, traceparent text, classification text, body bytea,
      epoch int, position bigint, prev_hash bytea, hash bytea)', s);
    execute format('create table %I.relay_state (partition smallint, epoch int default 1, position bigint default 0, published bigint default 0)', s);
    execute format('insert into %I.relay_state (partition) select generate_series(0, 15)', s);
    execute format('create table %I.inbox (consumer text, event_id uuid, speaker text, epoch int, partition smallint, position bigint, outcome text)', s);
    execute format('create table %I.audit (seq bigint)', s);
    execute format('create table %I.audit_waiting (seq bigint, since timestamptz default now())', s);
    execute format('create table %I.audit_seal (seq bigint)', s);
    execute format('create table %I.parked (event_id uuid, event_type text, reason text, settled_at timestamptz)', s);
  end loop;
end $$;

-- Roles belong to the whole server, and another test may have made them.
do $$
declare
  s text;
  t regclass;
begin
  foreach s in array array['primarycare', 'vcse'] loop
    begin
      execute format('create role %I', s || '_person');
    exception when duplicate_object or unique_violation then null;
    end;
    execute format('grant usage on schema %I to %I', s, s || '_person');
    execute format('grant select on all tables in schema %I to %I', s, s || '_person');
  end loop;
  for t in select c.oid from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where c.relkind = 'r' and n.nspname in ('coordination', 'linkworker', 'mdt', 'primarycare', 'register', 'vcse') loop
    execute format('alter table %s enable row level security', t);
    execute format('alter table %s force row level security', t);
  end loop;
end $$;
create policy own on vcse.offer using (organisation_id = nullif(current_setting('waypost.org', true), '')::uuid);
create policy own on primarycare.patient using (practice_id = nullif(current_setting('waypost.org', true), '')::uuid);
create policy own on primarycare.referral using (practice_id = nullif(current_setting('waypost.org', true), '')::uuid);
