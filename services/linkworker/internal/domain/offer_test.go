package domain_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/fault"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/linkworker/internal/domain"
)

var noon = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

func offered(state terms.OfferState) domain.Offer {
	return domain.Offer{ID: "o", State: state, Version: 1, AnswerDueAt: noon.Add(time.Hour)}
}

// Every answer in every state: only what the table names is taken, and nothing is changed otherwise.
func TestWhichAnswersAreTaken(t *testing.T) {
	t.Parallel()
	taken := map[terms.OfferState][]string{
		terms.OfferOffered: {"accept", "ask", "bounce"}, terms.OfferInformationAsked: {"accept", "bounce"}, terms.OfferExpired: {"accept"},
	}
	for _, s := range terms.OfferStates {
		for _, verb := range []string{"accept", "ask", "bounce"} {
			o := offered(s.Code)
			before := o
			var err error
			switch verb {
			case "accept":
				err = o.Accept("maya", "maya", 1, noon, noon)
			case "ask":
				err = o.Ask("maya", "q", "?", 1, noon)
			case "bounce":
				err = o.Refuse("maya", domain.Bounce{Reason: terms.BounceWrongArea}, 0, 1, noon)
			}
			may := false
			for _, v := range taken[s.Code] {
				may = may || v == verb
			}
			if may {
				require.NoError(t, err, "%s when %s", verb, s.Code)
				require.EqualValues(t, 2, o.Version)
				require.True(t, o.Sent())
				continue
			}
			require.Error(t, err, "%s when %s", verb, s.Code)
			require.Equal(t, before, o)
		}
	}
}

func TestAnAnswerFromAnOldPageIsRefused(t *testing.T) {
	t.Parallel()
	o := offered(terms.OfferOffered)
	require.ErrorIs(t, o.Accept("maya", "maya", 7, noon, noon), domain.ErrChanged)
}

func TestWhatComesWithABounce(t *testing.T) {
	t.Parallel()
	full := domain.Bounce{Criterion: "c", UntilOn: "2030-01-01", WhoseRole: terms.RoleGP, Detail: "d"}
	for _, r := range terms.BounceReasons {
		b := full
		b.Reason = r.Code
		require.NoError(t, b.Check(r.NeedsTries), r.Code)
		bare := domain.Bounce{Reason: r.Code}
		needs := r.NeedsText || r.NeedsCriterion || r.NeedsUntil || r.NeedsRole || r.Code == terms.BounceCouldNotContact
		require.Equal(t, needs, bare.Check(0) != nil, r.Code)
	}
	f, ok := fault.Of(domain.Bounce{Reason: "made_up"}.Check(0))
	require.True(t, ok)
	require.Equal(t, "reason", f.Fields[0].Path)
}

func TestConfirmationsComeInAnyOrder(t *testing.T) {
	t.Parallel()
	o := offered(terms.OfferOffered)
	require.NoError(t, o.Accept("maya", "maya", 1, noon, noon))
	require.False(t, o.Confirm(domain.Progressed{Version: 2, OfferID: "other", State: terms.ReferralAccepted, At: noon}), "another offer's")
	require.True(t, o.Confirm(domain.Progressed{Version: 4, OfferID: "o", State: terms.ReferralUnderWay, At: noon}))
	require.False(t, o.Confirm(domain.Progressed{Version: 3, OfferID: "o", State: terms.ReferralOffered, At: noon}), "older than what we know")
	require.Equal(t, terms.OfferAccepted, o.State)
}

// The offer had run out when the team asked something, and then it said yes, which is honoured. The no to its question comes last.
func TestANoToAnEarlierAnswerIsOvertaken(t *testing.T) {
	t.Parallel()
	o := offered(terms.OfferOffered)
	require.NoError(t, o.Ask("maya", "q", "Stairs?", 1, noon))
	require.NoError(t, o.Accept("maya", "maya", 2, noon, noon))
	require.False(t, o.AnswerRefused(terms.AnswerAsked, terms.RefusalOfferWithdrawn, noon, noon))
	require.Equal(t, terms.OfferAccepted, o.State)
	require.True(t, o.Confirm(domain.Progressed{Version: 4, OfferID: "o", State: terms.ReferralAccepted, At: noon}))
	require.False(t, o.AnswerRefused(terms.AnswerAccepted, terms.RefusalOfferWithdrawn, noon, noon), "it was confirmed since")
	refused := offered(terms.OfferOffered)
	require.NoError(t, refused.Accept("maya", "maya", 1, noon, noon))
	require.True(t, refused.AnswerRefused(terms.AnswerAccepted, terms.RefusalOfferWithdrawn, noon, noon))
	require.True(t, refused.MustStandDown())
}

func TestStandDownIsOwedOnlyAfterAYes(t *testing.T) {
	t.Parallel()
	for _, s := range terms.OfferStates {
		o := offered(s.Code)
		o.TakeBack(terms.OfferWithdrawalAcceptedElsewhere, noon, noon)
		require.Equal(t, s.Code == terms.OfferAccepted, o.MustStandDown(), s.Code)
	}
	o := offered(terms.OfferBounced)
	o.AnswerRefused(terms.AnswerBounced, terms.RefusalReferralClosed, noon, noon)
	require.False(t, o.MustStandDown())
}

func TestFailedAttemptsCountSinceTheLastTimeTheyWereReached(t *testing.T) {
	t.Parallel()
	at := func(h int, r terms.ContactResult) domain.Contact {
		return domain.Contact{Result: r, At: noon.Add(time.Duration(h) * time.Hour)}
	}
	require.Equal(t, 2, domain.Failed([]domain.Contact{at(1, terms.ContactNotReached), at(2, terms.ContactReached), at(3, terms.ContactMessageLeft), at(4, terms.ContactDidNotAttend)}))
}

// The bands as the Office for National Statistics publishes them.
func TestBands(t *testing.T) {
	t.Parallel()
	life := []string{"low", "low", "low", "low", "low", "medium", "medium", "high", "high", "very high", "very high"}
	anxiety := []string{"very low", "very low", "low", "low", "medium", "medium", "high", "high", "high", "high", "high"}
	for n := range 11 {
		require.Equal(t, life[n], domain.Band(terms.ONS4Happy, n))
		require.Equal(t, anxiety[n], domain.Band(terms.ONS4Anxious, n))
	}
	require.Equal(t, "down 3, better", domain.Change(terms.ONS4Anxious, 6, 3))
	require.Equal(t, "down 3, worse", domain.Change(terms.ONS4Happy, 6, 3))
	require.Equal(t, "no change", domain.Change(terms.ONS4Happy, 6, 6))
}

func TestSupportEndsOnlyAfterItsOnwardReferrals(t *testing.T) {
	t.Parallel()
	o := offered(terms.OfferAccepted)
	err := o.End("maya", terms.OutcomeHelped, "", 0, []string{"referral A", "referral B"}, 1, noon)
	require.ErrorIs(t, err, domain.ErrOnwardOpen)
	require.ErrorContains(t, err, "referral A and referral B")
	require.Error(t, o.End("maya", terms.OutcomeMadeInError, "", 0, nil, 1, noon), "that outcome is not the receiver's to give")
	require.NoError(t, o.End("maya", terms.OutcomeHelped, "", 0, nil, 1, noon))
}
