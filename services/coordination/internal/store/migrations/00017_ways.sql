-- ways_at: when the safe ways became what they are; ways_by: whose word that was, null where two words that had not heard of each other were
-- put together. Whoever had not heard of it opens no way again.
alter table patient add column ways_at timestamptz, add column ways_by uuid;
