package stories

import (
	"testing"

	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/id"
	"example.org/waypost/schemas/terms"
)

// A practice refers somebody who is lonely; the provider accepts, sees them, and ends with an outcome; the practice hears of every step.
func TestAReferralGoesAllTheWay(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	lunch := s.service(s.first, "Lunch club", terms.NeedLoneliness)
	desk, provider := s.reception(), s.as(s.first, terms.RoleProviderWorker)
	p := s.patient("Brown")

	sent := s.refers(s.practice, p.Ref, terms.NeedLoneliness, toService(lunch))
	r := s.comesTo(desk, sent, terms.ReferralOffered)
	require.Equal(t, "receiver", r.Owes.Party)
	require.NotNil(t, r.DueAt)

	o := s.tray(provider, "vcse", sent)
	require.Equal(t, "Brown", o.Contact.FamilyName)
	require.Empty(t, o.Narrative, "a provider does not read what was said")
	s.does(o, "accept", map[string]any{})
	s.comesTo(desk, sent, terms.ReferralAccepted)
	require.Eventually(t, func() bool { return s.look(o).Receipt == "confirmed" }, patience, tick)

	o = s.look(o)
	s.does(o, "attendance", map[string]any{"session_on": s.stage.Now().Format("2006-01-02"), "result": "attended"})
	s.comesTo(desk, sent, terms.ReferralUnderWay)
	s.does(s.look(o), "end", map[string]any{"outcome": "helped", "note": "She comes every week now."})
	r = s.comesTo(desk, sent, terms.ReferralClosed)
	require.Equal(t, "nobody", r.Owes.Party)
	require.False(t, r.Open)
}

// Two practices send the same person for the same need: the second is held, and its desk joins it to the first.
func TestTheSecondForTheSameNeedIsHeldAndJoined(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	lunch := s.service(s.first, "Lunch club", terms.NeedLoneliness)
	p := s.patient("Okafor")
	there := s.knownAt(s.other, "Okafor", p.number)
	require.Equal(t, p.Ref, there, "one NHS number is one patient everywhere")

	one := s.refers(s.practice, p.Ref, terms.NeedLoneliness, toService(lunch))
	s.comesTo(s.reception(), one, terms.ReferralOffered)
	two := s.refers(s.other, there, terms.NeedLoneliness, toService(lunch))
	desk := s.as(s.other, terms.RoleReceptionist)
	r := s.comesTo(desk, two, terms.ReferralHeld)
	require.Equal(t, "sender", r.Owes.Party)

	var held struct {
		AvailableActions []string `json:"available_actions"`
	}
	etag, err := desk.Get(t.Context(), "/api/coordination/v1/referrals/"+two, &held)
	require.NoError(t, err)
	require.Subset(t, held.AvailableActions, []string{"join", "confirm", "withdraw"})
	require.NoError(t, desk.Change(t.Context(), "/api/coordination/v1/referrals/"+two+"/join", etag, nil, nil))
	s.comesTo(desk, two, terms.ReferralJoined)
	s.tray(s.as(s.first, terms.RoleProviderWorker), "vcse", one)
}

// The first provider has no room: the referral goes on to the next by itself, and the desk sees why.
func TestABouncedReferralIsOfferedOn(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	full := s.service(s.first, "Debt advice", terms.NeedDebtAndMoney)
	room := s.service(s.second, "Money help", terms.NeedDebtAndMoney)
	p := s.patient("Singh")
	sent := s.refers(s.practice, p.Ref, terms.NeedDebtAndMoney, toService(full), toService(room))

	o := s.tray(s.as(s.first, terms.RoleProviderWorker), "vcse", sent)
	s.does(o, "bounce", map[string]any{"reason": "no_capacity", "until_on": s.stage.Now().AddDate(0, 1, 0).Format("2006-01-02"), "detail": "Full until the new year."})
	next := s.tray(s.as(s.second, terms.RoleProviderWorker), "vcse", sent)
	require.NotEqual(t, o.ID, next.ID)
	r := s.comesTo(s.reception(), sent, terms.ReferralOffered)
	require.Equal(t, 1, r.Bounces)
	s.does(next, "accept", map[string]any{})
	s.comesTo(s.reception(), sent, terms.ReferralAccepted)
}

// The provider asks something first; the desk answers; the provider reads it and accepts.
func TestAQuestionIsAskedAndAnswered(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	lunch := s.service(s.first, "Walking group", terms.NeedPhysicalActivity)
	p := s.patient("Lee")
	desk := s.reception()
	sent := s.refers(s.practice, p.Ref, terms.NeedPhysicalActivity, toService(lunch))
	o := s.tray(s.as(s.first, terms.RoleProviderWorker), "vcse", sent)
	s.does(o, "ask", map[string]any{"question": "Can she manage a hill?"})
	r := s.comesTo(desk, sent, terms.ReferralInformationAsked)
	require.Equal(t, "sender", r.Owes.Party)
	require.Equal(t, "Can she manage a hill?", r.Message)
	require.NoError(t, desk.Change(t.Context(), "/api/primarycare/v1/referrals/"+sent+"/information", r.etag,
		map[string]any{"question_id": r.QuestionID, "answer": "With a rest, yes."}, nil))
	s.comesTo(desk, sent, terms.ReferralOffered)
	require.Eventually(t, func() bool {
		for _, m := range s.look(o).Messages {
			if m.Text == "With a rest, yes." {
				return true
			}
		}
		return false
	}, patience, tick)
	s.does(s.look(o), "accept", map[string]any{})
	s.comesTo(desk, sent, terms.ReferralAccepted)
}

// A link worker takes the referral, reads what was said, and passes part of it on to a provider.
func TestALinkWorkerTakesItAndSeesTheStory(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	p := s.patient("Novak")
	desk, lw := s.reception(), s.as(s.team, terms.RoleLinkWorker)
	s.teamOffers(terms.NeedLoneliness, terms.NeedBereavement)
	sent := s.refers(s.practice, p.Ref, terms.NeedBereavement, toTeam(s.team))
	o := s.tray(lw, "linkworker", sent)
	require.Equal(t, "Novak", o.Person.FamilyName)
	require.Contains(t, o.Narrative, "since June", "the link worker need not ask again")
	s.does(o, "accept", map[string]any{})
	s.comesTo(desk, sent, terms.ReferralAccepted)
}

// Nobody else's desk, tray or case shows any of it.
func TestNobodyElseSeesIt(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	lunch := s.service(s.first, "Lunch club", terms.NeedLoneliness)
	p := s.patient("Private")
	sent := s.refers(s.practice, p.Ref, terms.NeedLoneliness, toService(lunch))
	r := s.comesTo(s.reception(), sent, terms.ReferralOffered)
	o := s.tray(s.as(s.first, terms.RoleProviderWorker), "vcse", sent)

	stranger, rival := s.as(s.other, terms.RoleReceptionist), s.as(s.second, terms.RoleProviderWorker)
	for _, path := range []string{"/api/primarycare/v1/referrals/" + sent, "/api/primarycare/v1/patients/" + p.Ref, "/api/coordination/v1/cases/" + r.CaseID, "/api/coordination/v1/referrals/" + sent} {
		_, err := stranger.Get(t.Context(), path, nil)
		notAllowed(t, err)
		_, err = rival.Get(t.Context(), path, nil)
		notAllowed(t, err)
	}
	_, err := rival.Get(t.Context(), o.path, nil)
	notAllowed(t, err)
	notAllowed(t, rival.Change(t.Context(), o.path+"/accept", o.etag, map[string]any{}, nil))
	_, err = s.as(s.practice, terms.RoleGP).Get(t.Context(), "/api/coordination/v1/cases/"+r.CaseID, nil)
	require.NoError(t, err, "the practice sees the shared case")
}

// The same request twice is one referral.
func TestADoubleClickIsOneReferral(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	lunch := s.service(s.first, "Lunch club", terms.NeedLoneliness)
	p := s.patient("Twice")
	body := map[string]any{
		"patient_ref": p.Ref, "red_flags_clear": true, "need": terms.NeedLoneliness, "receivers": []receiver{toService(lunch)},
		"consent": map[string]any{"given": true, "how": "in_person"},
	}
	key := id.New()
	var one, two struct {
		ID string `json:"id"`
	}
	require.NoError(t, s.reception().Make(t.Context(), "/api/primarycare/v1/referrals", key, body, &one))
	require.NoError(t, s.reception().Make(t.Context(), "/api/primarycare/v1/referrals", key, body, &two))
	require.Equal(t, one.ID, two.ID)
	body["need"] = terms.NeedHousing
	r := refused(t, s.reception().Make(t.Context(), "/api/primarycare/v1/referrals", key, body, nil))
	require.Equal(t, 422, r.Status)
	require.Equal(t, "idempotency_key_reused", r.Code)
}

// Without consent nothing is shared.
func TestWithoutConsentNothingIsSent(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	p := s.patient("No")
	err := s.reception().Make(t.Context(), "/api/primarycare/v1/referrals", id.New(), map[string]any{
		"patient_ref": p.Ref, "red_flags_clear": true,
		"need": terms.NeedLoneliness, "consent": map[string]any{"given": false, "how": "in_person"},
	}, nil)
	require.GreaterOrEqual(t, refused(t, err).Status, 400)
	require.Less(t, refused(t, err).Status, 500)
}
