-- By when whoever is asked to hold a case answers, and by when a practice asks how a signpost went: both are on the page of what is overdue.
alter table case_person add column due_at timestamptz;
create index case_person_due on case_person (due_at, case_id) where state = 'offered' and due_at is not null;
create index case_person_owed on case_person (organisation_id, due_at, case_id) where state = 'offered' and due_at is not null;
-- Who was asked before this was kept has about the two working days of the table of times. The owner sees nothing through its own forced policies.
alter table case_person no force row level security;
update case_person set due_at = since + interval '3 days' where state = 'offered' and part = 'case_holder';
alter table case_person force row level security;

alter table owed_elsewhere drop constraint owed_elsewhere_kind_check;
alter table owed_elsewhere add constraint owed_elsewhere_kind_check check (kind in ('red_flag', 'reservation', 'notice', 'signpost'));
