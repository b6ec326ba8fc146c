-- The last day on which consent holds; null for most.
alter table consent add column until_on date;
alter table draft add column consent_until date;
