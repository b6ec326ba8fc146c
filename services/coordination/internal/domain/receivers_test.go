package domain

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.org/waypost/schemas/terms"
)

func candidate(id string, change ...func(*Candidate)) Candidate {
	c := Candidate{
		Receiver: Receiver{Kind: terms.ReceiverService, ID: id, Organisation: "org-" + id}, Name: id,
		Needs: []terms.Need{terms.NeedLoneliness}, Claimed: true, Active: true, TakesReferrals: true,
		Capacity: terms.CapacityHas, CapacityAt: now.Add(-time.Hour), DistanceKM: 1,
	}
	for _, f := range change {
		f(&c)
	}
	return c
}

func ids(list []Candidate) []string {
	out := []string{}
	for _, c := range list {
		out = append(out, c.ID)
	}
	return out
}

func days(n int) time.Duration { return time.Duration(n) * 24 * time.Hour }

var wish = Search{Need: terms.NeedLoneliness, Age: 70, Now: now, FarthestKM: 20}

func TestRankLeavesOutWhatDoesNotSuit(t *testing.T) {
	t.Parallel()
	child, adult := 17, 18
	out := map[string]func(*Candidate){
		"another need":             func(c *Candidate) { c.Needs = []terms.Need{terms.NeedHousing} },
		"says it does not do that": func(c *Candidate) { c.Refuses = []terms.Need{terms.NeedLoneliness} },
		"nobody claimed it":        func(c *Candidate) { c.Claimed = false },
		"no organisation known":    func(c *Candidate) { c.Organisation = "" },
		"closed":                   func(c *Candidate) { c.Active = false },
		"takes no referrals":       func(c *Candidate) { c.TakesReferrals = false },
		"too old for it":           func(c *Candidate) { c.MaximumAge = &child },
		"its name would tell":      func(c *Candidate) { c.Sensitive = true },
		"it said it has no room":   func(c *Candidate) { c.Capacity = terms.CapacityNone },
		"too far":                  func(c *Candidate) { c.DistanceKM = 21 },
		"another area's team":      func(c *Candidate) { c.Kind = terms.ReceiverTeam },
	}
	for why, change := range out {
		require.Empty(t, Rank(wish, []Candidate{candidate("a", change)}), why)
	}
	in := map[string]func(*Candidate){
		"old enough":                   func(c *Candidate) { c.MinimumAge = &adult },
		"said no room long ago":        func(c *Candidate) { c.Capacity, c.CapacityAt = terms.CapacityNone, now.Add(-days(8)) },
		"far, but comes to the person": func(c *Candidate) { c.DistanceKM, c.Remote = 300, true },
		"nobody knows how far":         func(c *Candidate) { c.DistanceKM = -1 },
		"the practice's own team":      func(c *Candidate) { c.Kind, c.Serves = terms.ReceiverTeam, true },
	}
	for why, change := range in {
		require.Len(t, Rank(wish, []Candidate{candidate("a", change)}), 1, why)
	}
	sensitive := wish
	sensitive.Sensitive = true
	require.Len(t, Rank(sensitive, []Candidate{candidate("a", out["its name would tell"])}), 1)
	unknown := wish
	unknown.Age = -1
	require.Len(t, Rank(unknown, []Candidate{candidate("a", out["too old for it"])}), 1, "a criterion nobody can check is the receiver's to check")
}

func TestRankPutsTheLikeliestFirst(t *testing.T) {
	t.Parallel()
	ramp := []terms.Accessibility{terms.Accessibilities[0].Code}
	all := []Candidate{
		candidate("f-old-no", func(c *Candidate) { c.Capacity, c.CapacityAt = terms.CapacityNone, now.Add(-days(20)) }),
		candidate("e-unknown", func(c *Candidate) { c.CapacityAt = now.Add(-days(29)) }),
		candidate("d-waitlist", func(c *Candidate) { c.Capacity = terms.CapacityWaitlist }),
		candidate("c-stale", func(c *Candidate) { c.CapacityAt = now.Add(-days(8)) }),
		candidate("b-assess", func(c *Candidate) { c.Capacity = terms.CapacityAssessment }),
		candidate("a-far", func(c *Candidate) { c.DistanceKM = 9 }),
		candidate("a-unknown-distance", func(c *Candidate) { c.DistanceKM = -1 }),
		candidate("a-near"),
		candidate("a-access", func(c *Candidate) { c.DistanceKM, c.Accessibility = 12, ramp }),
	}
	s := wish
	s.Accessibility = ramp
	want := []string{"a-access", "a-near", "a-unknown-distance", "a-far", "b-assess", "c-stale", "d-waitlist", "e-unknown", "f-old-no"}
	require.Equal(t, want, ids(Rank(s, all)))
}

func TestNextReceiver(t *testing.T) {
	t.Parallel()
	a, b, c := candidate("a"), candidate("b"), candidate("c")
	all := []Candidate{a, b, c}
	r := in(Requested)

	r.Wanted = nil
	next, await := NextReceiver(r, wish, all, nil)
	require.Equal(t, "a", next.ID)
	require.False(t, await)

	r.Wanted = []Receiver{c.Receiver, b.Receiver}
	next, _ = NextReceiver(r, wish, all, nil)
	require.Equal(t, "c", next.ID, "the sender's choice comes first")

	r.Offers = []Offer{{Receiver: c.Receiver, OfferedAt: now.Add(-days(3)), State: terms.OfferBounced}}
	next, _ = NextReceiver(r, wish, all, nil)
	require.Equal(t, "b", next.ID, "then its second choice")
	next, _ = NextReceiver(r, wish, all, &a.Receiver)
	require.Equal(t, "a", next.ID, "but who bounced knows a better door")
	next, _ = NextReceiver(r, wish, all, &c.Receiver)
	require.Equal(t, "b", next.ID, "though not its own again")

	r.Offers[0].OfferedAt = now.Add(-days(31))
	next, _ = NextReceiver(r, wish, all, nil)
	require.Equal(t, "c", next.ID, "after thirty days it may be asked again")

	require.Nil(t, first2(NextReceiver(r, wish, nil, nil)))
}

func first2(r *Receiver, _ bool) *Receiver { return r }

func TestNextReceiverWaitsForOneItHasNotHeardOf(t *testing.T) {
	t.Parallel()
	r := in(Requested)
	r.Wanted = []Receiver{{Kind: terms.ReceiverService, ID: "new"}}
	all := []Candidate{candidate("a")}
	next, await := NextReceiver(r, wish, all, nil)
	require.Nil(t, next)
	require.True(t, await)

	r.State = Checked
	r.DueAt = now
	next, await = NextReceiver(r, wish, all, nil)
	require.False(t, await, "not for ever")
	require.Equal(t, "a", next.ID)

	barred := candidate("new", func(c *Candidate) { c.Claimed = false })
	require.Equal(t, "a", first2(NextReceiver(r, wish, append(all, barred), nil)).ID, "a listing nobody claimed is signposted only")
	full := candidate("new", func(c *Candidate) { c.Capacity = terms.CapacityNone })
	require.Equal(t, "new", first2(NextReceiver(r, wish, append(all, full), nil)).ID, "the sender saw that it is full, and chose it")
}
