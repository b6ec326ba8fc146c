package main

import (
	"context"
	"fmt"
	"io"
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
}

// outcome is one race of a step: what it was about, and who was told that it was done.
type outcome struct {
	about []any
	done  [2]bool
}

// steps races every step so often.
func (t *track) steps(ctx context.Context, out io.Writer, races int) (all [][]outcome, err error) {
	for k, s := range steps {
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
