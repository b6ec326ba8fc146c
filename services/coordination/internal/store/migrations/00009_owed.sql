-- Steps that others keep the clock of, as they said: red flags of practices, places that providers keep. Ids, times and who owes the step; of
-- whom it is about nothing. A row goes when the step was taken.
create table owed_elsewhere (
  kind            text not null check (kind in ('red_flag', 'reservation')),
  id              uuid not null,
  organisation_id uuid not null,
  since           timestamptz not null,
  due_at          timestamptz not null,
  primary key (kind, id)
);
create index owed_elsewhere_due on owed_elsewhere (due_at, id);
create index owed_elsewhere_owed on owed_elsewhere (organisation_id, due_at, id);
create index action_due on action (due_on, id) where done_at is null;
create index action_owed on action (owner_organisation_id, due_on, id) where done_at is null;
-- The page of what is overdue goes through referrals by due time and then id.
drop index referral_due;
create index referral_due on referral (due_at, id) where due_at is not null;
drop index referral_owed;
create index referral_owed on referral (owes_organisation_id, due_at, id) where due_at is not null;

call guard('owed_elsewhere');
call person_may('owed_elsewhere', 'select', $$organisation_id = actor_org() or actor_role() = 'coordinator'$$);
call machine_may('owed_elsewhere', 'inbox', 'select,insert,update,delete');
call machine_may('owed_elsewhere', 'clock', 'select');
call machine_may('owed_elsewhere', 'matcher', 'select');
