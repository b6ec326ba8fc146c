package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"example.org/waypost/services/all/internal/demo"
)

// act is what one of two people does in the moment when the other does something too.
type act func(ctx context.Context) error

// step is a key step of a story, done by two people at once, each on the copy of the service that answers them.
type step struct {
	name  string
	ready func(ctx context.Context, t *track, n int) (acts [2]act, about []any, err error)
	// judge counts, of what the acts were about, what must be true once everybody has heard: none or the word of what is wrong.
	judge string
	// one: exactly one of the two is told that it was done. Elsewhere two services each do their part, and agree in the end.
	one bool
}

// stepsFrom is where the people of the steps begin, who are nobody of the other races.
const stepsFrom = 400_000

var steps = []step{
	{
		name: "one accepts an offer, a colleague bounces it", one: true, ready: answeredTwice,
		judge: `select case when v.state = c.state and v.state in ('accepted', 'bounced') then '' else 'offer ' || v.state || ' at its provider, ' || c.state || ' on the case' end
			from vcse.offer v, coordination.offer c where v.id = $1 and c.id = v.id`,
	},
	{
		name: "the desk withdraws what the provider accepts", ready: withdrawnMeanwhile,
		judge: `select case when c.state = p.state and c.state in ('withdrawn', 'accepted') and (v.state = 'accepted') = (c.state = 'accepted') then ''
				else p.state || ' at the desk, ' || c.state || ' on the case, offer ' || v.state end
			from primarycare.referral p, coordination.referral c, vcse.offer v where v.id = $1 and c.id = v.referral_id and p.id = c.id`,
	},
	{
		name: "consent ends while the provider accepts", ready: consentEnds,
		judge: `select case when v.state not in ('offered', 'accepted', 'waitlisted') and c.state = 'withdrawn' then '' else c.state || ' on the case, offer ' || v.state end
			from coordination.referral c, vcse.offer v where v.id = $1 and c.id = v.referral_id`,
	},
	{
		name: "two clinicians take one red flag", one: true, ready: flagTakenTwice,
		judge: `select case when count(*) = 1 then '' else count(*) || ' have it' end from primarycare.red_flag_step where flag_id = $1 and action <> ''`,
	},
	{
		name: "two chairs ask somebody to hold one case", one: true, ready: askedTwice,
		judge: `select case when count(*) = 1 then '' else count(*) || ' were asked' end from mdt.case_holder h join mdt.item i on i.patient_ref = h.patient_ref where i.id = $1 and h.state = 'offered'`,
	},
	{
		name: "somebody says yes to a case that the chair takes back", one: true, ready: takenBack,
		judge: `select case when (h.state = 'holds') = exists (select from coordination.membership m where m.case_id = h.case_id and m.organisation_id = h.organisation_id and m.part = 'holder' and m.until is null) then '' else h.state || ' and the case says otherwise' end
			from mdt.case_holder h where h.id = $1`,
	},
	{
		name: "two coordinators say who somebody is, differently", one: true, ready: recognisedTwice,
		judge: `select case when m.n + a.n = 1 then '' else m.n || ' times made one, ' || a.n || ' times kept apart' end
			from (select count(*) n from coordination.merge where least(from_ref, into_ref) = least($1::uuid, $2) and greatest(from_ref, into_ref) = greatest($1::uuid, $2)) m,
				(select count(*) n from coordination.apart where least(one, other) = least($1::uuid, $2) and greatest(one, other) = greatest($1::uuid, $2)) a`,
	},
	{
		name: "two coordinators undo one merge", one: true, ready: undoneTwice,
		judge: `select case when (select undone_at is not null from coordination.merge where id = $1) and not exists (select from coordination.patient where ref = $2 and merged_into is not null)
				and (select count(*) from coordination.outbox where about = $2 and event_type like '%.patient_merge_undone.v1') = 1 then '' else 'not undone once' end`,
	},
	{
		name: "two supervisors answer for one trainee", one: true, ready: signedTwice,
		judge: `select case when count(*) = 1 and bool_and((a.verb = 'sign') = (s.answer = 'signed') and a.person_id = s.answered_by) then '' else count(*) || ' answered' end
			from primarycare.signature s join primarycare.audit a on a.object_id = s.draft_id and a.verb in ('sign', 'send_back') where s.draft_id = $1`,
	},
	{
		name: "a supervisor signs what the trainee is sending", ready: signedMeanwhile,
		judge: `select case when d.done_as is null or r.signed_by is not null then '' else 'it went unsigned' end
			from primarycare.draft d left join primarycare.referral r on r.id = d.done_as where d.id = $1`,
	},
	{
		name: "two at one desk choose for a referral that is held", one: true, ready: chosenTwice,
		judge: `select case when r.state = 'joined' and r.confirmed = '' or r.state not in ('joined', 'held') and r.confirmed <> '' then '' else r.state || ', confirmed: ' || r.confirmed end
			from coordination.referral r where r.id = $1`,
	},
	{
		name: "somebody is erased while the provider accepts", ready: erasedMeanwhile,
		judge: `select case when v.state not in ('offered', 'accepted', 'waitlisted') and c.state = 'withdrawn' then '' else c.state || ' on the case, offer ' || v.state end
			from coordination.referral c, vcse.offer v where v.id = $1 and c.id = v.referral_id`,
	},
	{
		name: "somebody is erased while the first referral of them is sent", ready: erasedAtOnce,
		judge: `select case when exists (select from coordination.referral where patient_ref = $1 and due_at is not null) or exists (select from coordination.case_record where patient_ref = $1 and closed_at is null)
				or exists (select from vcse.offer where patient_ref = $1 and state in ('offered', 'accepted', 'waitlisted')) then 'something of them goes on' else '' end`,
	},
	{
		name: "two chairs write down what a meeting decided", one: true, ready: decidedTwice,
		judge: `select case when count(*) = 1 then '' else count(*) || ' decisions were said' end
			from mdt.outbox where about = (select patient_ref from mdt.item where id = $1) and event_type like '%.case_discussed.v1'`,
	},
	{
		name: "two chairs choose a key worker", one: true, ready: keyWorkersTwice,
		judge: `select case when count(*) = 1 and count(p.person_id) = 1 then '' else count(*) || ' are it at the meeting, ' || count(p.person_id) || ' of them on the case' end
			from mdt.key_worker k left join coordination.case_person p on p.case_id = k.case_id and p.part = 'key_worker' and p.person_id = k.person_id and p.until is null
			where k.patient_ref = (select patient_ref from mdt.item where id = $1) and k.released_at is null`,
	},
	{
		name: "an action is done, and the chair drops it", one: true, ready: actionEndedTwice,
		judge: `select case when m.state = c.result and c.done_at is not null then '' else m.state || ' at the meeting, ' || c.result || ' on the case' end
			from mdt.action m join coordination.action c on c.id = m.id where m.id = $1`,
	},
	{
		name: "somebody says yes to a case and leaves", ready: leavesMeanwhile,
		judge: `select case when (h.state = 'holds') = exists (select from coordination.case_person p where p.case_id = h.case_id and p.person_id = h.person_id and p.part = 'case_holder' and p.state = 'accepted' and p.until is null) then ''
				else h.state || ' and the case says otherwise' end
			from mdt.case_holder h where h.id = $1`,
	},
	{
		name: "a case is closed while a practice refers the person", ready: closedMeanwhile,
		judge: `select case when open.n > 1 or r.state not in ('withdrawn', 'closed') and c.closed_at is not null then open.n || ' open, ' || r.state || ' in a case that ended' else '' end
			from coordination.referral r join coordination.case_record c on c.id = r.case_id,
				(select count(*) n from coordination.case_record where patient_ref = $1 and closed_at is null) open
			where r.patient_ref = $1`,
	},
	{
		name: "two of one practice write down a new number", one: true, ready: detailsTwice,
		judge: `select case when v.contact->>'phone' = p.phone and c.phone = p.phone then '' else 'not one number' end
			from primarycare.patient p join coordination.patient c on c.ref = p.ref, vcse.offer v where p.ref = $1 and v.id = $2`,
	},
	{
		name: "two practices say how not to reach one person", ready: reachTwice, judge: open("phone", "text"),
	},
	{
		name: "one practice hears that nobody may ring, another writes down an address", ready: forbiddenMeanwhile, judge: open("phone"),
	},
	{
		name: "somebody dies while the provider accepts", ready: diedMeanwhile,
		judge: `select case when v.state not in ('offered', 'accepted', 'waitlisted') and c.state in ('withdrawn', 'closed') then '' else c.state || ' on the case, offer ' || v.state end
			from coordination.referral c, vcse.offer v where v.id = $1 and c.id = v.referral_id`,
	},
	{
		name: "a provider closes for good while it accepts", ready: shutMeanwhile,
		judge: `select case when r.owes_party <> 'receiver' or r.owes_organisation_id <> $2 then '' else 'what is owed is with who has closed, ' || r.state end from coordination.referral r where r.id = $1`,
	},
	{
		name: "one link worker takes a referral, a colleague sends it back", one: true, ready: teamAnsweredTwice,
		judge: `select case when l.state = c.state and l.state in ('accepted', 'bounced') then '' else 'offer ' || l.state || ' at the team, ' || c.state || ' on the case' end
			from linkworker.offer l, coordination.offer c where l.id = $1 and c.id = l.id`,
	},
	{
		name: "two at one desk say how a signpost went", one: true, ready: followedUpTwice,
		judge: `select case when result <> '' then '' else 'not followed up' end from primarycare.signpost where id = $1`,
	},
	{
		name: "two privacy officers review one look in an emergency", one: true, ready: reviewedTwice,
		judge: `select case when outcome <> '' then '' else 'not reviewed' end from coordination.break_glass where id = $1`,
	},
	{
		name: "two coordinators give one referral to somebody", one: true, ready: reassignedTwice,
		judge: `select case when owes_person_id in ($2, $3) then '' else 'given to nobody' end from coordination.referral where id = $1`,
	},
	{
		name: "somebody agrees at one practice and no longer at another", ready: agreedMeanwhile,
		judge: `select case when v.state not in ('offered', 'accepted', 'waitlisted') and c.state = 'withdrawn' then '' else c.state || ' on the case, offer ' || v.state end
			from coordination.referral c, vcse.offer v where v.id = $1 and c.id = v.referral_id`,
	},
	{
		name: "two privacy officers erase one person", ready: erasedTwice,
		judge: `select case when count(*) = 1 and not exists (select from vcse.offer where patient_ref = $1 and state in ('offered', 'accepted', 'waitlisted')) then '' else count(*) || ' times said' end
			from coordination.outbox where about = $1 and event_type like '%.patient_erased.v1'`,
	},
	{
		name: "one says yes late, and the next who was asked says yes", ready: acceptedLate,
		judge: `select case when count(*) = 2 and count(*) filter (where c.state = 'accepted') = 1 and bool_and((c.state = 'accepted') = (v.state = 'accepted' and v.receipt = 'confirmed'))
				and bool_and(v.state = 'accepted' or v.answer <> 'accepted' or v.stand_down_due_at is not null) then ''
				else string_agg(c.state || ' on the case, ' || v.state || ' at its provider', '; ' order by c.attempt) end
			from coordination.offer c join vcse.offer v using (id) where c.referral_id = $1`,
	},
	{
		name: "two desks send somebody to the last place", ready: lastPlaceTwice,
		judge: `select case when r.n = 1 and c.reserved = 1 and c.places_free = 1 and o.n = 2 then ''
				else r.n || ' places kept of ' || c.places_free || ', counted as ' || c.reserved || ', for ' || o.n || ' offers' end
			from vcse.capacity c, (select count(*) n from vcse.reservation where service_id = $1 and released_at is null) r,
				(select count(*) n from vcse.offer where service_id = $1 and state = 'offered') o
			where c.service_id = $1`,
	},
	{
		name: "two at a provider say yes, and one place is left", ready: lastPlaceGivenTwice,
		judge: `select case when c.places_free = 0 and c.reserved = 0 and o.n = 2 and o.took = 1 then '' else c.places_free || ' places are left, ' || o.took || ' taken by ' || o.n || ' who were accepted' end
			from vcse.capacity c, (select count(*) n, count(*) filter (where took_place) took from vcse.offer where service_id = $1 and state = 'accepted' and receipt = 'confirmed') o
			where c.service_id = $1`,
	},
	{
		name: "two link workers send one person on for the same", ready: sentOnTwice,
		judge: `select case when count(*) = 2 and count(*) filter (where r.state = 'offered') = 1 and count(*) filter (where r.state = 'held' and r.held_why = 'same_need') = 1
				and (select count(*) from coordination.offer o join coordination.referral x on x.id = o.referral_id where x.parent_id = $1) = 1 then '' else string_agg(r.state, ' and ') end
			from coordination.referral r where r.parent_id = $1 and not r.root`,
	},
	{
		name: "a merge is undone while the provider accepts for one of the two", ready: undoneMeanwhile,
		judge: `select case when m.undone_at is null then 'not undone'
				when v.state <> c.state or c.state not in ('offered', 'accepted') or v.answer = 'accepted' and c.state <> 'accepted' then 'offer ' || v.state || ' at its provider, ' || c.state || ' on the case'
				when r.patient_ref <> r.first_ref or v.patient_ref <> r.first_ref or k.patient_ref <> r.first_ref then 'the offer is of the other of the two'
				when v.case_id <> r.case_id then 'the provider has another case of it'
				when b.cases <> 2 or not b.its_own then b.cases || ' cases, ' || b.states else '' end
			from coordination.merge m cross join lateral (select count(distinct x.case_id) cases, bool_and(x.patient_ref = x.first_ref and x.state in ('offered', 'accepted')) as its_own,
					string_agg(x.state || ' ' || x.held_why, ' and ' order by x.requested_at) states from coordination.referral x where x.first_ref in (m.from_ref, m.into_ref)) b,
				vcse.offer v join coordination.offer c using (id) join coordination.referral r on r.id = c.referral_id join coordination.case_record k on k.id = r.case_id
			where m.id = $1 and v.id = $2`,
	},
}

// open counts where one of these ways to a person's telephone is open although a practice said that it is not safe: on the case, at the
// practices, at the provider.
func open(ways ...string) string {
	var columns, told []string
	for _, w := range ways {
		columns, told = append(columns, "safe_"+w), append(told, "(contact->'safe_ways'->>'"+w+"')::boolean")
	}
	return `select case when c.n + p.n + v.n = 0 then '' else c.n || ' open on the case, ' || p.n || ' at practices, ' || v.n || ' at the provider' end from
		(select count(*) n from coordination.patient where ref = $1 and (` + strings.Join(columns, " or ") + `)) c,
		(select count(*) n from primarycare.patient where ref = $1 and (` + strings.Join(columns, " or ") + `)) p,
		(select count(*) n from vcse.offer where id = $2 and (` + strings.Join(told, " or ") + `)) v`
}

// outcome is one race of a step: what it was about, and who was told that it was done.
type outcome struct {
	about []any
	done  [2]bool
}

// steps races every step so often whose name has only in it.
func (t *track) steps(ctx context.Context, out io.Writer, races int, only string) (all [][]outcome, err error) {
	for k, s := range steps {
		if !strings.Contains(s.name, only) {
			all = append(all, nil)
			continue
		}
		fmt.Fprintf(out, "%d times: %s\n", races, s.name)
		var ends []outcome
		for n := range races {
			acts, about, err := s.ready(ctx, t, stepsFrom+k*10_000+n)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", s.name, err)
			}
			o := outcome{about: about}
			_, err = atOnce(func(i int) (string, error) {
				err := acts[i](ctx)
				if demo.Overtaken(err) {
					return "", nil
				}
				o.done[i] = err == nil
				return "", err
			})
			if err != nil {
				return nil, fmt.Errorf("%s: %w", s.name, err)
			}
			ends = append(ends, o)
		}
		all = append(all, ends)
	}
	if len(slices.Concat(all...)) == 0 {
		return nil, fmt.Errorf("no kind of race has %q in its name", only)
	}
	return all, nil
}

// judgeSteps tells what is wrong, once everybody has heard everything.
func (t *track) judgeSteps(ctx context.Context, all [][]outcome) (wrong []string, err error) {
	for k, s := range steps {
		for _, o := range all[k] {
			var said string
			if err := t.on.Admin.QueryRow(ctx, s.judge, o.about...).Scan(&said); err != nil {
				return nil, fmt.Errorf("judge %s: %w", s.name, err)
			}
			if s.one && o.done[0] == o.done[1] {
				said = strings.TrimSpace(said + fmt.Sprintf(" (%v and %v were told that it was done)", o.done[0], o.done[1]))
			}
			if said != "" {
				wrong = append(wrong, fmt.Sprintf("%s, %v: %s", s.name, o.about, said))
			}
		}
	}
	return wrong, nil
}
