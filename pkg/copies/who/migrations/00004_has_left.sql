-- Whether a person who worked at an organisation has no role there any more, on the day in London that now falls on: `stands` of people.go, for a
-- condition of a query.
create function has_left(person uuid, organisation uuid, now timestamptz) returns boolean language sql stable as $$
  select exists (select from person_role r where r.person_id = has_left.person and r.organisation_id = has_left.organisation)
    and not exists (select from person_role r left join organisation o on o.id = r.organisation_id
      where r.person_id = has_left.person and r.organisation_id = has_left.organisation
        and r.granted_at is not null and r.ended_at is null
        and r.from_on <= (has_left.now at time zone 'Europe/London')::date and (r.until_on is null or r.until_on >= (has_left.now at time zone 'Europe/London')::date)
        and (o.id is null or o.closed_at is null and o.status <> 'closed'))
$$;
