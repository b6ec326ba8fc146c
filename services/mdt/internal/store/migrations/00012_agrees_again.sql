-- A yes that is heard is kept at the meetings that it is for: what was said there rests on it again.
call machine_may('consent', 'inbox', 'insert');
