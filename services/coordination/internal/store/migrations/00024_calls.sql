-- Whoever owes a call says that they phoned, and the step is taken in that moment: what follows from a person's step is written as the matcher.
call machine_may('owed_elsewhere', 'matcher', 'insert,update,delete');
