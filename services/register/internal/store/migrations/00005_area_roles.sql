-- Who works for the whole area is named by who does so already, at the area's office: a lead of any hospital or council could
-- otherwise make themself a coordinator. Leads still end such a role at their own organisation.
create policy area_roles_granted on person_role as restrictive for insert to register_person
  with check (role not in ('coordinator', 'platform_operator') or (actor_role() = 'coordinator' and organisation_id = actor_org()));
create policy area_roles_changed on person_role as restrictive for update to register_person
  using (true)
  with check (role not in ('coordinator', 'platform_operator') or ended_at is not null or (actor_role() = 'coordinator' and organisation_id = actor_org()));
call person_may('person_role', 'insert', $$actor_role() = 'coordinator' and organisation_id = actor_org() and role in ('coordinator', 'platform_operator')$$);
call person_may('person_role', 'update', $$actor_role() = 'coordinator' and organisation_id = actor_org() and role in ('coordinator', 'platform_operator')$$);
