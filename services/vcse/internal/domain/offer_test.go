package domain_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/fault"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/vcse/internal/domain"
)

var at = time.Date(2026, time.November, 22, 10, 42, 0, 0, time.UTC)

func offered() domain.Offer { return domain.Offer{ID: "o", State: terms.OfferOffered, Version: 1} }

// TestActions is the table of what can be done, written by hand.
func TestActions(t *testing.T) {
	t.Parallel()
	want := map[terms.OfferState][]domain.Action{
		"offered":           {"accept", "ask", "waitlist", "bounce", "assign"},
		"information_asked": {"accept", "waitlist", "bounce", "assign"},
		"waitlisted":        {"accept", "waitlist", "bounce", "assign"},
		"accepted":          {"attend", "end", "assign"},
		"expired":           {"accept"},
		"bounced":           {}, "withdrawn": {}, "ended": {},
	}
	require.Len(t, want, len(terms.OfferStates))
	for _, s := range terms.OfferStates {
		o := domain.Offer{State: s.Code}
		require.Equal(t, want[s.Code], o.Actions(), s.Code)
		do := map[domain.Action]func(*domain.Offer) error{
			"accept":   func(o *domain.Offer) error { return o.Accept("p", at, "") },
			"ask":      func(o *domain.Offer) error { return o.Ask("p", at, "q") },
			"waitlist": func(o *domain.Offer) error { return o.Waitlist("p", at, "") },
			"bounce":   func(o *domain.Offer) error { return o.Bounce("p", at, domain.Refusal{Reason: terms.BounceOther}) },
			"attend":   func(o *domain.Offer) error { return o.Attend("p", at) },
			"end":      func(o *domain.Offer) error { return o.End("p", at, terms.OutcomeHelped) },
			"assign":   func(o *domain.Offer) error { return o.Assign("p", at, "") },
		}
		for action, fn := range do {
			o := domain.Offer{State: s.Code}
			err := fn(&o)
			if o := (domain.Offer{State: s.Code}); o.May(action) {
				require.NoError(t, err, "%s in %s", action, s.Code)
				continue
			}
			require.ErrorIs(t, err, domain.ErrNotNow, "%s in %s", action, s.Code)
			require.Equal(t, s.Code, o.State, "a refused step changes nothing")
		}
	}
}

func TestNothingButStandingDownIsPossibleUntilSomebodyDid(t *testing.T) {
	t.Parallel()
	o := offered()
	require.NoError(t, o.Accept("p", at, ""))
	require.True(t, o.Refuse(at, terms.AnswerAccepted, terms.RefusalAcceptedElsewhere, at.Add(time.Hour)))
	require.Equal(t, []domain.Action{domain.ActionStandDown}, o.Actions())
	require.ErrorIs(t, o.Accept("p", at, ""), domain.ErrStandDown)
	require.NoError(t, o.StandDown("p", at))
	require.Empty(t, o.Actions())
	require.ErrorIs(t, o.StandDown("p", at), domain.ErrNotNow, "once is enough")
}

func TestARefusedQuestionNeedsNoStandingDown(t *testing.T) {
	t.Parallel()
	o := offered()
	require.NoError(t, o.Ask("p", at, "q"))
	require.True(t, o.Refuse(at, terms.AnswerAsked, terms.RefusalOfferWithdrawn, at.Add(time.Hour)))
	require.False(t, o.MustStandDown())
	require.Equal(t, terms.OfferWithdrawn, o.State)
}

func TestAnOldRefusalDoesNotUndoANewerAnswer(t *testing.T) {
	t.Parallel()
	o := offered()
	require.NoError(t, o.Ask("p", at, "q"))
	require.NoError(t, o.Accept("p", at, ""))
	require.False(t, o.Refuse(at, terms.AnswerAsked, terms.RefusalAlreadyAnswered, at))
	require.Equal(t, terms.OfferAccepted, o.State)
}

func TestProgress(t *testing.T) {
	t.Parallel()
	progress := func(version int, state terms.ReferralState) domain.Progress {
		return domain.Progress{OfferID: "o", Version: version, State: state, At: at}
	}
	t.Run("confirms an acceptance and is not undone by an older one", func(t *testing.T) {
		t.Parallel()
		o := offered()
		require.NoError(t, o.Accept("p", at, ""))
		require.Equal(t, domain.ReceiptSent, o.Receipt)
		require.True(t, o.Progress(progress(5, terms.ReferralAccepted)))
		require.Equal(t, domain.ReceiptConfirmed, o.Receipt)
		require.False(t, o.Progress(progress(4, terms.ReferralOffered)))
		require.Equal(t, terms.OfferAccepted, o.State)
	})
	t.Run("a first word of the offer that comes after our question does not answer it", func(t *testing.T) {
		t.Parallel()
		o := offered()
		require.NoError(t, o.Ask("p", at, "q"))
		o.Progress(progress(2, terms.ReferralOffered))
		require.Equal(t, terms.OfferInformationAsked, o.State)
		p := progress(4, terms.ReferralOffered)
		p.QuestionID, p.DueAt = "q", at.Add(time.Hour)
		o.Progress(p)
		require.Equal(t, terms.OfferOffered, o.State)
		require.Equal(t, at.Add(time.Hour), o.AnswerDueAt, "the clock starts anew")
	})
	t.Run("honours a late acceptance", func(t *testing.T) {
		t.Parallel()
		o := offered()
		require.True(t, o.Expire(at))
		require.NoError(t, o.Accept("p", at, ""))
		o.Progress(progress(6, terms.ReferralAccepted))
		require.Equal(t, terms.OfferAccepted, o.State)
	})
	t.Run("an acceptance that crossed a withdrawal is honoured or refused", func(t *testing.T) {
		t.Parallel()
		o := offered()
		require.NoError(t, o.Accept("p", at, ""))
		require.True(t, o.TakeBack(at, terms.OfferWithdrawalRedirected, time.Time{}))
		honoured, refused := o, o
		honoured.Progress(progress(6, terms.ReferralAccepted))
		require.Equal(t, terms.OfferAccepted, honoured.State)
		refused.Refuse(at, terms.AnswerAccepted, terms.RefusalAcceptedElsewhere, at)
		require.True(t, refused.MustStandDown())
	})
	t.Run("a bounce is confirmed when the referral has gone on to somebody else", func(t *testing.T) {
		t.Parallel()
		o := offered()
		require.NoError(t, o.Bounce("p", at, domain.Refusal{Reason: terms.BounceWrongArea}))
		p := progress(7, terms.ReferralOffered)
		p.OfferID, p.Bounces = "another", 1
		require.True(t, o.Progress(p))
		require.Equal(t, domain.ReceiptConfirmed, o.Receipt)
		require.Equal(t, terms.OfferBounced, o.State)
	})
}

func TestAnAnswerOnItsWaySurvivesExpiry(t *testing.T) {
	t.Parallel()
	o := offered()
	require.NoError(t, o.Accept("p", at, ""))
	o.Expire(at)
	require.Equal(t, terms.OfferAccepted, o.State)
}

func TestEveryBounceReasonAsksForWhatItsRuleSays(t *testing.T) {
	t.Parallel()
	for _, info := range terms.BounceReasons {
		r := domain.Refusal{Reason: info.Code}
		err := r.Check(today, offeredOn)
		require.Equal(t, info.NeedsText || info.NeedsCriterion || info.NeedsUntil || info.NeedsRole || info.NeedsTries > 0, err != nil, info.Code)
		full := domain.Refusal{
			Reason: info.Code, Text: "x", Criterion: "x", UntilOn: "2027-01-01", WhoseRole: terms.RoleGP, TriedOn: []string{offeredOn, "2026-11-21", today, today},
		}
		require.NoError(t, full.Check(today, offeredOn), info.Code)
		only := full.Only()
		require.Equal(t, info.NeedsCriterion, only.Criterion != "", "%s: what it does not ask for is not sent", info.Code)
		require.Equal(t, info.NeedsUntil, only.UntilOn != "", info.Code)
		require.Equal(t, info.NeedsRole, only.WhoseRole != "", info.Code)
		require.Len(t, only.TriedOn, info.NeedsTries, info.Code)
	}
	past := domain.Refusal{Reason: terms.BounceNoCapacity, UntilOn: today}.Check(today, offeredOn)
	f, _ := fault.Of(past)
	require.Equal(t, "until", f.Fields[0].Path)

	tries := domain.Refusal{Reason: terms.BounceCouldNotContact, TriedOn: []string{"2026-11-19", "soon"}}.Check(today, offeredOn)
	f, _ = fault.Of(tries)
	require.Len(t, f.Fields, 3, "each try is named: before the offer, no day at all, and missing")
	for i, field := range f.Fields {
		require.Equal(t, domain.TriedField(i), field.Path)
	}
	tries = domain.Refusal{Reason: terms.BounceCouldNotContact, TriedOn: []string{offeredOn, today, "2026-11-23"}}.Check(today, offeredOn)
	f, _ = fault.Of(tries)
	require.Equal(t, "tried_3", f.Fields[0].Path, "nobody has tried tomorrow yet")
}

func TestABounceForWantOfRoomFillsTheService(t *testing.T) {
	t.Parallel()
	n := 5
	c := domain.Capacity{Status: terms.CapacityHas, PlacesFree: &n, Reserved: 2, ReportedAt: at}
	c.Fill("2027-02-01")
	require.Equal(t, terms.CapacityNone, c.Status)
	require.Equal(t, 2, *c.PlacesFree, "places that are kept for open offers stay kept")
	require.False(t, c.Room())
	require.Equal(t, terms.FreshnessFresh, c.Freshness(at.AddDate(0, 0, 40)), "it said until when")
}

const today, offeredOn = "2026-11-22", "2026-11-20"

func TestCapacityDecaysAndKeepsItsPlaces(t *testing.T) {
	t.Parallel()
	n := func(i int) *int { return &i }
	c := domain.Capacity{Status: terms.CapacityHas, PlacesFree: n(1), ReportedAt: at}
	require.Equal(t, terms.FreshnessFresh, c.Freshness(at.Add(7*24*time.Hour)))
	require.Equal(t, terms.FreshnessStale, c.Freshness(at.Add(9*24*time.Hour)))
	require.Equal(t, terms.FreshnessUnknown, c.Freshness(at.Add(29*24*time.Hour)))
	require.True(t, c.Room())
	require.True(t, c.Take())
	require.Equal(t, terms.CapacityNone, c.Status, "the last place is gone")
	require.False(t, c.Take())
	require.True(t, c.Give())
	require.Equal(t, terms.CapacityHas, c.Status)
	c.Reserved = 2
	require.Error(t, c.Check(), "kept places can not be counted away")
	require.False(t, domain.Capacity{}.Room(), "who does not count places keeps none")
}

func TestNotesStandTogether(t *testing.T) {
	t.Parallel()
	later := func(days int) time.Time { return at.AddDate(0, 0, days) }
	all := domain.Stand([]domain.Note{
		{ID: "1", Kind: terms.NoteNew, At: at},
		{ID: "2", Kind: terms.NoteNew, At: later(1)},
		{ID: "3", Kind: terms.NoteConfirm, About: "1", At: later(30)},
		{ID: "4", Kind: terms.NoteDispute, About: "1", At: later(40)},
		{ID: "5", Kind: terms.NoteCorrect, About: "2", At: later(50)},
		{ID: "6", Kind: terms.NoteConfirm, About: "5", At: later(60)},
	})
	require.Equal(t, []string{"2", "1"}, []string{all[0].Note.ID, all[1].Note.ID}, "newest first")
	require.Equal(t, 1, all[1].Confirmed)
	require.Equal(t, 1, all[1].Disputed)
	require.Equal(t, later(60), all[0].LastAt, "a confirmed correction counts for its note")
	require.False(t, all[1].Perished(later(200)))
	require.True(t, all[1].Perished(later(211)))
}
