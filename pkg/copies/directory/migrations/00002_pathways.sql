-- What coordination counted of the ways from senders to receivers, and until when a receiver said that it has no room.

alter table capacity_copy add column until_on date;

-- sender_organisation_id: null for all senders of the area together.
create table pathway_copy (
  receiver_kind          text not null,
  receiver_id            uuid not null,
  need                   text not null,
  sender_organisation_id uuid,
  people                 int not null,
  came_back              int not null,
  reason                 text not null,
  same                   int not null,
  newest_at              timestamptz not null,
  at                     timestamptz not null,
  unique nulls not distinct (receiver_id, receiver_kind, need, sender_organisation_id)
);
call guard('pathway_copy');
call person_may('pathway_copy', 'select', 'true');
call machines_may('pathway_copy', 'select');
call machine_may('pathway_copy', 'inbox', 'insert,update');
