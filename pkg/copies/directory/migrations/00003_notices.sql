-- Offers whose receiver no e-mail reaches, or has reached yet. The row goes once it did, or they have seen the offer. An offer's id tells nothing to
-- who has no referral that it is about.
create table notice_copy (
  offer_id uuid primary key,
  state    text not null check (state in ('waiting', 'failed', 'no_address')),
  at       timestamptz not null
);
call guard('notice_copy');
call person_may('notice_copy', 'select', 'true');
call machines_may('notice_copy', 'select');
call machine_may('notice_copy', 'inbox', 'insert,update,delete');

-- How far the e-mail about an offer got: waiting, failed or no_address; '' where there is nothing to say, because it went out or nobody sends any.
create function notice_state(offer uuid) returns text language sql stable as $$
  select coalesce((select n.state from notice_copy n where n.offer_id = offer), '')
$$;
