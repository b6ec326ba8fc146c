-- heard_at: when the newest happened that was heard of somebody while no case of theirs was open. open_flags: the red flags about them that nobody
-- has acted on. A record is kept by both, and by the newest else that is known: no rule erases a current patient.
alter table patient add column heard_at timestamptz, add column open_flags uuid[] not null default '{}';
