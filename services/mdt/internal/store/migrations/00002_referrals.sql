-- The door of other care organisations: what somebody has begun, and the referrals that were sent.

-- A referral or an agenda item that somebody has begun; each task is saved as it is done. Anyone of the organisation may go on.
-- done_as: what came of it, so that sending it again finds that.
create table draft (
  id              uuid primary key,
  organisation_id uuid not null,
  kind            text not null check (kind in ('referral', 'agenda')),
  meeting_id      uuid,
  patient_ref     uuid,
  flags_clear_at  timestamptz,
  flags_asked_by  uuid,
  consent_id      uuid,
  consent_purpose text not null default '',
  consent_given   boolean not null default false,
  consent_how     text not null default '',
  consent_by      uuid,
  consent_at      timestamptz,
  need            text not null default '',
  urgency         text not null default 'routine',
  receiver_kind   text not null default '',
  receiver_id     uuid,
  reason          text not null default '',
  narrative       text not null default '',
  safeguarding    text not null default '',
  codes           text[] not null default '{}',
  accessibility   text[] not null default '{}',
  described_at    timestamptz,
  started_by      uuid not null,
  started_at      timestamptz not null,
  changed_at      timestamptz not null,
  expires_at      timestamptz not null,
  done_as         uuid,
  version         bigint not null default 1
);
create index draft_open on draft (organisation_id, changed_at desc, id) where done_as is null;
create index draft_expires on draft (expires_at) where done_as is null;
create index draft_ref on draft (patient_ref);
call guard('draft');
call person_may('draft', 'select,insert,update,delete', 'organisation_id = actor_org()');
call machine_may('draft', 'clock', 'select,delete');
call machine_may('draft', 'inbox', 'select,update,delete');

-- The upper half is ours; the lower half is what coordination last said, which alone moves it. heard: the version of that.
create table referral (
  id                uuid primary key,
  organisation_id   uuid not null,
  patient_ref       uuid not null,
  first_ref         uuid not null,
  reference         text not null unique,
  need              text not null,
  urgency           text not null,
  sensitive         boolean not null,
  receiver_kind     text not null default '',
  receiver_id       uuid,
  consent_id        uuid not null,
  narrative         text not null default '',
  safeguarding      text not null default '',
  codes             text[] not null default '{}',
  accessibility     text[] not null default '{}',
  requested_by      uuid not null,
  requested_at      timestamptz not null,
  answered_question uuid,
  withdrawn_by      uuid,
  withdrawn_at      timestamptz,
  withdrawal_reason text not null default '',

  heard             int not null default 0,
  case_id           uuid,
  state             text not null default 'requested',
  reason            text not null default '',
  owes              text not null default 'coordinator',
  due_at            timestamptz,
  offer_id          uuid,
  reached_kind      text not null default '',
  reached_id        uuid,
  bounces           int not null default 0,
  question_id       uuid,
  message           text not null default '',
  escalated_to      uuid,
  joined_into       uuid,
  outcome           text not null default '',
  open              boolean not null default true,
  changed_by        uuid,
  changed_at        timestamptz not null,
  did               text not null default '',
  version           bigint not null default 1
);
create index referral_changed on referral (organisation_id, changed_at desc, id desc);
create index referral_ref on referral (patient_ref, requested_at);
call guard('referral');
call person_may('referral', 'select,insert,update', 'organisation_id = actor_org()');
call machine_may('referral', 'inbox', 'select,update');

-- What became of it, in order; message is personal data.
create table referral_step (
  id              uuid primary key,
  referral_id     uuid not null references referral (id),
  organisation_id uuid not null,
  at              timestamptz not null,
  by_id           uuid,
  what            text not null,
  reason          text not null default '',
  reached_kind    text not null default '',
  reached_id      uuid,
  message         text not null default ''
);
create index referral_step_referral on referral_step (referral_id, at, id);
call guard('referral_step');
call person_may('referral_step', 'select,insert', 'organisation_id = actor_org()');
call machine_may('referral_step', 'inbox', 'select,insert,update');
