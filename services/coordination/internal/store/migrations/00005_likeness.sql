-- What a patient is found by when somebody like them comes: hashes of how the names are spoken, each with the date of birth or
-- the postcode, and of the phone number. They stand for a person, and erasure clears them.
drop index patient_alike;
alter table patient add column likeness bigint[] not null default '{}';
create index patient_likeness on patient using gin (likeness) where merged_into is null;
-- Who comes with a number can be the same only as somebody without one, and those are few.
create index patient_likeness_unnumbered on patient using gin (likeness) where merged_into is null and nhs_number = '';

alter table errand drop constraint errand_kind_check;
alter table errand add constraint errand_kind_check check (kind in ('receiver_known', 'receiver_closed', 'one_person'));
