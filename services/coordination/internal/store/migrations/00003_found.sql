-- By these Postgres looks for the rows that name one which changes or goes. A referral's key changes when it is closed: without
-- the index on parent_id each closing read the table of all referrals.
create index referral_parent on referral (parent_id) where parent_id is not null;
create index referral_patient on referral (patient_ref);
create index patient_merged on patient (merged_into) where merged_into is not null;
create index apart_other on apart (other);
create index action_of_case on action (case_id) where case_id is not null;
