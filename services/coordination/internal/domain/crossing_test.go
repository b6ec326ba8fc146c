package domain

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.org/waypost/schemas/terms"
)

// inOrder lets events happen one after the other to an offered referral; the second receiver is suitable.
func inOrder(t *testing.T, events ...Event) (Referral, []Fact) {
	t.Helper()
	r := in(Offered)
	var all []Fact
	for _, e := range events {
		_, f := happens(e.Kind)
		f.Next, f.NewID = &second, "offer-2"
		if r.Offer("offer-2") != nil {
			f.Next = nil
		}
		d, err := Decide(r, e, f)
		require.NoError(t, err)
		r, all = d.Next, append(all, d.Say...)
	}
	return r, all
}

func does(kind Kind) Event { e, _ := happens(kind); return e }

func refusals(facts []Fact) []string {
	var why []string
	for _, f := range facts {
		if f.Name == SayAnswerRefused {
			why = append(why, f.Why)
		}
	}
	return why
}

// An acceptance and a withdrawal that cross end the same way in both orders: withdrawn, and the receiver knows.
func TestAcceptanceCrossesWithdrawal(t *testing.T) {
	t.Parallel()
	r, told := inOrder(t, does(KindAccepted), does(KindWithdraw))
	require.Equal(t, Withdrawn, r.State)
	require.Contains(t, told, Fact{Name: SayOfferTaken, OfferID: "offer-1", Why: "referral_withdrawn", StandDown: true})

	r, told = inOrder(t, does(KindWithdraw), does(KindAccepted))
	require.Equal(t, Withdrawn, r.State)
	require.Equal(t, []string{"referral_closed"}, refusals(told))
}

// An acceptance and the clock that cross end the same way in both orders: accepted by who was asked first.
func TestAcceptanceCrossesTheClock(t *testing.T) {
	t.Parallel()
	r, told := inOrder(t, does(KindAccepted), does(KindClockRanOut))
	require.Equal(t, Accepted, r.State)
	require.Equal(t, "org-first", r.Owes.Organisation)
	require.Empty(t, refusals(told))

	r, told = inOrder(t, does(KindClockRanOut), does(KindAccepted))
	require.Equal(t, Accepted, r.State)
	require.Equal(t, "org-first", r.Taken().Receiver.Organisation)
	require.Equal(t, terms.OfferWithdrawn, r.Offer("offer-2").State)
	require.Contains(t, told, Fact{Name: SayOfferTaken, OfferID: "offer-2", Why: "accepted_elsewhere"}, "it had not said yes")
	require.Empty(t, refusals(told))
}

// A yes that crosses the end of whoever says it leaves nobody with helpers that are gone: what they had taken is a named person's work, and what
// they had not goes on to the next.
func TestAcceptanceCrossesTheReceiversEnd(t *testing.T) {
	t.Parallel()
	r, told := inOrder(t, does(KindAccepted), does(KindReceiverClosed))
	require.Equal(t, Escalated, r.State)
	require.Contains(t, told, Fact{Name: SayOfferTaken, OfferID: "offer-1", Why: "receiver_closed", StandDown: true})

	r, told = inOrder(t, does(KindReceiverClosed), does(KindAccepted))
	require.Equal(t, Offered, r.State)
	require.Equal(t, "offer-2", r.Live().ID)
	require.Equal(t, []string{"offer_withdrawn"}, refusals(told))

	e, f := happens(KindAccepted)
	f.Gone = true // it closed after its time had run out, or in the moment in which it was asked
	for _, state := range []State{Escalated, Offered} {
		d, err := Decide(in(state), e, f)
		require.NoError(t, err)
		require.Equal(t, state, d.Next.State)
		require.Equal(t, []string{"offer_withdrawn"}, refusals(d.Say))
	}
}

// A bounce that crosses the clock counts once: as a bounce, or as silence.
func TestBounceCrossesTheClock(t *testing.T) {
	t.Parallel()
	r, _ := inOrder(t, does(KindBounced), does(KindClockRanOut))
	require.Equal(t, []int{1, 0}, []int{r.Bounces, r.Silences})
	r, told := inOrder(t, does(KindClockRanOut), does(KindBounced))
	require.Equal(t, []int{0, 1}, []int{r.Bounces, r.Silences})
	require.Equal(t, []string{"offer_withdrawn"}, refusals(told))
	require.Equal(t, "offer-2", r.Live().ID, "the second receiver keeps it")
}

// Two receivers accept one referral: whichever answer comes first has it, the other is told to stand down.
func TestTwoReceiversAccept(t *testing.T) {
	t.Parallel()
	late, newer := does(KindAccepted), does(KindAccepted)
	newer.OfferID, newer.Organisation = "offer-2", "org-second"

	r, told := inOrder(t, does(KindClockRanOut), late, newer)
	require.Equal(t, "org-first", r.Taken().Receiver.Organisation)
	require.Equal(t, []string{"already_accepted_elsewhere"}, refusals(told))

	r, told = inOrder(t, does(KindClockRanOut), newer, late)
	require.Equal(t, "org-second", r.Taken().Receiver.Organisation)
	require.Equal(t, []string{"already_accepted_elsewhere"}, refusals(told))
}

// An answer to a question and a bounce of the same offer that cross leave one clear owner in both orders.
func TestInformationCrossesBounce(t *testing.T) {
	t.Parallel()
	given := does(KindInformationGiven)
	given.QuestionID = "question-2"
	r, _ := inOrder(t, does(KindInformationAsked), does(KindBounced), given)
	require.Equal(t, "offer-2", r.Live().ID)
	r, _ = inOrder(t, does(KindInformationAsked), given, does(KindBounced))
	require.Equal(t, "offer-2", r.Live().ID)
}

// A receiver that accepted through a coordinator's change of mind is honoured, and the coordinator's choice is taken back.
func TestAcceptanceCrossesTheOfficesChoice(t *testing.T) {
	t.Parallel()
	r := in(Waitlisted)
	e, f := happens(KindClockRanOut)
	d, err := Decide(r, e, f)
	require.NoError(t, err)
	e, f = happens(KindCoordinatorOffers)
	f.Now = now.Add(3 * time.Hour)
	d, err = Decide(d.Next, e, f)
	require.NoError(t, err)
	require.Equal(t, "third", d.Next.Live().Receiver.ID)
	e, f = happens(KindAccepted)
	d, err = Decide(d.Next, e, f)
	require.NoError(t, err)
	require.Equal(t, "first", d.Next.Taken().Receiver.ID)
}

// A bounce left the step to the sender, who said nothing, and the office chose somebody else: the old question is nobody's any more, so that
// the answer to what the new receiver asks is an answer to that, and sends the referral to nobody else.
func TestAQuestionEndsWithTheNextOffer(t *testing.T) {
	t.Parallel()
	r := in(Escalated)
	r.Offers[0].State, r.Offers[0].QuestionID = terms.OfferBounced, "question"
	e, f := happens(KindCoordinatorOffers)
	d, err := Decide(r, e, f)
	require.NoError(t, err)
	newer := d.Next.Live().ID
	e, f = happens(KindInformationAsked)
	e.OfferID, e.Organisation = newer, "org-third"
	d, err = Decide(d.Next, e, f)
	require.NoError(t, err)
	require.Equal(t, InformationAsked, d.Next.State)
	require.Equal(t, "question-2", d.Next.openQuestionID())
	e, f = happens(KindInformationGiven)
	e.QuestionID = "question-2"
	f.Next = &second
	d, err = Decide(d.Next, e, f)
	require.NoError(t, err)
	require.Equal(t, newer, d.Next.Live().ID, "it stays with whom it was with")
	require.Len(t, d.Next.Offers, 2)
}
