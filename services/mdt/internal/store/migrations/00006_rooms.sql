-- left_at: whoever holds the case no longer works where they held it for. They stay in the chair on paper, so that it is never
-- empty, see nothing any more, and the case is on the next agenda until somebody else has said yes.
alter table case_holder add column left_at timestamptz;
create index case_holder_left on case_holder (patient_ref) where state = 'holds' and left_at is not null;
create index key_worker_organisation on key_worker (organisation_id) where released_at is null;

-- reopened_at: the last time, so that the next agenda has it.
alter table patient_case add column reopened_at timestamptz;

alter table item drop constraint item_why_check;
alter table item add constraint item_why_check
  check (why in ('person', 'action', 'decision', 'waiting', 'merged', 'holder_left', 'unanswered', 'reopened'));
