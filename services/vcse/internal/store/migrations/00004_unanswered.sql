-- How many offers nobody answered in time, over all providers, is asked by whoever watches the service.
create index offer_unanswered on offer (answer_due_at) where state in ('offered', 'information_asked');
