package domain

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.org/waypost/schemas/terms"
)

// answers are of n people each, newest first, all of the same need and from one sender.
func answers(sender string, of ...terms.BounceReason) []Answered {
	var out []Answered
	for i, reason := range of {
		a := Answered{
			Patient: fmt.Sprintf("%s-%d", sender, i), Sender: sender, Need: terms.NeedDebtAndMoney, State: terms.OfferAccepted,
			At: now.Add(-time.Duration(i) * time.Hour), Waited: 5 * time.Hour,
		}
		if reason != "" {
			a.State, a.Reason = terms.OfferBounced, reason
		}
		out = append(out, a)
	}
	return out
}

const wrong, full, yes = terms.BounceWrongArea, terms.BounceNoCapacity, terms.BounceReason("")

func of(t *testing.T, all []Pathway, sender string) Pathway {
	t.Helper()
	for _, p := range all {
		if p.Sender == sender {
			return p
		}
	}
	t.Fatalf("nothing was counted for %q", sender)
	return Pathway{}
}

func TestAReasonThatRecursIsCountedWithItsNumbers(t *testing.T) {
	t.Parallel()
	all := answers("mill", wrong, yes, wrong, full, wrong, yes, yes, wrong, yes, yes, wrong, wrong)
	p := of(t, Pathways(first, all, now), "mill")
	require.Equal(t, Pathway{
		Receiver: first, Need: terms.NeedDebtAndMoney, Sender: "mill", People: 10, CameBack: 5, Reason: wrong, Same: 4, NewestAt: now,
	}, p, "the last ten; what is older counts no more")
}

func TestSmallNumbersSayNothing(t *testing.T) {
	t.Parallel()
	require.Empty(t, of(t, Pathways(first, answers("mill", wrong, wrong, wrong, wrong), now), "mill").Reason, "four people are too few")
	require.Empty(t, of(t, Pathways(first, answers("mill", wrong, wrong, yes, yes, full), now), "mill").Reason, "twice is no pattern")
	require.Equal(t, wrong, of(t, Pathways(first, answers("mill", wrong, wrong, wrong, yes, yes), now), "mill").Reason)

	one := answers("mill", wrong, wrong, wrong, wrong, wrong)
	for i := range one {
		one[i].Patient = "the same person"
	}
	p := of(t, Pathways(first, one, now), "mill")
	require.Equal(t, 1, p.People, "one person counts once")
	require.Empty(t, p.Reason)

	others := answers("mill", wrong, wrong, wrong, wrong, wrong, wrong, wrong, wrong, wrong, wrong)
	require.Empty(t, of(t, Pathways(first, others, now), "").Reason, "one practice's numbers are not told to the others as everybody's")
	others[9].Sender = "canal"
	require.Equal(t, wrong, of(t, Pathways(first, others, now), "").Reason)
	require.Empty(t, of(t, Pathways(first, others[1:], now), "").Reason, "nine people are too few to tell others of")

	secret := answers("mill", wrong, wrong, wrong, wrong, wrong)
	for i := range secret {
		secret[i].Withheld = true
	}
	require.Empty(t, Pathways(first, secret, now), "what is sensitive is counted nowhere")
}

func TestWhatIsAboutAPersonIsNoPattern(t *testing.T) {
	t.Parallel()
	for _, r := range terms.BounceReasons {
		all := answers("mill", r.Code, r.Code, r.Code, r.Code, r.Code)
		require.Equal(t, r.Recurs, of(t, Pathways(first, all, now), "mill").Recurs(), r.Code)
	}
	old := answers("mill", wrong, wrong, wrong, wrong, wrong)
	for i := range old {
		old[i].At = now.Add(-PathwayFor - time.Hour)
	}
	require.Empty(t, Pathways(first, old, now), "half a year later it may all be different")
}

func TestOnlyWhatChangesIsSaid(t *testing.T) {
	t.Parallel()
	bad := Pathway{Need: terms.NeedDebtAndMoney, Sender: "mill", People: 10, CameBack: 5, Reason: wrong, Same: 4, NewestAt: now}
	good := bad
	good.Reason, good.Same, good.CameBack = "", 0, 1
	require.Equal(t, []Pathway{bad}, ToSay(nil, []Pathway{bad}, days(30)))
	require.Empty(t, ToSay([]Pathway{bad}, []Pathway{bad}, days(30)), "once is enough")
	require.Equal(t, []Pathway{good}, ToSay([]Pathway{bad}, []Pathway{good}, days(30)), "that it is over is said too")
	require.Empty(t, ToSay([]Pathway{good}, []Pathway{good}, days(30)))
	require.Empty(t, ToSay(nil, []Pathway{good}, days(30)), "of what goes well nothing need be said")
	later := bad
	later.NewestAt = now.Add(days(31))
	require.Equal(t, []Pathway{later}, ToSay([]Pathway{bad}, []Pathway{later}, days(30)), "readers forget what is old")
	everybody := bad
	everybody.Sender = ""
	require.Equal(t, []Pathway{everybody, good}, ToSay(nil, []Pathway{everybody, good}, days(30)), "whose own referrals go well is not warned by the others'")
}

func TestPaceIsHalfOfTheLastOffers(t *testing.T) {
	t.Parallel()
	_, _, ok := Pace(answers("mill", yes, yes))
	require.False(t, ok, "two tell nothing")
	all := answers("mill", yes, yes, wrong)
	all[0].Waited, all[1].Waited, all[2].Waited = time.Hour, 9*time.Hour, 2*time.Hour
	median, n, ok := Pace(all)
	require.True(t, ok)
	require.Equal(t, 3, n)
	require.Equal(t, 2*time.Hour, median)
	for i := range all {
		all[i].State, all[i].Waited = terms.OfferExpired, 72*time.Hour
	}
	median, _, _ = Pace(all)
	require.Equal(t, 144*time.Hour, median, "silence is slower than any answer in time")
}

func TestRankWeighsPaceAndUntil(t *testing.T) {
	t.Parallel()
	all := []Candidate{
		candidate("near-slow", func(c *Candidate) { c.DistanceKM, c.AnswersIn = 1.2, 100*time.Hour }),
		candidate("near-new", func(c *Candidate) { c.DistanceKM = 2.9 }),
		candidate("near-fast", func(c *Candidate) { c.DistanceKM, c.AnswersIn = 2.8, 3*time.Hour }),
		candidate("far-fast", func(c *Candidate) { c.DistanceKM, c.AnswersIn = 8, time.Hour }),
	}
	require.Equal(t, []string{"near-fast", "near-new", "near-slow", "far-fast"}, ids(Rank(wish, all)), "fast does not make up for far")

	closed := func(until string, reported time.Duration) []Candidate {
		return Rank(wish, []Candidate{candidate("a", func(c *Candidate) {
			c.Capacity, c.NoRoomUntil, c.CapacityAt = terms.CapacityNone, until, now.Add(-reported)
		})})
	}
	require.Empty(t, closed("2026-12-24", days(20)), "it said until when, and that holds longer than a report without a day")
	require.Len(t, closed("2026-11-23", days(2)), 1, "from that day on there may be room")
	require.Len(t, closed("2027-12-24", days(93)), 1, "but not for ever")
}

func TestNextReceiverLeavesOutWhoFailedThemUnderAnotherReferral(t *testing.T) {
	t.Parallel()
	a, b := candidate("a"), candidate("b")
	s := wish
	s.Tried = []Receiver{a.Receiver}
	r := in(Requested)
	r.Wanted = []Receiver{a.Receiver}
	next, await := NextReceiver(r, s, []Candidate{a, b}, nil)
	require.False(t, await)
	require.Equal(t, "b", next.ID, "not even when the sender asks for it")
	next, _ = NextReceiver(r, s, []Candidate{a, b}, &a.Receiver)
	require.Equal(t, "b", next.ID, "nor when who bounced names it")
}
