-- The directory of services and link worker teams with their capacity, as vcse and linkworker said it. No row is about a patient.
-- Facts of different speakers come in any order, so nothing refers to anything, and a withdrawal may be a service's only trace.

-- version: of the last service_published; 0 when only its withdrawal was heard.
-- published_at, withdrawn_at: when the two facts were said. The later one counts.
-- places, sessions: as they are shown. latitudes, longitudes: of those places whose position is known, from the source or the
-- postcode's district; south to east: the smallest box around them, by which distant services are ruled out quickly.
-- weekdays: bit 1 is Monday, bit 7 Sunday; 0 when no times are known.
-- remote: it can be had without going there.
-- labels: what categories and needs are called, for the search by text.
-- What a search looks at in every row stands first, and is of fixed length as far as it can be: half the time of a search without words.
create table service_copy (
  id                uuid primary key,
  version           bigint not null default 0,
  published_at      timestamptz,
  withdrawn_at      timestamptz,
  claimed           boolean not null default false,
  accepts_referrals boolean not null default false,
  sensitive         boolean not null default true,
  simulated         boolean not null default false,
  needs_mapped      boolean not null default false,
  remote            boolean not null default false,
  weekdays          int not null default 0,
  minimum_age       int,
  maximum_age       int,
  provider_id       uuid,
  status            text not null default '',
  south             float8,
  west              float8,
  north             float8,
  east              float8,
  around            box generated always as (box(point(west, south), point(east, north))) stored,
  latitudes         float8[] not null default '{}',
  longitudes        float8[] not null default '{}',
  needs             text[] not null default '{}',
  accessibility     text[] not null default '{}',
  languages         text[] not null default '{}',
  delivery          text[] not null default '{}',
  categories        text[] not null default '{}',
  provider_name     text not null default '',
  name              text not null default '',
  description       text not null default '',
  source            text not null default '',
  source_id         text not null default '',
  source_licence    text not null default '',
  eligibility       text not null default '',
  fees              text not null default '',
  url               text not null default '',
  phone             text not null default '',
  email             text not null default '',
  places            jsonb not null default '[]',
  sessions          jsonb not null default '[]',
  labels            text not null default '',
  words             tsvector generated always as (
    setweight(to_tsvector('english', name), 'A') || setweight(to_tsvector('english', labels), 'B')
    || setweight(to_tsvector('english', provider_name), 'C') || setweight(to_tsvector('english', description), 'D')) stored
);
create index service_copy_needs on service_copy using gin (needs);
-- A short pending list: a search reads it from end to end.
create index service_copy_words on service_copy using gin (words) with (gin_pending_list_limit = 256);
create index service_copy_around on service_copy using gist (around);
create index service_copy_placeless on service_copy (id) where remote or around is null;
create index service_copy_referable on service_copy (id) where claimed and accepts_referrals;
call guard('service_copy');
call person_may('service_copy', 'select', 'true');
call machines_may('service_copy', 'select');
call machine_may('service_copy', 'inbox', 'insert,update');

create table capacity_copy (
  receiver_kind  text not null,
  receiver_id    uuid not null,
  status         text not null,
  places_free    int,
  waiting        int,
  next_review_on date,
  reported_by    uuid,
  reported_at    timestamptz not null,
  simulated      boolean not null,
  primary key (receiver_id, receiver_kind)
);
call guard('capacity_copy');
call person_may('capacity_copy', 'select', 'true');
call machines_may('capacity_copy', 'select');
call machine_may('capacity_copy', 'inbox', 'insert,update');

create table team_copy (
  id                uuid primary key,
  version           bigint not null,
  name              text not null,
  network_codes     text[] not null,
  practice_ids      uuid[] not null,
  needs             text[] not null,
  what_we_do        text not null,
  not_here          jsonb not null,
  accepts_referrals boolean not null,
  phone             text not null,
  simulated         boolean not null,
  published_at      timestamptz not null
);
call guard('team_copy');
call person_may('team_copy', 'select', 'true');
call machines_may('team_copy', 'select');
call machine_may('team_copy', 'inbox', 'insert,update');

create table note_copy (
  id              uuid primary key,
  service_id      uuid not null,
  kind            text not null,
  about_note_id   uuid,
  text            text not null,
  by_id           uuid not null,
  organisation_id uuid not null,
  at              timestamptz not null
);
create index note_copy_service on note_copy (service_id, at);
call guard('note_copy');
call person_may('note_copy', 'select', 'true');
call machines_may('note_copy', 'select');
call machine_may('note_copy', 'inbox', 'insert');

-- Kilometres between two places along the globe: the haversine formula, as in pkg/geo.
create function kilometres(lat1 float8, lon1 float8, lat2 float8, lon2 float8) returns float8 language sql immutable parallel safe as $$
  select 2 * 6371.0088 * asin(sqrt(least(1, power(sin(radians(lat2 - lat1) / 2), 2) + cos(radians(lat1)) * cos(radians(lat2)) * power(sin(radians(lon2 - lon1) / 2), 2))))
$$;
