-- Link worker teams: what they offer, what they were asked, whom they support, what they sent on. Every row but a team's offer
-- belongs to one team, and only its own staff see it. Columns that hold personal data are listed in store.PersonalData; removal
-- clears them.

-- What a team does, for whom, and what it does not. It is published, so every team may read it; the lead alone changes it.
create table team_offer (
  team_id       uuid primary key,
  name          text not null,
  network_codes text[] not null default '{}',
  practice_ids  uuid[] not null default '{}',
  needs         text[] not null default '{}',
  what_we_do    text not null,
  not_here      jsonb not null default '[]',
  accepts       boolean not null,
  phone         text not null default '',
  changed_by    uuid not null,
  changed_at    timestamptz not null,
  version       bigint not null check (version > 0)
);
call guard('team_offer');
call person_may('team_offer', 'select', 'true');
call person_may('team_offer', 'insert,update', $$team_id = actor_org() and actor_role() = 'service_lead'$$);
call machine_may('team_offer', 'inbox', 'select');
call machine_may('team_offer', 'importer', 'select,insert,update');

create table team_capacity (
  team_id        uuid primary key,
  status         text not null,
  places_free    int check (places_free >= 0),
  waiting        int check (waiting >= 0),
  next_review_on date,
  reported_by    uuid not null,
  reported_at    timestamptz not null,
  version        bigint not null
);
call guard('team_capacity');
call person_may('team_capacity', 'select', 'true');
call person_may('team_capacity', 'insert,update', 'team_id = actor_org()');
call machine_may('team_capacity', 'importer', 'select,insert,update');

-- A patient as a team may know them: the copy that came with the offer, kept up to date by coordination.
-- changed_at: when what stands here was said; an older word never replaces a newer one.
create table person (
  organisation_id    uuid not null,
  ref                uuid not null,
  given_name         text not null default '',
  family_name        text not null default '',
  date_of_birth      text not null default '',
  nhs_number         text not null default '',
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
  changed_at         timestamptz not null,
  removed_at         timestamptz,
  primary key (organisation_id, ref)
);
create index person_ref on person (ref);
create index person_number on person (organisation_id, nhs_number) where nhs_number <> '';
call guard('person');
call person_may('person', 'select,insert,update', 'organisation_id = actor_org()');
call machine_may('person', 'inbox', 'select,insert,update');

-- Refs that were found to be one person. A row keeps the ref it came with, so that a merge can be undone.
create table alias (
  from_ref uuid primary key,
  into_ref uuid not null,
  at       timestamptz not null,
  check (from_ref <> into_ref)
);
create index alias_into on alias (into_ref);
call guard('alias');
call person_may('alias', 'select', 'true'); -- two random refs tell nothing to who does not have the patient
call machine_may('alias', 'inbox', 'select,insert,update,delete');

-- The ref under which somebody is known now: a chain is followed to its end, a circle of mistakes is cut.
create function current_ref(r uuid) returns uuid language sql stable as $$
  with recursive chain(ref, n) as (
    select r, 0 union all select a.into_ref, c.n + 1 from chain c join alias a on a.from_ref = c.ref where c.n < 8)
  select ref from chain order by n desc limit 1
$$;

-- Every ref of the same person.
create function refs_of(r uuid) returns uuid[] language sql stable as $$
  with recursive tree(ref, n) as (
    select current_ref(r), 0 union all select a.from_ref, t.n + 1 from tree t join alias a on a.into_ref = t.ref where t.n < 8)
  select array_agg(distinct ref) from tree
$$;

-- A referral put to a team and, once accepted, the support that comes of it.
-- state: terms.OfferState. answer: what we said; confirmed_at: when coordination confirmed it, until then it is sent.
-- need, receiver of a sensitive referral came sealed; removal clears them like words.
-- progress: the newest version of referral_progressed that was heard.
create table offer (
  id                     uuid primary key,
  organisation_id        uuid not null,
  patient_ref            uuid not null,
  referral_id            uuid not null,
  case_id                uuid not null,
  reference              text not null,
  attempt                int not null,
  sender_organisation_id uuid not null,
  sender_kind            text not null,
  requested_by           uuid,
  need                   text not null default '',
  urgency                text not null,
  sensitive              boolean not null,
  narrative              text not null default '',
  safeguarding           text not null default '',
  safeguarding_codes     text[] not null default '{}',
  accessibility          text[] not null default '{}',
  parent_referral_id     uuid,
  offered_at             timestamptz not null,
  answer_due_at          timestamptz not null,
  state                  text not null,
  answer                 text not null default '',
  answered_by            uuid,
  answered_at            timestamptz,
  confirmed_at           timestamptz,
  reason                 text not null default '',
  criterion              text not null default '',
  until_on               date,
  whose_role             text not null default '',
  detail                 text not null default '',
  question_id            uuid,
  question               text not null default '',
  reply                  text not null default '',
  replied_at             timestamptz,
  assigned_to            uuid,
  assigned_at            timestamptz,
  first_contact_due_at   timestamptz,
  started_at             timestamptz,
  review_on              date,
  refused_why            text not null default '',
  taken_back_why         text not null default '',
  taken_back_at          timestamptz,
  stand_down_due_at      timestamptz,
  stood_down_at          timestamptz,
  stood_down_by          uuid,
  outcome                text not null default '',
  end_note               text not null default '',
  ended_by               uuid,
  ended_at               timestamptz,
  closed_at              timestamptz,
  removed_at             timestamptz,
  version                bigint not null default 1,
  progress               int not null default 0
);
create index offer_waiting on offer (organisation_id, answer_due_at, id) where state in ('offered', 'information_asked');
create index offer_caseload on offer (organisation_id, assigned_to, id) where state = 'accepted';
create index offer_list on offer (organisation_id, offered_at desc, id);
create index offer_patient on offer (patient_ref);
create index offer_referral on offer (referral_id);
create index offer_stand_down on offer (organisation_id) where stand_down_due_at is not null and stood_down_at is null;
call guard('offer');
call person_may('offer', 'select,update', 'organisation_id = actor_org()');
call machine_may('offer', 'inbox', 'select,insert,update');
call machine_may('offer', 'clock', 'select');

-- What was said of an offer before the offer itself was heard: after a merge of two people the two may travel apart.
create table early_word (
  offer_id uuid not null,
  word     text not null check (word in ('withdrawn', 'expired')),
  reason   text not null default '',
  at       timestamptz not null,
  primary key (offer_id, word)
);
call guard('early_word');
call machine_may('early_word', 'inbox', 'select,insert');
call machine_may('early_word', 'clock', 'select,delete');

create table contact (
  id              uuid primary key,
  organisation_id uuid not null,
  offer_id        uuid not null references offer,
  referral_id     uuid not null,
  patient_ref     uuid not null,
  how             text not null,
  result          text not null,
  note            text not null default '',
  by_id           uuid not null,
  at              timestamptz not null
);
create index contact_offer on contact (offer_id, at);
create index contact_patient on contact (patient_ref);
call guard('contact');
call person_may('contact', 'select,insert', 'organisation_id = actor_org()');
call machine_may('contact', 'inbox', 'select,update');

-- What was found at the start, at a review, at the end. The four answers are never added up.
create table assessment (
  id              uuid primary key,
  organisation_id uuid not null,
  offer_id        uuid not null references offer,
  referral_id     uuid not null,
  patient_ref     uuid not null,
  stage           text not null,
  needs           text[] not null default '{}',
  matters         text not null default '',
  satisfied       smallint check (satisfied between 0 and 10),
  worthwhile      smallint check (worthwhile between 0 and 10),
  happy           smallint check (happy between 0 and 10),
  anxious         smallint check (anxious between 0 and 10),
  result          text not null default '',
  by_id           uuid not null,
  at              timestamptz not null
);
create index assessment_offer on assessment (offer_id, at);
create index assessment_patient on assessment (patient_ref);
call guard('assessment');
call person_may('assessment', 'select,insert', 'organisation_id = actor_org()');
call machine_may('assessment', 'inbox', 'select,update');

-- What was agreed to do. Each agreement is a row; the last one counts.
create table plan (
  id              uuid primary key,
  organisation_id uuid not null,
  offer_id        uuid not null references offer,
  referral_id     uuid not null,
  patient_ref     uuid not null,
  matters         text not null default '',
  goals           jsonb not null,
  review_on       date not null,
  by_id           uuid not null,
  at              timestamptz not null
);
create index plan_offer on plan (offer_id, at desc);
create index plan_patient on plan (patient_ref);
call guard('plan');
call person_may('plan', 'select,insert', 'organisation_id = actor_org()');
call machine_may('plan', 'inbox', 'select,update');

-- That somebody was given to another colleague, who is told of it until they have looked.
create table passed (
  id              uuid primary key,
  organisation_id uuid not null,
  offer_id        uuid not null references offer,
  from_id         uuid,
  to_id           uuid not null,
  by_id           uuid not null,
  why             text not null default '',
  at              timestamptz not null,
  seen_at         timestamptz
);
create index passed_to on passed (organisation_id, to_id) where seen_at is null;
create index passed_offer on passed (offer_id, at);
call guard('passed');
call person_may('passed', 'select,insert,update', 'organisation_id = actor_org()');
call machine_may('passed', 'inbox', 'select,update');

-- Referrals that the team sent on. consent_*: what the person said before anything was sent.
create table referral (
  id                       uuid primary key,
  organisation_id          uuid not null,
  patient_ref              uuid not null,
  reference                text not null unique,
  parent_referral_id       uuid,
  parent_offer_id          uuid references offer,
  case_id                  uuid,
  need                     text not null,
  urgency                  text not null,
  sensitive                boolean not null,
  receivers                jsonb not null default '[]',
  narrative                text not null default '',
  safeguarding             text not null default '',
  safeguarding_codes       text[] not null default '{}',
  accessibility            text[] not null default '{}',
  consent_id               uuid not null,
  consent_how              text not null,
  consent_by               uuid not null,
  consent_at               timestamptz not null,
  requested_by             uuid not null,
  requested_at             timestamptz not null,
  state                    text not null,
  reason                   text not null default '',
  owes                     text not null default '',
  owes_organisation_id     uuid,
  owes_person_id           uuid,
  due_at                   timestamptz,
  offer_id                 uuid,
  receiver_kind            text not null default '',
  receiver_organisation_id uuid,
  receiver_id              uuid,
  bounces                  int not null default 0,
  question_id              uuid,
  message                  text not null default '',
  available                text[] not null default '{}',
  answered_by              uuid,
  answered_at              timestamptz,
  withdrawn_by             uuid,
  withdrawn_at             timestamptz,
  withdrawn_why            text not null default '',
  escalated_to             uuid,
  joined_into              uuid,
  outcome                  text not null default '',
  changed_at               timestamptz not null,
  removed_at               timestamptz,
  progress                 int not null default 0,
  version                  bigint not null default 1
);
create index referral_list on referral (organisation_id, requested_at desc, id);
create index referral_parent on referral (parent_offer_id);
create index referral_patient on referral (patient_ref);
call guard('referral');
call person_may('referral', 'select,insert,update', 'organisation_id = actor_org()');
call machine_may('referral', 'inbox', 'select,update');

-- Each change of a referral as coordination told it.
create table referral_step (
  referral_id     uuid not null references referral,
  organisation_id uuid not null,
  patient_ref     uuid not null,
  version         int not null,
  state           text not null,
  reason          text not null default '',
  message         text not null default '',
  receiver_id     uuid,
  at              timestamptz not null,
  primary key (referral_id, version)
);
create index referral_step_patient on referral_step (patient_ref);
call guard('referral_step');
call person_may('referral_step', 'select', 'organisation_id = actor_org()');
call machine_may('referral_step', 'inbox', 'select,insert,update');

create table crisis (
  id              uuid primary key,
  organisation_id uuid not null,
  patient_ref     uuid not null,
  offer_id        uuid,
  referral_id     uuid,
  practice_id     uuid,
  rung            text not null,
  rung_at         timestamptz,
  note            text not null default '',
  by_id           uuid not null,
  at              timestamptz not null
);
create index crisis_patient on crisis (organisation_id, patient_ref, at);
call guard('crisis');
call person_may('crisis', 'select,insert', 'organisation_id = actor_org()');
call machine_may('crisis', 'inbox', 'select,update');

-- What meetings said of our staff.
create table key_worker (
  case_id         uuid not null,
  person_id       uuid not null,
  organisation_id uuid not null,
  patient_ref     uuid not null,
  at              timestamptz not null,
  released_at     timestamptz,
  primary key (case_id, person_id, organisation_id)
);
create index key_worker_patient on key_worker (organisation_id, patient_ref);
create index key_worker_ours on key_worker (organisation_id, person_id) where released_at is null;
call guard('key_worker');
call person_may('key_worker', 'select', 'organisation_id = actor_org()');
call machine_may('key_worker', 'inbox', 'select,insert,update');

create table agreed_action (
  id              uuid primary key,
  organisation_id uuid,
  person_id       uuid,
  patient_ref     uuid not null,
  case_id         uuid,
  meeting_id      uuid,
  due_on          date,
  what            text not null default '',
  by_id           uuid,
  at              timestamptz not null,
  done_at         timestamptz,
  result          text not null default ''
);
create index agreed_action_patient on agreed_action (organisation_id, patient_ref);
create index agreed_action_ours on agreed_action (organisation_id, person_id, due_on) where done_at is null;
call guard('agreed_action');
call person_may('agreed_action', 'select', 'organisation_id = actor_org()');
call machine_may('agreed_action', 'inbox', 'select,insert,update');

-- When somebody last looked at an offer or referral, so that lists can mark what changed since.
create table looked (
  person_id uuid not null,
  thing_id  uuid not null,
  at        timestamptz not null,
  primary key (person_id, thing_id)
);
call guard('looked');
call person_may('looked', 'select,insert,update', 'person_id = actor_person()');
