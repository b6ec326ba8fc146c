package domain

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"example.org/waypost/pkg/fault"
	"example.org/waypost/schemas/terms"
)

// life is one referral that anything may happen to, in any order, honoured or not.
type life struct {
	t       *rapid.T
	r       Referral
	now     time.Time
	ids     int
	choices []Candidate
}

func newLife(t *rapid.T) *life {
	l := &life{t: t, now: now}
	for i := range rapid.IntRange(0, 6).Draw(t, "receivers") {
		at := l.now.Add(-time.Duration(rapid.IntRange(0, 40).Draw(t, "capacity age")) * 24 * time.Hour)
		l.choices = append(l.choices, Candidate{
			Receiver: Receiver{Kind: terms.ReceiverService, ID: fmt.Sprint("service-", i), Organisation: fmt.Sprint("org-", i%4)},
			Needs:    []terms.Need{terms.NeedLoneliness}, Claimed: true, Active: true, TakesReferrals: rapid.Bool().Draw(t, "takes"),
			Capacity: rapid.SampledFrom([]terms.CapacityStatus{terms.CapacityHas, terms.CapacityNone, terms.CapacityWaitlist}).Draw(t, "room"), CapacityAt: at,
		})
	}
	l.r = in(New)
	l.r.ConsentGiven = rapid.IntRange(0, 9).Draw(t, "consent") > 0
	if len(l.choices) > 0 && rapid.Bool().Draw(t, "wants") {
		l.r.Wanted = []Receiver{rapid.SampledFrom(l.choices).Draw(t, "wanted").Receiver}
	}
	return l
}

func (l *life) due(clock terms.Clock, u terms.Urgency, organisation string) time.Time {
	return l.now.Add(due(clock, u, organisation).Sub(now))
}

func (l *life) id() string { l.ids++; return fmt.Sprint("id-", l.ids) }

// facts are gathered as the app gathers them: the next receiver comes from the ranking.
func (l *life) facts() Facts {
	f := Facts{Now: l.now, NewID: l.id(), Coordinator: office, Due: l.due}
	f.Next, f.AwaitReceiver = NextReceiver(l.r, Search{Need: l.r.Need, Age: -1, Now: l.now}, l.choices, nil)
	if len(l.choices) > 0 && rapid.IntRange(0, 3).Draw(l.t, "careless") == 0 { // the table itself holds the thirty days
		c := rapid.SampledFrom(l.choices).Draw(l.t, "careless choice")
		f.Next = &c.Receiver
	}
	f.OpenOnward = rapid.SampledFrom([]int{0, 0, 0, 1, 2}).Draw(l.t, "onward")
	f.ExistingOpen = rapid.Bool().Draw(l.t, "existing open")
	return f
}

// anything draws an event: of any kind, by the right party or a stranger, about any offer or none.
func (l *life) anything() Event {
	e := Event{
		Kind:         rapid.SampledFrom(Kinds).Draw(l.t, "kind"),
		By:           rapid.SampledFrom([]Party{Sender, ReceiverSide, Coordinator, Nobody}).Draw(l.t, "by"),
		Organisation: rapid.SampledFrom([]string{"practice", "office", "org-0", "org-1", "org-2", "org-3"}).Draw(l.t, "organisation"),
		QuestionID:   l.id(),
		Existing:     rapid.SampledFrom([]string{"", "other", "another"}).Draw(l.t, "existing"),
		To:           rapid.SampledFrom([]Named{{}, {Person: "jo", Organisation: "office"}}).Draw(l.t, "to"),
		Outcome:      rapid.SampledFrom([]string{"", "helped"}).Draw(l.t, "outcome"),
	}
	e.Reason = string(rapid.SampledFrom(terms.BounceReasons).Draw(l.t, "reason").Code)
	if len(l.choices) > 0 {
		e.Receiver = rapid.SampledFrom(l.choices).Draw(l.t, "receiver").Receiver
	}
	e.Result, e.CallAt = rapid.SampledFrom(CallResults).Draw(l.t, "result"), l.now
	if len(l.r.Offers) > 0 {
		i := rapid.IntRange(0, len(l.r.Offers)-1).Draw(l.t, "offer")
		o := &l.r.Offers[i]
		o.Notice = rapid.SampledFrom([]terms.NoticeState{terms.NoticeSent, terms.NoticeFailed, terms.NoticePhoned}).Draw(l.t, "email")
		e.OfferID = o.ID
		if rapid.IntRange(0, 4).Draw(l.t, "honest") > 0 && e.By != Sender {
			e.Organisation = o.Receiver.Organisation
		}
		if e.Kind == KindInformationGiven {
			e.QuestionID, e.Organisation = o.QuestionID, "practice"
		}
	}
	return e
}

// apply decides and keeps what was decided, and checks what must hold whatever happened.
func (l *life) apply(e Event) {
	before := l.r
	f := l.facts()
	d, err := Decide(l.r, e, f)
	if err != nil {
		_, refused := fault.Of(err)
		require.True(l.t, refused, "%s in %s: %v", e.Kind, before.State, err)
		return
	}
	if !d.Changed {
		require.Equal(l.t, before, d.Next)
		for _, said := range d.Say {
			require.Equal(l.t, SayAnswerRefused, said.Name, "something was said although nothing changed")
		}
		return
	}
	l.r = d.Next
	if e.Kind == KindProviderPhoned {
		l.onlyPhoned(before, d)
		return
	}
	// What was joined to another person's after all, or to somebody who has left, is asked for anew, and what ended with what was said of another;
	// nothing else that ended comes back.
	anew := before.State == Joined && (e.Kind == KindMergeUndone || e.Kind == KindWorkerLeft) || e.Kind == KindMergeUndone && endedWithThePerson(before)
	require.True(l.t, before.State == New || before.State.Open() || anew, "%s changed a referral that had ended", e.Kind)
	require.Equal(l.t, before.Version+1, d.Next.Version)
	if e.Kind != KindRequested {
		require.Equal(l.t, SayProgressed, d.Say[len(d.Say)-1].Name, "the sender is told every step, last of all")
	}
	require.Equal(l.t, !d.Next.State.Open() && f.OpenOnward > 0, d.EndOnward)
	l.check(before, d)
}

// onlyPhoned sees that a call, also of a referral that has ended, changes what is known of the e-mail and nothing else.
func (l *life) onlyPhoned(before Referral, d Decision) {
	require.Len(l.t, d.Say, 1)
	require.Equal(l.t, SayPhoned, d.Say[0].Name)
	was, is := before.Offer(d.Say[0].OfferID), d.Next.Offer(d.Say[0].OfferID)
	require.True(l.t, was.Notice.Phone())
	if was.Notice != is.Notice {
		require.Equal(l.t, terms.NoticePhoned, is.Notice)
	}
	back := d.Next.clone()
	*back.Offer(was.ID), back.Version = *was, before.Version
	require.Equal(l.t, before, back)
}

func (l *life) check(before Referral, d Decision) {
	r := &l.r
	live, accepted, bounced := 0, 0, 0
	for i, o := range r.Offers {
		if o.State.Open() {
			live++
		}
		switch o.State {
		case terms.OfferAccepted:
			accepted++
		case terms.OfferBounced:
			bounced++
		}
		require.Equal(l.t, i+1, o.Attempt)
		for _, earlier := range r.Offers[:i] {
			if earlier.Receiver.Same(o.Receiver) && !stoodDown(earlier) {
				had := earlier.OfferedAt
				for _, at := range []time.Time{earlier.AnsweredAt, map[bool]time.Time{true: earlier.AnswerDueAt}[earlier.State == terms.OfferExpired]} {
					if at.After(had) {
						had = at
					}
				}
				require.GreaterOrEqual(l.t, o.OfferedAt.Sub(had), NotAgainWithin, "the same receiver twice within thirty days")
			}
		}
		if i < len(before.Offers) && !before.Offers[i].State.Open() && o.State.Open() {
			require.Equal(l.t, terms.OfferAccepted, o.State, "only a late acceptance brings an offer back")
		}
	}
	require.LessOrEqual(l.t, live, 1, "two receivers have it in hand")
	require.LessOrEqual(l.t, accepted, 1)
	require.Equal(l.t, bounced, r.Bounces)
	require.Equal(l.t, live == 1 && r.Live().State == terms.OfferAccepted, r.Taken() != nil)
	l.checkOwner(d)
	l.checkState()
}

// An open referral has exactly one party that owes the next step, and a time that is still to come unless it is overdue.
func (l *life) checkOwner(d Decision) {
	r := &l.r
	if !r.State.Open() {
		require.Equal(l.t, Owes{Party: Nobody}, r.Owes)
		require.True(l.t, r.DueAt.IsZero())
		require.Nil(l.t, r.Live(), "somebody was left with an ended referral in hand")
		return
	}
	require.Contains(l.t, []Party{Sender, ReceiverSide, Coordinator}, r.Owes.Party)
	require.NotEmpty(l.t, r.Owes.Organisation)
	require.False(l.t, r.DueAt.IsZero())
	if d.Clock != "" {
		require.True(l.t, r.DueAt.After(l.now))
		require.False(l.t, r.Overdue)
	}
	if o := r.Live(); o != nil && r.Owes.Party == ReceiverSide {
		require.Equal(l.t, o.Receiver.Organisation, r.Owes.Organisation)
	}
}

// The state says the same as the offers do.
func (l *life) checkState() {
	r := &l.r
	o := r.Live()
	switch r.State {
	case Requested, Checked, Held:
		require.Nil(l.t, o)
		require.Equal(l.t, r.State == Held, r.HeldWhy != "")
	case Offered:
		require.Equal(l.t, terms.OfferOffered, o.State)
	case InformationAsked:
		require.True(l.t, slices.ContainsFunc(r.Offers, func(o Offer) bool { return o.QuestionID != "" }), "nobody asked")
	case Waitlisted:
		require.Equal(l.t, terms.OfferWaitlisted, o.State)
	case Accepted:
		require.Equal(l.t, terms.OfferAccepted, o.State)
	case UnderWay:
		require.True(l.t, r.Taken() != nil || r.EndedWith != "")
	case Escalated:
		require.Equal(l.t, Coordinator, r.Owes.Party)
	}
}

// Whatever happens in whatever order, the invariants hold.
func TestInvariantsWhateverHappens(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		l := newLife(t)
		l.apply(Event{Kind: KindRequested})
		l.apply(Event{Kind: KindNoDuplicate})
		for range rapid.IntRange(1, 40).Draw(t, "steps") {
			l.now = l.now.Add(time.Duration(rapid.IntRange(0, 60).Draw(t, "hours")) * time.Hour)
			l.apply(l.anything())
		}
	})
}

// Silence alone never leaves a referral lying: it ends, or comes to the area's office, which can end it.
func TestSilenceComesToSomebody(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		l := newLife(t)
		l.apply(Event{Kind: KindRequested})
		l.apply(Event{Kind: KindNoDuplicate})
		for range rapid.IntRange(0, 15).Draw(t, "steps") {
			l.now = l.now.Add(time.Duration(rapid.IntRange(0, 60).Draw(t, "hours")) * time.Hour)
			l.apply(l.anything())
		}
		for ticks := 0; l.r.State.Open() && !l.r.Overdue; ticks++ {
			require.Less(t, ticks, 10, "silence went on for ever in state %s", l.r.State)
			l.now = l.r.DueAt
			l.apply(Event{Kind: KindClockRanOut})
		}
		if !l.r.State.Open() {
			return
		}
		require.Equal(t, Coordinator, l.r.Owes.Party, "an overdue step of somebody else's")
		actions := AvailableActions(l.r, Coordinator)
		switch {
		case slices.Contains(actions, ActionClose):
			l.apply(Event{Kind: KindCoordinatorCloses, By: Coordinator, Outcome: "no_suitable_help"})
		default:
			require.Contains(t, actions, ActionWithdraw, "in state %s", l.r.State)
			l.apply(Event{Kind: KindWithdraw, By: Coordinator, Organisation: "office", Reason: "other"})
		}
		require.False(t, l.r.State.Open())
	})
}

// What is offered as an action can be done, and what can be done is offered.
func TestAvailableActionsAreTheTable(t *testing.T) {
	t.Parallel()
	does := map[Action]struct {
		kind Kind
		part Party
	}{
		ActionAccept: {KindAccepted, ReceiverSide}, ActionWaitlist: {KindWaitlisted, ReceiverSide}, ActionAsk: {KindInformationAsked, ReceiverSide},
		ActionBounce: {KindBounced, ReceiverSide}, ActionContact: {KindContactMade, ReceiverSide}, ActionFinish: {KindSupportEnded, ReceiverSide},
		ActionJoin: {KindJoin, Sender}, ActionConfirm: {KindConfirm, Sender}, ActionInform: {KindInformationGiven, Sender}, ActionWithdraw: {KindWithdraw, Sender},
		ActionOffer: {KindCoordinatorOffers, Coordinator}, ActionWait: {KindCoordinatorWaits, Coordinator}, ActionClose: {KindCoordinatorCloses, Coordinator},
	}
	for _, state := range allStates() {
		for action, do := range does {
			e, f := happens(do.kind)
			if live := in(state); live.Live() == nil && do.part == ReceiverSide {
				e.OfferID = "" // nobody has it in hand, so nobody is asked
			}
			d, err := Decide(in(state), e, f)
			can := err == nil && d.Changed
			r := in(state)
			require.Equal(t, can, slices.Contains(AvailableActions(r, do.part), action), "%s in state %s", action, state)
		}
	}
	held := in(Held)
	held.HeldWhy = HeldSamePerson
	held.Owes.Party = Coordinator
	require.Equal(t, []Action{ActionSettle, ActionWithdraw}, AvailableActions(held, Coordinator))
	require.Equal(t, []Action{ActionWithdraw}, AvailableActions(held, Sender))
	require.Empty(t, AvailableActions(in(Offered), Nobody))
}
