-- ways_at: by our clock, when the safe ways and the note became what they are; ways_by: whose word that was, as service:organisation, '' where words
-- that had not heard of each other were put together. Whoever had not heard of it opens no way again.
alter table patient add column ways_at timestamptz, add column ways_by text not null default '';
alter table patient no force row level security;
update patient set ways_at = contact_at;
alter table patient force row level security;
