-- How far the e-mail got that tells a provider of an offer, as vcse said it last; '' while nothing was said. A higher version replaces a lower one.
alter table offer add column notice_kind text not null default '';
alter table offer add column notice_state text not null default '';
alter table offer add column notice_at timestamptz;
alter table offer add column notice_version int not null default 0;
create index offer_phone on offer (referral_id) where notice_state in ('failed', 'no_address');

-- Whoever sent the referral phones whom no e-mail reaches: a step like the others that are kept elsewhere, by the id of the offer.
alter table owed_elsewhere drop constraint owed_elsewhere_kind_check;
alter table owed_elsewhere add constraint owed_elsewhere_kind_check check (kind in ('red_flag', 'reservation', 'notice'));
