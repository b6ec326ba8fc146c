-- The last day on which consent holds; null for most.
alter table consent add column until_on date;
