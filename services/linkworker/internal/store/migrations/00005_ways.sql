-- ways_at: as of when, by coordination's clock, the safe ways are. What is sent of the person says it back, so that nobody opens a way of contact that
-- somebody else had forbidden meanwhile.
alter table person add column ways_at timestamptz;
