-- A service lead keeps up to date how its own organisation is reached: its providers are told of offers by e-mail, or phoned.
call person_may('organisation', 'update', $$actor_role() = 'service_lead' and id = actor_org()$$);
