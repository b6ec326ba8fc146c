package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

// seenWithin is how long a service may take to see what is due: the slowest of their clocks looks once a minute, and what somebody had in hand who
// ended is done again.
const seenWithin = 3 * time.Minute

// due is something that a service does by itself when its time has come. left selects one text for each that was due before {late} and was not done.
type due struct{ name, of, left string }

const (
	late = `{late}::timestamptz`
	day  = `(` + late + ` at time zone 'Europe/London')::date`
)

var dues = []due{
	{
		"a step that is overdue was said to be, or is somebody else's now", `select count(*) from coordination.referral where due_at is not null`,
		`select id || ' ' || state || ', owed by ' || owes_party from coordination.referral where due_at < ` + late + ` and not overdue`,
	},
	{
		"agreement that had a last day ended with it", `select count(*) from coordination.consent where ends_at is not null`,
		`select id::text from coordination.consent where stands and ends_at < ` + late,
	},
	{
		"a red flag that nobody took went to who is next", `select count(*) from primarycare.red_flag`,
		`select id || ' is with ' || rung from primarycare.red_flag where ended_at is null and rung <> 'nobody' and due_at < ` + late,
	},
	{
		"an action that was not done was said to be overdue", `select count(*) from mdt.action`,
		`select id::text from mdt.action where state = 'open' and due_on < ` + day + ` and not told_overdue`,
	},
	{
		"a place that was kept long enough was given back", `select count(*) from vcse.reservation`,
		`select id::text from vcse.reservation where released_at is null and until < ` + late,
	},
	{
		"a training that is over has ended", `select count(*) from register.competency`,
		`select id::text from register.competency where until_on < ` + day + ` and expired_at is null`,
	},
	{
		"a role that is over has ended", `select count(*) from register.person_role`,
		`select id::text from register.person_role where until_on < ` + day + ` and ended_at is null`,
	},
}

// before fills in a time.
func before(sql string, at time.Time) string {
	return strings.ReplaceAll(sql, "{late}", "'"+at.UTC().Format(time.RFC3339)+"'")
}

// clocks are rules about time: what was due was done, by whoever was next, once. ahead is how far the services' time is ahead of ours.
func clocks(ahead time.Duration) []rule {
	all := []rule{
		{
			lost, "an offer that nobody answered in time was said to have run out", `select count(*) from coordination.offer where state = 'expired'`,
			`select o.id::text from coordination.offer o where o.state = 'expired' and not exists (select from event e where e.fact = 'offer_expired' and e.offer_id = o.id)`,
		},
		{
			doubled, "an offer runs out once", facts("offer_expired"),
			`select offer_id::text from event where fact = 'offer_expired' group by offer_id having count(*) > 1`,
		},
		{
			lost, "a training that has ended was said to have", `select count(*) from register.competency where expired_at is not null`,
			`select c.id::text from register.competency c where c.expired_at is not null and not exists (select from event e where e.fact = 'competency_expired' and e.about = c.person_id)`,
		},
		trails(),
	}
	for _, d := range dues {
		all = append(all, rule{lost, d.name, d.of, before(d.left, time.Now().Add(ahead-seenWithin))})
	}
	return all
}

// unseen names the rules about time that looked at nothing, which say nothing: "unseen=" and one after the other. Whether there should have been
// something knows only who asked.
func unseen(out io.Writer, results []result) {
	for _, r := range results {
		if r.looked == 0 && slices.ContainsFunc(clocks(0), func(c rule) bool { return c.name == r.name }) {
			fmt.Fprintf(out, "unseen=%s\n", r.name)
		}
	}
}

// trails is a rule about who did what: each row of the audit trails stands in its chain. The chains themselves are for waypost audit verify.
func trails() rule {
	var rows, open []string
	for _, s := range speakers {
		rows = append(rows, "(select count(*) from "+s+".audit)")
		open = append(open,
			fmt.Sprintf("select '%[1]s row ' || seq || ' waits' from %[1]s.audit_waiting where since < now() - interval '%[2]d seconds'", s, int(seenWithin.Seconds())),
			fmt.Sprintf(`select '%[1]s row ' || seq || ' is in no chain' from %[1]s.audit a where not exists (select from %[1]s.audit_seal x where x.seq = a.seq)
				and not exists (select from %[1]s.audit_waiting x where x.seq = a.seq)`, s))
	}
	return rule{lost, "who did what stands in its chain", "select " + strings.Join(rows, " + "), strings.Join(open, " union all ")}
}

// undone counts what is due now and was not done yet.
func undone(ahead time.Duration) string {
	var counts []string
	for _, d := range dues {
		counts = append(counts, "(select count(*) from ("+before(d.left, time.Now().Add(ahead))+") v)")
	}
	return strings.Join(counts, " + ")
}
