-- What was said of a record under its own ref, beside what that makes of the person: of two who were thought one, one may have died.
alter table patient add column said_status text not null default '';
update patient set said_status = status;
