-- Offers and the people behind them. A provider sees its own and nobody else's.

-- organisation_id: the provider whose service it was put to, at that time.
-- contact, safeguarding, criterion (words about the person): personal data, cleared by erasure and when consent is withdrawn.
-- answer, receipt: what we said last, and whether coordination has confirmed it; state is how the two together stand.
-- took_place: whether it uses a place that the service counts, to be given back at the end.
-- last_by, last_at, last_did: who changed it last, for whoever comes second.
-- progress_version: the newest referral_progressed heard; an older one changes nothing.
create table offer (
  id                     uuid primary key,
  organisation_id        uuid not null,
  service_id             uuid not null,
  referral_id            uuid not null,
  case_id                uuid not null,
  patient_ref            uuid not null,
  reference              text not null,
  attempt                int not null,
  sender_organisation_id uuid not null,
  sender_kind            text not null,
  requested_by           uuid,
  need                   text not null,
  urgency                text not null,
  sensitive              boolean not null,
  accessibility          text[] not null,
  offered_at             timestamptz not null,
  answer_due_at          timestamptz not null,
  state                  text not null check (state in ('offered', 'information_asked', 'accepted', 'waitlisted', 'bounced', 'expired', 'withdrawn', 'ended')),
  answer                 text not null default '' check (answer in ('', 'accepted', 'waitlisted', 'bounced', 'asked')),
  receipt                text not null default '' check (receipt in ('', 'sent', 'confirmed', 'refused')),
  answered_at            timestamptz,
  answered_by            uuid,
  reason                 text not null default '',
  criterion              text not null default '',
  until_on               date,
  whose_role             text not null default '',
  question_id            uuid,
  first_contact_by_on    date,
  expected_by_on         date,
  waiting_since          timestamptz,
  assigned_to            uuid,
  owed_by                timestamptz,
  expired_at             timestamptz,
  took_place             boolean not null default false,
  stand_down_due_at      timestamptz,
  stood_down_at          timestamptz,
  stood_down_by          uuid,
  outcome                text not null default '',
  ended_at               timestamptz,
  ended_by               uuid,
  closed_outcome         text not null default '',
  progress_version       int not null default 0,
  removed_at             timestamptz,
  removed_why            text not null default '',
  last_by                uuid,
  last_at                timestamptz not null,
  last_did               text not null default '',
  contact                jsonb,
  safeguarding           jsonb,
  version                int not null default 1
);
create index offer_tray on offer (organisation_id, state, answer_due_at, id);
create index offer_newest on offer (organisation_id, offered_at desc, id);
create index offer_referral on offer (referral_id);
create index offer_patient on offer (patient_ref);
create index offer_service on offer (service_id, state);
call guard('offer');
call person_may('offer', 'select,update', 'organisation_id = actor_org()');
call machine_may('offer', 'inbox', 'select,insert,update');
call machine_may('offer', 'clock', 'select');

-- What sender and receiver tell each other about an offer. body is personal data.
create table message (
  id              uuid primary key,
  offer_id        uuid not null references offer (id),
  organisation_id uuid not null,
  kind            text not null check (kind in ('question', 'answer', 'bounce', 'end')),
  question_id     uuid,
  body            text,
  by_person       uuid,
  at              timestamptz not null
);
create index message_offer on message (offer_id, at);
create unique index message_answer on message (question_id) where kind = 'answer';
call guard('message');
call person_may('message', 'select,insert', 'organisation_id = actor_org()');
call machine_may('message', 'inbox', 'select,insert,update');

create table attendance (
  id              uuid primary key,
  offer_id        uuid not null references offer (id),
  organisation_id uuid not null,
  session_on      date not null,
  result          text not null check (result in ('attended', 'did_not_attend', 'cancelled')),
  by_person       uuid not null,
  at              timestamptz not null,
  unique (offer_id, session_on)
);
call guard('attendance');
call person_may('attendance', 'select,insert', 'organisation_id = actor_org()');
call machine_may('attendance', 'inbox', 'select');

-- Two refs that were found to be one person. Rows keep the ref they came with: their sealed fields belong to it.
create table alias (
  from_ref uuid primary key,
  into_ref uuid not null,
  at       timestamptz not null
);
call guard('alias');
call person_may('alias', 'select', 'true');
call machine_may('alias', 'inbox', 'select,insert,update,delete');
