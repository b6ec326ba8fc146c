-- What waits for an office that nobody answered for yet, which the clock looks for each second: without it that read every referral of the area.
create index referral_unnamed on referral (due_at) where owes_organisation_id is null and due_at is not null and owes_party = 'coordinator' and state in ('held', 'escalated');
