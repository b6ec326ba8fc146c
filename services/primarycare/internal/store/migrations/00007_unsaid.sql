-- Of whom a case was opened, and what this practice wrote down of how not to reach them is news to it: nothing was kept of it when nobody shared the
-- person. The clock says it, as it needs keys that are fetched before a transaction.
create table unsaid (
  practice_id uuid not null,
  ref         uuid not null,
  since       timestamptz not null,
  primary key (practice_id, ref)
);
call guard('unsaid');
call machine_may('unsaid', 'inbox', 'select,insert,delete');
call machine_may('unsaid', 'clock', 'select,update,delete');
call machine_may('patient', 'clock', 'select,update');
