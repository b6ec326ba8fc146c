
-- One NHS number, typed for two people by a slip, must not make them one: a number has a ref for each person that it was typed for. mark_hash
-- is the keyed hash of the number with what tells those people apart (nhsnumber.Holder); where it is not known, a ref answers for anybody.
alter table patient_ref add mark_hash bytea check (octet_length(mark_hash) = 32);
alter table patient_ref add check (mark_hash is null or number_hash is not null);
alter table patient_ref drop constraint patient_ref_number_hash_key;
create unique index patient_ref_number on patient_ref (number_hash, mark_hash) nulls not distinct where number_hash is not null;

drop function refs_for_numbers(bytea[], text);

-- The ref of each number and mark, in order; made at the first call, the same for every caller ever after, until it is destroyed.
create function refs_for_numbers(hashes bytea[], marks bytea[], acting text) returns uuid[]
language plpgsql security definer set search_path = vault, pg_temp as $$
declare
  found_refs uuid[];
begin
  perform check_call(cardinality(hashes));
  for attempt in 1..3 loop -- again only when one was destroyed between the two statements
    insert into patient_ref (ref, number_hash, mark_hash)
      select gen_random_uuid(), t.h, t.m from (select distinct h, m from unnest(hashes, marks) x (h, m)) t
      where not exists (select from patient_ref p where p.number_hash = t.h and (p.mark_hash = t.m or p.mark_hash is null))
      order by t.h, t.m -- so that two callers with many numbers wait for each other in one order only
    on conflict (number_hash, mark_hash) where number_hash is not null do nothing;
    select array_agg(p.ref order by t.n) into found_refs
      from unnest(hashes, marks) with ordinality t (h, m, n)
      cross join lateral (select p.ref from patient_ref p where p.number_hash = t.h and (p.mark_hash = t.m or p.mark_hash is null)
        order by p.mark_hash nulls last limit 1) p;
    exit when cardinality(found_refs) = cardinality(hashes);
  end loop;
  if cardinality(found_refs) is distinct from cardinality(hashes) then
    raise exception 'a ref was destroyed while it was looked up' using errcode = 'serialization_failure';
  end if;
  insert into access (acting, verb, refs) values (refs_for_numbers.acting, 'ref_for_number', found_refs);
  return found_refs;
end $$;

-- Every ref that a number was typed for; none is made.
create function refs_of_number(hash bytea, acting text) returns uuid[]
language plpgsql security definer set search_path = vault, pg_temp as $$
declare
  found_refs uuid[];
begin
  perform check_call(1);
  select coalesce(array_agg(p.ref order by p.ref), '{}') into found_refs from patient_ref p where p.number_hash = refs_of_number.hash;
  insert into access (acting, verb, refs) values (refs_of_number.acting, 'refs_of_number', found_refs);
  return found_refs;
end $$;

create or replace function destroy(ref uuid, acting text) returns boolean
language plpgsql security definer set search_path = vault, pg_temp as $$
begin
  perform check_call(1);
  update patient_ref p set number_hash = null, mark_hash = null, destroyed_at = coalesce(p.destroyed_at, clock_timestamp()),
                           destroyed_by = coalesce(p.destroyed_by, session_user)
    where p.ref = destroy.ref;
  if not found then
    return false;
  end if;
  delete from keyset k where k.ref = destroy.ref;
  insert into access (acting, verb, refs) values (destroy.acting, 'destroy', array[destroy.ref]);
  return true;
end $$;

revoke all on function refs_for_numbers(bytea[], bytea[], text), refs_of_number(bytea, text) from public;
-- Those who meet a patient first. A provider is told of its patients by an offer.
grant execute on function refs_for_numbers(bytea[], bytea[], text), refs_of_number(bytea, text) to primarycare, linkworker, mdt, coordination;
