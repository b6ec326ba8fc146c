-- heard_at: the newest that coordination said of how to reach the person, null before it said anything. What is sent of them says as much, so
-- that nobody opens a way of contact that somebody else had forbidden meanwhile.
alter table patient add column heard_at timestamptz;
