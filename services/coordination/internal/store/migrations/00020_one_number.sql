-- Who has an NHS number, whichever of a person's records it stands in: a practice may learn one later that somebody has already.
create index patient_number on patient (nhs_number) where nhs_number <> '';

-- Two refs that a number learned later says are one person's, until the clock makes them one. ref is who goes.
create table same_number (
  ref     uuid not null references patient,
  other   uuid not null references patient,
  made_at timestamptz not null,
  primary key (ref, other),
  check (ref <> other)
);
-- One errand for two, whoever learned it first.
create unique index same_number_pair on same_number (least(ref, other), greatest(ref, other));
create index same_number_other on same_number (other);
call guard('same_number');
call machine_may('same_number', 'inbox', 'select,insert');
call machine_may('same_number', 'clock', 'select,delete');
