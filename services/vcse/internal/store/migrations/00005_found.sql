-- By these Postgres looks for the rows that name one which changes or goes.
create index claim_service on claim (service_id);
create index note_about on note (about_note_id) where about_note_id is not null;
create index reservation_service on reservation (service_id);
create index seen_offer on seen (offer_id);
