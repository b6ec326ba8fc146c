-- When a receiver first said something to an offer: a place on a waiting list that becomes a yes after two months was answered at once.
alter table offer add column replied_at timestamptz;
