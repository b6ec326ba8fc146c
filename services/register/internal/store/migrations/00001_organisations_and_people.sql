-- Who is who. Everybody who has signed in may read organisations; people are seen by those they work with.
-- The rules here are the second wall: domain.May is the first, and a test compares the two.

create table organisation (
  id             uuid primary key,
  kind           text not null check (kind in ('practice', 'link_worker_team', 'provider', 'other_care_organisation')),
  name           text not null check (name <> ''),
  ods_code       text not null default '',
  charity_number text not null default '',
  status         text not null check (status in ('active', 'closed', 'dormant', 'proposed')),
  may_refer      boolean not null,
  network_code   text not null default '',
  network_name   text not null default '',
  address        text not null default '',
  postcode       text not null default '',
  phone          text not null default '',
  email          text not null default '',
  list_size      int not null default 0,
  closed_on      date,
  simulated      boolean not null,
  version        int not null,
  changed_at     timestamptz not null,
  words          tsvector not null generated always as
                   (to_tsvector('simple', name || ' ' || network_name || ' ' || ods_code || ' ' || charity_number || ' ' || postcode)) stored,
  constraint organisation_closed_can_not_refer check (not may_refer or status = 'active')
);
create unique index organisation_ods_code on organisation (ods_code) where ods_code <> '';
create index organisation_words on organisation using gin (words);
create index organisation_name on organisation (name, id);
call guard('organisation');
call person_may('organisation', 'select', 'true');
call person_may('organisation', 'insert', $$actor_role() = 'coordinator'$$);
call person_may('organisation', 'update', $$actor_role() = 'coordinator'$$);
call machine_may('organisation', 'importer', 'select,insert,update');
call machine_may('organisation', 'matcher', 'select');
call machine_may('organisation', 'clock', 'select');

-- A role of a person at one organisation. Names of staff are work identities; each organisation writes its own people's.
-- person_id is made from issuer and subject, so that two organisations speak of the same person without seeing each other's staff.
create table person_role (
  id              uuid primary key,
  person_id       uuid not null,
  issuer          text not null check (issuer <> ''),
  subject         text not null check (subject <> ''),
  display_name    text not null check (display_name <> ''),
  organisation_id uuid not null references organisation,
  role            text not null,
  from_on         date not null,
  until_on        date,
  granted_by      uuid,
  granted_at      timestamptz not null,
  ended_at        timestamptz,
  ended_by        uuid,
  simulated       boolean not null,
  version         int not null,
  constraint person_role_dates check (until_on is null or until_on >= from_on)
);
-- One of each at a time; an ended one may come again.
create unique index person_role_once on person_role (person_id, organisation_id, role) where ended_at is null;
create index person_role_organisation on person_role (organisation_id, display_name, id);
create index person_role_person on person_role (person_id);
create index person_role_until on person_role (until_on) where ended_at is null and until_on is not null;
call guard('person_role');
call person_may('person_role', 'select', 'organisation_id = actor_org() or person_id = actor_person()');
call person_may('person_role', 'select', $$actor_role() = 'coordinator' and role = 'service_lead'$$);
call person_may('person_role', 'insert', $$organisation_id = actor_org() and actor_role() = 'service_lead'$$);
call person_may('person_role', 'insert', $$actor_role() = 'coordinator' and role = 'service_lead'$$);
call person_may('person_role', 'update', $$organisation_id = actor_org() and actor_role() = 'service_lead'$$);
call person_may('person_role', 'update', $$actor_role() = 'coordinator' and role = 'service_lead'$$);
call machine_may('person_role', 'importer', 'select,insert,update');
call machine_may('person_role', 'matcher', 'select');
call machine_may('person_role', 'clock', 'select,update');

-- What a person was trained in, and until when. It belongs to the person, wherever they work; their lead records it.
create table competency (
  id              uuid primary key,
  person_id       uuid not null,
  competency      text not null,
  tier            text not null default '',
  from_on         date not null,
  until_on        date not null,
  organisation_id uuid references organisation,
  recorded_by     uuid,
  recorded_at     timestamptz not null,
  expired_at      timestamptz,
  constraint competency_dates check (until_on >= from_on)
);
create index competency_person on competency (person_id, competency);
create index competency_until on competency (until_on) where expired_at is null;
call guard('competency');
-- The subselect sees what this person may see of person_role: colleagues.
call person_may('competency', 'select', 'person_id = actor_person() or exists (select from person_role r where r.person_id = competency.person_id and r.organisation_id = actor_org())');
call person_may('competency', 'insert', $$actor_role() = 'service_lead' and organisation_id = actor_org()
  and exists (select from person_role r where r.person_id = competency.person_id and r.organisation_id = actor_org() and r.ended_at is null)$$);
call machine_may('competency', 'importer', 'select,insert,update');
call machine_may('competency', 'matcher', 'select');
call machine_may('competency', 'clock', 'select,update');
