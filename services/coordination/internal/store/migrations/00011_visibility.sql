-- Who sees what, whole in the second wall: the role, the organisation's part, whether the person agrees, what is sensitive, and looks in
-- an emergency. The first wall is domain.See; a test compares the two on thousands of pairs.

-- The owner who migrates is under row-level security too.
alter table membership no force row level security;
alter table case_record no force row level security;
alter table consent no force row level security;

-- agreed: the person agrees to what this part rests on. A sender's part stands without it, for what it sent itself.
alter table membership add column agreed boolean not null default true;
update membership m set agreed = false from case_record c
where c.id = m.case_id and m.part in ('sender', 'receiver', 'office', 'shared')
  and exists (select from (select distinct on (patient_ref) given from consent x where x.patient_ref = c.patient_ref and x.purpose = 'share_to_help'
    order by patient_ref, asked_at desc, given) newest where not newest.given);
alter table membership force row level security;
alter table case_record force row level security;
alter table consent force row level security;

-- not_with: organisations that the person does not want to know of them. said_no: they once said no to sharing.
alter table patient add column not_with uuid[] not null default '{}';
alter table patient add column said_no boolean not null default false;
alter table patient no force row level security;
alter table consent no force row level security;
update patient p set said_no = true where exists (select from consent c where c.patient_ref = p.ref and not c.given);
alter table patient force row level security;
alter table consent force row level security;

-- Looks in an emergency. words and note are what people wrote; erasure clears them.
create table break_glass (
  id              uuid primary key,
  patient_ref     uuid not null references patient,
  case_id         uuid not null references case_record,
  person_id       uuid not null,
  organisation_id uuid not null,
  role            text not null check (role in ('gp', 'link_worker', 'mdt_coordinator', 'care_professional', 'coordinator')),
  reason          text not null,
  words           text not null,
  sensitive       boolean not null,
  at              timestamptz not null,
  until           timestamptz not null,
  review_due_at   timestamptz not null,
  outcome         text not null default '',
  reviewed_by     uuid,
  reviewed_at     timestamptz,
  note            text not null default '',
  check (until > at and until <= at + interval '60 minutes'),
  check ((outcome = '') = (reviewed_by is null) and (outcome = '') = (reviewed_at is null)),
  check (reviewed_by <> person_id)
);
create index break_glass_person on break_glass (person_id, until);
create index break_glass_patient on break_glass (patient_ref, at);
create index break_glass_case on break_glass (case_id);
create index break_glass_unreviewed on break_glass (review_due_at) where outcome = '';
create index audit_grant on audit (grant_id, at) where grant_id is not null;

-- What time it is to whoever acts, as the program said it for this transaction: a look ends by the same clock that began it.
create function actor_now() returns timestamptz language sql stable parallel safe as $$
  select coalesce(nullif(current_setting('waypost.now', true), '')::timestamptz, now())
$$;

call guard('break_glass');
call person_may('break_glass', 'select', 'person_id = actor_person() and organisation_id = actor_org()');
call person_may('break_glass', 'select', $$actor_role() = 'privacy_officer'$$);
call machine_may('break_glass', 'inbox', 'select,insert,update');
call machine_may('break_glass', 'clock', 'select,insert,update');
call machine_may('break_glass', 'matcher', 'select,insert,update');

-- Who looked: for a privacy officer, and for an organisation with a part in the person's case. Which roles, is the app's to say.
call person_may('audit', 'select', $$actor_role() = 'privacy_officer'$$);
call person_may('audit', 'select', $$patient_ref is not null and exists (
  select from membership m join case_record c on c.id = m.case_id
  where c.patient_ref = audit.patient_ref and m.organisation_id = actor_org() and m.until is null and (m.agreed or m.part = 'sender'))$$);

alter policy person_select on case_record using (exists (
  select from membership m where m.case_id = case_record.id and m.organisation_id = actor_org() and m.until is null and (m.agreed or m.part = 'sender')));
alter policy person_select on patient using (exists (
  select from membership m where m.first_ref = patient.ref and m.organisation_id = actor_org() and m.until is null and (m.agreed or m.part = 'sender')));
alter policy person_select on consent using (exists (
  select from membership m where m.first_ref = consent.first_ref and m.organisation_id = actor_org() and m.until is null and (m.agreed or m.part = 'sender'))
  -- That somebody was asked about something sensitive tells of it.
  and (purpose <> 'share_sensitive' or by_organisation_id = actor_org() or actor_org() = any (organisation_ids)));
alter policy person_select on referral using ((exists (
    select from membership m where m.case_id = referral.case_id and m.first_ref = referral.first_ref and m.organisation_id = actor_org() and m.until is null and m.agreed)
  or sender_organisation_id = actor_org() and exists (
    select from membership m where m.case_id = referral.case_id and m.first_ref = referral.first_ref and m.organisation_id = actor_org() and m.until is null))
  and (not sensitive or actor_org() = any (seen_by)));
-- A line about a referral shows to whoever sees the referral, and what an organisation did itself shows to it.
alter policy person_select on timeline using ((exists (
    select from membership m where m.case_id = timeline.case_id and m.first_ref = timeline.first_ref and m.organisation_id = actor_org() and m.until is null and m.agreed)
  and (referral_id is null or exists (select from referral r where r.id = timeline.referral_id)))
  or exists (
    select from membership m where m.case_id = timeline.case_id and m.first_ref = timeline.first_ref and m.organisation_id = actor_org() and m.until is null)
  and (referral_id is null and organisation_id = actor_org()
    or referral_id is not null and exists (select from referral r where r.id = timeline.referral_id and r.sender_organisation_id = actor_org())));
alter policy person_select on case_person using (exists (
  select from membership m where m.case_id = case_person.case_id and m.organisation_id = actor_org() and m.until is null and m.agreed));
alter policy person_select on action using (exists (
  select from membership m where m.case_id = action.case_id and m.first_ref = action.first_ref and m.organisation_id = actor_org() and m.until is null and m.agreed));

-- In an emergency: one person at one organisation in one role, one patient, until the hour is over.
do $$
declare
  standing text := 'actor_grant() is not null and exists (select from break_glass g where g.id = actor_grant() and g.person_id = actor_person()
    and g.organisation_id = actor_org() and g.role = actor_role() and g.until > actor_now() and %s)';
  tbl text;
begin
  call person_may('case_record', 'select', format(standing, 'g.patient_ref = case_record.patient_ref'));
  call person_may('patient', 'select', format(standing, 'g.patient_ref in (patient.ref, patient.merged_into)'));
  call person_may('consent', 'select', format(standing, 'g.patient_ref = consent.patient_ref and (g.sensitive or consent.purpose <> ''share_sensitive'')'));
  call person_may('referral', 'select', format(standing, 'g.patient_ref = referral.patient_ref and (g.sensitive or not referral.sensitive)'));
  call person_may('timeline', 'select', format(standing, 'g.patient_ref = timeline.patient_ref')
    || ' and (referral_id is null or exists (select from referral r where r.id = timeline.referral_id))');
  call person_may('case_person', 'select', format(standing, 'g.patient_ref in (select c.patient_ref from case_record c where c.id = case_person.case_id)'));
  call person_may('action', 'select', format(standing, 'g.patient_ref = action.patient_ref'));
  -- The roles that see cases at all: the first column of domain's table with anything after it.
  foreach tbl in array array['case_record', 'patient', 'referral', 'timeline', 'consent', 'case_person', 'action'] loop
    execute format('create policy person_role on %I as restrictive for select to %I using ((select actor_role()) = any (%L::text[]))', tbl, current_schema() || '_person',
      '{receptionist,practice_manager,gp,link_worker,provider_worker,mdt_coordinator,care_professional,coordinator}');
  end loop;
end $$;
