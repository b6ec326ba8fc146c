-- said_at: when the newest was said, by its sender's clock, that was taken over of coordination's of how to reach somebody; null before it said anything.
-- heard_at: as of when, by coordination's clock, the safe ways are. What is sent of the person says it back, so that nobody opens a way of contact that
-- somebody else had forbidden meanwhile.
alter table patient add column said_at timestamptz, add column heard_at timestamptz;
