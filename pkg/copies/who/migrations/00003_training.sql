-- What somebody was trained in, each training by its tier and first day: one that is over, or lower, takes nothing from another. The same
-- training said again replaces what was said of it before. competency keeps the last that was said, for a process from before this.
create table training (
  person_id   uuid not null,
  competency  text not null,
  tier        text not null,
  from_on     date not null,
  until_on    date not null,
  recorded_at timestamptz not null,
  primary key (person_id, competency, tier, from_on)
);
alter table competency no force row level security;
-- over_at: when the register last said that all of a competency had run out, which ends what was recorded before.
alter table competency add column over_at timestamptz;
insert into training (person_id, competency, tier, from_on, until_on, recorded_at)
  select person_id, competency, tier, from_on, until_on, recorded_at from competency where recorded_at is not null and from_on is not null and until_on is not null;
update competency set over_at = expired_at;
alter table competency force row level security;
call guard('training');
call person_may('training', 'select', 'true');
call machines_may('training', 'select');
call machine_may('training', 'inbox', 'insert,update');
