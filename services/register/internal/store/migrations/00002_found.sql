-- By this Postgres looks for the rows that name an organisation which changes or goes.
create index competency_organisation on competency (organisation_id);
