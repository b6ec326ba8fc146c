package main

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// harm is what it means when a rule is broken.
type harm string

const (
	lost    harm = "lost"    // something that was acknowledged did not arrive, or is no longer there
	doubled harm = "doubled" // something that happened once is there twice
	wrong   harm = "wrong"   // two tables contradict each other
	thin    harm = "thin"    // a stream lacks what its outbox has; whoever comes later would have to ask for it
)

// rule is something that must hold. of counts what it looks at, so that a rule that looks at nothing is seen;
// broken selects one text for each thing that breaks it.
type rule struct {
	harm
	name, of, broken string
}

const (
	openStates = `('requested', 'checked', 'held', 'offered', 'information_asked', 'waitlisted', 'accepted', 'under_way', 'escalated')`
	liveOffers = `('offered', 'information_asked', 'waitlisted', 'accepted')`
	// An event that counts for a reader: one that it listens to.
	toReaders = `event e join listens l on l.speaker = e.speaker`
)

func facts(name string) string { return `select count(*) from event where fact = '` + name + `'` }

// rules about referrals and offers, from the sender's row to the receiver's and back.
var journey = []rule{
	{
		lost, "a referral that a sender keeps was requested", `select count(*) from sent`,
		`select s.sender || ' ' || s.referral_id from sent s
		 where not exists (select from event e where e.fact = 'referral_requested' and e.speaker = s.sender and e.referral_id = s.referral_id)`,
	},
	{
		lost, "a referral that was requested is kept by its sender", facts("referral_requested"),
		`select e.speaker || ' ' || e.referral_id from event e where e.fact = 'referral_requested'
		 and not exists (select from sent s where s.sender = e.speaker and s.referral_id = e.referral_id)`,
	},
	{
		doubled, "a referral is requested once", facts("referral_requested"),
		`select referral_id::text from event where fact = 'referral_requested' group by referral_id having count(*) > 1`,
	},
	{
		// What is heard of somebody after they were erased begins nothing.
		lost, "a requested referral is in coordination", facts("referral_requested"),
		`select e.referral_id::text from event e where e.fact = 'referral_requested'
		 and not exists (select from coordination.referral r where r.id = e.referral_id)
		 and not exists (select from coordination.erasure x where x.ref = e.about)`,
	},
	{
		doubled, "a requested referral is in coordination once", `select count(*) from coordination.referral`,
		`select id::text from coordination.referral group by id having count(*) > 1
		 union all select 'reference ' || reference from coordination.referral group by reference having count(*) > 1`,
	},
	{
		wrong, "coordination has no referral that nobody requested", `select count(*) from coordination.referral`,
		`select r.id::text from coordination.referral r
		 where not exists (select from event e where e.fact = 'referral_requested' and e.referral_id = r.id)`,
	},
	{
		lost, "an offer of coordination was said", `select count(*) from coordination.offer`,
		`select o.id::text from coordination.offer o
		 where not exists (select from event e where e.fact = 'referral_offered' and e.offer_id = o.id)`,
	},
	{
		doubled, "an offer is said once, and each attempt is one offer", facts("referral_offered"),
		`select 'offer ' || offer_id from event where fact = 'referral_offered' group by offer_id having count(*) > 1
		 union all select 'attempt ' || attempt || ' of ' || referral_id from event where fact = 'referral_offered' group by referral_id, attempt having count(*) > 1`,
	},
	{
		lost, "an offer that was said is in its receiver's tray", facts("referral_offered"),
		`select e.receiver_kind || ' ' || e.offer_id from event e where e.fact = 'referral_offered'
		 and not exists (select from tray t where t.offer_id = e.offer_id and t.kind = e.receiver_kind)`,
	},
	{
		doubled, "an offer is in one tray, once", `select count(*) from tray`,
		`select offer_id::text from tray group by offer_id having count(*) > 1`,
	},
	{
		wrong, "no tray has an offer that nobody said", `select count(*) from tray`,
		`select t.receiver || ' ' || t.offer_id from tray t
		 where not exists (select from event e where e.fact = 'referral_offered' and e.offer_id = t.offer_id and e.receiver_kind = t.kind and e.referral_id = t.referral_id)`,
	},
	{
		doubled, "an offer is accepted, bounced and ended at most once", `select count(*) from event where fact in ('offer_accepted', 'offer_bounced', 'support_ended')`,
		`select fact || ' ' || offer_id from event where fact in ('offer_accepted', 'offer_bounced', 'support_ended') group by fact, offer_id having count(*) > 1`,
	},
	{
		lost, "a receiver has an offer in hand as coordination has it", `select count(*) from coordination.offer where state in ` + liveOffers,
		`select t.receiver || ' ' || t.offer_id || ' is ' || t.state || ', not ' || c.state from tray t join coordination.offer c on c.id = t.offer_id
		 where c.state in ` + liveOffers + ` and t.state <> c.state`,
	},
	{
		doubled, "a place is kept for an open offer only, and counted once", `select count(*) from vcse.reservation`,
		`select r.id::text from vcse.reservation r join coordination.offer c on c.id = r.offer_id where r.released_at is null and c.state not in ('offered', 'information_asked')
		 union all select 'service ' || k.service_id from vcse.capacity k
		 where k.reserved <> (select count(*) from vcse.reservation r where r.service_id = k.service_id and r.released_at is null)`,
	},
	{
		lost, "an attendance that was recorded was said", `select count(*) from vcse.attendance`,
		`select a.id::text from vcse.attendance a where not exists
		 (select from event e where e.fact = 'attendance_recorded' and e.offer_id = a.offer_id and e.session_on = a.session_on::text)`,
	},
	{
		doubled, "an attendance is said once", facts("attendance_recorded"),
		`select offer_id || ' on ' || session_on from event where fact = 'attendance_recorded' group by offer_id, session_on having count(*) > 1`,
	},
	{
		lost, "a referral's progress was told", `select count(*) from coordination.referral`,
		`select r.id::text from coordination.referral r
		 where not exists (select from event e where e.fact = 'referral_progressed' and e.referral_id = r.id)`,
	},
	{
		doubled, "no progress was told twice", facts("referral_progressed"),
		`select referral_id || ' version ' || version from event where fact = 'referral_progressed' group by referral_id, version having count(*) > 1`,
	},
	{
		lost, "the sender has heard the newest progress", `select count(*) from sent`,
		newest + `select s.sender || ' ' || s.referral_id || ' heard ' || s.version || ' of ' || n.version from newest n join sent s using (referral_id) where s.version < n.version`,
	},
	{
		wrong, "the sender shows the newest state", `select count(*) from sent`,
		newest + `select s.sender || ' ' || s.referral_id || ' shows ' || s.state || ', not ' || n.state from newest n join sent s using (referral_id)
		 where s.version = n.version and s.state <> n.state`,
	},
	{
		wrong, "what was told last is how coordination has it", `select count(*) from coordination.referral`,
		newest + `select r.id || ' is ' || r.state || ', told ' || n.state from newest n join coordination.referral r on r.id = n.referral_id where r.state <> n.state`,
	},
}

const newest = `with newest as (select distinct on (referral_id) referral_id, version, state from event where fact = 'referral_progressed' order by referral_id, version desc) `

// rules about one case and no double care, as the tables stand now.
var care = []rule{
	{
		doubled, "a patient has at most one open case", `select count(*) from coordination.case_record where closed_at is null`,
		`select patient_ref::text from coordination.case_record where closed_at is null group by patient_ref having count(*) > 1`,
	},
	{
		doubled, "a need has at most one open root referral, unless confirmed", `select count(*) from coordination.referral where root and state in ` + openStates,
		`select case_id || ' ' || need from coordination.referral where root and confirmed = '' and state in ` + openStates + ` and state not in ('requested', 'held')
		 group by case_id, need having count(*) > 1`,
	},
	{
		doubled, "a referral has at most one accepted offer", `select count(*) from coordination.offer where state = 'accepted'`,
		`select referral_id::text from coordination.offer where state = 'accepted' group by referral_id having count(*) > 1`,
	},
	{
		doubled, "a referral has at most one live offer", `select count(*) from coordination.offer where state in ` + liveOffers,
		`select referral_id::text from coordination.offer where state in ` + liveOffers + ` group by referral_id having count(*) > 1`,
	},
	{
		lost, "an open referral has somebody who owes the next step, and a time", `select count(*) from coordination.referral where state in ` + openStates,
		`select id::text from coordination.referral where state in ` + openStates + ` and (owes_party = 'nobody' or due_at is null)`,
	},
	{
		wrong, "an open referral is in an open case", `select count(*) from coordination.referral where state in ` + openStates,
		`select r.id::text from coordination.referral r join coordination.case_record c on c.id = r.case_id where r.state in ` + openStates + ` and c.closed_at is not null`,
	},
}

// rules about people: records that were made one, what was to be removed, and who was erased.
var persons = []rule{
	{
		wrong, "who was made one with another has no open case or referral of their own", `select count(*) from coordination.patient where merged_into is not null`,
		`select 'case ' || c.id from coordination.case_record c join coordination.patient p on p.ref = c.patient_ref where p.merged_into is not null and c.closed_at is null
		 union all select 'referral ' || r.id from coordination.referral r join coordination.patient p on p.ref = r.patient_ref where p.merged_into is not null and r.state in ` + openStates,
	},
	{
		lost, "a merge was said about both", `select count(*) from coordination.patient where merged_into is not null`,
		`select p.ref::text from coordination.patient p where p.merged_into is not null and (
		 not exists (select from event e where e.fact = 'patient_merged' and e.about = p.ref) or not exists (select from event e where e.fact = 'patient_merged' and e.about = p.merged_into))`,
	},
	{
		lost, "whoever was to remove something has said that they did", `select count(*) from coordination.removal_by`,
		`select b.service || ' because of ' || b.because_event from coordination.removal_by b where b.at is null`,
	},
	{
		wrong, "nothing names who was erased", `select count(*) from coordination.erasure`,
		`select 'coordination ' || p.ref from coordination.patient p join coordination.erasure e on e.ref = p.ref where e.told_at is null or p.erased_at is null or p.family_name <> ''
		 union all select 'primarycare ' || p.ref from primarycare.patient p join coordination.erasure e on e.ref = p.ref where p.nhs_number is not null or p.family_name <> ''`,
	},
}

// rules about meetings: one holder, and nothing that was agreed is forgotten.
var meetings = []rule{
	{
		lost, "a decision was said", `select count(*) from mdt.item where state = 'discussed'`,
		`select i.id::text from mdt.item i where i.state = 'discussed' and not exists (select from event e where e.fact = 'case_discussed' and e.item_id = i.id)`,
	},
	{
		doubled, "a case has at most one case-holder, one asked and one key worker", `select count(*) from mdt.case_holder`,
		`select case_id || ' ' || state from mdt.case_holder where state in ('holds', 'offered') group by case_id, state having count(*) > 1
		 union all select case_id || ' key worker' from mdt.key_worker where released_at is null group by case_id having count(*) > 1`,
	},
	{
		lost, "where a holder was decided there is one, one asked, or a next agenda", `select count(*) from mdt.item where decision = 'assign_case_holder'`,
		`select i.id::text from mdt.item i join coordination.case_record c on c.patient_ref = i.patient_ref and c.closed_at is null
		 where i.state = 'discussed' and i.decision = 'assign_case_holder'
		 and not exists (select from mdt.case_holder h where h.case_id = c.id and h.state in ('holds', 'offered'))
		 and not exists (select from mdt.item n where n.patient_ref = i.patient_ref and n.state = 'waiting')`,
	},
	{
		wrong, "the case shows the holder and the key worker that the meeting has", `select count(*) from coordination.case_person where state = 'accepted'`,
		`select coalesce(m.case_id, c.case_id) || ' ' || coalesce(m.part, c.part)
		 from (select case_id, person_id, 'case_holder' as part from mdt.case_holder where state = 'holds'
		   union all select case_id, person_id, 'key_worker' from mdt.key_worker where released_at is null) m
		 full join (select case_id, person_id, part from coordination.case_person where state = 'accepted') c using (case_id, person_id, part)
		 where m.case_id is null or c.case_id is null`,
	},
	{
		lost, "an action that was agreed was said, and so was its end", `select count(*) from mdt.action`,
		`select a.id::text from mdt.action a where not exists (select from event e where e.fact = 'action_agreed' and e.action_id = a.id)
		 or a.state <> 'open' and not exists (select from event e where e.fact = 'action_done' and e.action_id = a.id)`,
	},
	{
		doubled, "an action is agreed and ended at most once", `select count(*) from event where fact in ('action_agreed', 'action_done')`,
		`select fact || ' ' || action_id from event where fact in ('action_agreed', 'action_done') group by fact, action_id having count(*) > 1`,
	},
	{
		lost, "an action is done, or has an owner, a day and a next agenda", `select count(*) from mdt.action`,
		`select a.id::text from mdt.action a where a.state = 'open' and (a.owner_id is null or a.due_on is null
		 or exists (select from mdt.meeting m join mdt.meeting of on of.id = a.meeting_id
		   where m.series_id = a.series_id and m.status = 'planned' and m.starts_at > of.starts_at) -- one that was planned for before that, and never held, is not next
		 and not exists (select from mdt.meeting m join mdt.item i on i.meeting_id = m.id
		   where m.series_id = a.series_id and m.status = 'planned' and i.patient_ref = a.patient_ref))`,
	},
	{
		wrong, "a withdrawn referral has no open offer", `select count(*) from coordination.referral where state = 'withdrawn'`,
		`select o.id::text from coordination.offer o join coordination.referral r on r.id = o.referral_id where r.state = 'withdrawn' and o.state in ` + liveOffers + `
		 union all select t.receiver || ' ' || t.offer_id from tray t join coordination.referral r on r.id = t.referral_id where r.state = 'withdrawn' and t.state in ` + liveOffers,
	},
}

// rules about events: each said once, numbered without a gap, and applied once by everyone who listens.
var travel = []rule{
	{
		lost, "every event has a number", `select count(*) from event`,
		`select speaker || ' ' || event_id from event where position is null`,
	},
	{
		lost, "numbers are dense", `select count(*) from event where position is not null`,
		`select speaker || ' partition ' || partition || ': ' || count(*) || ' of ' || max(position)
		 from event where position is not null group by speaker, epoch, partition having count(*) <> max(position) or min(position) <> 1`,
	},
	{
		lost, "the relay's count is the last number", `select count(*) from relay_now`,
		`select r.speaker || ' partition ' || r.partition from relay_now r
		 where r.position <> coalesce((select max(e.position) from event e where e.speaker = r.speaker and e.partition = r.partition and e.epoch = r.epoch), 0)`,
	},
	{
		doubled, "a number is given once", `select count(*) from event where position is not null`,
		`select speaker || ' ' || partition || '/' || position from event where position is not null group by speaker, epoch, partition, position having count(*) > 1`,
	},
	{
		lost, "an event reached everyone who listens", `select count(*) from ` + toReaders,
		`select l.reader || ' missed ' || e.fact || ' ' || e.event_id from ` + toReaders + `
		 where not exists (select from heard h where h.reader = l.reader and h.event_id = e.event_id)`,
	},
	{
		doubled, "an event was applied once by each", `select count(*) from heard`,
		`select reader || ' ' || event_id from heard group by reader, event_id having count(*) > 1`,
	},
	{
		wrong, "nobody applied an event that was never said", `select count(*) from heard`,
		`select h.reader || ' ' || h.event_id from heard h where h.outcome <> 'parked' and not exists (select from event e where e.event_id = h.event_id)`,
	},
	{
		wrong, "everyone has an event under its own speaker and number", `select count(*) from heard`,
		`select h.reader || ' ' || h.event_id from heard h join event e using (event_id)
		 where (h.speaker, h.epoch, h.partition, h.position) is distinct from (e.speaker, e.epoch, e.partition, e.position) or h.reader <> h.consumer`,
	},
	{
		wrong, "nobody applied an event of a speaker it does not listen to", `select count(*) from heard`,
		`select h.reader || ' ' || h.event_id from heard h where not exists (select from listens l where l.reader = h.reader and l.speaker = h.speaker)`,
	},
	{
		lost, "no event that was said is parked", `select count(*) from heard`,
		`select p.reader || ' ' || p.event_type || ': ' || p.reason from parked_now p join event e using (event_id)`,
	},
	{
		doubled, "an event has each of its effects once", `select count(*) from event where causation_id is not null`,
		`select speaker || ' ' || fact || ' because of ' || causation_id from event where causation_id is not null
		 group by speaker, fact, causation_id, about, referral_id, offer_id, item_id, action_id, notice_id, state, attempt having count(*) > 1`,
	},
}

// clean is where nobody put anything into the streams that is no event.
var clean = []rule{{
	wrong, "nothing is parked", `select count(*) from heard`, `select reader || ' ' || event_type || ': ' || reason from parked_now`,
}}

// poisoned is where somebody did: everybody who met it parked it.
var poisoned = []rule{{
	wrong, "what can not be applied is parked", `select count(*) from parked_now`,
	`select 'nothing is parked' where not exists (select from parked_now p where not exists (select from event e where e.event_id = p.event_id))`,
}}

// result is a rule after it was looked at.
type result struct {
	rule
	looked, count int64
	examples      []string
}

func judge(ctx context.Context, tx pgx.Tx, groups [][]rule) ([]result, error) {
	var out []result
	for _, group := range groups {
		for _, r := range group {
			x := result{rule: r}
			if err := tx.QueryRow(ctx, r.of).Scan(&x.looked); err != nil {
				return nil, fmt.Errorf("count what %q looks at: %w", r.name, err)
			}
			sql := `select count(*), coalesce((array_agg(x order by x))[1:3], '{}') from (` + r.broken + `) v(x)`
			if err := tx.QueryRow(ctx, sql).Scan(&x.count, &x.examples); err != nil {
				return nil, fmt.Errorf("look whether %q holds: %w", r.name, err)
			}
			out = append(out, x)
		}
	}
	return out, nil
}
