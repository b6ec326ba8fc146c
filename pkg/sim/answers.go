package sim

import (
	"context"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"time"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/event"
)

// What a service says because of what it heard: an acknowledgement, in the transaction in which it hears (of a removal, as all who hold something of a
// person say), and that something is overdue, later, by a clock that each of its copies runs. Both go the way of everything that is said, to
// whoever spoke first.

// betaWord is what the one who answers says.
type betaWord struct{ word }

func (*betaWord) EventType() string { return fmt.Sprintf(typeOf, "beta") }

// due is something that the clock is to say when its time has come.
type due struct {
	id, about string // the event that it is because of, and its case
	at        time.Time
	rung      int
}

// answers has the reader speak too, and the speakers listen to it.
func (w *world) answers(rng *rand.Rand) {
	hears := w.readers[0]
	w.beta = &speaker{
		name: "beta", outbox: NewOutbox(event.Source("test", "beta")), stream: NewStream(), locked: map[string]bool{}, said: map[string][]string{},
		poisoned: map[string]bool{}, gone: map[string]bool{}, because: map[string]int{},
	}
	for _, s := range w.speakers {
		s.asks = true
		w.beta.cases = append(w.beta.cases, s.cases...)
		ear := w.newReader(s.name, rng)
		ear.hears = []*speaker{w.beta}
		w.readers = append(w.readers, ear)
	}
	hears.inbox.speaks = w.beta
	w.speakers = append(w.speakers, w.beta)
}

// answer is an event because of another. The nth try has an id of its own, as a new transaction has.
func (s *speaker) answer(because, about string, n int) event.Event {
	h := fnv.New64a()
	_, _ = fmt.Fprint(h, because, n) // never fails
	id := uuid(rand.New(rand.NewPCG(h.Sum64(), uint64(n))))
	body, err := json.Marshal(&word{PatientRef: about})
	if err != nil {
		panic(err) // a struct of ours
	}
	return event.Event{
		ID: id, Type: fmt.Sprintf(typeOf, s.name), About: about, Partition: event.PartitionOf(about), Time: time.Now().UTC().Truncate(time.Microsecond),
		Correlation: id, Causation: because, Classification: "restricted", Data: body,
	}
}

// says commits answers, with what the transaction they are said in commits.
func (s *speaker) says(all []event.Event) {
	tx := s.outbox.Begin()
	for _, e := range all {
		tx.Append(e)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	tx.Commit()
	for _, e := range all {
		s.said[e.About] = append(s.said[e.About], e.ID)
		s.because[e.Causation]++
	}
}

// react is what the one who answers does about a word.
func (b *Inbox) react(tx pgx.Tx, e *event.Event, said *word, n int) {
	t := ours(tx)
	if b.speaks == nil {
		return
	}
	if said.Ask {
		t.says = append(t.says, b.speaks.answer(e.ID, e.About, n))
	}
	if said.Due > 0 {
		t.dues = append(t.dues, &due{id: e.ID, about: e.About, at: time.Now().Add(time.Duration(said.Due) * time.Second)})
	}
}

// clockTime is how often a clock looks.
const clockTime = time.Second

// clock is a process that says what is due. It is asked for again when its answer was lost, and another copy may have been there meanwhile.
func (w *world) clock(of *reader) func(ctx context.Context, p *process) {
	return func(ctx context.Context, p *process) {
		l := p.thread("clock")
		for ctx.Err() == nil && !p.isDead() {
			_ = l.step(ctx, "look at the clock", func() error { // tried again
				if w.makes(RingApart) {
					return of.inbox.ringApart(time.Now(), func() error { return l.step(ctx, "note what was said", func() error { return nil }) })
				}
				of.inbox.ring(time.Now())
				return nil
			})
			pause(ctx, clockTime)
		}
	}
}

// ring says in one transaction all that is due.
func (b *Inbox) ring(now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	var all []event.Event
	for _, d := range b.dues {
		if d.rung == 0 && !d.at.After(now) {
			d.rung++
			all = append(all, b.speaks.answer("due "+d.id, d.about, 0))
		}
	}
	if len(all) > 0 {
		b.speaks.says(all)
	}
}

// ringApart is a wrong clock.
func (b *Inbox) ringApart(now time.Time, noted func() error) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	var all []event.Event
	var rung []*due
	for i, d := range b.dues {
		if d.rung == 0 && !d.at.After(now) {
			all, rung = append(all, b.speaks.answer("due "+d.id, d.about, int(now.UnixNano())+i)), append(rung, d)
		}
	}
	if len(all) == 0 {
		return nil
	}
	b.speaks.says(all)
	b.mu.Unlock()
	err := noted()
	b.mu.Lock()
	if err == nil {
		for _, d := range rung {
			d.rung++
		}
	}
	return err
}

// judgeAnswers: what was heard and asked for an answer has one, and what was due was said, once; nothing else was.
func (w *world) judgeAnswers(v *verdict) {
	if w.beta == nil {
		return
	}
	applied, _, _ := w.readers[0].inbox.Heard()
	w.beta.mu.Lock()
	defer w.beta.mu.Unlock()
	want := map[string]int{}
	for _, k := range applied {
		if k.asks {
			want[k.ID] = 1
		}
		if k.due {
			want["due "+k.ID] = 1
		}
	}
	for because, n := range want {
		switch got := w.beta.because[because]; {
		case got < n:
			v.lost++
			v.say("beta: nothing was said because of %s", because)
		case got > n:
			v.doubled++
			v.say("beta: %d times something was said because of %s", got, because)
		}
	}
	for because := range w.beta.because {
		if want[because] == 0 {
			v.say("beta: something was said because of %s, which was not heard", because)
		}
	}
}
