package main

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// step is one line of the funnel: how many referrals came this far, where they are now, what became of people, or what meetings did.
type step struct {
	name  string
	count int64
	sql   string
}

// part is lines of the funnel under one heading.
type part struct {
	heading string
	steps   []step
}

func said(fact, more string) string {
	return `select count(distinct referral_id) from event where fact = '` + fact + `' ` + more
}

func now(states string) string {
	return `select count(*) from coordination.referral where state ` + states
}

func about(fact string) string {
	return `select count(distinct about) from event where fact = '` + fact + `'`
}

// seldom is what most weeks have a few of, and a demonstration must not be without.
var seldom = []step{
	{name: "red flags", sql: facts("red_flag_raised")},
	{name: "and taken", sql: facts("red_flag_acknowledged")},
	{name: "crises", sql: facts("crisis_reported")},
	{name: "looks in an emergency", sql: `select count(*) from coordination.break_glass`},
	{name: "signed for a trainee", sql: `select count(*) from primarycare.signature where answer = 'signed'`},
	{name: "agreed until a day", sql: `select count(*) from event where fact = 'consent_withdrawn' and reason = 'expired'`},
	{name: "organisations closed", sql: facts("organisation_closed")},
}

// funnel counts referrals, each once at every step, by what was said of them; where they are now, which together are those that were
// requested, but for who was erased before it was heard; and then what was said of people and by meetings.
func funnel(ctx context.Context, tx pgx.Tx) ([]part, error) {
	parts := []part{
		{"Referrals", []step{
			{name: "requested", sql: said("referral_requested", "")},
			{name: "sent though helped", sql: said("referral_requested", "and choice = 'send'")},
			{name: "joined who helps", sql: said("referral_requested", "and choice = 'join'")},
			{name: "held as duplicate", sql: said("referral_held", "")},
			{name: "joined", sql: said("referral_joined", "")},
			{name: "offered", sql: said("referral_offered", "")},
			{name: "accepted", sql: said("referral_progressed", "and state = 'accepted'")},
			{name: "waitlisted", sql: said("referral_progressed", "and state = 'waitlisted'")},
			{name: "bounced", sql: said("offer_bounced", "")},
			{name: "unanswered", sql: said("offer_expired", "")},
			{name: "re-offered", sql: said("referral_offered", "and attempt > 1")},
			{name: "escalated", sql: said("referral_escalated", "")},
			{name: "back at the practice", sql: said("referral_progressed", "and returned is not null")},
			{name: "attended", sql: `select count(distinct referral_id) from event
				where fact = 'attendance_recorded' and result = 'attended' or fact = 'contact_recorded' and result = 'reached'`},
			{name: "withdrawn", sql: said("referral_withdrawn", "")},
			{name: "closed", sql: said("referral_closed", "")},
			{name: "fed back", sql: `select count(*) from sent where version > 0`},
		}},
		{"Where they are now", []step{
			{name: "joined", sql: now(`= 'joined'`)},
			{name: "withdrawn", sql: now(`= 'withdrawn'`)},
			{name: "closed", sql: now(`= 'closed'`)},
			{name: "open", sql: now(`not in ('joined', 'withdrawn', 'closed')`)},
		}},
		{"People", []step{
			{name: "records made one", sql: about("patient_merged")},
			{name: "and two again", sql: about("patient_merge_undone")},
			{name: "no longer agreed", sql: about("consent_withdrawn")},
			{name: "erased", sql: about("patient_erased")},
		}},
		{"What happens seldom", seldom},
		{"Meetings", []step{
			{name: "put on an agenda", sql: `select count(*) from event where fact = 'case_requested'`},
			{name: "people discussed", sql: about("case_discussed")},
			{name: "items decided", sql: `select count(distinct item_id) from event where fact = 'case_discussed'`},
			{name: "asked to hold", sql: `select count(*) from event where fact = 'case_holder_offered'`},
			{name: "held by somebody", sql: about("case_holder_accepted")},
			{name: "key workers", sql: `select count(*) from event where fact = 'key_worker_assigned'`},
			{name: "actions agreed", sql: `select count(distinct action_id) from event where fact = 'action_agreed'`},
			{name: "actions done", sql: `select count(distinct action_id) from event where fact = 'action_done' and result = 'done'`},
			{name: "items that came back", sql: `select count(*) from mdt.item where why in ('action', 'decision', 'waiting')`},
		}},
	}
	for _, p := range parts {
		for i, s := range p.steps {
			if err := tx.QueryRow(ctx, s.sql).Scan(&p.steps[i].count); err != nil {
				return nil, fmt.Errorf("count %s: %w", s.name, err)
			}
		}
	}
	return parts, nil
}
