package main

import (
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"example.org/waypost/pkg/id"
)

// holds are the tables of the floor, all of one shape, and how many bytes their rows have beside the keys; measured on Waypost's own.
var holds = map[string]int{
	"primarycare.idempotency": 120, "primarycare.consent": 100, "primarycare.referral": 500, "primarycare.referral_step": 80, "primarycare.audit": 120,
	"coordination.patient": 250, "coordination.case_record": 60, "coordination.membership": 60, "coordination.referral": 450, "coordination.offer": 120,
	"coordination.timeline": 120, "coordination.consent": 100, "coordination.audit": 120,
	"vcse.offer": 700, "vcse.idempotency": 120, "vcse.audit": 120,
	"primarycare.patient_case": 40, "mdt.patient_case": 40, "mdt.referral_fact": 60, "mdt.happened": 90, "mdt.audit": 120, "linkworker.audit": 120,
}

// saying is a fact that is said, and the bytes that travel.
type saying struct {
	fact  string
	bytes int
}

const requestedBytes = 1900

// reaction is what follows from a command or a fact, as Waypost does it.
type reaction struct {
	rows  []string // tables that get a row under the referral's id
	again []string // tables that get one more row for it
	marks []string // tables whose row of the referral changes
	says  []saying
}

// commands are what people do, by who speaks.
var commands = map[string]struct {
	speaker string
	reaction
}{
	"request": {"primarycare", reaction{
		rows: []string{"idempotency", "consent", "referral", "referral_step", "audit"},
		says: []saying{{"referral_requested", requestedBytes}},
	}},
	"accept": {"vcse", reaction{again: []string{"idempotency", "audit"}, marks: []string{"offer"}, says: []saying{{"offer_accepted", 280}}}},
	"end":    {"vcse", reaction{again: []string{"idempotency", "audit"}, marks: []string{"offer"}, says: []saying{{"support_ended", 270}}}},
}

// opens is what coordination does with a request; the hop with Watermill does its rows, and the receiver's.
var opens = reaction{
	rows:  []string{"patient", "case_record", "membership", "referral", "offer", "timeline", "consent", "audit"},
	again: []string{"membership", "timeline", "timeline", "audit"},
	says:  []saying{{"case_opened", 200}, {"referral_offered", 1400}, {"referral_progressed", 500}},
}

// heard is what a fact makes a service do.
type heard struct {
	fact string
	reaction
}

// reactions, by service. A fact without one is only noted as heard. What makes rows stands before what changes them.
var reactions = map[string][]heard{
	"coordination": {
		{"referral_requested", opens},
		{"offer_accepted", reaction{
			again: []string{"timeline", "audit", "audit"}, marks: []string{"referral", "offer"}, says: []saying{{"referral_progressed", 500}},
		}},
		{"support_ended", reaction{
			again: []string{"timeline", "timeline", "timeline", "audit", "audit"}, marks: []string{"case_record", "membership", "referral", "offer"},
			says: []saying{{"referral_closed", 200}, {"case_closed", 150}, {"referral_progressed", 500}},
		}},
	},
	"vcse": {
		{"referral_offered", reaction{rows: []string{"offer"}, again: []string{"audit"}}},
		{"referral_progressed", reaction{again: []string{"audit"}, marks: []string{"offer"}}},
		{"referral_closed", reaction{again: []string{"audit"}, marks: []string{"offer"}}},
	},
	"primarycare": {
		{"case_opened", reaction{rows: []string{"patient_case"}, again: []string{"audit"}}},
		{"referral_progressed", reaction{again: []string{"referral_step", "audit"}, marks: []string{"referral"}}},
		{"referral_closed", reaction{again: []string{"audit"}, marks: []string{"referral"}}},
	},
	"mdt": {
		{"case_opened", reaction{rows: []string{"patient_case"}, again: []string{"audit"}}},
		{"referral_requested", reaction{rows: []string{"referral_fact"}, again: []string{"audit"}}},
		{"referral_progressed", reaction{again: []string{"audit"}}},
		{"offer_accepted", reaction{again: []string{"happened", "audit"}}},
		{"support_ended", reaction{again: []string{"happened", "audit"}}},
		{"referral_closed", reaction{again: []string{"happened", "audit"}}},
		{"case_closed", reaction{again: []string{"audit"}, marks: []string{"patient_case"}}},
	},
	"linkworker": {
		{"referral_offered", reaction{again: []string{"audit"}}},
		{"referral_progressed", reaction{again: []string{"audit"}}},
	},
}

// A row counts its changes, so that changes that come in another order end alike. A row that was made and changed so often is at
// the point: vcse.offer by progress (requested), the yes, progress (accepted); primarycare.referral by three times progress and the end.
const (
	changesAccepted = 3
	changesFedBack  = 4
)

// common table expressions that write a reaction's rows for one referral: $1 is its id, $2 the patient's, $3 the filler. only is
// where from, when it is to be written only if there is something.
func (r reaction) writes(service, only string) (parts []string) {
	add := func(key, table string) {
		table = service + "." + table
		parts = append(parts, fmt.Sprintf("insert into %s (id, ref, body) select %s, $2::uuid, substr($3::bytea, 1, %d)%s", table, key, holds[table], only))
	}
	for _, t := range r.rows {
		add("$1::uuid", t)
	}
	for _, t := range r.again {
		add("gen_random_uuid()", t)
	}
	for _, t := range r.marks {
		parts = append(parts, fmt.Sprintf("update %s.%s set at = now(), changes = changes + 1 where id = $1::uuid", service, t))
	}
	return parts
}

// with makes one statement of many writes and a last one: one round trip, and without a transaction around it one commit.
func with(parts []string, last string) string {
	named := make([]string, len(parts))
	for i, p := range parts {
		named[i] = fmt.Sprintf("w%d as (%s)", i, p)
	}
	return "with " + strings.Join(named, ", ") + " " + last
}

// said is the last part of a command: $4 is the event's id, $5 what travels.
func said(name string) string {
	c := commands[name]
	return with(c.writes(c.speaker, ""), fmt.Sprintf("insert into %s.outbox (event_id, ref, fact, body) values ($4, $2, '%s', $5)", c.speaker, c.says[0].fact))
}

// effects are the rows that follow from facts, for all of a batch at once.
func effects(service string, batch []jetstream.Msg, fresh map[string]bool) *pgx.Batch {
	ids, refs := map[string][]string{}, map[string][]string{}
	for _, m := range batch {
		if !fresh[m.Headers().Get(nats.MsgIdHdr)] {
			continue
		}
		parts := strings.Split(m.Subject(), ".")
		fact, ref := parts[len(parts)-2], parts[len(parts)-1]
		ids[fact], refs[fact] = append(ids[fact], string(m.Data()[:36])), append(refs[fact], ref)
	}
	b := &pgx.Batch{}
	for _, h := range reactions[service] {
		if len(ids[h.fact]) > 0 {
			h.queue(b, service, ids[h.fact], refs[h.fact])
		}
	}
	return b
}

func (r reaction) queue(b *pgx.Batch, service string, ids, refs []string) {
	for _, t := range r.rows {
		insert(b, service+"."+t, ids, refs)
	}
	for _, t := range r.again {
		insert(b, service+"."+t, fresh(len(ids)), refs)
	}
	for _, t := range r.marks {
		b.Queue(`update `+service+`.`+t+` t set at = now(), changes = changes + n from (select i, count(*) as n from unnest($1::uuid[]) u(i) group by i) u where t.id = u.i`, ids)
	}
	for _, s := range r.says {
		keep(b, service, s, ids, refs)
	}
}

// insert writes rows of one table with one statement.
func insert(b *pgx.Batch, table string, ids, refs []string) {
	b.Queue(`insert into `+table+` (id, ref, body) select i, r, $3 from unnest($1::uuid[], $2::uuid[]) u(i, r)`, ids, refs, filler[:holds[table]])
}

// keep puts what is said into the outbox; the event's body is the referral's id and filler of the product's length.
func keep(b *pgx.Batch, speaker string, s saying, ids, refs []string) {
	bodies := make([][]byte, len(ids))
	for i, x := range ids {
		bodies[i] = carries(x, s.bytes)
	}
	b.Queue(`insert into `+speaker+`.outbox (event_id, ref, fact, body) select e, r, $4, d from unnest($1::uuid[], $2::uuid[], $3::bytea[]) u(e, r, d)`, fresh(len(ids)), refs, bodies, s.fact)
}

func carries(referral string, n int) []byte { return append([]byte(referral), filler[:n]...) }

func fresh(n int) []string {
	ids := make([]string, n)
	for i := range ids {
		ids[i] = id.New()
	}
	return ids
}

// filler is what nobody reads and the broker can not compress.
var filler = func() []byte {
	b := make([]byte, 4096)
	for i := range b {
		b[i] = byte(i*7919>>3) ^ byte(i*i)
	}
	return b
}()
