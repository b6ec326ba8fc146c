-- Whom the person refused by name sees what it sent itself, and nothing newer of who they are: where they live now, or how to ring them.
-- The owner who migrates is under row-level security too.
alter table membership no force row level security;
alter table case_record no force row level security;
alter table patient no force row level security;
alter table case_person no force row level security;
alter table membership add column refused boolean not null default false;
update membership m set refused = true from case_record c join patient p on p.ref = c.patient_ref
  where c.id = m.case_id and m.organisation_id = any (p.not_with);
alter policy person_select on patient using (exists (
  select from membership m where m.first_ref = patient.ref and m.organisation_id = actor_org() and m.until is null
    and (m.agreed or m.part = 'sender' and not m.refused)));
alter policy person_select on consent using ((exists (
    select from membership m where m.first_ref = consent.first_ref and m.organisation_id = actor_org() and m.until is null
      and (m.agreed or m.part = 'sender' and not m.refused))
  or by_organisation_id = actor_org() and exists (
    select from membership m where m.first_ref = consent.first_ref and m.organisation_id = actor_org() and m.until is null and m.part = 'sender'))
  and (purpose <> 'share_sensitive' or by_organisation_id = actor_org() or actor_org() = any (organisation_ids)));

-- Who holds a case, or stays in touch, was asked to under one record. Who knows only another record of the person is not told.
alter table case_person add column first_ref uuid;
update case_person p set first_ref = coalesce(
  (select m.first_ref from membership m where m.case_id = p.case_id and m.because_id = p.person_id and m.organisation_id = p.organisation_id
    and m.part in ('holder', 'key_worker') order by m.since limit 1),
  (select c.first_ref from case_record c where c.id = p.case_id));
alter table case_person alter column first_ref set not null;
alter table membership force row level security;
alter table case_record force row level security;
alter table patient force row level security;
alter table case_person force row level security;
alter policy person_select on case_person using (exists (
  select from membership m where m.case_id = case_person.case_id and m.first_ref = case_person.first_ref and m.organisation_id = actor_org() and m.until is null and m.agreed));
