-- Meetings, agendas, who holds a case, and what was agreed. An organisation sees its own meetings; one that is invited sees that
-- a case is on the agenda and what it has to do itself, and nothing that names or describes the person.
-- Row conditions look at the row's own columns first, so that none of them leads back to itself.

-- series_id: meetings of one name at one organisation; what is not done goes to the next of the series.
-- invited: the organisations that somebody was invited from, beside our own.
create table meeting (
  id              uuid primary key,
  organisation_id uuid not null,
  series_id       uuid not null,
  name            text not null,
  starts_at       timestamptz not null,
  ends_at         timestamptz not null,
  place           text not null default '',
  status          text not null check (status in ('planned', 'held', 'cancelled')),
  weekly          boolean not null,
  next_id         uuid,
  invited         uuid[] not null default '{}',
  changed_by      uuid not null,
  changed_at      timestamptz not null,
  version         bigint not null default 1,
  check (ends_at > starts_at)
);
create index meeting_list on meeting (organisation_id, starts_at, id);
create index meeting_series on meeting (series_id, starts_at) where status = 'planned';
create index meeting_invited on meeting using gin (invited);
call guard('meeting');
call person_may('meeting', 'select', 'organisation_id = actor_org() or actor_org() = any(invited)');
call person_may('meeting', 'insert,update', 'organisation_id = actor_org()');
call machine_may('meeting', 'clock', 'select');
call machine_may('meeting', 'inbox', 'select');

-- A person or, where no name is known yet, an organisation. must: the meeting is not complete without them.
-- attendance: what they said before, and what was so in the room.
create table invitation (
  id              uuid primary key,
  meeting_id      uuid not null references meeting (id),
  organisation_id uuid not null,
  guest_id        uuid not null,
  person_id       uuid,
  role            text not null default '',
  must            boolean not null,
  attendance      text not null default '' check (attendance in ('', 'coming', 'apologies', 'present', 'absent')),
  said_by         uuid,
  said_at         timestamptz
);
create unique index invitation_person on invitation (meeting_id, person_id) where person_id is not null;
create unique index invitation_guest on invitation (meeting_id, guest_id) where person_id is null;
call guard('invitation');
call person_may('invitation', 'select,update', 'organisation_id = actor_org() or guest_id = actor_org()');
call person_may('invitation', 'insert,delete', 'organisation_id = actor_org()');
call machine_may('invitation', 'clock', 'select');

-- A patient as an organisation knows them. contact is personal data, cleared by erasure.
-- first_ref: the ref that the row was made with, so that a merge can be undone.
-- people: who may see them because they are asked to hold the case, hold it or are its key worker.
create table patient (
  organisation_id uuid not null,
  patient_ref     uuid not null,
  first_ref       uuid not null,
  contact         jsonb,
  people          uuid[] not null default '{}',
  added_by        uuid,
  added_at        timestamptz not null,
  changed_at      timestamptz not null,
  removed_at      timestamptz,
  removed_why     text not null default '',
  version         bigint not null default 1,
  primary key (organisation_id, first_ref)
);
create index patient_ref on patient (patient_ref);
create index patient_number on patient (organisation_id, (contact->>'nhs_number'));
create index patient_name on patient (organisation_id, lower(contact->>'family_name'));
call guard('patient');
call person_may('patient', 'select', 'organisation_id = actor_org() or actor_person() = any(people)');
call person_may('patient', 'update', 'organisation_id = actor_org() or actor_person() = any(people)');
-- Whoever is invited to a meeting may bring a patient to it, with the details that the meeting needs.
call person_may('patient', 'insert', 'organisation_id = actor_org() or exists (select from meeting m where m.organisation_id = patient.organisation_id and actor_org() = any(m.invited))');
call machine_may('patient', 'inbox', 'select,insert,update,delete');
call machine_may('patient', 'clock', 'select');

-- Who has to do with whom, from what the others said: the event that carries the contact, still sealed. It is opened when
-- somebody there puts the person on an agenda or refers them, not before.
create table known (
  organisation_id uuid not null,
  patient_ref     uuid not null,
  event_id        uuid not null,
  event_type      text not null,
  sealed          jsonb not null,
  at              timestamptz not null,
  primary key (organisation_id, patient_ref)
);
create index known_ref on known (patient_ref);
call guard('known');
call person_may('known', 'select', 'organisation_id = actor_org()');
call machine_may('known', 'inbox', 'select,insert,update,delete');

-- One line of an agenda. No word about the person stands here: those are in item_text.
-- why: who or what put it there. people: see patient.people.
create table item (
  id               uuid primary key,
  meeting_id       uuid not null references meeting (id),
  organisation_id  uuid not null,
  series_id        uuid not null,
  patient_ref      uuid not null,
  first_ref        uuid not null,
  reason           text not null,
  need             text not null default '',
  why              text not null check (why in ('person', 'action', 'decision', 'waiting', 'merged')),
  put_by           uuid,
  put_by_org       uuid not null,
  put_at           timestamptz not null,
  request_id       uuid,
  state            text not null check (state in ('waiting', 'discussed', 'removed')),
  decision         text not null default '',
  discussed_by     uuid,
  discussed_at     timestamptz,
  present          uuid[] not null default '{}',
  apologies        uuid[] not null default '{}',
  invited          uuid[] not null default '{}',
  people           uuid[] not null default '{}',
  changed_by       uuid,
  changed_at       timestamptz not null,
  did              text not null default '',
  version          bigint not null default 1
);
create unique index item_once on item (meeting_id, patient_ref) where state <> 'removed';
create index item_patient on item (patient_ref, put_at);
create index item_series on item (series_id, patient_ref, put_at);
call guard('item');
call person_may('item', 'select', 'organisation_id = actor_org() or put_by_org = actor_org() or actor_org() = any(invited) or actor_person() = any(people)');
call person_may('item', 'insert', 'put_by_org = actor_org() and exists (select from meeting m where m.id = item.meeting_id and m.organisation_id = item.organisation_id)');
call person_may('item', 'update', 'organisation_id = actor_org() or put_by_org = actor_org() or actor_person() = any(people)');
call machine_may('item', 'clock', 'select,insert');
call machine_may('item', 'inbox', 'select,insert,update');

-- Why they are on the agenda, and what was said. Personal data, both.
create table item_text (
  item_id         uuid primary key references item (id),
  organisation_id uuid not null,
  put_by_org      uuid not null,
  narrative       text not null default '',
  note            text not null default ''
);
call guard('item_text');
call person_may('item_text', 'select,update', 'organisation_id = actor_org() or put_by_org = actor_org()');
call person_may('item_text', 'select', 'exists (select from item i where i.id = item_text.item_id and actor_person() = any(i.people))');
call person_may('item_text', 'insert', 'put_by_org = actor_org()');
call machine_may('item_text', 'inbox', 'select,insert,update');
call machine_may('item_text', 'clock', 'select,insert');

-- The case that coordination keeps, open or closed; the newest word counts.
create table patient_case (
  case_id   uuid primary key,
  patient_ref uuid not null,
  first_ref uuid not null,
  reference text not null default '',
  open      boolean not null,
  opened_at timestamptz,
  outcome   text not null default '',
  at        timestamptz not null
);
create index patient_case_ref on patient_case (patient_ref);
call guard('patient_case');
call person_may('patient_case', 'select', 'exists (select from item i where i.patient_ref = patient_case.patient_ref) or exists (select from patient p where p.patient_ref = patient_case.patient_ref)');
call machine_may('patient_case', 'inbox', 'select,insert,update');
call machine_may('patient_case', 'clock', 'select');

-- Who holds a case, was asked to, or did. One holds, one is asked: the two indexes say so, and the trigger that nobody lets go
-- of an open case unless somebody else has it.
create table case_holder (
  id              uuid primary key,
  case_id         uuid not null,
  patient_ref     uuid not null,
  first_ref       uuid not null,
  person_id       uuid not null,
  organisation_id uuid not null,
  role            text not null,
  state           text not null check (state in ('offered', 'holds', 'refused', 'taken_back', 'released')),
  item_id         uuid,
  asked_by        uuid not null,
  asked_by_org    uuid not null,
  asked_at        timestamptz not null,
  due_at          timestamptz not null,
  answered_at     timestamptz,
  released_at     timestamptz,
  handed_to       uuid,
  why_not         text not null default '',
  version         bigint not null default 1
);
create unique index case_holder_one on case_holder (case_id) where state = 'holds';
create unique index case_holder_asked on case_holder (case_id) where state = 'offered';
create index case_holder_person on case_holder (person_id, state);
create index case_holder_organisation on case_holder (organisation_id, state);
create index case_holder_ref on case_holder (patient_ref);
call guard('case_holder');
call person_may('case_holder', 'select', 'person_id = actor_person() or organisation_id = actor_org() or exists (select from item i where i.patient_ref = case_holder.patient_ref)');
call person_may('case_holder', 'insert', 'asked_by_org = actor_org()');
call person_may('case_holder', 'update', 'person_id = actor_person() or exists (select from item i where i.patient_ref = case_holder.patient_ref and (i.organisation_id = actor_org() or actor_person() = any(i.people)))');
call machine_may('case_holder', 'inbox', 'select,insert,update');
call machine_may('case_holder', 'clock', 'select');
create function never_empty() returns trigger language plpgsql as $$
begin
  if not exists (select from case_holder h where h.case_id = new.case_id and h.state = 'holds')
    and exists (select from patient_case c where c.case_id = new.case_id and c.open) then
    raise exception 'an open case must have a holder' using errcode = 'check_violation', constraint = 'never_empty';
  end if;
  return null;
end $$;
create constraint trigger never_empty after update on case_holder deferrable initially deferred
  for each row when (old.state = 'holds' and new.state <> 'holds') execute function never_empty();

create table key_worker (
  id              uuid primary key,
  case_id         uuid not null,
  patient_ref     uuid not null,
  first_ref       uuid not null,
  person_id       uuid not null,
  organisation_id uuid not null,
  role            text not null default '',
  assigned_by     uuid not null,
  assigned_by_org uuid not null,
  assigned_at     timestamptz not null,
  released_at     timestamptz,
  version         bigint not null default 1
);
create unique index key_worker_one on key_worker (case_id) where released_at is null;
create index key_worker_ref on key_worker (patient_ref);
create index key_worker_person on key_worker (person_id) where released_at is null;
call guard('key_worker');
call person_may('key_worker', 'select', 'person_id = actor_person() or organisation_id = actor_org() or exists (select from item i where i.patient_ref = key_worker.patient_ref)');
call person_may('key_worker', 'insert', 'assigned_by_org = actor_org()');
call person_may('key_worker', 'update', 'exists (select from item i where i.patient_ref = key_worker.patient_ref and (i.organisation_id = actor_org() or actor_person() = any(i.people)))');
call machine_may('key_worker', 'inbox', 'select,update');

-- What somebody does by a day. what, note: personal data. case_reference: so that the owner can say which case without the name.
create table action (
  id              uuid primary key,
  item_id         uuid not null,
  meeting_id      uuid not null,
  organisation_id uuid not null,
  series_id       uuid not null,
  patient_ref     uuid not null,
  first_ref       uuid not null,
  case_id         uuid,
  case_reference  text not null default '',
  owner_id        uuid not null,
  owner_org       uuid not null,
  due_on          date not null,
  what            text not null default '',
  agreed_by       uuid not null,
  agreed_at       timestamptz not null,
  state           text not null check (state in ('open', 'done', 'dropped')),
  note            text not null default '',
  ended_by        uuid,
  ended_at        timestamptz,
  told_overdue    boolean not null default false,
  version         bigint not null default 1
);
create index action_owner on action (owner_org, state, due_on, id);
create index action_organisation on action (organisation_id, state, due_on, id);
create index action_patient on action (patient_ref, agreed_at);
create index action_due on action (due_on) where state = 'open' and not told_overdue;
create index action_series on action (series_id, patient_ref) where state = 'open';
call guard('action');
call person_may('action', 'select,update', 'organisation_id = actor_org() or owner_org = actor_org()');
call person_may('action', 'insert', 'organisation_id = actor_org()');
call machine_may('action', 'clock', 'select,update');
call machine_may('action', 'inbox', 'select,update');

-- Whether the person agreed to sharing, as it was asked here or told to coordination.
create table consent (
  id              uuid primary key,
  organisation_id uuid not null,
  patient_ref     uuid not null,
  first_ref       uuid not null,
  purpose         text not null,
  given           boolean not null,
  how             text not null,
  asked_by        uuid not null,
  asked_at        timestamptz not null,
  withdrawn_at    timestamptz
);
create index consent_ref on consent (organisation_id, patient_ref, asked_at);
call guard('consent');
call person_may('consent', 'select,insert', 'organisation_id = actor_org()');
call machine_may('consent', 'inbox', 'select,update');

-- What was heard about a case, in codes, for "since last time". The clock deletes what is old and on no agenda.
create table happened (
  event_id        uuid primary key,
  patient_ref     uuid not null,
  first_ref       uuid not null,
  fact            text not null,
  code            text not null default '',
  referral_id     uuid,
  organisation_id uuid,
  person_id       uuid,
  at              timestamptz not null
);
create index happened_ref on happened (patient_ref, at);
create index happened_at on happened (at);
call guard('happened');
call person_may('happened', 'select', 'exists (select from item i where i.patient_ref = happened.patient_ref and (i.organisation_id = actor_org() or i.put_by_org = actor_org() or actor_person() = any(i.people)))');
call machine_may('happened', 'inbox', 'select,insert,update,delete');
call machine_may('happened', 'clock', 'select,delete');

-- What a referral of anybody is for, to put words to what happened. need is empty when it is sensitive.
create table referral_fact (
  referral_id uuid primary key,
  patient_ref uuid not null,
  first_ref   uuid not null,
  need        text not null default '',
  sensitive   boolean not null,
  sender_org  uuid,
  at          timestamptz not null
);
create index referral_fact_ref on referral_fact (patient_ref);
create index referral_fact_at on referral_fact (at);
call guard('referral_fact');
call person_may('referral_fact', 'select', 'exists (select from item i where i.patient_ref = referral_fact.patient_ref and (i.organisation_id = actor_org() or i.put_by_org = actor_org() or actor_person() = any(i.people)))');
call machine_may('referral_fact', 'inbox', 'select,insert,update,delete');
call machine_may('referral_fact', 'clock', 'select,delete');

-- Refs that were found to be one person. A chain is followed to its end.
create table alias (
  from_ref uuid primary key,
  into_ref uuid not null,
  at       timestamptz not null,
  check (from_ref <> into_ref)
);
call guard('alias');
call person_may('alias', 'select', 'true'); -- two random refs tell nothing to who does not have the patient
call machine_may('alias', 'inbox', 'select,insert,update,delete');

-- When a person last looked at a thing, so that what changed since is marked.
create table looked (
  person_id uuid not null,
  thing_id  uuid not null,
  at        timestamptz not null,
  primary key (person_id, thing_id)
);
call guard('looked');
call person_may('looked', 'select,insert,update', 'person_id = actor_person()');
