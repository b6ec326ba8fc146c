-- Services, their room, what people say of them, and who asks to answer for them. Nothing here is about a patient.

-- The area's office: its coordinators, and the service leads of the kind of organisation that coordinators belong to.
create function area_office() returns boolean language sql stable as $$
  select actor_role() = 'coordinator' or actor_role() = 'service_lead'
    and exists (select from organisation o where o.id = actor_org() and o.kind = 'other_care_organisation')
$$;

-- provider_id: the provider that answers for it; null while it is a listing that nobody has claimed.
-- fingerprint: of what the source said last, '' for what a provider added; an import that meets it again changes nothing.
-- districts: outward codes of the places. weekdays: of the sessions. Both are for searching.
create table service (
  id                uuid primary key,
  provider_id       uuid,
  provider_name     text not null,
  name              text not null check (name <> ''),
  description       text not null,
  needs             text[] not null,
  needs_mapped      boolean not null,
  sensitive         boolean not null,
  source            text not null check (source <> ''),
  source_id         text not null check (source_id <> ''),
  source_licence    text not null check (source_licence <> ''),
  claimed           boolean not null,
  simulated         boolean not null,
  status            text not null check (status in ('active', 'inactive', 'temporarily_closed')),
  minimum_age       int,
  maximum_age       int,
  eligibility       text not null,
  fees              text not null,
  url               text not null,
  phone             text not null,
  email             text not null,
  opening           text not null,
  languages         text[] not null,
  accessibility     text[] not null,
  delivery          text[] not null,
  places            jsonb not null,
  sessions          jsonb not null,
  accepts_referrals boolean not null,
  categories        text[] not null,
  category_words    text not null,
  districts         text[] not null,
  weekdays          smallint[] not null,
  fingerprint       text not null default '',
  version           int not null check (version > 0),
  published_at      timestamptz not null,
  withdrawn_at      timestamptz,
  withdrawn_why     text,
  words tsvector generated always as (to_tsvector('english', name || ' ' || provider_name || ' ' || category_words || ' ' || left(description, 4000))) stored,
  check (claimed = (provider_id is not null)),
  check (claimed or not accepts_referrals)
);
create index service_words on service using gin (words);
create index service_provider on service (provider_id) where provider_id is not null;
create index service_name on service (lower(name), id) where withdrawn_at is null;
create index service_needs on service using gin (needs) where withdrawn_at is null;
create index service_districts on service using gin (districts) where withdrawn_at is null;

-- Who answers for a listing is asked by its provider and said by the area's office.
create table claim (
  id              uuid primary key,
  service_id      uuid not null references service (id),
  organisation_id uuid not null,
  why             text not null,
  asked_by        uuid not null,
  asked_at        timestamptz not null,
  state           text not null check (state in ('asked', 'confirmed', 'refused')),
  decided_by      uuid,
  decided_at      timestamptz,
  decision_note   text not null default '',
  version         int not null default 1
);
create unique index claim_asked on claim (service_id, organisation_id) where state = 'asked';
create unique index claim_confirmed on claim (service_id) where state = 'confirmed';
create index claim_organisation on claim (organisation_id, asked_at);
call guard('claim');
call person_may('claim', 'select', 'organisation_id = actor_org() or area_office()');
call person_may('claim', 'insert', 'organisation_id = actor_org() and asked_by = actor_person() and state = ''asked''');
call person_may('claim', 'update', 'area_office() and organisation_id <> actor_org()');

call guard('service');
call person_may('service', 'select', 'true');
call person_may('service', 'insert', 'provider_id = actor_org()');
call person_may('service', 'update', 'provider_id = actor_org()');
-- Confirming a claim is the one change that somebody else than the provider may make to a service.
call person_may('service', 'update', 'area_office() and exists (select from claim c where c.service_id = service.id and c.state = ''asked'')');
call machine_may('service', 'inbox', 'select');
call machine_may('service', 'clock', 'select');
call machine_may('service', 'importer', 'select,insert,update');
-- The open directory has no person behind it. It is read as the matcher, who sees these columns of what is listed and nothing else.
grant select (id, provider_name, name, description, needs, needs_mapped, sensitive, source, source_id, source_licence, claimed, simulated, status,
  minimum_age, maximum_age, eligibility, fees, url, phone, email, opening, languages, accessibility, delivery, places, sessions, categories,
  category_words, districts, weekdays, version, published_at, withdrawn_at, words) on service to vcse_matcher;
create policy matcher_select on service for select to vcse_matcher using (withdrawn_at is null);

-- How much room a service has, as somebody said it. places_free null: it does not count places.
-- reserved: places kept for open offers, counted by the trigger below. The check is why no more can be kept than there are.
create table capacity (
  service_id      uuid primary key references service (id),
  organisation_id uuid not null,
  status          text not null check (status in ('capacity', 'waitlist', 'no_capacity', 'additional_assessment_required')),
  places_free     int check (places_free >= 0),
  reserved        int not null default 0 check (reserved >= 0),
  waiting         int check (waiting >= 0),
  next_review_on  date,
  reported_by     uuid,
  reported_at     timestamptz not null,
  simulated       boolean not null default false,
  version         int not null default 1,
  constraint no_more_reservations_than_places check (reserved <= coalesce(places_free, 0))
);
create index capacity_organisation on capacity (organisation_id, reported_at);
call guard('capacity');
call person_may('capacity', 'select', 'true');
call person_may('capacity', 'insert,update', 'organisation_id = actor_org()');
call machine_may('capacity', 'inbox', 'select,update');
call machine_may('capacity', 'clock', 'select,update');

create table reservation (
  id              uuid primary key,
  service_id      uuid not null references capacity (service_id),
  organisation_id uuid not null,
  offer_id        uuid not null unique,
  made_at         timestamptz not null,
  until           timestamptz not null,
  released_at     timestamptz,
  reason          text check (reason in ('answered', 'expired', 'withdrawn')),
  check ((released_at is null) = (reason is null))
);
create index reservation_kept on reservation (until) where released_at is null;
call guard('reservation');
call person_may('reservation', 'select,update', 'organisation_id = actor_org()');
call machine_may('reservation', 'inbox', 'select,insert,update');
call machine_may('reservation', 'clock', 'select,update');
create function count_reservation() returns trigger language plpgsql as $$
begin
  update capacity set reserved = reserved
      + (case when new.released_at is null then 1 else 0 end)
      - (case when tg_op = 'UPDATE' and old.released_at is null then 1 else 0 end)
    where service_id = new.service_id;
  return null;
end $$;
create trigger reservation_counted after insert or update of released_at on reservation for each row execute function count_reservation();

-- What people who know a service say of it. Only ever added to; a correction is a note about a note.
create table note (
  id              uuid primary key,
  service_id      uuid not null references service (id),
  kind            text not null check (kind in ('note', 'confirm', 'dispute', 'correct')),
  about_note_id   uuid references note (id),
  body            text not null,
  by_person       uuid not null,
  role            text not null,
  organisation_id uuid not null,
  at              timestamptz not null,
  check ((kind = 'note') = (about_note_id is null)),
  check (kind in ('confirm', 'dispute') or body <> '')
);
create index note_service on note (service_id, at);
-- Nobody confirms or disputes the same note twice.
create unique index note_once on note (about_note_id, by_person, kind) where kind in ('confirm', 'dispute');
call guard('note');
call person_may('note', 'select', 'true');
call person_may('note', 'insert', 'organisation_id = actor_org() and by_person = actor_person()');
