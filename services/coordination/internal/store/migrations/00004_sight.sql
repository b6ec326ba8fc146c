-- Who may see a case is said in the policies themselves. As a function it was called for each row by itself, ten microseconds each: a
-- practice's list asked it of every open referral of the area. Said here, Postgres reads the organisation's memberships once.
alter policy person_select on case_record using (exists (
  select from membership m where m.case_id = case_record.id and m.organisation_id = actor_org() and m.until is null));
alter policy person_select on referral using (exists (
  select from membership m where m.case_id = referral.case_id and m.organisation_id = actor_org() and m.until is null)
  and (not sensitive or actor_org() = any (seen_by)));
alter policy person_select on timeline using (exists (
  select from membership m where m.case_id = timeline.case_id and m.organisation_id = actor_org() and m.until is null)
  and (referral_id is null or exists (select from referral r where r.id = timeline.referral_id)));
alter policy person_select on case_person using (exists (
  select from membership m where m.case_id = case_person.case_id and m.organisation_id = actor_org() and m.until is null));
alter policy person_select on action using (exists (
  select from membership m where m.case_id = action.case_id and m.organisation_id = actor_org() and m.until is null));
drop function may_see_case(uuid);
