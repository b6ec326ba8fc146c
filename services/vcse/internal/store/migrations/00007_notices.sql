-- E-mails that tell a provider of an offer: written with what they tell of, sent by a loop afterwards. Nothing here names a person, and no
-- address is kept: it is read when the e-mail is sent, so that a mended address counts at once.

-- due_at: for a notice of an answer that is due, that time; otherwise when it was written. An offer is told of once for each.
-- seen, overtaken: nobody needs the e-mail any more, because somebody there opened the offer, or because it is over.
-- tries, refusals: how often it was tried, and how often the server would not take it just then. code: the server's last answer.
-- version: what was last said of it to the others, counted for all notices of an offer; 0 when nothing was.
create table notice (
  id              uuid primary key,
  offer_id        uuid not null references offer (id),
  organisation_id uuid not null,
  kind            text not null check (kind in ('new', 'due', 'withdrawn', 'expired')),
  due_at          timestamptz not null,
  made_at         timestamptz not null,
  state           text not null default 'waiting' check (state in ('waiting', 'sent', 'failed', 'no_address', 'seen', 'overtaken')),
  tries           int not null default 0,
  refusals        int not null default 0,
  code            int not null default 0,
  next_at         timestamptz not null,
  leased_until    timestamptz,
  changed_at      timestamptz not null,
  version         int not null default 0,
  unique (offer_id, kind, due_at)
);
create index notice_next on notice (next_at, id) where state = 'waiting';
call guard('notice');
call person_may('notice', 'select,update', 'organisation_id = actor_org()');
call machine_may('notice', 'inbox', 'select,insert,update');
call machine_may('notice', 'clock', 'select,insert,update');
