-- Which version of an offer each person looked at last, so that lists mark what changed since.
create table seen (
  person_id uuid not null,
  offer_id  uuid not null references offer (id),
  version   int not null,
  primary key (person_id, offer_id)
);
call guard('seen');
call person_may('seen', 'select,insert,update', 'person_id = actor_person()');
