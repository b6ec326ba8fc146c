package main

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// step is one line of the funnel: how many referrals came this far, or what meetings did.
type step struct {
	name    string
	count   int64
	sql     string
	meeting bool
}

func said(fact, more string) string {
	return `select count(distinct referral_id) from event where fact = '` + fact + `' ` + more
}

// funnel counts referrals, each once at every step, by what was said of them, and then what meetings said.
func funnel(ctx context.Context, tx pgx.Tx) ([]step, error) {
	steps := []step{
		{name: "requested", sql: said("referral_requested", "")},
		{name: "held as duplicate", sql: said("referral_held", "")},
		{name: "joined", sql: said("referral_joined", "")},
		{name: "offered", sql: said("referral_offered", "")},
		{name: "accepted", sql: said("referral_progressed", "and state = 'accepted'")},
		{name: "waitlisted", sql: said("referral_progressed", "and state = 'waitlisted'")},
		{name: "bounced", sql: said("offer_bounced", "")},
		{name: "unanswered", sql: said("offer_expired", "")},
		{name: "re-offered", sql: said("referral_offered", "and attempt > 1")},
		{name: "escalated", sql: said("referral_escalated", "")},
		{name: "attended", sql: `select count(distinct referral_id) from event
			where fact = 'attendance_recorded' and result = 'attended' or fact = 'contact_recorded' and result = 'reached'`},
		{name: "withdrawn", sql: said("referral_withdrawn", "")},
		{name: "closed", sql: said("referral_closed", "")},
		{name: "fed back", sql: `select count(*) from sent where version > 0`},
		{name: "put on an agenda", meeting: true, sql: `select count(*) from event where fact = 'case_requested'`},
		{name: "people discussed", meeting: true, sql: `select count(distinct about) from event where fact = 'case_discussed'`},
		{name: "items decided", meeting: true, sql: `select count(distinct item_id) from event where fact = 'case_discussed'`},
		{name: "asked to hold", meeting: true, sql: `select count(*) from event where fact = 'case_holder_offered'`},
		{name: "held by somebody", meeting: true, sql: `select count(distinct about) from event where fact = 'case_holder_accepted'`},
		{name: "key workers", meeting: true, sql: `select count(*) from event where fact = 'key_worker_assigned'`},
		{name: "actions agreed", meeting: true, sql: `select count(distinct action_id) from event where fact = 'action_agreed'`},
		{name: "actions done", meeting: true, sql: `select count(distinct action_id) from event where fact = 'action_done' and result = 'done'`},
		{name: "items that came back", meeting: true, sql: `select count(*) from mdt.item where why in ('action', 'decision', 'waiting')`},
	}
	for i := range steps {
		if err := tx.QueryRow(ctx, steps[i].sql).Scan(&steps[i].count); err != nil {
			return nil, fmt.Errorf("count %s: %w", steps[i].name, err)
		}
	}
	return steps, nil
}
