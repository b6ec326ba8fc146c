-- Why a parked event was dropped: a code, because what somebody types may name a person.
alter table parked add column settled_why text;
