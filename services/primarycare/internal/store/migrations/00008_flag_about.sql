-- about: the ref under which it was said that the flag is raised, where that is not the practice's own: what ends it is said under the same, so that
-- it can not come before it.
alter table red_flag add column about uuid;
