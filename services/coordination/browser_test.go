package coordination_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/uitest"
	"example.org/waypost/schemas/terms"
)

// The choices that only a person makes, without JavaScript: a sender says that a second referral is right, and the area's office finds a way
// for one that everybody bounced.
func TestTheDesksChoicesWorkWithoutScripts(t *testing.T) {
	t.Parallel()
	s, ref, _, second := twice(t)
	sender := uitest.Browser(t, uitest.NoScript())
	sender.Goto(s.Front(s.run, s.otherReceptionist) + "/case/referrals/" + second.ReferralID + "/duplicate")
	sender.Click("Continue")
	sender.WaitText("Select what to do with this referral")
	sender.Click("Send this one too")
	sender.Click("Continue")
	sender.WaitText("Select why a second referral is right")
	sender.Click(terms.SendDifferentHelp.Label())
	sender.Click("Continue")
	sender.WaitText("Hill Surgery will see it in their feedback")
	require.Equal(t, terms.ReferralOffered, s.progress(ref, second.ReferralID).State)

	other := s.patient()
	r := s.refer(other, s.practice, of(s.somebody()))
	for s.progress(other, r.ReferralID).State == terms.ReferralOffered {
		s.bounce(other, s.offer(other, r.ReferralID), terms.BounceNoCapacity)
	}
	require.Equal(t, terms.ReferralEscalated, s.progress(other, r.ReferralID).State)
	office := uitest.Browser(t, uitest.NoScript())
	office.Goto(s.Front(s.run, s.coordinator) + "/case/referrals/" + r.ReferralID + "/office")
	office.Click("Continue")
	office.WaitText("Select what happens next")
	office.Click("Close it")
	office.Click(terms.OutcomeNoLongerNeeded.Label())
	office.Click("Continue")
	office.WaitText("Closed")
	office.WaitText("The sender will see it in their feedback")
	require.Equal(t, terms.ReferralClosed, s.progress(other, r.ReferralID).State)
}
