-- until_on: the last day on which consent holds. ends_at: the moment after it, in London. ask_by: by when they are to be asked again.
-- stands: nothing newer was said about the purpose, so that its end is still to come.
alter table consent add column until_on date;
alter table consent add column ends_at timestamptz;
alter table consent add column ask_by timestamptz;
alter table consent add column stands boolean not null default false;
alter table consent add check ((until_on is null) = (ends_at is null) and (until_on is null) = (ask_by is null) and (given or until_on is null));
create index consent_ends on consent (ends_at) where stands;
create index consent_asked_again on consent (ask_by, id) where stands;
