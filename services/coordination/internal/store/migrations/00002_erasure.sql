-- Erasure, and who has removed what they were told to remove.

-- erased_at: everything about them was destroyed. The row stays, so that what is still on its way finds it and ends there.
alter table patient add column erased_at timestamptz;

-- A ref whose keys must go. Our own columns are clear when the row is written; the clock destroys the keys and tells everybody,
-- as often as it takes. A restored vault has the keys again, so the rows are kept.
create table erasure (
  ref      uuid primary key references patient,
  why      text not null,
  by_id    uuid not null,
  asked_at timestamptz not null,
  told_at  timestamptz
);
create index erasure_waiting on erasure (asked_at) where told_at is null;

-- What every holder was told to remove, and by when each must have said that it did.
create table removal (
  because_event uuid primary key,
  patient_ref   uuid not null,
  because       text not null,
  told_at       timestamptz not null,
  due_at        timestamptz not null
);
create table removal_by (
  because_event uuid not null references removal,
  service       text not null,
  removed       int,
  at            timestamptz,
  primary key (because_event, service),
  check ((at is null) = (removed is null))
);
create index removal_missing on removal_by (because_event) where at is null;

call guard('erasure');
call guard('removal');
call guard('removal_by');
-- Who may look is the app's to say, by office too; the database lets nobody near whose role has nothing to do with it.
call person_may('erasure', 'select', $$actor_role() = 'privacy_officer'$$);
call person_may('removal', 'select', $$actor_role() = 'privacy_officer'$$);
call person_may('removal_by', 'select', $$actor_role() = 'privacy_officer'$$);

do $$
declare
  tbl text;
  machine text;
begin
  foreach tbl in array array['erasure', 'removal', 'removal_by'] loop
    foreach machine in array array['inbox', 'clock', 'matcher'] loop
      call machine_may(tbl::regclass, machine, 'select,insert,update');
    end loop;
  end loop;
end $$;
