-- A supervisor's signature under what somebody without the training has begun: who was asked, and what was answered, by whom.
-- It is for one version of the draft: what was changed afterwards was not signed. It goes when the draft goes; the referral keeps
-- who signed it. The draft's row, which is locked first, makes of two who answer at once one the first.
create table signature (
  draft_id      uuid primary key references draft on delete cascade,
  practice_id   uuid not null,
  draft_version bigint not null,
  asked_by      uuid not null,
  asked_at      timestamptz not null,
  supervisor_id uuid not null,
  answer        text not null default '' check (answer in ('', 'signed', 'sent_back')),
  answered_by   uuid,
  answered_at   timestamptz,
  constraint signature_is_anothers check (answered_by is null or answered_by <> asked_by),
  constraint signature_answered check ((answer = '') = (answered_by is null))
);
create index signature_waits on signature (practice_id, asked_at) where answer = '';
call guard('signature');
call person_may('signature', 'select,insert,update', 'practice_id = actor_org()');

alter table referral add column signed_by uuid, add column signed_at timestamptz;
