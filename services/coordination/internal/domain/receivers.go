package domain

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"example.org/waypost/schemas/terms"
)

// Candidate is a receiver as our copies of the directory and of the teams' offers show it.
type Candidate struct {
	Receiver
	Name           string
	Needs          []terms.Need
	Claimed        bool // a provider answers for it; a listing that nobody claimed is signposted only
	Active         bool
	TakesReferrals bool
	Sensitive      bool
	MinimumAge     *int
	MaximumAge     *int
	Accessibility  []terms.Accessibility
	Capacity       terms.CapacityStatus
	CapacityAt     time.Time     // zero when nothing was reported
	NoRoomUntil    string        // 2006-01-02: the day from which there may be room; "" when none was named
	AnswersIn      time.Duration // how long it takes to answer an offer, half of the time; 0 when not known
	Remote         bool          // by phone, online or at home: distance does not matter
	DistanceKM     float64       // negative when not known
	Refuses        []terms.Need
	Serves         bool // for a team: the sender's practice is one of its own
}

// Search is what is looked for.
type Search struct {
	Need          terms.Need
	Sensitive     bool
	Age           int // negative when not known
	Accessibility []terms.Accessibility
	Now           time.Time
	FarthestKM    float64    // how far an offer may go that no person chose; 0: any distance
	Tried         []Receiver // who failed this patient with this need within thirty days, under whatever referral
}

// Failure is somebody who was asked for a person and need, and did not help.
type Failure struct {
	Receiver  Receiver
	OfferedAt time.Time
	Sensitive bool // naming them may tell something about the person
}

// TriedLately tells whether a receiver was asked for this patient and need within thirty days, by this referral or another.
func (s Search) TriedLately(r Referral, to Receiver) bool {
	return r.TriedLately(to, s.Now) || slices.ContainsFunc(s.Tried, to.Same)
}

// Why a candidate can not be offered a referral at all, whoever chose it.
const (
	NotClaimed = "not_claimed"
	NotActive  = "not_active"
	NotTaking  = "not_taking_referrals"
)

// Barred says why nobody may offer this candidate a referral, "" when one may.
func (c Candidate) Barred() string {
	switch {
	case !c.Active:
		return NotActive
	case !c.Claimed || c.Organisation == "":
		return NotClaimed
	case !c.TakesReferrals:
		return NotTaking
	}
	return ""
}

// suits tells whether an offer that no person chose may go there.
func (c Candidate) suits(s Search) bool {
	fresh := c.freshness(s.Now) == terms.FreshnessFresh
	switch {
	case c.Barred() != "":
	case !slices.Contains(c.Needs, s.Need) || slices.Contains(c.Refuses, s.Need):
	case c.Kind == terms.ReceiverTeam && !c.Serves:
	case c.Sensitive && !s.Sensitive: // its name alone would tell
	case s.Age >= 0 && c.MinimumAge != nil && s.Age < *c.MinimumAge:
	case s.Age >= 0 && c.MaximumAge != nil && s.Age > *c.MaximumAge:
	case fresh && c.Capacity == terms.CapacityNone:
	case s.FarthestKM > 0 && !c.Remote && c.DistanceKM > s.FarthestKM:
	default:
		return true
	}
	return false
}

func (c Candidate) freshness(now time.Time) terms.Freshness {
	return terms.FreshnessUntil(c.Capacity, c.NoRoomUntil, c.CapacityAt, now)
}

// RoomWords is what a page says of its room.
func (c Candidate) RoomWords(now time.Time) string {
	return terms.CapacityWords(c.Capacity, c.freshness(now))
}

// room orders what is known of capacity, the likeliest place first. Old news counts for little, none for less than news
// of a waiting list, and an old "no room" for least: it is what sent people to closed doors.
func (c Candidate) room(now time.Time) int {
	fresh := c.freshness(now)
	switch {
	case fresh == terms.FreshnessUnknown:
		return 4
	case c.Capacity == terms.CapacityHas && fresh == terms.FreshnessFresh:
		return 0
	case c.Capacity == terms.CapacityAssessment:
		return 1
	case c.Capacity == terms.CapacityHas:
		return 2
	case c.Capacity == terms.CapacityWaitlist:
		return 3
	}
	return 5
}

// missing counts what the person needs and the place does not say it has.
func (c Candidate) missing(wanted []terms.Accessibility) int {
	n := 0
	for _, w := range wanted {
		if !slices.Contains(c.Accessibility, w) {
			n++
		}
	}
	return n
}

// unknownKM is where a place of unknown distance stands in the order: behind what is near, before what is far.
const unknownKM = 8

func (c Candidate) away() float64 {
	switch {
	case c.Remote:
		return 0
	case c.DistanceKM < 0:
		return unknownKM
	}
	return c.DistanceKM
}

// band puts distances together that a person hardly feels apart: within one, whoever answers faster goes first.
func (c Candidate) band() int {
	for i, km := range []float64{1, 3, 6, 10, 15} {
		if c.away() <= km {
			return i
		}
	}
	return 5
}

// pace orders how fast they answer: within a working day, within the clock of an offer, slower. Who has not been asked enough yet stands
// where most do, so that a new service is neither favoured nor shut out.
func (c Candidate) pace() int {
	switch {
	case c.AnswersIn == 0:
		return 1
	case c.AnswersIn <= 24*time.Hour:
		return 0
	case c.AnswersIn <= 72*time.Hour:
		return 1
	}
	return 2
}

// Rank puts the suitable candidates in order: room first, then access, then about how far, then how fast they answer, then how far
// exactly. The order is the same on every run.
func Rank(s Search, all []Candidate) []Candidate {
	fit := slices.DeleteFunc(slices.Clone(all), func(c Candidate) bool { return !c.suits(s) })
	slices.SortFunc(fit, func(a, b Candidate) int {
		return cmp.Or(
			cmp.Compare(a.room(s.Now), b.room(s.Now)),
			cmp.Compare(a.missing(s.Accessibility), b.missing(s.Accessibility)),
			cmp.Compare(a.band(), b.band()),
			cmp.Compare(a.pace(), b.pace()),
			cmp.Compare(a.away(), b.away()),
			strings.Compare(a.ID, b.ID))
	})
	return fit
}

// NextReceiver chooses who is offered the referral next: whom the last receiver named, then the sender's own choice in
// its order, then the best of the rest; never one that was tried for this patient and need within thirty days. await is true when the sender's
// first choice is not among the candidates at all: until the referral's clock runs out, it may only not have been heard
// of yet.
func NextReceiver(r Referral, s Search, all []Candidate, suggested *Receiver) (next *Receiver, await bool) {
	if suggested != nil {
		if c, ok := find(all, *suggested); ok && c.suits(s) && !s.TriedLately(r, c.Receiver) {
			return &c.Receiver, false
		}
	}
	patient := len(r.Offers) == 0 && (r.State != Checked || s.Now.Before(r.DueAt))
	for i, w := range r.Wanted {
		c, ok := find(all, w)
		switch {
		case !ok && i == 0 && patient:
			return nil, true
		case ok && c.Barred() == "" && !s.TriedLately(r, c.Receiver):
			return &c.Receiver, false
		}
	}
	for _, c := range Rank(s, all) {
		if !s.TriedLately(r, c.Receiver) {
			return &c.Receiver, false
		}
	}
	return nil, false
}

func find(all []Candidate, r Receiver) (Candidate, bool) {
	i := slices.IndexFunc(all, func(c Candidate) bool { return c.Receiver.Same(r) })
	if i < 0 {
		return Candidate{}, false
	}
	return all[i], true
}
