package cluster_test

import (
	"sync"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"
	"github.com/stretchr/testify/require"

	"example.org/waypost/schemas/terms"
)

// said is what a client asked for; what it was told is a thing's id, or "ok" or "refused".
type said struct {
	verb, who string
}

const refusedHere = "refused"

// openCase is the case that is open, with how many referrals; last the one before it.
type openCase struct {
	id, last  string
	referrals int
}

// oneOpenCase: a referral goes into the open case, or opens a new one where none is; the last that ends closes it.
var oneOpenCase = model(func(c openCase, in said, out string) (bool, openCase) {
	switch {
	case in.verb == "refer" && c.referrals == 0:
		return out != c.last, openCase{out, c.last, 1}
	case in.verb == "refer":
		return out == c.id, openCase{c.id, c.last, c.referrals + 1}
	case c.referrals == 1:
		return in.who == c.id, openCase{"", c.id, 0}
	default:
		return in.who == c.id, openCase{c.id, c.last, c.referrals - 1}
	}
})

// oneRoot: of those who ask for one need one goes on, and the others are held while it does.
var oneRoot = model(func(root string, in said, out string) (bool, string) {
	switch {
	case in.verb == "withdraw":
		return root == in.who, ""
	case out == string(terms.ReferralHeld):
		return root != "", root
	default:
		return root == "", out
	}
})

// oneAccepted: an offer is taken once, by one, or sent back once; then it is the next receiver's.
var oneAccepted = model(func(at string, in said, out string) (bool, string) {
	if at == "" {
		at = "first"
	}
	switch {
	case out == refusedHere:
		return at != in.who, at
	case in.verb == "accept":
		return at == in.who, "accepted by " + in.who
	default:
		return at == in.who, "second"
	}
})

// chairs is who holds a case and who is asked to.
type chairs struct{ holder, asked string }

// oneHolder: one person is asked at a time; who says yes holds the case, and who held it no longer does.
var oneHolder = model(func(c chairs, in said, out string) (bool, chairs) {
	switch {
	case in.verb == "look":
		return c.holder == out, c
	case in.verb == "ask" && out == refusedHere:
		return c.asked != "" || c.holder == in.who, c
	case in.verb == "ask":
		return c.asked == "" && c.holder != in.who, chairs{c.holder, in.who}
	case in.verb == "accept":
		return c.asked == in.who && out == "ok", chairs{in.who, ""}
	default: // refuse
		return c.asked == in.who && out == "ok", chairs{c.holder, ""}
	}
})

func model[S comparable](step func(S, said, string) (bool, S)) porcupine.Model {
	return porcupine.Model{
		Init:  func() any { var s S; return s },
		Step:  func(state, in, out any) (bool, any) { return step(state.(S), in.(said), out.(string)) },
		Equal: func(a, b any) bool { return a == b },
	}
}

// ledger is what each client asked and was told, and when.
type ledger struct {
	mu      sync.Mutex
	history []porcupine.Operation
}

var began = time.Now()

func (l *ledger) note(in said, do func() string) (out string) {
	op := porcupine.Operation{Input: in, Call: time.Since(began).Nanoseconds()}
	out = do()
	op.Output, op.Return = out, time.Since(began).Nanoseconds()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.history = append(l.history, op)
	return out
}

func (l *ledger) count(verb, out string) (n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, op := range l.history {
		if op.Input.(said).verb == verb && op.Output == out {
			n++
		}
	}
	return n
}

func (l *ledger) judge(t *testing.T, m porcupine.Model) {
	t.Helper()
	require.Equal(t, porcupine.Ok, porcupine.CheckOperationsTimeout(m, l.history, time.Minute), "what they were told fits into no order:\n%v", l.history)
}

// The models refuse what must not be: else nothing that is told to sixteen clients would show anything.
func TestTheModelsRefuseTwo(t *testing.T) {
	t.Parallel()
	type told struct {
		in  said
		out string
	}
	for _, one := range []struct {
		name string
		of   porcupine.Model
		told []told
	}{
		{"two open cases", oneOpenCase, []told{{said{"refer", ""}, "a"}, {said{"refer", ""}, "b"}}},
		{"one that goes on after its last referral", oneOpenCase, []told{{said{"refer", ""}, "a"}, {said{"withdraw", "a"}, "ok"}, {said{"refer", ""}, "a"}}},
		{"a second beside one that has a referral", oneOpenCase, []told{{said{"refer", ""}, "a"}, {said{"refer", ""}, "a"}, {said{"withdraw", "a"}, "ok"}, {said{"refer", ""}, "b"}}},
		{"two that go on", oneRoot, []told{{said{"refer", ""}, "a"}, {said{"refer", ""}, "b"}}},
		{"one held by none", oneRoot, []told{{said{"refer", ""}, "held"}}},
		{"two who accept", oneAccepted, []told{{said{"accept", "first"}, "ok"}, {said{"accept", "first"}, "ok"}}},
		{"accepted and sent back", oneAccepted, []told{{said{"accept", "first"}, "ok"}, {said{"bounce", "first"}, "ok"}}},
		{"two places", oneAccepted, []told{{said{"accept", "first"}, "ok"}, {said{"accept", "second"}, "ok"}}},
		{"two asked", oneHolder, []told{{said{"ask", "a"}, "ok"}, {said{"ask", "b"}, "ok"}}},
		{"who was asked does not hold it", oneHolder, []told{{said{"ask", "a"}, "ok"}, {said{"accept", "a"}, "ok"}, {said{"look", ""}, "b"}}},
		{"nobody holds it any more", oneHolder, []told{{said{"ask", "a"}, "ok"}, {said{"accept", "a"}, "ok"}, {said{"look", ""}, ""}}},
	} {
		var history []porcupine.Operation
		for i, x := range one.told { // one after the other: there is one order only
			history = append(history, porcupine.Operation{Input: x.in, Output: x.out, Call: int64(2 * i), Return: int64(2*i + 1)})
		}
		require.Equal(t, porcupine.Illegal, porcupine.CheckOperationsTimeout(one.of, history, time.Minute), one.name)
	}
}
