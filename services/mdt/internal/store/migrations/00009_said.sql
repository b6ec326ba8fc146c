-- said_at: when coordination said the newest that was taken over of how to reach somebody; null before it said anything.
alter table patient add column said_at timestamptz;
