package inbox_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/event"
	"example.org/waypost/pkg/id"
	"example.org/waypost/pkg/inbox"
)

// sealedWord is a word with a sealed field, as its reader knows it.
type sealedWord struct{ said }

func (*sealedWord) EachSealed(fn func(path, class string, b event.Box) error) error {
	return fn("/contact", "contact", nil)
}

// noKeys open and seal nothing.
type noKeys struct{}

func (noKeys) OpenPayload(string, string, event.Payload) error { return nil }
func (noKeys) SealPayload(string, string, event.Payload) error { return nil }

// asked is a vault that remembers what was asked of it.
type asked struct {
	mu  sync.Mutex
	all map[string][]string // ref: the classes asked for, last time
}

func (a *asked) keys(_ context.Context, refs, classes []string) (inbox.Keys, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	slices.Sort(classes)
	for _, ref := range refs {
		a.all[ref] = classes
	}
	return noKeys{}, nil
}

func (a *asked) of(ref string) []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.all[ref]
}

// A reaction that passes things on has the keys of what is there, all of its own when that did not do, and none of what is not its own.
func TestKeysAreAskedForAsFarAsTheyAreNeeded(t *testing.T) {
	t.Parallel()
	p := newPair(t)
	vault := &asked{all: map[string][]string{}}
	r := &inbox.Reader{
		DB: p.beta, JS: p.broker.JS, Consumer: "beta", Speakers: []string{"alpha"}, Holder: "one", Now: p.reader.Now, Log: p.reader.Log,
		Replay: p.replay(), Keyring: vault.keys,
	}
	inbox.On(r, []string{"contact", "message"}, func(ctx context.Context, tx pgx.Tx, _ *event.Event, s *sealedWord) error {
		if s.N == 2 && !slices.Contains(vault.of(s.PatientRef), "message") {
			return errors.New("there is no key for this class and patient")
		}
		_, err := tx.Exec(ctx, `insert into heard (patient_ref, n) values ($1, $2)`, s.PatientRef, s.N)
		return err
	}, inbox.Beside, inbox.Passes)
	inbox.Only(r, func(s *sealedWord) bool { return s.N != 3 })

	refs := []string{id.NewRandom(), id.NewRandom(), id.NewRandom()}
	p.run(p.relay(p.broker.JS).Run)
	p.run(r.Run)
	for i, ref := range refs {
		p.say(ref, i+1)
		p.noted(ref)
	}
	require.Equal(t, []string{"contact"}, vault.of(refs[0]))
	require.Equal(t, []string{"contact", "message"}, vault.of(refs[1]))
	require.Nil(t, vault.of(refs[2]))
	require.Equal(t, []int{1}, p.rows(refs[0]))
	require.Equal(t, []int{2}, p.rows(refs[1]))
	require.Empty(t, p.rows(refs[2]))
	require.Equal(t, []string{"applied", "applied", "ignored"}, []string{p.noted(refs[0]), p.noted(refs[1]), p.noted(refs[2])})
}

// Two refs may be made one between the fetching of keys and the transaction that needs them: the keys are fetched again before the
// event is said to be one that can not be applied.
func TestKeysAreFetchedAgainBeforeAnEventParks(t *testing.T) {
	t.Parallel()
	p := newPair(t)
	var fetched atomic.Int32
	r := &inbox.Reader{
		DB: p.beta, JS: p.broker.JS, Consumer: "beta", Speakers: []string{"alpha"}, Holder: "one", Now: p.reader.Now, Log: p.reader.Log, Replay: p.replay(),
		Keyring: func(context.Context, []string, []string) (inbox.Keys, error) { fetched.Add(1); return noKeys{}, nil },
	}
	inbox.On(r, []string{"contact"}, func(ctx context.Context, tx pgx.Tx, _ *event.Event, s *sealedWord) error {
		if fetched.Load() == 1 {
			return errors.New("there is no key for this class and patient")
		}
		_, err := tx.Exec(ctx, `insert into heard (patient_ref, n) values ($1, $2)`, s.PatientRef, s.N)
		return err
	})
	ref := id.NewRandom()
	p.run(p.relay(p.broker.JS).Run)
	p.run(r.Run)
	p.say(ref, 1)
	require.Equal(t, "applied", p.noted(ref))
	require.Equal(t, []int{1}, p.rows(ref))
}

// noted waits until the reader has noted the one event about ref, and says as what.
func (p *pair) noted(ref string) (outcome string) {
	p.t.Helper()
	var event string
	require.NoError(p.t, p.alpha.InTx(p.t.Context(), actor.Machine(actor.Relay), func(ctx context.Context, tx pgx.Tx) error {
		return tx.QueryRow(ctx, `select event_id::text from outbox where about = $1`, ref).Scan(&event)
	}))
	require.Eventually(p.t, func() bool {
		return p.beta.InTx(p.t.Context(), actor.Machine(actor.Inbox), func(ctx context.Context, tx pgx.Tx) error {
			return tx.QueryRow(ctx, `select outcome from inbox where event_id = $1`, event).Scan(&outcome)
		}) == nil
	}, 30*time.Second, 5*time.Millisecond)
	return outcome
}
