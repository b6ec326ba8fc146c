package stories

import (
	"testing"

	"github.com/stretchr/testify/require"

	"example.org/waypost/schemas/terms"
)

// cameBack is how many referrals for a need came back to the practices that sent them, and by one way, as the area's office counts them.
func (s *scene) cameBack(need terms.Need, way terms.ReturnWay) (ofNeed, byWay int) {
	s.t.Helper()
	type counted struct {
		Need   terms.Need      `json:"need"`
		Choice terms.ReturnWay `json:"choice"`
		Count  *int            `json:"count"`
	}
	var v struct {
		ByWay  []counted `json:"by_way"`
		ByNeed []counted `json:"by_need"`
	}
	_, err := s.as(s.office, terms.RoleCoordinator).Get(s.t.Context(), "/api/coordination/v1/returns", &v)
	require.NoError(s.t, err)
	for _, c := range v.ByNeed {
		if c.Need == need {
			ofNeed = *c.Count
		}
	}
	for _, c := range v.ByWay {
		if c.Choice == way {
			byWay = *c.Count
		}
	}
	return ofNeed, byWay
}

// Three people are sent about work. The first is helped. The second is turned away by one service, and while another is asked the desk gives
// up and takes it back: the GP has her again. The third can not be reached, and only the desk can find out why. The desk reads of both that
// they came back, and the office counts two, each once, and not who was helped. It is about a need that no other story sends.
func TestWhatComesBackToThePracticeAnywayIsCounted(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	const need = terms.NeedWorkVolunteering
	club, shed := s.service(s.first, "Job club", need), s.service(s.second, "Repair shed", need)
	worker, desk, page := s.as(s.first, terms.RoleProviderWorker), s.reception(), s.visitor(s.practice, terms.RoleReceptionist)
	before, ways := s.cameBack(need, terms.ReturnTakenBack)

	s.isHelped(s.first, s.refers(s.practice, s.patient("Hesketh").Ref, need, toService(club)))

	sent := s.refers(s.practice, s.patient("Lathom").Ref, need, toService(club), toService(shed))
	s.does(s.tray(worker, "vcse", sent), "bounce", map[string]any{"reason": "wrong_area"})
	s.tray(s.as(s.second, terms.RoleProviderWorker), "vcse", sent)
	require.Eventually(t, func() bool { return s.referral(desk, sent).Bounces == 1 }, patience, tick)
	taken := s.referral(desk, sent)
	require.NoError(t, desk.Change(t.Context(), "/api/primarycare/v1/referrals/"+sent+"/withdraw", taken.etag, map[string]any{"reason": "no_longer_needed"}, nil))
	s.comesTo(desk, sent, terms.ReferralWithdrawn)

	asked := s.refers(s.practice, s.patient("Rimmer").Ref, need, toService(club))
	s.does(s.tray(worker, "vcse", asked), "bounce", map[string]any{"reason": "could_not_contact", "tried_on": []string{s.day(0), s.day(0), s.day(0)}})
	s.comesTo(desk, asked, terms.ReferralInformationAsked)
	require.NoError(t, s.stage.Settle(t.Context()))

	now, more := s.cameBack(need, terms.ReturnTakenBack)
	require.Equal(t, before+2, now)
	require.Greater(t, more, ways)
	for referral, way := range map[string]terms.ReturnWay{sent: terms.ReturnTakenBack, asked: terms.ReturnAskAgain} {
		require.Contains(t, s.reads(page, "/practice/referrals/"+referral), "It came back to your practice: "+way.Label())
	}
	counts := s.reads(s.visitor(s.office, terms.RoleCoordinator), "/case/returns")
	require.Contains(t, counts, need.Label())
	require.Contains(t, counts, terms.ReturnTakenBack.Label())
	_, err := desk.Get(t.Context(), "/api/coordination/v1/returns", nil)
	notAllowed(t, err)
}
