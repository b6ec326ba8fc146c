-- phoned: somebody rang, because no e-mail reached them.
alter table notice drop constraint notice_state_check;
alter table notice add constraint notice_state_check check (state in ('waiting', 'sent', 'failed', 'no_address', 'seen', 'overtaken', 'phoned'));
