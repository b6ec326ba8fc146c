package main

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"
	"github.com/jackc/pgx/v5"
	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/event"
	"example.org/waypost/pkg/id"
	"example.org/waypost/pkg/pgtest"
)

//go:embed testdata/tables.sql
var tables string

// world is a database in which one referral went all the way and another was held, as rows written by hand.
type world struct {
	t       *testing.T
	url     string
	conn    *pgx.Conn
	ends    map[string]*event.Event
	patient string
	first   string // the referral that was accepted
	offer   string
	back    string // the referral that was withdrawn
	gone    string // a second ref of the patient, which was made one with the first, and erased
	book    string // the ledger of those who did it
	brokers string
	js      jetstream.JetStream
}

const area = "test-area"

func newWorld(t *testing.T) *world {
	t.Helper()
	url := pgtest.Database(t, func(ctx context.Context, url string) error {
		conn, err := pgx.Connect(ctx, url)
		if err != nil {
			return err
		}
		defer conn.Close(ctx)
		_, err = conn.Exec(ctx, tables)
		return err
	}, "check")
	conn, err := pgx.Connect(t.Context(), url)
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	w := &world{t: t, url: url, conn: conn, ends: map[string]*event.Event{}, patient: id.NewRandom(), first: id.New(), offer: id.New()}
	for w.gone = id.NewRandom(); event.PartitionOf(w.gone) != event.PartitionOf(w.patient); w.gone = id.NewRandom() {
	}
	w.openBroker()
	w.refer()
	w.passTime()
	w.writeBook()
	return w
}

// passTime is an offer that ran out, and what was done by itself when its time had come; each has one like it whose time is still to come.
func (w *world) passTime() {
	w.t.Helper()
	silent, worker := id.New(), id.New()
	w.exec(`insert into coordination.offer values ($1, $2, 'expired')`, silent, w.back)
	w.exec(`insert into vcse.offer values ($1, $2, 'expired')`, silent, w.back)
	w.say("coordination", "referral_offered", map[string]any{"referral_id": w.back, "offer_id": silent, "attempt": 1, "receiver_kind": "service"})
	w.say("coordination", "offer_expired", map[string]any{"offer_id": silent})
	w.exec(`insert into coordination.consent values (gen_random_uuid(), false, now() - interval '1 day'), (gen_random_uuid(), true, now() + interval '1 day')`)
	w.exec(`insert into primarycare.red_flag values (gen_random_uuid(), 'nobody', now() - interval '1 day', null), (gen_random_uuid(), 'duty', now() + interval '1 hour', null)`)
	w.exec(`insert into register.competency values (gen_random_uuid(), $1, current_date - 2, now()), (gen_random_uuid(), $1, current_date + 2, null)`, worker)
	w.exec(`insert into register.person_role values (gen_random_uuid(), current_date - 2, now()), (gen_random_uuid(), null, null)`)
	about := w.patient
	w.patient = worker
	w.say("register", "competency_expired", map[string]any{})
	w.patient = about
	for _, s := range speakers {
		w.exec(`insert into ` + s + `.audit values (1), (2)`)
		w.exec(`insert into ` + s + `.audit_seal values (1)`)
		w.exec(`insert into ` + s + `.audit_waiting values (2)`)
	}
}

// openBroker starts a broker with a stream for everybody who speaks.
func (w *world) openBroker() {
	w.t.Helper()
	s, err := server.NewServer(&server.Options{Host: "127.0.0.1", Port: server.RANDOM_PORT, JetStream: true, StoreDir: w.t.TempDir(), NoLog: true, NoSigs: true})
	require.NoError(w.t, err)
	s.Start()
	require.True(w.t, s.ReadyForConnections(20*time.Second))
	w.t.Cleanup(func() { s.Shutdown(); s.WaitForShutdown() })
	w.brokers = s.ClientURL()
	nc, err := nats.Connect(w.brokers)
	require.NoError(w.t, err)
	w.t.Cleanup(nc.Close)
	w.js, err = jetstream.New(nc)
	require.NoError(w.t, err)
	for _, s := range speakers {
		_, err := w.js.CreateStream(w.t.Context(), jetstream.StreamConfig{Name: "waypost_" + s, Subjects: []string{"waypost." + s + ".>"}, Storage: jetstream.MemoryStorage})
		require.NoError(w.t, err)
	}
}

// writeBook is the ledger of who added the patient, referred, answered and withdrew. One who asked twice at once was refused.
func (w *world) writeBook() {
	w.t.Helper()
	w.exec(`insert into primarycare.patient (ref, nhs_number) values ($1, '9990000018')`, w.patient)
	w.exec(`update primarycare.referral set ref = $1`, w.patient)
	now := time.Now()
	var lines []byte
	for i, c := range []command{
		{Kind: "patient", Number: "9990000018", Patient: w.patient, Outcome: "ok"},
		{Kind: "refer", Patient: w.patient, Referral: w.first, Outcome: "ok"},
		{Kind: "accept", Offer: w.offer, Outcome: "ok"},
		{Kind: "bounce", Offer: w.offer, Outcome: "fail"},
		{Kind: "attendance", Offer: w.offer, On: "2026-10-05", Outcome: "unknown"},
		{Kind: "refer", Patient: w.patient},
		{Kind: "withdraw", Referral: w.back, Outcome: "ok"},
		{Kind: "refuse", Patient: w.patient, Referral: w.back, Outcome: "ok"},
		{Kind: "erase", Patient: w.gone, Outcome: "ok"},
		{Kind: "refuse", Patient: w.gone, Referral: w.back, Outcome: "ok"},
	} {
		c.N, c.Began = int64(i+1), now.Add(time.Duration(i)*time.Second)
		if c.Outcome != "" {
			c.Ended = c.Began.Add(time.Millisecond)
		}
		b, err := json.Marshal(c)
		require.NoError(w.t, err)
		lines = append(append(lines, b...), '\n')
	}
	w.book = w.t.TempDir() + "/book.jsonl"
	require.NoError(w.t, os.WriteFile(w.book, append(lines, `{"n": 11, "kind": "half a li`...), 0o600))
}

func (w *world) exec(sql string, args ...any) {
	w.t.Helper()
	_, err := w.conn.Exec(w.t.Context(), sql, args...)
	require.NoError(w.t, err, sql)
}

// say writes an event as the product's relay would number and chain it, and the rows of those who heard it.
func (w *world) say(speaker, fact string, body map[string]any) {
	w.t.Helper()
	data, err := json.Marshal(body)
	require.NoError(w.t, err)
	e := &event.Event{
		ID: id.New(), Type: "waypost." + speaker + "." + fact + ".v1", Source: event.Source(area, speaker), About: w.patient,
		Time: time.Now().UTC().Truncate(time.Microsecond), Partition: event.PartitionOf(w.patient), Classification: "restricted", Epoch: 1, Position: 1, Data: data,
	}
	e.Correlation = e.ID
	if speaker == "coordination" {
		e.Causation = id.New() // it says what it says because of what it heard
	}
	if before := w.ends[speaker]; before != nil {
		e.Position, e.PrevHash = before.Position+1, before.Hash
	}
	e.Hash = e.ChainHash(e.PrevHash)
	w.ends[speaker] = e
	w.exec(`insert into `+speaker+`.outbox (event_id, event_type, about, partition, occurred_at, correlation_id, causation_id, classification, body, epoch, position, prev_hash, hash)
		values ($1, $2, $3, $4, $5, $6, nullif($7, '')::uuid, $8, $9, $10, $11, $12, $13)`,
		e.ID, e.Type, e.About, e.Partition, e.Time, e.Correlation, e.Causation, e.Classification, []byte(e.Data), e.Epoch, e.Position, e.PrevHash, e.Hash)
	w.exec(`update `+speaker+`.relay_state set position = $2, published = $2 where partition = $1`, e.Partition, e.Position)
	m, err := e.Msg()
	require.NoError(w.t, err)
	_, err = w.js.PublishMsg(w.t.Context(), m)
	require.NoError(w.t, err)
	for reader, heard := range listens {
		for _, s := range heard {
			if s == speaker {
				w.exec(`insert into `+reader+`.inbox values ($1, $2, $3, 1, $4, $5, 'applied')`, reader, e.ID, speaker, e.Partition, e.Position)
			}
		}
	}
}

func (w *world) refer() {
	second, caseID := id.New(), id.New()
	w.exec(`insert into coordination.case_record values ($1, $2)`, caseID, w.patient)
	w.exec(`insert into coordination.referral values ($1, $2, $3, 'AAAA1111', 'accepted', 'food', true, '', 'receiver', now())`, w.first, caseID, w.patient)
	w.exec(`insert into coordination.referral values ($1, $2, $3, 'BBBB2222', 'held', 'food', true, '', 'sender', now())`, second, caseID, w.patient)
	w.exec(`insert into coordination.offer values ($1, $2, 'accepted')`, w.offer, w.first)
	w.exec(`insert into vcse.offer values ($1, $2, 'accepted')`, w.offer, w.first)
	w.exec(`insert into vcse.capacity values ($1, 0)`, second)
	w.exec(`insert into vcse.reservation values ($1, $2, $3, now())`, id.New(), second, w.offer)
	w.exec(`insert into vcse.attendance values ($1, $2, '2026-10-05')`, id.New(), w.offer)
	w.exec(`insert into primarycare.referral values ($1, 'accepted', 2)`, w.first)
	w.exec(`insert into mdt.referral values ($1, 'held', 1)`, second)
	w.say("primarycare", "referral_requested", map[string]any{"referral_id": w.first})
	w.say("coordination", "referral_offered", map[string]any{"referral_id": w.first, "offer_id": w.offer, "attempt": 1, "receiver_kind": "service"})
	w.say("coordination", "referral_progressed", map[string]any{"referral_id": w.first, "state": "offered", "version": 1})
	w.say("mdt", "referral_requested", map[string]any{"referral_id": second})
	w.say("coordination", "referral_held", map[string]any{"referral_id": second})
	w.say("coordination", "referral_progressed", map[string]any{"referral_id": second, "state": "held", "version": 1})
	w.say("vcse", "offer_accepted", map[string]any{"referral_id": w.first, "offer_id": w.offer})
	w.say("coordination", "referral_progressed", map[string]any{"referral_id": w.first, "state": "accepted", "version": 2})
	w.discuss(caseID)
	w.forget()
	w.say("vcse", "attendance_recorded", map[string]any{"referral_id": w.first, "offer_id": w.offer, "session_on": "2026-10-05", "result": "attended"})
}

// discuss is a meeting that found somebody to hold the case and agreed an action, which is on the next agenda; the sender of
// another referral withdrew it.
func (w *world) discuss(caseID string) {
	held, next, series, item, action, holder := id.New(), id.New(), id.New(), id.New(), id.New(), id.New()
	w.exec(`insert into mdt.meeting values ($1, $3, 'held', now()), ($2, $3, 'planned', now() + interval '7 days')`, held, next, series)
	w.exec(`insert into mdt.item values ($1, $2, $3, 'discussed', 'assign_case_holder', 'person')`, item, held, w.patient)
	w.exec(`insert into mdt.item values ($1, $2, $3, 'removed', '', 'action')`, id.New(), next, w.patient)
	w.exec(`insert into mdt.case_holder values ($1, $2, 'holds')`, caseID, holder)
	w.exec(`insert into mdt.key_worker values ($1, $2, null)`, caseID, holder)
	w.exec(`insert into coordination.case_person values ($1, $2, 'case_holder', 'accepted'), ($1, $2, 'key_worker', 'accepted')`, caseID, holder)
	w.exec(`insert into mdt.action values ($1, $2, $3, $4, $5, '2026-10-14', 'open')`, action, held, series, w.patient, holder)
	w.say("mdt", "case_discussed", map[string]any{"item_id": item, "case_id": caseID})
	w.say("mdt", "action_agreed", map[string]any{"action_id": action})
	last, forgotten, alone, left := id.New(), id.New(), id.New(), id.New() // a series without a next meeting: one that nobody held is over
	w.exec(`insert into mdt.meeting values ($1, $3, 'held', now()), ($2, $3, 'planned', now() - interval '1 day')`, last, forgotten, alone)
	w.exec(`insert into mdt.action values ($1, $2, $3, $4, $5, '2026-10-14', 'open')`, left, last, alone, w.patient, holder)
	w.say("mdt", "action_agreed", map[string]any{"action_id": left})
	back := id.New()
	w.exec(`insert into coordination.referral values ($1, $2, $3, 'CCCC3333', 'withdrawn', 'debt', true, '', 'nobody', null)`, back, caseID, w.patient)
	w.exec(`insert into linkworker.referral values ($1, 'withdrawn', 1)`, back)
	w.back = back
	w.say("linkworker", "referral_requested", map[string]any{"referral_id": back})
	w.say("primarycare", "referral_withdrawn", map[string]any{"referral_id": back})
	w.say("coordination", "referral_progressed", map[string]any{"referral_id": back, "state": "withdrawn", "version": 1})
}

// forget is a record that was made one with the patient's, a no to sharing that was removed everywhere, and what was erased of the record.
func (w *world) forget() {
	w.exec(`insert into coordination.patient (ref, merged_into, erased_at) values ($1, null, null), ($2, $1, now())`, w.patient, w.gone)
	w.exec(`insert into coordination.merge values ($1, $2)`, w.gone, w.patient)
	w.exec(`insert into coordination.erasure values ($1, now())`, w.gone)
	w.exec(`insert into coordination.removal_by values ($1, 'vcse', now())`, id.New())
	w.exec(`insert into primarycare.patient (ref) values ($1)`, w.gone)
	w.say("coordination", "patient_merged", map[string]any{})
	w.say("coordination", "consent_withdrawn", map[string]any{})
	about := w.patient
	w.patient = w.gone
	w.say("coordination", "patient_merged", map[string]any{})
	w.patient = about
}

// evidence is all there is: the tables, a ledger that fits them, and streams that do.
func (w *world) evidence() evidence {
	return evidence{database: w.url, area: area, book: w.book, brokers: w.brokers, walls: true, clocks: true}
}

func (w *world) check() (bool, string) {
	w.t.Helper()
	var out bytes.Buffer
	ok, err := run(w.t.Context(), &out, w.evidence())
	require.NoError(w.t, err)
	return ok, out.String()
}

func lastLine(s string) string {
	lines := strings.Split(strings.TrimSpace(s), "\n")
	return lines[len(lines)-1]
}

func TestFindsNothingWhereAllIsWell(t *testing.T) {
	t.Parallel()
	ok, out := newWorld(t).check()
	require.True(t, ok, out)
	require.Equal(t, "lost=0 doubled=0 requested=3 closed=0", lastLine(out))
	for _, line := range strings.Split(out, "\n") {
		if strings.HasSuffix(line, " 0        0") {
			t.Errorf("the checker looked at nothing: %s", line)
		}
	}
}

// A rule about time that looked at nothing shows nothing, and says so.
func TestNamesWhatItDidNotSee(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, out := w.check()
	require.NotContains(t, out, "unseen=")
	w.exec(`delete from coordination.consent where ends_at is not null`)
	ok, out := w.check()
	require.True(t, ok, out)
	require.Regexp(t, `(?m)^unseen=agreement that had a last day ended with it$`, out)
}

// One fact may settle two e-mails, each once.
func TestAFactMaySettleSeveralEmails(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	because, notice := id.New(), id.New()
	settle := func(notice string) {
		w.exec(`insert into vcse.outbox (event_id, event_type, causation_id, body) values ($1, 'waypost.vcse.notice_recorded.v1', $2, $3)`,
			id.New(), because, []byte(`{"notice_id":"`+notice+`","state":"settled"}`))
	}
	settle(notice)
	settle(id.New())
	_, out := w.check()
	require.NotContains(t, out, "doubled: vcse notice_recorded")
	settle(notice)
	_, out = w.check()
	require.Contains(t, out, "doubled: vcse notice_recorded because of "+because)
}

// A stream that is not there, or that nobody leads, holds nothing: its events are told to be thin, and the rest is looked at.
func TestAStreamThatCanNotBeReadIsThin(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	require.NoError(t, w.js.DeleteStream(t.Context(), "waypost_vcse"))
	ok, out := w.check()
	require.False(t, ok)
	require.Contains(t, out, "The stream of vcse can not be read")
	require.Regexp(t, `\nthin=[1-9]`, out)
	require.Contains(t, lastLine(out), "lost=0 doubled=0")
}

// Each way to break the database, with the rule that must notice. TestEveryRuleIsTried sees that none is left out.
func TestNoticesOneRow(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, x := range []struct{ rule, sql string }{
		{"a referral that a sender keeps was requested", `insert into linkworker.referral values (gen_random_uuid(), 'offered', 1)`},
		{"a referral that was requested is kept by its sender", `delete from primarycare.referral`},
		{"a referral is requested once", `insert into mdt.outbox (event_id, event_type, body) select gen_random_uuid(), 'waypost.mdt.referral_requested.v1', body from primarycare.outbox`},
		{"a requested referral is in coordination", `delete from coordination.referral where state = 'held'`},
		{"a requested referral is in coordination once", `insert into coordination.referral select * from coordination.referral limit 1`},
		{"coordination has no referral that nobody requested", `update coordination.referral set id = gen_random_uuid() where state = 'held'`},
		{"an offer of coordination was said", `insert into coordination.offer select gen_random_uuid(), referral_id, 'bounced' from coordination.offer`},
		{"an offer is said once, and each attempt is one offer", `insert into coordination.outbox (event_id, event_type, body)
			select gen_random_uuid(), event_type, body from coordination.outbox where event_type like '%referral_offered%'`},
		{"an offer that was said is in its receiver's tray", `delete from vcse.offer`},
		{"an offer that was said is in its receiver's tray", `insert into linkworker.offer select id, referral_id, state from vcse.offer; delete from vcse.offer`},
		{"an offer is in one tray, once", `insert into linkworker.offer select id, referral_id, state from vcse.offer`},
		{"no tray has an offer that nobody said", `update vcse.offer set id = gen_random_uuid()`},
		{"an offer is accepted, bounced and ended at most once", `insert into vcse.outbox (event_id, event_type, body) select gen_random_uuid(), event_type, body from vcse.outbox`},
		{"a receiver has an offer in hand as coordination has it", `update vcse.offer set state = 'offered'`},
		{"a receiver has an offer in hand as coordination has it", `update coordination.offer set state = 'waitlisted'`},
		{"a place is kept for an open offer only, and counted once", `update vcse.reservation set released_at = null`},
		{"a place is kept for an open offer only, and counted once", `update vcse.capacity set reserved = 1`},
		{"an attendance that was recorded was said", `insert into vcse.attendance select gen_random_uuid(), offer_id, '2026-10-06' from vcse.attendance`},
		{"an attendance is said once", `insert into vcse.outbox (event_id, event_type, body)
			select gen_random_uuid(), event_type, body from vcse.outbox where event_type like '%attendance%'`},
		{"a referral's progress was told", `delete from coordination.outbox where convert_from(body, 'UTF8') like '%"held"%'`},
		{"no progress was told twice", `insert into coordination.outbox (event_id, event_type, body)
			select gen_random_uuid(), event_type, body from coordination.outbox where event_type like '%progressed%' limit 1`},
		{"the sender has heard the newest progress", `update primarycare.referral set heard = 1, state = 'offered'`},
		{"the sender shows the newest state", `update primarycare.referral set state = 'offered'`},
		{"what was told last is how coordination has it", `update coordination.referral set state = 'under_way' where state = 'accepted'`},
		{"a patient has at most one open case", `insert into coordination.case_record select gen_random_uuid(), patient_ref from coordination.case_record`},
		{"a need has at most one open root referral, unless confirmed", `update coordination.referral set state = 'offered' where state = 'held'`},
		{"a referral has at most one accepted offer", `insert into coordination.offer select gen_random_uuid(), referral_id, state from coordination.offer`},
		{"a referral has at most one live offer", `insert into coordination.offer select gen_random_uuid(), referral_id, 'offered' from coordination.offer`},
		{"an open referral has somebody who owes the next step, and a time", `update coordination.referral set due_at = null where state = 'held'`},
		{"an open referral has somebody who owes the next step, and a time", `update coordination.referral set owes_party = 'nobody' where state = 'held'`},
		{"an open referral is in an open case", `update coordination.case_record set closed_at = now()`},
		{"who was made one with another has no open case or referral of their own", `update coordination.case_record set patient_ref = (select ref from coordination.patient where merged_into is not null)`},
		{"who was made one with another has no open case or referral of their own", `update coordination.referral set patient_ref = (select ref from coordination.patient where merged_into is not null)`},
		{"a merge was said about both", `delete from coordination.outbox o using coordination.patient p where p.merged_into = o.about and event_type like '%patient_merged%'`},
		{"a merge was said about both", `update coordination.patient set ref = gen_random_uuid() where merged_into is not null`},
		{"whoever was to remove something has said that they did", `update coordination.removal_by set at = null`},
		{"nothing names who was erased", `update coordination.patient set family_name = 'Left' where merged_into is not null`},
		{"nothing names who was erased", `update primarycare.patient set nhs_number = '9990000018' where nhs_number is null`},
		{"nothing names who was erased", `update coordination.erasure set told_at = null`},
		{"an acknowledged no to sharing was said", `delete from coordination.outbox where event_type like '%consent_withdrawn%'`},
		{"an acknowledged no to sharing was said", `update coordination.merge set undone_at = now()`},
		{"a no to sharing leaves no offer of the referral open", `insert into coordination.offer select gen_random_uuid(), id, 'offered' from coordination.referral where state = 'withdrawn'`},
		{"an acknowledged erasure was done", `delete from coordination.erasure`},
		{"a decision was said", `update mdt.item set id = gen_random_uuid() where state = 'discussed'`},
		{"a case has at most one case-holder, one asked and one key worker", `insert into mdt.case_holder select case_id, gen_random_uuid(), state from mdt.case_holder`},
		{"a case has at most one case-holder, one asked and one key worker", `insert into mdt.key_worker select case_id, gen_random_uuid() from mdt.key_worker`},
		{"where a holder was decided there is one, one asked, or a next agenda", `update mdt.case_holder set state = 'released'`},
		{"the case shows the holder and the key worker that the meeting has", `update coordination.case_person set person_id = gen_random_uuid() where part = 'case_holder'`},
		{"the case shows the holder and the key worker that the meeting has", `delete from mdt.key_worker`},
		{"an action that was agreed was said, and so was its end", `update mdt.action set id = gen_random_uuid()`},
		{"an action that was agreed was said, and so was its end", `update mdt.action set state = 'done'`},
		{"an action is agreed and ended at most once", `insert into mdt.outbox (event_id, event_type, body)
			select gen_random_uuid(), event_type, body from mdt.outbox where event_type like '%action_agreed%'`},
		{"an action is done, or has an owner, a day and a next agenda", `update mdt.action set owner_id = null`},
		{"an action is done, or has an owner, a day and a next agenda", `delete from mdt.item where state <> 'discussed'`},
		{"a withdrawn referral has no open offer", `update coordination.referral set state = 'withdrawn' where state = 'accepted'`},
		{"a withdrawn referral has no open offer", `insert into vcse.offer select gen_random_uuid(), id, 'offered' from coordination.referral where state = 'withdrawn'`},
		{"an offer that nobody answered in time was said to have run out", `delete from coordination.outbox where event_type like '%offer_expired%'`},
		{"an offer runs out once", `insert into coordination.outbox (event_id, event_type, body) select gen_random_uuid(), event_type, body from coordination.outbox where event_type like '%offer_expired%'`},
		{"a training that has ended was said to have", `update register.competency set person_id = gen_random_uuid()`},
		{"a step that is overdue was said to be, or is somebody else's now", `update coordination.referral set due_at = now() - interval '4 minutes' where state = 'held'`},
		{"agreement that had a last day ended with it", `update coordination.consent set stands = true`},
		{"a red flag that nobody took went to who is next", `update primarycare.red_flag set rung = 'deputy'`},
		{"an action that was not done was said to be overdue", `update mdt.action set told_overdue = false`},
		{"a place that was kept long enough was given back", `update vcse.reservation set released_at = null, until = now() - interval '1 hour'`},
		{"a training that is over has ended", `update register.competency set expired_at = null`},
		{"a role that is over has ended", `update register.person_role set ended_at = null`},
		{"who did what stands in its chain", `update mdt.audit_waiting set since = now() - interval '1 hour'`},
		{"who did what stands in its chain", `delete from vcse.audit_waiting`},
		{"every event has a number", `update vcse.outbox set position = null`},
		{"numbers are dense", `delete from coordination.outbox where position = 2`},
		{"numbers are dense", `delete from coordination.outbox where position = 1`},
		{"the relay's count is the last number", `delete from coordination.outbox where position = 11`},
		{"a number is given once", `update coordination.outbox set position = 2 where position = 3`},
		{"an event reached everyone who listens", `delete from mdt.inbox where speaker = 'vcse'`},
		{"an event was applied once by each", `insert into mdt.inbox select * from mdt.inbox limit 1`},
		{"nobody applied an event that was never said", `update vcse.inbox set event_id = gen_random_uuid() where position = 1 and speaker = 'mdt'`},
		{"everyone has an event under its own speaker and number", `update vcse.inbox set position = 7 where position = 1 and speaker = 'mdt'`},
		{"nobody applied an event of a speaker it does not listen to", `update linkworker.inbox set speaker = 'primarycare' where position = 1 and speaker = 'mdt'`},
		{"no event that was said is parked", `insert into vcse.parked select event_id, event_type, 'it could not be applied', null from mdt.outbox`},
		{"nothing is parked", `insert into vcse.parked values (gen_random_uuid(), 'waypost.mdt', 'it can not be read', null)`},
		{"an event has each of its effects once", `insert into coordination.outbox (event_id, event_type, about, causation_id, body)
			select gen_random_uuid(), event_type, about, causation_id, body from coordination.outbox where event_type like '%held%'`},
		{"an acknowledged patient is kept", `update primarycare.patient set nhs_number = '9990000026'`},
		{"a practice has a number once", `insert into primarycare.patient select * from primarycare.patient`},
		{"nobody is kept whom nobody added", `insert into primarycare.patient (ref, nhs_number) values (gen_random_uuid(), '9990000034')`},
		{"an acknowledged referral is kept", `update primarycare.referral set id = gen_random_uuid()`},
		{"a referral is made once for each command, and by none that was refused", `insert into primarycare.referral select gen_random_uuid(), state, heard, ref, practice_id
			from primarycare.referral, generate_series(1, 2)`},
		{"an acknowledged answer was said", `delete from vcse.outbox where event_type like '%offer_accepted%'`},
		{"an answer was said once for each command, and for none that was refused", `insert into vcse.outbox (event_id, event_type, body)
			select gen_random_uuid(), 'waypost.vcse.offer_bounced.v1', body from vcse.outbox where event_type like '%offer_accepted%'`},
		{"an event is in its speaker's stream", `insert into vcse.outbox (event_id, event_type, about, correlation_id, classification, body, partition, epoch, position, occurred_at)
			select gen_random_uuid(), event_type, about, correlation_id, classification, body, partition, epoch, 99, now() from vcse.outbox limit 1`},
		{"no stream has an event other than it was said", `update mdt.outbox set body = convert_to(convert_from(body, 'UTF8') || ' ', 'UTF8')`},
		{"an organisation sees its own rows and no other", `create policy all_of_them on primarycare.patient using (true);
			insert into primarycare.patient values (gen_random_uuid(), gen_random_uuid(), '9990000042')`},
		{"an organisation sees its own rows and no other", `alter table vcse.offer disable row level security;
			insert into vcse.offer values (gen_random_uuid(), gen_random_uuid(), 'bounced', gen_random_uuid())`},
		{"every table is behind row-level security", `alter table mdt.item no force row level security`},
		{"the hash chains are unbroken", `update mdt.outbox set occurred_at = occurred_at + interval '1 microsecond'`},
		{"the hash chains are unbroken", `update coordination.outbox set prev_hash = '\x00' where position = 2`},
	} {
		tx, err := w.conn.Begin(t.Context())
		require.NoError(t, err)
		_, err = tx.Exec(t.Context(), x.sql)
		require.NoError(t, err, x.sql)
		var out bytes.Buffer
		e := w.evidence()
		if !slices.ContainsFunc(streams, func(r rule) bool { return r.name == x.rule }) {
			e.brokers = "" // they take their time
		}
		ok, err := look(t.Context(), tx, &out, e)
		require.NoError(t, err)
		require.False(t, ok, out.String())
		require.Positive(t, broken(t, out.String(), x.rule), out.String())
		require.NoError(t, tx.Rollback(t.Context()))
	}
}

// Every rule has its line above: one that is added without a way to break it fails here.
func TestEveryRuleIsTried(t *testing.T) {
	t.Parallel()
	_, out := newWorld(t).check()
	b, err := os.ReadFile("check_test.go")
	require.NoError(t, err)
	src := string(b)
	for _, group := range [][]rule{journey, care, persons, meetings, clocks(0), travel, clean, commands, sharing, streams} {
		for _, r := range group {
			require.True(t, strings.Contains(src, "{"+strconv.Quote(r.name)+", `") || strings.Contains(src, "\t"+strconv.Quote(r.name)+": "), "nothing breaks this rule: %s", r.name)
			require.Zero(t, broken(t, out, r.name))
		}
	}
}

// What somebody was told is in the ledger.
func TestNoticesALineOfTheBook(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for rule, line := range map[string]string{
		"an acknowledged withdrawal was said":                                     `{"n": 11, "kind": "withdraw", "referral": "` + w.first + `", "outcome": "ok"}`,
		"an acknowledged referral is kept":                                        `{"n": 11, "kind": "refer", "patient": "` + w.patient + `", "referral": "` + id.New() + `", "outcome": "ok"}`,
		"an acknowledged answer was said":                                         `{"n": 11, "kind": "end", "offer": "` + w.offer + `", "outcome": "ok"}`,
		"the answers to an offer can have happened one after the other":           `{"n": 11, "kind": "accept", "offer": "` + w.offer + `", "outcome": "ok", "began": "2040-01-01T00:00:00Z", "ended": "2040-01-01T00:00:01Z"}`,
		"nobody is kept whom nobody added":                                        `{"n": 1, "kind": "patient", "number": "9990000018", "outcome": "fail"}`,
		"an answer was said once for each command, and for none that was refused": `{"n": 3, "kind": "accept", "offer": "` + w.offer + `", "outcome": "fail"}`,
		"a withdrawal was said once, and for none that was refused":               `{"n": 7, "kind": "withdraw", "referral": "` + w.back + `", "outcome": "fail"}`,
	} {
		book, err := os.ReadFile(w.book)
		require.NoError(t, err)
		e := w.evidence()
		e.book = t.TempDir() + "/book.jsonl"
		require.NoError(t, os.WriteFile(e.book, []byte(string(book)+"\n"+line+"\n"), 0o600))
		var out bytes.Buffer
		ok, err := run(t.Context(), &out, e)
		require.NoError(t, err)
		require.False(t, ok, rule)
		require.Positive(t, broken(t, out.String(), rule), out.String())
	}
}

// What was acknowledged between a backup and its return is gone; what was acknowledged before or after may not be gone with it.
func TestARestoreExcusesItsOwnTime(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	book, err := os.ReadFile(w.book)
	require.NoError(t, err)
	refer := `{"n": 11, "kind": "refer", "patient": "` + w.patient + `", "referral": "` + id.New() + `", "outcome": "ok", "began": "2040-01-01T00:00:10Z", "ended": "2040-01-01T00:00:11Z"}`
	for restored, fine := range map[string]bool{
		`"began": "2040-01-01T00:00:05Z", "ended": "2040-01-01T00:00:20Z"`:   true,
		`"began": "2040-01-01T00:00:10.5Z", "ended": "2040-01-01T00:00:20Z"`: true, // it was on its way
		`"began": "2040-01-01T00:00:12Z", "ended": "2040-01-01T00:00:20Z"`:   false,
		`"began": "2040-01-01T00:00:01Z", "ended": "2040-01-01T00:00:09Z"`:   false,
	} {
		e := w.evidence()
		e.book = t.TempDir() + "/book.jsonl"
		restore := `{"kind": "restore", "outcome": "restored", ` + restored + `}`
		require.NoError(t, os.WriteFile(e.book, []byte(string(book)+"\n"+refer+"\n"+restore+"\n"), 0o600))
		var out bytes.Buffer
		ok, err := run(t.Context(), &out, e)
		require.NoError(t, err)
		require.Equal(t, fine, ok, out.String())
		require.Equal(t, fine, strings.Contains(out.String(), "\nundone=1\n"), out.String())
	}
}

// Where messages that nobody can apply were put into the streams, some must have been parked, and none that was said.
func TestPoisonIsParkedAndNothingElse(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e := w.evidence()
	e.poison = true
	var out bytes.Buffer
	_, err := run(t.Context(), &out, e)
	require.NoError(t, err)
	require.Positive(t, broken(t, out.String(), "what can not be applied is parked"), out.String())
	w.exec(`insert into vcse.parked values (gen_random_uuid(), 'waypost.mdt', 'it can not be read', null)`)
	out.Reset()
	ok, err := run(t.Context(), &out, e)
	require.NoError(t, err)
	require.True(t, ok, out.String())
}

func TestHistories(t *testing.T) {
	t.Parallel()
	op := func(kind, outcome string, call, back int64) porcupine.Operation {
		return porcupine.Operation{Input: kind, Output: outcome, Call: call, Return: back}
	}
	for name, x := range map[string]struct {
		ok  bool
		ops []porcupine.Operation
	}{
		"two answers that cross":                {true, []porcupine.Operation{op("accept", "ok", 0, 5), op("bounce", "fail", 1, 6), op("end", "ok", 7, 8)}},
		"both were taken":                       {false, []porcupine.Operation{op("accept", "ok", 0, 5), op("bounce", "ok", 1, 6)}},
		"accepted twice":                        {false, []porcupine.Operation{op("accept", "ok", 0, 5), op("accept", "ok", 6, 7)}},
		"ended before it was accepted":          {false, []porcupine.Operation{op("end", "ok", 0, 1), op("accept", "ok", 2, 3)}},
		"one of which nobody knows, taken late": {true, []porcupine.Operation{op("accept", "unknown", 0, 1<<62), op("end", "ok", 8, 9)}},
	} {
		require.Equal(t, x.ok, porcupine.CheckOperations(answers.ToModel(), x.ops), name)
	}
}

func broken(t *testing.T, out, rule string) int {
	t.Helper()
	for _, line := range strings.Split(out, "\n") {
		if rest, ok := strings.CutPrefix(line, "  "+rule+" "); ok {
			f := strings.Fields(rest)
			n, err := strconv.Atoi(f[len(f)-1])
			require.NoError(t, err, line)
			return n
		}
	}
	t.Fatalf("no line for %q in:\n%s", rule, out)
	return 0
}

// theirs are the libraries an oracle needs: two to read with, one to judge histories.
var theirs = []string{
	"github.com/jackc/pgx/v5", "github.com/nats-io/nats.go", "github.com/nats-io/nats.go/jetstream", "github.com/anishathalye/porcupine",
}

// An oracle that used the code it judges would agree with its mistakes.
func TestSharesNoCodeWithWhatItChecks(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("*.go")
	require.NoError(t, err)
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ImportsOnly)
		require.NoError(t, err)
		for _, i := range f.Imports {
			path, err := strconv.Unquote(i.Path.Value)
			require.NoError(t, err)
			if strings.Contains(path, ".") {
				require.Contains(t, theirs, path, name)
			}
		}
	}
}
