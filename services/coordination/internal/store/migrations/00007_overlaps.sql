-- What a sender was shown of who helps already and may do this too, and what they chose.
alter table referral add column seen_overlaps int;
alter table referral add column overlap_choice text not null default '' check (overlap_choice in ('', 'join', 'send'));
alter table referral add column join_with uuid;

-- What is counted: held referrals and overlaps, by when that was.
create index timeline_counted on timeline (at) where what in ('referral_held', 'overlap_found', 'overlap_joined');

-- Who else gave a postcode, for the household of somebody who agreed that it may be looked for.
create index patient_postcode on patient (upper(replace(postcode, ' ', ''))) where merged_into is null and erased_at is null and postcode <> '';
