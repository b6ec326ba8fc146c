-- Whoever holds a case sees what is still to be done on it, and may give it to somebody else.
create index action_case on action (case_id) where state = 'open';
call person_may('action', 'select,update', 'exists (select from case_holder h where h.case_id = action.case_id and h.person_id = actor_person() and h.state = ''holds'' and h.left_at is null)');
-- Who gives their organisation's action away does not see it any more, and nobody can write such a row themselves: the matcher does, in
-- the same transaction (store.GiveAction).
call machine_may('action', 'matcher', 'select,update');
