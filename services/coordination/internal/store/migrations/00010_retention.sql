-- For how long records are kept, as data. A rule erases nothing until a privacy officer of the area's office has switched it on, and
-- then in their name: who decided stands beside it.
create table retention_rule (
  code       text primary key,
  years      int not null check (years between 1 and 100),
  is_on      boolean not null default false,
  decided_by uuid,
  decided_at timestamptz,
  check (not is_on or decided_by is not null and decided_at is not null)
);
insert into retention_rule (code, years) values ('adult', 8), ('child', 25), ('wellbeing', 20), ('died', 10);
call guard('retention_rule');
call person_may('retention_rule', 'select,update', $$actor_role() = 'privacy_officer'$$);
call machine_may('retention_rule', 'clock', 'select');
call machine_may('retention_rule', 'matcher', 'select');

-- The clock looks for records whose last case was closed long ago.
create index case_closed on case_record (closed_at) where closed_at is not null;

-- What was cleared here, and by which rule, for the certificate; '' when a person asked for it.
alter table erasure add column removed int not null default 0;
alter table erasure add column rule text not null default '';
