-- What roles may do and take, with its days, where the area's office has said something else than the defaults (terms.ScopeDefaults).
-- A line is never changed, save that it is given a last day. Everybody who has signed in may read what roles may do.
create table role_scope (
  id          uuid primary key,
  role        text not null,
  act         text not null,
  about       text not null,
  allowed     boolean not null,
  competency  text not null default '',
  tier        text not null default '',
  door        text not null default '',
  from_on     date not null,
  until_on    date,
  set_by      uuid not null,
  set_at      timestamptz not null,
  changed_by  uuid not null,
  changed_at  timestamptz not null,
  version     int not null,
  constraint role_scope_dates check (until_on is null or until_on >= from_on),
  constraint role_scope_tier check (tier = '' or competency <> '')
);
-- Two lines about the same that begin on one day would leave open which counts.
create unique index role_scope_once on role_scope (role, act, about, from_on);
call guard('role_scope');
call person_may('role_scope', 'select', 'true');
call person_may('role_scope', 'insert', $$actor_role() = 'coordinator'$$);
call person_may('role_scope', 'update', $$actor_role() = 'coordinator'$$);
