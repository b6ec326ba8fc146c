-- What a key worker was asked to help with too, instead of another referral.
alter table key_worker add column also text[] not null default '{}';
