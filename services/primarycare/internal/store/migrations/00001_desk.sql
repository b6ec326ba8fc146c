-- The practice's desk. Every row belongs to one practice, and only its own staff see it. Columns that hold personal data are
-- listed in store.PersonalData; erasure clears them.

-- A patient as the practice knows them. ref is the random UUID that stands for them in events; two practices may know one person.
-- nhs_number: ten digits, or NULL with the reason why there is none.
-- preferences_at: when coordination last said how they want to be contacted, so that an older word does not replace a newer one.
create table patient (
  practice_id        uuid not null,
  ref                uuid not null,
  given_name         text not null default '',
  family_name        text not null default '',
  date_of_birth      date,
  nhs_number         text check (nhs_number ~ '^[0-9]{10}$'),
  no_number_reason   text not null default '',
  sex                text not null default '',
  phone              text not null default '',
  email              text not null default '',
  address            text not null default '',
  postcode           text not null default '',
  language           text not null default '',
  interpreter_needed boolean not null default false,
  accessibility      text[] not null default '{}',
  safe_phone         boolean not null default false,
  safe_text          boolean not null default false,
  safe_email         boolean not null default false,
  safe_letter        boolean not null default false,
  safe_note          text not null default '',
  next_of_kin        text not null default '',
  status             text not null default 'active' check (status in ('active', 'died', 'moved_away')),
  version            bigint not null default 1,
  added_by           uuid,
  added_at           timestamptz not null,
  changed_by         uuid,
  changed_at         timestamptz not null,
  preferences_at     timestamptz,
  erased_at          timestamptz,
  primary key (practice_id, ref),
  check (nhs_number is not null or no_number_reason <> '' or erased_at is not null)
);
create unique index patient_number on patient (practice_id, nhs_number) where nhs_number is not null;
create index patient_ref on patient (ref);
create index patient_family on patient (practice_id, lower(family_name), ref);
create index patient_born on patient (practice_id, date_of_birth);
call guard('patient');
call person_may('patient', 'select,insert,update', 'practice_id = actor_org()');
call machine_may('patient', 'inbox', 'select,update');

-- What changed in a patient's record: which fields, not what stood there, so that erasure has nothing to find here.
create table patient_change (
  id          uuid primary key,
  practice_id uuid not null,
  ref         uuid not null,
  at          timestamptz not null,
  by_id       uuid,
  fields      text[] not null
);
create index patient_change_ref on patient_change (practice_id, ref, at);
call guard('patient_change');
call person_may('patient_change', 'select,insert', 'practice_id = actor_org()');
call machine_may('patient_change', 'inbox', 'insert');

-- Refs that were found to be one person. A chain is followed to its end.
create table patient_alias (
  from_ref uuid primary key,
  into_ref uuid not null,
  at       timestamptz not null,
  check (from_ref <> into_ref)
);
create index patient_alias_into on patient_alias (into_ref);
call guard('patient_alias');
call person_may('patient_alias', 'select', 'true'); -- two random refs: they tell nothing to who does not have the patient
call machine_may('patient_alias', 'inbox', 'select,insert,update,delete');

-- The case that coordination keeps for a patient.
create table patient_case (
  ref       uuid primary key,
  case_id   uuid not null,
  reference text not null,
  at        timestamptz not null
);
call guard('patient_case');
call person_may('patient_case', 'select', 'exists (select from patient p where p.ref = patient_case.ref)');
call machine_may('patient_case', 'inbox', 'select,insert,update,delete');

-- Whether the person agreed to sharing, as it was asked at the desk or told to coordination.
create table consent (
  id           uuid not null,
  practice_id  uuid not null,
  ref          uuid not null,
  purpose      text not null,
  given        boolean not null,
  how          text not null,
  asked_by     uuid not null,
  asked_at     timestamptz not null,
  withdrawn_at timestamptz,
  primary key (practice_id, id)
);
create index consent_ref on consent (practice_id, ref, asked_at);
call guard('consent');
call person_may('consent', 'select,insert', 'practice_id = actor_org()');
call machine_may('consent', 'inbox', 'select,insert,update');

-- Who answers red flags today. One row per London day.
create table duty (
  practice_id     uuid not null,
  day             date not null,
  clinician_id    uuid not null,
  clinician_phone text not null default '',
  deputy_id       uuid,
  deputy_phone    text not null default '',
  set_by          uuid not null,
  set_at          timestamptz not null,
  version         bigint not null default 1,
  primary key (practice_id, day)
);
call guard('duty');
call person_may('duty', 'select,insert,update', 'practice_id = actor_org()');
call machine_may('duty', 'inbox', 'select');
call machine_may('duty', 'clock', 'select');

-- A yes to a red-flag question. rung: who is to answer now: duty, deputy, or nobody did (then 999 or 111 stands on the screen).
-- who: name and how to reach somebody who is no patient here yet.
create table red_flag (
  id            uuid primary key,
  practice_id   uuid not null,
  ref           uuid not null,
  source        text not null,
  questions     text[] not null default '{}',
  note          text not null default '',
  who           text not null default '',
  raised_by     uuid not null,
  raised_at     timestamptz not null,
  crisis_id     uuid,
  referral_id   uuid,
  offer_id      uuid,
  duty_id       uuid,
  deputy_id     uuid,
  rung          text not null check (rung in ('duty', 'deputy', 'nobody')),
  due_at        timestamptz not null,
  acted_by      uuid,
  acted_at      timestamptz,
  action        text not null default '',
  ended_at      timestamptz,
  version       bigint not null default 1
);
create index red_flag_open on red_flag (practice_id, due_at) where ended_at is null;
create index red_flag_clock on red_flag (due_at) where ended_at is null;
create index red_flag_ref on red_flag (practice_id, ref, raised_at);
create index red_flag_list on red_flag (practice_id, raised_at desc, id);
create unique index red_flag_crisis on red_flag (crisis_id) where crisis_id is not null;
call guard('red_flag');
call person_may('red_flag', 'select,insert,update', 'practice_id = actor_org()');
call machine_may('red_flag', 'inbox', 'select,insert,update');
call machine_may('red_flag', 'clock', 'select,update');

-- What was done about a red flag, and when it went to whom.
create table red_flag_step (
  id          uuid primary key,
  flag_id     uuid not null references red_flag (id),
  practice_id uuid not null,
  at          timestamptz not null,
  by_id       uuid,
  what        text not null,
  action      text not null default ''
);
create index red_flag_step_flag on red_flag_step (flag_id, at);
call guard('red_flag_step');
call person_may('red_flag_step', 'select,insert', 'practice_id = actor_org()');
call machine_may('red_flag_step', 'inbox', 'insert');
call machine_may('red_flag_step', 'clock', 'insert');

-- A referral or signpost that somebody has begun: a list of tasks, each saved as it is done. Anyone at the practice may go on with it.
-- done_as: what came of it, so that sending it again finds that.
create table draft (
  id                 uuid primary key,
  practice_id        uuid not null,
  ref                uuid not null,
  started_by         uuid not null,
  started_at         timestamptz not null,
  changed_by         uuid not null,
  changed_at         timestamptz not null,
  expires_at         timestamptz not null,
  flags_clear_at     timestamptz,
  flags_asked_by     uuid,
  flag_id            uuid,
  consent_id         uuid,
  need               text not null default '',
  receivers          jsonb not null default '[]',
  described_at       timestamptz,
  urgency            text not null default 'routine',
  narrative          text not null default '',
  safeguarding       text not null default '',
  safeguarding_codes text[] not null default '{}',
  accessibility      text[] not null default '{}',
  seen_helping       int,
  send_reason        text not null default '',
  again_of           uuid,
  done_as            uuid,
  done_kind          text not null default '' check (done_kind in ('', 'referral', 'signpost')),
  version            bigint not null default 1
);
create index draft_open on draft (practice_id, changed_at desc, id) where done_as is null;
create index draft_ref on draft (practice_id, ref) where done_as is null;
create index draft_expires on draft (expires_at) where done_as is null;
call guard('draft');
call person_may('draft', 'select,insert,update,delete', 'practice_id = actor_org()');
call machine_may('draft', 'inbox', 'select,update,delete');
call machine_may('draft', 'clock', 'select,delete');

create table signpost (
  id            uuid primary key,
  practice_id   uuid not null,
  ref           uuid not null,
  need          text not null default '',
  service_id    uuid,
  sensitive     boolean not null,
  by_id         uuid not null,
  at            timestamptz not null,
  follow_up_on  date,
  result        text not null default '',
  followed_by   uuid,
  followed_at   timestamptz,
  version       bigint not null default 1
);
create index signpost_due on signpost (practice_id, follow_up_on) where result = '' and follow_up_on is not null;
create index signpost_list on signpost (practice_id, at desc, id);
create index signpost_ref on signpost (practice_id, ref, at);
call guard('signpost');
call person_may('signpost', 'select,insert,update', 'practice_id = actor_org()');
call machine_may('signpost', 'inbox', 'select,update');

-- A referral that this practice asked for. The upper half is ours; the lower half is what coordination last said, which alone
-- moves it. heard: the version of that; a lower one never replaces it.
create table referral (
  id                 uuid primary key,
  practice_id        uuid not null,
  ref                uuid not null,
  reference          text not null unique,
  need               text not null,
  urgency            text not null,
  sensitive          boolean not null,
  receivers          jsonb not null default '[]',
  consent_id         uuid not null,
  narrative          text not null default '',
  safeguarding       text not null default '',
  safeguarding_codes text[] not null default '{}',
  accessibility      text[] not null default '{}',
  seen_helping       int,
  send_reason        text not null default '',
  again_of           uuid,
  requested_by       uuid not null,
  requested_at       timestamptz not null,
  answered_question  uuid,
  withdrawn_by       uuid,
  withdrawn_at       timestamptz,
  withdrawal_reason  text not null default '',

  heard              int not null default 0,
  case_id            uuid,
  state              text not null default 'requested',
  reason             text not null default '',
  owes               text not null default 'coordinator',
  owes_organisation  uuid,
  owes_person        uuid,
  due_at             timestamptz,
  offer_id           uuid,
  receiver_kind      text not null default '',
  receiver_id        uuid,
  receiver_organisation uuid,
  bounces            int not null default 0,
  question_id        uuid,
  message            text not null default '',
  actions            text[] not null default '{withdraw}',
  existing_referral  uuid,
  joined_into        uuid,
  escalated_to       uuid,
  outcome            text not null default '',

  open               boolean not null default true,
  changed_at         timestamptz not null,
  changed_by         uuid,
  version            bigint not null default 1
);
create index referral_changed on referral (practice_id, changed_at desc, id desc);
create index referral_requested on referral (practice_id, requested_at desc, id desc);
create index referral_due on referral (practice_id, due_at, id) where open;
create index referral_ref on referral (practice_id, ref, requested_at);
call guard('referral');
call person_may('referral', 'select,insert,update', 'practice_id = actor_org()');
call machine_may('referral', 'inbox', 'select,update');

-- What happened to a referral, in order. Only ever added to; message is cleared by erasure alone.
create table referral_step (
  id           uuid primary key,
  referral_id  uuid not null references referral (id),
  practice_id  uuid not null,
  at           timestamptz not null,
  by_id        uuid,
  what         text not null,
  reason       text not null default '',
  receiver_kind text not null default '',
  receiver_id  uuid,
  message      text not null default '',
  heard        int not null default 0
);
create index referral_step_referral on referral_step (referral_id, at, id);
call guard('referral_step');
call person_may('referral_step', 'select,insert', 'practice_id = actor_org()');
call machine_may('referral_step', 'inbox', 'select,insert,update');

-- What a meeting agreed that somebody at this practice does.
create table agreed_action (
  id          uuid primary key,
  practice_id uuid,
  ref         uuid,
  case_id     uuid,
  meeting_id  uuid,
  owner_id    uuid,
  due_on      date,
  what        text not null default '',
  agreed_at   timestamptz,
  result      text not null default '',
  done_at     timestamptz
);
create index agreed_action_open on agreed_action (practice_id, due_on) where result = '';
call guard('agreed_action');
call person_may('agreed_action', 'select', 'practice_id = actor_org()');
call machine_may('agreed_action', 'inbox', 'select,insert,update');

-- When a person last looked at a thing, so that what changed since is marked.
create table looked (
  practice_id uuid not null,
  person_id   uuid not null,
  thing_id    uuid not null,
  at          timestamptz not null,
  primary key (practice_id, person_id, thing_id)
);
call guard('looked');
call person_may('looked', 'select,insert,update', 'practice_id = actor_org() and person_id = actor_person()');
