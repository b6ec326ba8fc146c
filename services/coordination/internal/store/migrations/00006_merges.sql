-- What a merge puts together, and how it is taken apart again.

-- first_ref: the ref under which something came. A merge does not change it: by it a merge is undone, and by it each organisation sees
-- what came under the refs that it knows, until consent allows more.
-- The owner who migrates is under row-level security too, and would fill in no row.
alter table patient no force row level security;
alter table case_record no force row level security;
alter table referral no force row level security;
alter table timeline no force row level security;
alter table action no force row level security;
alter table consent no force row level security;
alter table membership no force row level security;
alter table case_record add column first_ref uuid;
alter table referral add column first_ref uuid;
alter table timeline add column first_ref uuid;
alter table action add column first_ref uuid;
alter table consent add column first_ref uuid;
alter table membership add column first_ref uuid;
update case_record set first_ref = patient_ref;
update referral set first_ref = patient_ref;
update timeline set first_ref = patient_ref;
update action set first_ref = patient_ref;
update consent set first_ref = patient_ref;
update membership m set first_ref = c.patient_ref from case_record c where c.id = m.case_id;
alter table case_record alter column first_ref set not null;
alter table referral alter column first_ref set not null;
alter table timeline alter column first_ref set not null;
alter table action alter column first_ref set not null;
alter table consent alter column first_ref set not null;
alter table membership alter column first_ref set not null;
-- shared: what came under another ref of the same person may be seen too, because consent covers it. because_id is that ref.
alter table membership drop constraint membership_part_check;
alter table membership add constraint membership_part_check
  check (part in ('sender', 'receiver', 'office', 'holder', 'key_worker', 'meeting', 'shared'));
create index membership_ref on membership (first_ref, organisation_id) where until is null;

-- one_since: when the last of the refs that were merged into this one was; null for most.
alter table patient add column one_since timestamptz;

-- ended_case: the case of the one that went, which ended with the merge; null where its case moved as it was.
create table merge (
  id         uuid primary key,
  from_ref   uuid not null references patient,
  into_ref   uuid not null references patient,
  why        text not null,
  by_id      uuid,
  at         timestamptz not null,
  ended_case uuid references case_record,
  undone_at  timestamptz,
  undone_by  uuid,
  check ((undone_at is null) = (undone_by is null))
);
create unique index merge_standing on merge (from_ref) where undone_at is null;
create index merge_from on merge (from_ref);
create index merge_into on merge (into_ref);
create index merge_at on merge (at) where undone_at is null;
create index merge_ended_case on merge (ended_case) where ended_case is not null;
insert into merge (id, from_ref, into_ref, why, at) select gen_random_uuid(), ref, merged_into, 'same_person', now() - interval '31 days' from patient where merged_into is not null;
update patient p set one_since = now() - interval '31 days' where exists (select from patient o where o.merged_into = p.ref);

alter table patient force row level security;
alter table case_record force row level security;
alter table referral force row level security;
alter table timeline force row level security;
alter table action force row level security;
alter table consent force row level security;
alter table membership force row level security;

-- Each look would read the whole list of what waits to be put into these indexes.
alter index patient_likeness set (fastupdate = off);
alter index patient_likeness_unnumbered set (fastupdate = off);

-- Why two refs that look the same are two people.
alter table apart add column reason text not null default '';

call guard('merge');
call person_may('merge', 'select', 'exists (select from membership m where m.first_ref in (from_ref, into_ref) and m.organisation_id = actor_org() and m.until is null)');
call machine_may('merge', 'inbox', 'select,insert,update');
call machine_may('merge', 'clock', 'select,insert,update');
call machine_may('merge', 'matcher', 'select,insert,update');

alter policy person_select on patient using (exists (
  select from membership m where m.first_ref = patient.ref and m.organisation_id = actor_org() and m.until is null));
alter policy person_select on consent using (exists (
  select from membership m where m.first_ref = consent.first_ref and m.organisation_id = actor_org() and m.until is null));
alter policy person_select on referral using (exists (
  select from membership m where m.case_id = referral.case_id and m.first_ref = referral.first_ref and m.organisation_id = actor_org() and m.until is null)
  and (not sensitive or actor_org() = any (seen_by)));
alter policy person_select on timeline using (exists (
  select from membership m where m.case_id = timeline.case_id and m.first_ref = timeline.first_ref and m.organisation_id = actor_org() and m.until is null)
  and (referral_id is null or exists (select from referral r where r.id = timeline.referral_id)));
alter policy person_select on action using (exists (
  select from membership m where m.case_id = action.case_id and m.first_ref = action.first_ref and m.organisation_id = actor_org() and m.until is null));
