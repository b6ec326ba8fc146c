package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"time"

	"github.com/anishathalye/porcupine"
	"github.com/jackc/pgx/v5"
)

// command is a line of the load's ledger: one before it was sent, and one when its sender knew what came of it.
type command struct {
	N        int64     `json:"n"`
	Kind     string    `json:"kind"`
	Number   string    `json:"number"`
	Patient  string    `json:"patient"`
	Referral string    `json:"referral"`
	Offer    string    `json:"offer"`
	On       string    `json:"on"`
	Outcome  string    `json:"outcome"`
	Began    time.Time `json:"began"`
	Ended    time.Time `json:"ended"`
}

// readLedger reads what came of each command. Of one that has no second line nobody knows it. Neither does anybody of one that was
// acknowledged after a backup and before that was put back: its effect is gone, and the load counts it as undone.
func readLedger(path string) (all map[int64]command, undone int64, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, 0, fmt.Errorf("read the book: %w", err)
	}
	defer func() { _ = f.Close() }()
	all = map[int64]command{}
	var restored []command
	for lines := bufio.NewScanner(f); lines.Scan(); {
		var c command
		if json.Unmarshal(lines.Bytes(), &c) != nil {
			continue // it was being written when its writer died
		}
		if c.Outcome == "restored" {
			restored = append(restored, c)
			continue
		}
		if c.Outcome == "" {
			c.Outcome = "unknown"
		}
		all[c.N] = c
	}
	for n, c := range all {
		for _, r := range restored {
			if c.Outcome == "ok" && c.Began.Before(r.Ended) && c.Ended.After(r.Began) {
				c.Outcome = "unknown"
				all[n] = c
				undone++
			}
		}
	}
	return all, undone, nil
}

// readBook makes the table command of the ledger, and says how many commands a restore has undone.
func readBook(ctx context.Context, tx pgx.Tx, path string) (undone int64, err error) {
	all, undone, err := readLedger(path)
	if err != nil {
		return 0, err
	}
	_, err = tx.Exec(ctx, `create temporary table command (n bigint, kind text, number text, patient uuid, referral uuid, offer uuid, session_on text,
		outcome text, began timestamptz, ended timestamptz) on commit drop`)
	if err != nil {
		return 0, fmt.Errorf("read the book: %w", err)
	}
	var rows [][]any
	for _, c := range all {
		rows = append(rows, []any{c.N, c.Kind, null(c.Number), null(c.Patient), null(c.Referral), null(c.Offer), null(c.On), c.Outcome, c.Began, c.Ended})
	}
	_, err = tx.CopyFrom(ctx, pgx.Identifier{"command"}, []string{"n", "kind", "number", "patient", "referral", "offer", "session_on", "outcome", "began", "ended"}, pgx.CopyFromRows(rows))
	if err != nil {
		return 0, fmt.Errorf("read the book: %w", err)
	}
	if _, err = tx.Exec(ctx, `create index on command (kind, patient); create index on command (kind, offer); analyze command`); err != nil {
		return 0, fmt.Errorf("read the book: %w", err)
	}
	return undone, nil
}

// booked is the condition that an organisation's people wrote down what they did.
func booked(organisation string) string {
	return `not exists (select from beside b where b.organisation_id = ` + organisation + `)`
}

// readBeside makes the table of the organisations whose people did not: what they did can be judged by the tables alone.
func readBeside(ctx context.Context, tx pgx.Tx, organisations string) error {
	_, err := tx.Exec(ctx, `create temporary table beside (organisation_id uuid) on commit drop`)
	if err == nil && organisations != "" {
		_, err = tx.Exec(ctx, `insert into beside select unnest(string_to_array($1, ','))::uuid`, organisations)
	}
	if err != nil {
		return fmt.Errorf("write down who keeps no book: %w", err)
	}
	return nil
}

func null(s string) any {
	if s == "" {
		return nil
	}
	return s
}

func of(kind string) string { return `select count(*) from command where kind = '` + kind + `'` }

// commands are rules about what was acknowledged, refused, or neither.
var commands = []rule{
	{
		lost, "an acknowledged patient is kept", of("patient"),
		`select 'command ' || c.n from command c where kind = 'patient' and outcome = 'ok' and not exists (select from coordination.erasure e where e.ref = c.patient)
		 and not exists (select from primarycare.patient p where p.ref = c.patient and coalesce(p.nhs_number, '') = coalesce(c.number, ''))`,
	},
	{
		doubled, "a practice has a number once", of("patient"),
		`select practice_id::text from primarycare.patient where nhs_number is not null group by practice_id, nhs_number having count(*) > 1`,
	},
	{
		wrong, "nobody is kept whom nobody added", `select count(*) from primarycare.patient`,
		`select p.ref::text from primarycare.patient p where not exists (select from command c where c.kind = 'patient' and c.number = p.nhs_number and c.outcome <> 'fail')
		 and p.nhs_number is not null and ` + booked("p.practice_id") + `
		 union all select n || ' without a number' from (select count(*) as n from primarycare.patient p
			where p.nhs_number is null and ` + booked("p.practice_id") + ` and not exists (select from coordination.erasure e where e.ref = p.ref)) x
		 where n > (select count(*) from command c where c.kind = 'patient' and c.number is null and c.outcome <> 'fail')`,
	},
	{
		lost, "an acknowledged referral is kept", of("refer"),
		`select 'command ' || c.n from command c where kind = 'refer' and outcome = 'ok' and not exists (select from primarycare.referral r where r.id = c.referral)`,
	},
	{
		doubled, "a referral is made once for each command, and by none that was refused", `select count(*) from primarycare.referral`,
		`select r.ref::text from primarycare.referral r where ` + booked("r.practice_id") + ` group by r.ref
		 having count(*) > (select count(*) from command c where c.kind = 'refer' and c.patient = r.ref and c.outcome <> 'fail')`,
	},
	{
		lost, "an acknowledged answer was said", `select count(*) from command where kind in ('accept', 'bounce', 'end', 'attendance') and outcome = 'ok'`,
		`select c.kind || ' ' || c.offer from command c where c.outcome = 'ok' and c.kind in ('accept', 'bounce', 'end', 'attendance')
		 and not exists (select from event e where e.offer_id = c.offer and e.fact = ` + factOf + ` and (c.session_on is null or e.session_on = c.session_on))`,
	},
	{
		doubled, "an answer was said once for each command, and for none that was refused", `select count(*) from event where fact in ('offer_accepted', 'offer_bounced', 'support_ended', 'attendance_recorded')`,
		`select e.fact || ' ' || e.offer_id from event e where e.fact in ('offer_accepted', 'offer_bounced', 'support_ended', 'attendance_recorded') and e.speaker = 'vcse'
		 and not exists (select from vcse.offer o join beside b using (organisation_id) where o.id = e.offer_id)
		 group by e.fact, e.offer_id having count(*) > (select count(*) from command c where c.offer = e.offer_id and ` + factOf + ` = e.fact and c.outcome <> 'fail')`,
	},
	{
		lost, "an acknowledged withdrawal was said", of("withdraw"),
		`select c.referral::text from command c where c.kind = 'withdraw' and c.outcome = 'ok' and not exists (select from event e where e.fact = 'referral_withdrawn' and e.referral_id = c.referral)`,
	},
	{
		doubled, "a withdrawal was said once, and for none that was refused", `select count(*) from event where fact = 'referral_withdrawn' and speaker = 'primarycare'`,
		`select e.referral_id::text from event e where e.fact = 'referral_withdrawn' and e.speaker = 'primarycare'
		 and not exists (select from primarycare.referral r join beside b on b.organisation_id = r.practice_id where r.id = e.referral_id)
		 group by e.referral_id having count(*) > (select count(*) from command c where c.kind = 'withdraw' and c.referral = e.referral_id and c.outcome <> 'fail')`,
	},
}

// sharing are rules about what people said of sharing, and of what is kept about them.
var sharing = []rule{
	{
		lost, "an acknowledged no to sharing was said", of("refuse"),
		`select c.patient::text from command c where c.kind = 'refuse' and c.outcome = 'ok'
		 and not exists (select from event e where e.fact = 'consent_withdrawn' and e.speaker = 'coordination'
		 and e.about in (with recursive one as (select c.patient as ref
			union select m.into_ref from coordination.merge m join one on m.from_ref = one.ref where m.undone_at is null
				or exists (select from coordination.consent y where y.first_ref = c.patient and y.given and y.asked_at < m.undone_at and y.asked_at > m.at)) select ref from one))`,
	},
	{
		wrong, "a no to sharing leaves no offer of the referral open", of("refuse"),
		`select o.id::text from command c join coordination.offer o on o.referral_id = c.referral where c.kind = 'refuse' and c.outcome = 'ok' and o.state in ` + liveOffers,
	},
	{
		lost, "an acknowledged erasure was done", of("erase"),
		`select c.patient::text from command c where c.kind = 'erase' and c.outcome = 'ok'
		 and not exists (select from coordination.erasure e where e.ref = c.patient and e.told_at is not null)`,
	},
}

const factOf = `case c.kind when 'accept' then 'offer_accepted' when 'bounce' then 'offer_bounced' when 'end' then 'support_ended' when 'attendance' then 'attendance_recorded' end`

// histories looks whether what the senders of each offer's answers saw can have happened in some order, one after the other,
// each somewhere between its sending and its answer (linearizability, by Porcupine).
func histories(ctx context.Context, tx pgx.Tx) (result, error) {
	r := result{rule: rule{harm: wrong, name: "the answers to an offer can have happened one after the other"}}
	rows, err := tx.Query(ctx, `select offer::text, kind, outcome, n, began, ended from command where kind in ('accept', 'bounce', 'end') and offer is not null order by offer, n`)
	if err != nil {
		return r, fmt.Errorf("read the histories: %w", err)
	}
	type line struct {
		Offer, Kind, Outcome string
		N                    int64
		Began, Ended         time.Time
	}
	lines, err := pgx.CollectRows(rows, pgx.RowToStructByPos[line])
	if err != nil {
		return r, fmt.Errorf("read the histories: %w", err)
	}
	byOffer := map[string][]porcupine.Operation{}
	for _, l := range lines {
		end := l.Ended.UnixNano()
		if l.Outcome == "unknown" {
			end = math.MaxInt64 // it may take effect at any time
		}
		byOffer[l.Offer] = append(byOffer[l.Offer], porcupine.Operation{ClientId: int(l.N), Input: l.Kind, Output: l.Outcome, Call: l.Began.UnixNano(), Return: end})
	}
	model := answers.ToModel()
	for offer, ops := range byOffer {
		r.looked++
		if !porcupine.CheckOperations(model, ops) {
			r.count++
			if len(r.examples) < 3 {
				r.examples = append(r.examples, offer)
			}
		}
	}
	return r, nil
}

// answers is an offer as its receiver sees it. A command that was refused changed nothing; one of which nobody knows may have.
var answers = porcupine.NondeterministicModel{
	Init: func() []any { return []any{"offered"} },
	Step: func(state, input, output any) []any {
		next := map[string]map[string]string{
			"offered":  {"accept": "accepted", "bounce": "bounced"},
			"accepted": {"end": "ended"},
		}[state.(string)][input.(string)]
		switch {
		case output == "fail":
			return []any{state}
		case output == "ok" && next == "":
			return nil
		case output == "ok":
			return []any{next}
		case next == "":
			return []any{state}
		default:
			return []any{state, next}
		}
	},
}
