-- Whom the clock looks at once more: who was asked for a moment ago, or described anew. Of two who came in one instant neither may have seen the
-- other, who was not committed yet; a row is seen with the commit, so that whoever was last sees the first. referrals: what was asked for since.
create table look_again (
  ref       uuid primary key references patient,
  referrals uuid[] not null,
  made_at   timestamptz not null,
  version   bigint not null default 1
);
create index look_again_made on look_again (made_at);

-- Two refs of which the area's office must say whether they are one person's, while the cases of both go on. why and asked_by: of two who were kept
-- apart, and somebody wants to be looked at again; until that is answered they stay apart.
create table lookalike (
  id         uuid primary key,
  one        uuid not null references patient,
  other      uuid not null references patient,
  asked_at   timestamptz not null,
  due_at     timestamptz not null,
  why        text not null default '',
  asked_by   uuid,
  settled_at timestamptz,
  settled_by uuid,
  same       boolean,
  check (one < other),
  check ((why = '') = (asked_by is null)),
  check ((settled_at is null) = (same is null))
);
create unique index lookalike_open on lookalike (one, other) where settled_at is null;
create index lookalike_one on lookalike (one);
create index lookalike_other on lookalike (other);
create index lookalike_due on lookalike (due_at, id) where settled_at is null;

call guard('look_again');
call guard('lookalike');
call person_may('lookalike', 'select', $$actor_role() = 'coordinator'$$);
call machine_may('look_again', 'inbox', 'select,insert,update');
call machine_may('look_again', 'clock', 'select,insert,update,delete');
call machine_may('look_again', 'matcher', 'select,insert,update,delete');
call machine_may('lookalike', 'clock', 'select,insert,update,delete');
call machine_may('lookalike', 'matcher', 'select,insert,update,delete');
-- Two who were kept apart may be found to be one.
call machine_may('apart', 'clock', 'delete');
call machine_may('apart', 'matcher', 'delete');

-- Who learned a number is looked at once more, as everybody is whose details have changed.
alter table look_again no force row level security;
alter table same_number no force row level security;
insert into look_again (ref, referrals, made_at) select ref, '{}', min(made_at) from same_number group by ref;
alter table look_again force row level security;
drop table same_number;
