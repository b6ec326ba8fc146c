-- By these Postgres looks for the rows that name a meeting which changes or goes.
create index invitation_meeting on invitation (meeting_id);
create index item_meeting on item (meeting_id);
