-- With no room: the day from which there may be some, as a bounce named it.
alter table team_capacity add column until_on date;
