-- withdrawn_at: when the person said that they do not agree to be discussed any more. It stays where it stands and nothing brings it back; agreeing
-- again makes a new line.
alter table item add column withdrawn_at timestamptz;

-- unheld: somebody was asked to hold the case and does not, and nobody does.
alter table item drop constraint item_why_check;
alter table item add constraint item_why_check
  check (why in ('person', 'action', 'decision', 'waiting', 'merged', 'holder_left', 'unanswered', 'reopened', 'unheld'));
