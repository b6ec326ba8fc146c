-- Whoever works with the person can be asked to do this too, where no referral carries it: whom the sender asked for, and who was asked.
alter table referral add column join_person uuid;
alter table referral add column joined_person uuid;
alter table referral add column signed_by uuid;

-- Who was shown help that is there and sent nothing. About whom they asked is not kept.
create table overlap_stop (
  id              uuid primary key,
  organisation_id uuid not null,
  need            text not null default '', -- '' when it is sensitive
  at              timestamptz not null
);
create index overlap_stop_at on overlap_stop (at);
call guard('overlap_stop');
call machine_may('overlap_stop', 'inbox', 'select,insert');
call machine_may('overlap_stop', 'matcher', 'select');

-- Two roles more see cases, and neither looks in an emergency.
do $$
declare
  tbl text;
begin
  foreach tbl in array array['case_record', 'patient', 'referral', 'timeline', 'consent', 'case_person', 'action'] loop
    execute format('alter policy person_role on %I using ((select actor_role()) = any (%L::text[]))', tbl,
      '{receptionist,practice_manager,gp,link_worker,care_coordinator,health_coach,provider_worker,mdt_coordinator,care_professional,coordinator}');
  end loop;
end $$;
