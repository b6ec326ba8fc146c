package inbox_test

import "testing/fstest"

var betaTables = fstest.MapFS{"00001_heard.sql": {Data: []byte(`
create table heard (patient_ref uuid not null, n int not null, at bigint generated always as identity);
call guard('heard');
call machine_may('heard', 'inbox', 'select,insert');
`)}}
