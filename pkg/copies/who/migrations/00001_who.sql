-- Who is who, as the register said it. Work identities only: no row here is about a patient.
-- A fact may come before the one it belongs to, so nothing refers to anything, and what ends something may be its only trace.

-- version: of the last organisation_registered; 0 when only its closing was heard.
-- registered_at, closed_at: when the two facts were said. The later one counts: a closed organisation may open again.
create table organisation (
  id             uuid primary key,
  version        bigint not null default 0,
  kind           text not null default '',
  name           text not null default '',
  ods_code       text not null default '',
  charity_number text not null default '',
  status         text not null default '',
  may_refer      boolean not null default false,
  network_code   text not null default '',
  network_name   text not null default '',
  address        text not null default '',
  postcode       text not null default '',
  phone          text not null default '',
  email          text not null default '',
  list_size      int,
  simulated      boolean not null default false,
  registered_at  timestamptz,
  closed_at      timestamptz,
  closed_on      date,
  words          tsvector generated always as (to_tsvector('simple', name || ' ' || ods_code || ' ' || postcode || ' ' || network_name)) stored
);
create index organisation_words on organisation using gin (words);
create index organisation_kind on organisation (kind, name, id);
create index organisation_network on organisation (network_code, kind) where network_code <> '';
create index organisation_ods on organisation (ods_code) where ods_code <> '';
call guard('organisation');
call person_may('organisation', 'select', 'true');
call machines_may('organisation', 'select');
call machine_may('organisation', 'inbox', 'insert,update');

-- granted_at, ended_at: when the facts were said; a role that was ended may be granted again.
create table person_role (
  person_id       uuid not null,
  organisation_id uuid not null,
  role            text not null,
  issuer          text not null default '',
  subject         text not null default '',
  display_name    text not null default '',
  from_on         date,
  until_on        date,
  simulated       boolean not null default false,
  granted_at      timestamptz,
  ended_at        timestamptz,
  primary key (person_id, organisation_id, role)
);
create index person_role_organisation on person_role (organisation_id, role);
call guard('person_role');
call person_may('person_role', 'select', 'true');
call machines_may('person_role', 'select');
call machine_may('person_role', 'inbox', 'insert,update');

create table competency (
  person_id   uuid not null,
  competency  text not null,
  tier        text not null default '',
  from_on     date,
  until_on    date,
  recorded_at timestamptz,
  expired_at  timestamptz,
  primary key (person_id, competency)
);
call guard('competency');
call person_may('competency', 'select', 'true');
call machines_may('competency', 'select');
call machine_may('competency', 'inbox', 'insert,update');
