-- What roles may do and take, where the area's office has said something else than the defaults. A higher version replaces a lower one.
create table role_scope (
  line_id    uuid primary key,
  role       text not null,
  act        text not null,
  about      text not null,
  allowed    boolean not null,
  competency text not null,
  tier       text not null,
  door       text not null,
  from_on    date not null,
  until_on   date,
  version    int not null
);
call guard('role_scope');
call person_may('role_scope', 'select', 'true');
call machines_may('role_scope', 'select');
call machine_may('role_scope', 'inbox', 'insert,update');
