-- heard_at: as of when, by coordination's clock, the newest is that it said of how to reach the person; null before it said anything. What is sent of
-- them says it back, so that nobody opens a way of contact that somebody else had forbidden meanwhile.
alter table patient add column heard_at timestamptz;
