-- The case, every referral and offer, who may see them, and what happened. Persons only read; inbox, clock and matcher write,
-- a person's own command as the matcher once it was decided (README.md has the reasons).

-- One row per patient ref. Which columns hold personal data is listed in store.PersonalData, and erasure clears those.
-- merged_into: this ref turned out to be the same person as another; everything is kept under that one.
-- contact_at: when the newest of the contact was said; older news does not replace it.
create table patient (
  ref                uuid primary key,
  merged_into        uuid references patient,
  status             text not null default 'active',
  contact_at         timestamptz,
  given_name         text not null default '',
  family_name        text not null default '',
  date_of_birth      text not null default '',
  nhs_number         text not null default '',
  sex                text not null default '',
  phone              text not null default '',
  email              text not null default '',
  address_lines      text[] not null default '{}',
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
  check (merged_into <> ref)
);
-- Who looks the same without a number: what the matcher asks by.
create index patient_alike on patient (lower(family_name), lower(given_name), date_of_birth) where merged_into is null and date_of_birth <> '';

create table case_record (
  id          uuid primary key,
  patient_ref uuid not null references patient,
  reference   text not null constraint case_reference unique,
  because     text not null,
  by_event    uuid not null,
  opened_at   timestamptz not null,
  closed_at   timestamptz,
  outcome     text not null default '',
  with_mdt    boolean not null default false,
  version     bigint not null default 1,
  is_open     boolean not null generated always as (closed_at is null) stored,
  unique (id, is_open),
  check ((closed_at is null) = (outcome = ''))
);
-- One case: a patient has at most one open.
create unique index one_open_case on case_record (patient_ref) where closed_at is null;
create index case_patient on case_record (patient_ref);

-- Through which organisation a case may be seen, and why. part: sender, receiver, office, holder, key_worker, meeting.
-- because_id: the referral, offer or person that the part comes from, so that each ends by itself.
create table membership (
  case_id         uuid not null references case_record,
  organisation_id uuid not null,
  part            text not null check (part in ('sender', 'receiver', 'office', 'holder', 'key_worker', 'meeting')),
  because_id      uuid not null,
  since           timestamptz not null,
  until           timestamptz,
  primary key (case_id, organisation_id, part, because_id)
);
create index membership_organisation on membership (organisation_id, case_id) where until is null;

-- seen_by: the organisations that may know of a sensitive referral.
-- may_be_ref: whom the patient may be the same as, while the area's office must say.
-- case_open, parent_open: true while this one is open, else null; with them the database refuses to close a case or a parent
-- before everything in it, and to open anything in one that is closed.
create table referral (
  id                     uuid primary key,
  case_id                uuid not null references case_record,
  patient_ref            uuid not null references patient,
  reference              text not null,
  state                  text not null check (state in ('requested', 'checked', 'held', 'offered', 'information_asked', 'waitlisted',
                           'accepted', 'under_way', 'escalated', 'joined', 'withdrawn', 'closed')),
  sender_organisation_id uuid not null,
  sender_kind            text not null,
  requested_by           uuid not null,
  requested_at           timestamptz not null,
  need                   text not null,
  urgency                text not null,
  sensitive              boolean not null,
  seen_by                uuid[] not null default '{}',
  wanted                 jsonb not null default '[]',
  accessibility          text[] not null default '{}',
  consent_id             uuid not null,
  consent_given          boolean not null,
  consent_with           uuid[] not null default '{}',
  seen_helping           int,
  send_reason            text not null default '',
  parent_id              uuid,
  root                   boolean not null,
  held_why               text not null default '' check (held_why in ('', 'same_need', 'same_person')),
  duplicate_of           uuid,
  may_be_ref             uuid,
  confirmed              text not null default '',
  bounces                int not null default 0,
  silences               int not null default 0,
  owes_party             text not null check (owes_party in ('sender', 'receiver', 'coordinator', 'nobody')),
  owes_organisation_id   uuid,
  owes_person_id         uuid,
  due_at                 timestamptz,
  overdue                boolean not null default false,
  escalation             text not null default '',
  ended_with             text not null default '',
  outcome                text not null default '',
  reason                 text not null default '',
  since                  timestamptz not null,
  version                bigint not null,
  narrative              text not null default '',
  safeguarding           text not null default '',
  safeguarding_codes     text[] not null default '{}',
  is_open                boolean not null generated always as (state not in ('joined', 'withdrawn', 'closed')) stored,
  case_open              boolean generated always as (case when state not in ('joined', 'withdrawn', 'closed') then true end) stored,
  parent_open            boolean generated always as (case when not root and state not in ('joined', 'withdrawn', 'closed') then true end) stored,
  unique (id, is_open),
  foreign key (case_id, case_open) references case_record (id, is_open),
  foreign key (parent_id, parent_open) references referral (id, is_open),
  -- A clock and an owner: exactly one party owes the next step of an open referral, by a time; nobody on an ended one.
  check ((state in ('joined', 'withdrawn', 'closed')) = (owes_party = 'nobody')),
  check ((owes_party = 'nobody') = (due_at is null)),
  check ((state = 'held') = (held_why <> '')),
  check (root or parent_id is not null)
);
-- No double care: one open root referral per need unless a person confirmed another; an onward one per parent and need.
-- A held one is not work yet.
create unique index one_root_per_need on referral (case_id, need)
  where root and confirmed = '' and state in ('checked', 'offered', 'information_asked', 'waitlisted', 'accepted', 'under_way', 'escalated');
create unique index one_onward_per_parent_and_need on referral (parent_id, need)
  where not root and confirmed = '' and state in ('checked', 'offered', 'information_asked', 'waitlisted', 'accepted', 'under_way', 'escalated');
create index referral_case on referral (case_id);
create index referral_reference on referral (reference);
create index referral_due on referral (due_at) where due_at is not null;
create index referral_owed on referral (owes_organisation_id, due_at) where due_at is not null;
create index referral_sender on referral (sender_organisation_id, since desc, id);
create index referral_checked on referral (id) where state = 'checked';

create table offer (
  id              uuid primary key,
  referral_id     uuid not null references referral,
  attempt         int not null,
  receiver_kind   text not null check (receiver_kind in ('service', 'team')),
  receiver_id     uuid not null,
  organisation_id uuid not null,
  state           text not null check (state in ('offered', 'information_asked', 'waitlisted', 'accepted', 'bounced', 'expired', 'withdrawn', 'ended')),
  offered_at      timestamptz not null,
  answer_due_at   timestamptz not null,
  answered_at     timestamptz,
  started_at      timestamptz,
  question_id     uuid,
  reason          text not null default '',
  unique (referral_id, attempt)
);
-- At most one receiver has it in hand, and so at most one has accepted.
create unique index one_live_offer on offer (referral_id) where state in ('offered', 'information_asked', 'waitlisted', 'accepted');
create index offer_receiver on offer (receiver_id) where state in ('offered', 'information_asked', 'waitlisted', 'accepted');

-- What happened, newest last. Rows are only added. text is what a person wrote; detail holds codes and ids only.
create table timeline (
  id              uuid primary key,
  case_id         uuid not null references case_record,
  patient_ref     uuid not null,
  at              timestamptz not null,
  what            text not null,
  referral_id     uuid,
  offer_id        uuid,
  organisation_id uuid,
  person_id       uuid,
  detail          jsonb not null default '{}',
  class           text not null default '' check (class in ('', 'message', 'narrative', 'safeguarding')),
  text            text not null default ''
);
create index timeline_case on timeline (case_id, at, id);

create table consent (
  id                 uuid primary key,
  patient_ref        uuid not null references patient,
  purpose            text not null,
  given              boolean not null,
  asked_by           uuid not null,
  asked_at           timestamptz not null,
  how                text not null,
  organisation_ids   uuid[] not null default '{}',
  by_organisation_id uuid not null
);
create index consent_patient on consent (patient_ref, asked_at);

-- Who holds the case and who stays in touch. state: offered, accepted, released.
create table case_person (
  case_id         uuid not null references case_record,
  person_id       uuid not null,
  part            text not null check (part in ('case_holder', 'key_worker')),
  organisation_id uuid not null,
  role            text not null default '',
  state           text not null check (state in ('offered', 'accepted', 'released')),
  since           timestamptz not null,
  until           timestamptz,
  primary key (case_id, person_id, part)
);
-- One holder, and at most one key worker.
create unique index one_case_holder on case_person (case_id) where part = 'case_holder' and state = 'accepted';
create unique index one_key_worker on case_person (case_id) where part = 'key_worker' and state = 'accepted';

create table action (
  id                    uuid primary key,
  case_id               uuid references case_record,
  patient_ref           uuid not null,
  meeting_id            uuid not null,
  owner_person_id       uuid not null,
  owner_organisation_id uuid not null,
  due_on                date not null,
  agreed_at             timestamptz not null,
  done_at               timestamptz,
  result                text not null default '',
  what                  text not null default ''
);
create index action_case on action (case_id) where done_at is null;

create table meeting (
  id              uuid primary key,
  organisation_id uuid not null,
  name            text not null,
  starts_at       timestamptz not null,
  status          text not null,
  version         bigint not null
);

-- Two refs that look the same and were found to be two people. one is the lesser.
create table apart (
  one   uuid not null references patient,
  other uuid not null references patient,
  by_id uuid not null,
  at    timestamptz not null,
  primary key (one, other),
  check (one < other)
);

-- Work that another fact left to the clock, because it concerns patients whose keys the inbox does not hold.
create table errand (
  referral_id   uuid not null references referral,
  kind          text not null check (kind in ('receiver_known', 'receiver_closed')),
  receiver_kind text not null,
  receiver_id   uuid not null,
  made_at       timestamptz not null,
  primary key (referral_id, kind, receiver_id)
);

create function may_see_case(c uuid) returns boolean language sql stable parallel safe as $$
  select exists (select from membership m where m.case_id = c and m.organisation_id = actor_org() and m.until is null)
$$;

call guard('patient');
call guard('case_record');
call guard('membership');
call guard('referral');
call guard('offer');
call guard('timeline');
call guard('consent');
call guard('case_person');
call guard('action');
call guard('meeting');
call guard('apart');
call guard('errand');

call person_may('membership', 'select', 'organisation_id = actor_org()');
call person_may('case_record', 'select', 'may_see_case(id)');
call person_may('patient', 'select', 'exists (select from case_record c where c.patient_ref = ref)');
call person_may('referral', 'select', 'may_see_case(case_id) and (not sensitive or actor_org() = any(seen_by))');
call person_may('offer', 'select', 'exists (select from referral r where r.id = referral_id)');
call person_may('timeline', 'select', 'may_see_case(case_id) and (referral_id is null or exists (select from referral r where r.id = timeline.referral_id))');
call person_may('consent', 'select', 'exists (select from case_record c where c.patient_ref = consent.patient_ref)');
call person_may('case_person', 'select', 'may_see_case(case_id)');
call person_may('action', 'select', 'case_id is not null and may_see_case(case_id)');
call person_may('meeting', 'select', 'true');

do $$
declare
  tbl text;
  machine text;
begin
  foreach tbl in array array['patient', 'case_record', 'membership', 'referral', 'offer', 'consent', 'case_person', 'action', 'meeting', 'apart', 'errand'] loop
    foreach machine in array array['inbox', 'clock', 'matcher'] loop
      call machine_may(tbl::regclass, machine, 'select,insert,update');
    end loop;
  end loop;
  foreach machine in array array['inbox', 'clock', 'matcher'] loop
    call machine_may('timeline', machine, 'select,insert,update');
    call machine_may('errand', machine, 'delete');
  end loop;
end $$;
