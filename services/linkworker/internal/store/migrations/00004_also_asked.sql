-- What a helper was asked to help with too, instead of another referral; also_at until somebody of the team has opened it.
alter table offer add column also text[] not null default '{}';
alter table offer add column also_at timestamptz;
alter table key_worker add column also text[] not null default '{}';
