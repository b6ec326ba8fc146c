-- unsafe: the ways of contact that another record of the same person says are not safe. notes: how many different notes on safe contact
-- their records have. Each record keeps beside them what was said under its own ref, for when they are two people again.
alter table patient add column unsafe text[] not null default '{}' check (unsafe <@ array['phone', 'text', 'email', 'letter']);
alter table patient add column notes smallint not null default 0;
