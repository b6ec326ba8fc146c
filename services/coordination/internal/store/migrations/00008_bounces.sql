-- What bounces teach: which receivers answer how fast, which reason recurs on which way, and what came back to the practice anyway.

-- Who failed a patient lately, and how the last offers to a receiver were answered. An offer nobody answered counts by its clock.
create index offer_answered on offer (receiver_id, (coalesce(answered_at, answer_due_at)) desc)
  where state in ('bounced', 'accepted', 'ended', 'waitlisted', 'expired');
create index offer_answered_at on offer ((coalesce(answered_at, answer_due_at)))
  where state in ('bounced', 'accepted', 'ended', 'waitlisted', 'expired');

-- median_seconds: half of its last offers were answered within; of: how many offers that was counted from.
create table receiver_pace (
  receiver_kind  text not null,
  receiver_id    uuid not null,
  median_seconds int not null,
  of             int not null,
  counted_at     timestamptz not null,
  primary key (receiver_id, receiver_kind)
);
call guard('receiver_pace');
call person_may('receiver_pace', 'select', 'true');
call machine_may('receiver_pace', 'inbox', 'select');
call machine_may('receiver_pace', 'matcher', 'select');
call machine_may('receiver_pace', 'clock', 'select,insert,update');

-- What was said last of a way: from one sender (or from all, where it is null), for a need, to a receiver.
create table pathway (
  receiver_kind          text not null,
  receiver_id            uuid not null,
  need                   text not null,
  sender_organisation_id uuid,
  people                 int not null,
  came_back              int not null,
  reason                 text not null,
  same                   int not null,
  newest_at              timestamptz not null,
  said_at                timestamptz not null,
  unique nulls not distinct (receiver_id, receiver_kind, need, sender_organisation_id)
);
call guard('pathway');
call person_may('pathway', 'select', 'true');
call machine_may('pathway', 'clock', 'select,insert,update');

-- How far the counting got. One row: who counts holds it, so that two copies never count the same.
create table pathway_counted (
  one   boolean primary key default true check (one),
  until timestamptz not null
);
call guard('pathway_counted');
call machine_may('pathway_counted', 'clock', 'select,insert,update');

-- That a referral came back to the practice that sent it, once for each: way is the first way it did.
create table referral_return (
  referral_id            uuid primary key references referral,
  sender_organisation_id uuid not null,
  need                   text not null,
  sensitive              boolean not null,
  way                    text not null,
  at                     timestamptz not null
);
create index referral_return_at on referral_return (at);
create index referral_return_sender on referral_return (sender_organisation_id, at);
call guard('referral_return');
call person_may('referral_return', 'select', 'sender_organisation_id = actor_org()');
call machine_may('referral_return', 'inbox', 'select,insert');
call machine_may('referral_return', 'matcher', 'select,insert');
call machine_may('referral_return', 'clock', 'select,insert');
