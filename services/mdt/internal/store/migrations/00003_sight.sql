-- Whoever says no to holding a case loses sight of it by that very step, and a row that one will not see any more one can not
-- write oneself: the matcher does, in the same transaction (store.TakeSight).
call machine_may('patient', 'matcher', 'select,update');
call machine_may('item', 'matcher', 'select,update');
call machine_may('case_holder', 'matcher', 'select');
call machine_may('key_worker', 'matcher', 'select');
