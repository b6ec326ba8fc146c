package domain

import (
	"bufio"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/fault"
	"example.org/waypost/schemas/terms"
)

// expected is one line of testdata/decisions.txt for one state.
type expected struct {
	line                                           int
	kind                                           Kind
	state                                          State
	circumstances, next, owes, clock, said, rawRow string
}

func code(words string) string { return strings.ReplaceAll(strings.TrimSpace(words), " ", "_") }

func readDecisions(t *testing.T) []expected {
	t.Helper()
	file, err := os.Open("testdata/decisions.txt")
	require.NoError(t, err)
	defer func() { _ = file.Close() }()
	var all []expected
	lines := bufio.NewScanner(file)
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimSpace(lines.Text())
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		cells := strings.Split(line, "|")
		require.Len(t, cells, 7, "line %d has seven columns", n)
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		for state := range strings.SplitSeq(cells[1], ",") {
			all = append(all, expected{n, Kind(code(cells[0])), State(code(state)), cells[2], cells[3], cells[4], cells[5], cells[6], line})
		}
	}
	require.NoError(t, lines.Err())
	return all
}

// allStates is what the code list has, and the referral that has not arrived yet.
func allStates() []State {
	states := []State{New}
	for _, s := range terms.ReferralStates {
		states = append(states, s.Code)
	}
	return states
}

// Every row of the hand-written table is what the program does.
func TestDecisions(t *testing.T) {
	t.Parallel()
	for _, x := range readDecisions(t) {
		s := scene{r: in(x.state)}
		s.e, s.f = happens(x.kind)
		require.Empty(t, set(&s, x.circumstances), "line %d: nobody knows these circumstances", x.line)
		before := fmt.Sprintf("%+v", s.r)

		d, err := Decide(s.r, s.e, s.f)

		at := fmt.Sprintf("line %d, in state %q: %s", x.line, x.state, x.rawRow)
		require.Equal(t, before, fmt.Sprintf("%+v", s.r), "the referral decided on was changed. %s", at)
		if want, refused := strings.CutPrefix(x.next, "refused: "); refused {
			f, ok := fault.Of(err)
			require.True(t, ok, "%v is no refusal. %s", err, at)
			require.Equal(t, want, f.Code, at)
			continue
		}
		require.NoError(t, err, at)
		require.Equal(t, x.said, said(d.Say), at)
		if x.next == "stays" {
			require.False(t, d.Changed, at)
			require.Equal(t, before, fmt.Sprintf("%+v", d.Next), at)
			continue
		}
		checkMove(t, x, s, d, at)
	}
}

func checkMove(t *testing.T, x expected, s scene, d Decision, at string) {
	t.Helper()
	require.True(t, d.Changed, at)
	next, mark, _ := strings.Cut(x.next, ", ")
	require.Equal(t, State(code(next)), d.Next.State, at)
	require.Equal(t, mark == "overdue", d.Next.Overdue, at)
	require.Equal(t, mark == "onward first", d.EndOnward, at)
	require.Equal(t, s.r.Version+1, d.Next.Version, at)
	require.Equal(t, x.owes, inWords(d.Next.Owes), at)
	switch x.clock {
	case "-":
	case "the date it gave":
		require.Equal(t, s.e.DueAt, d.Next.DueAt, at)
	default:
		require.Equal(t, code(x.clock), string(d.Clock), at)
		require.Equal(t, due(d.Clock, terms.UrgencyRoutine, ""), d.Next.DueAt, at)
	}
}

// said is how the table writes what was said.
func said(facts []Fact) string {
	words := make([]string, len(facts))
	for i, f := range facts {
		words[i] = string(f.Name)
		if f.Why != "" && f.Name != SayHeld {
			words[i] += " " + f.Why
		}
	}
	if len(words) == 0 {
		return "-"
	}
	return strings.Join(words, ", ")
}

func inWords(o Owes) string {
	switch o.Party {
	case Sender:
		return "sender"
	case ReceiverSide:
		return "receiver"
	case Coordinator:
		return "office"
	}
	return "nobody"
}

// A new state or event without its row fails here.
func TestEveryPairHasItsRow(t *testing.T) {
	t.Parallel()
	has := map[string]bool{}
	for _, x := range readDecisions(t) {
		require.Contains(t, Kinds, x.kind, "line %d", x.line)
		require.Contains(t, allStates(), x.state, "line %d", x.line)
		has[fmt.Sprint(x.kind, x.state)] = true
	}
	for _, kind := range Kinds {
		for _, state := range allStates() {
			require.True(t, has[fmt.Sprint(kind, state)], "testdata/decisions.txt says nothing of %q in state %q", kind, state)
		}
	}
}

// No phrase of the vocabulary is left without a row that uses it.
func TestEveryCircumstanceIsUsed(t *testing.T) {
	t.Parallel()
	used := map[string]bool{}
	for _, x := range readDecisions(t) {
		for phrase := range strings.SplitSeq(x.circumstances, ";") {
			used[strings.TrimSpace(phrase)] = true
		}
	}
	for phrase := range circumstances {
		require.True(t, used[phrase], "no row says %q", phrase)
	}
}

// The table has every bounce reason of the code list, each with a row of its own.
func TestEveryBounceReasonIsDecided(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, x := range readDecisions(t) {
		s := scene{r: in(x.state)}
		s.e, s.f = happens(x.kind)
		set(&s, x.circumstances)
		if x.kind == KindBounced {
			seen[s.e.Reason] = true
		}
	}
	for _, reason := range terms.BounceReasons {
		require.True(t, seen[string(reason.Code)], "no row bounces with %q", reason.Code)
	}
}

// What nobody has heard of is an error of the program, not a decision.
func TestDecideRefusesWhatItDoesNotKnow(t *testing.T) {
	t.Parallel()
	_, err := Decide(in(Offered), Event{Kind: "sneezed"}, Facts{})
	require.ErrorContains(t, err, "sneezed")
	_, err = Decide(Referral{State: "lost"}, Event{Kind: KindAccepted}, Facts{})
	require.ErrorContains(t, err, "lost")
}

// Urgent work has the shorter clocks.
func TestUrgentIsAskedSooner(t *testing.T) {
	t.Parallel()
	r := in(Requested)
	r.Urgency = terms.UrgencyUrgent
	e, f := happens(KindNoDuplicate)
	f.Next = &second
	d, err := Decide(r, e, f)
	require.NoError(t, err)
	require.Equal(t, due(terms.ClockOffer, terms.UrgencyUrgent, ""), d.Next.DueAt)
	require.Equal(t, d.Next.DueAt, d.Next.Offers[0].AnswerDueAt)
}

// A referral that ends while others came from it ends them first, with a reason that fits.
func TestOfferNamesItsAttempt(t *testing.T) {
	t.Parallel()
	e, f := happens(KindBounced)
	f.Next = &second
	d, err := Decide(in(Offered), e, f)
	require.NoError(t, err)
	require.Equal(t, 2, d.Next.Offers[1].Attempt)
	require.Equal(t, "offer-new", d.Next.Live().ID)
	require.Equal(t, 1, d.Next.Bounces)
	require.Equal(t, "no_capacity", d.Next.Reason, "the sender is told why it moved on")
}

// What a receiver may do with its offer, by the offer's state alone.
func TestReceiverMay(t *testing.T) {
	t.Parallel()
	waiting := []Action{ActionAccept, ActionWaitlist, ActionAsk, ActionBounce}
	require.Equal(t, waiting, ReceiverMay(terms.OfferOffered))
	require.Equal(t, waiting, ReceiverMay(terms.OfferInformationAsked))
	require.Equal(t, waiting, ReceiverMay(terms.OfferWaitlisted))
	require.Equal(t, []Action{ActionContact, ActionFinish}, ReceiverMay(terms.OfferAccepted))
	late := []Action{ActionAccept}
	require.Equal(t, late, ReceiverMay(terms.OfferExpired), "a late yes may be honoured")
	require.Equal(t, late, ReceiverMay(terms.OfferWithdrawn))
	for _, over := range []OfferState{terms.OfferBounced, terms.OfferEnded} {
		require.Empty(t, ReceiverMay(over), over)
	}
}
