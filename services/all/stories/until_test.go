package stories

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/id"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/all/internal/demo"
)

// asksUntil sends a referral with consent that holds until a day.
func (s *scene) asksUntil(ref, day string, to receiver) (referral string, err error) {
	s.t.Helper()
	var sent struct {
		ID string `json:"id"`
	}
	err = s.reception().Make(s.t.Context(), "/api/primarycare/v1/referrals", id.New(), map[string]any{
		"patient_ref": ref, "red_flags_clear": true, "need": terms.NeedLoneliness, "receivers": []receiver{to}, "narrative": "Has not left the house since June.",
		"consent": map[string]any{"given": true, "how": "in_person", "until_on": day},
	}, &sent)
	return sent.ID, err
}

// owedOn lists what is overdue of one kind.
func (s *scene) owedOn(as *demo.Client, kind string) (n int) {
	s.t.Helper()
	var late struct {
		Items []struct {
			Kind string `json:"kind"`
		} `json:"items"`
	}
	_, err := as.Get(s.t.Context(), "/api/coordination/v1/overdue", &late)
	require.NoError(s.t, err)
	for _, x := range late.Items {
		if x.Kind == kind {
			n++
		}
	}
	return n
}

// Somebody agrees to share until a day three weeks away. A day that is over, or years away, can not be entered. A week before it their practice
// owes asking them again. Nobody does; with the end of the day the provider's copy goes, the referral ends, and the privacy officer sees that
// the provider has removed what it had.
func TestConsentEndsWithTheDayThatWasNamed(t *testing.T) {
	t.Parallel()
	s, later := hurried(t)
	service := s.service(s.first, "Tea and talk", terms.NeedLoneliness)
	p := s.patient("Untilfriday")
	for _, wrong := range []string{s.day(-1), s.day(3000), "2026-02-30"} {
		_, err := s.asksUntil(p.Ref, wrong, toService(service))
		r := refused(t, err)
		require.Equal(t, http.StatusUnprocessableEntity, r.Status, wrong)
		require.Contains(t, fmt.Sprint(r.Errors), "until_on")
	}
	end := s.day(21)
	referral, err := s.asksUntil(p.Ref, end, toService(service))
	require.NoError(t, err)
	o := s.tray(s.as(s.first, terms.RoleProviderWorker), "vcse", referral)
	s.does(o, "accept", map[string]any{})
	s.comesTo(s.reception(), referral, terms.ReferralAccepted)
	var said struct {
		Agreed []struct {
			UntilOn string `json:"until_on"`
		} `json:"agreed"`
	}
	_, err = s.reception().Get(t.Context(), "/api/coordination/v1/patients/"+p.Ref+"/consent", &said)
	require.NoError(t, err)
	require.Len(t, said.Agreed, 1)
	require.Equal(t, end, said.Agreed[0].UntilOn)
	require.Zero(t, s.owedOn(s.as(s.practice, terms.RolePracticeManager), "consent"))

	later(18 * 24 * time.Hour)
	require.Equal(t, 1, s.owedOn(s.as(s.practice, terms.RolePracticeManager), "consent"), "somebody owes asking again")
	require.NotNil(t, s.look(o).Contact, "until then nothing ends")

	later(4 * 24 * time.Hour)
	require.Equal(t, "consent_withdrawn", s.comesTo(s.reception(), referral, terms.ReferralWithdrawn).Reason)
	s.removed(o)
	require.Zero(t, s.owedOn(s.as(s.practice, terms.RolePracticeManager), "consent"))
	officer := s.as(s.office, terms.RolePrivacyOfficer)
	for end := time.Now().Add(patience); ; s.breathe() {
		var list struct {
			Items []struct {
				PatientRef string `json:"patient_ref"`
				Because    string `json:"because"`
				By         []struct {
					Service string     `json:"service"`
					Removed int        `json:"removed"`
					At      *time.Time `json:"at"`
				} `json:"by"`
			} `json:"items"`
		}
		_, err := officer.Get(t.Context(), "/api/coordination/v1/removals", &list)
		require.NoError(t, err)
		require.LessOrEqual(t, len(list.Items), 1, "it ends once")
		if len(list.Items) == 1 {
			for _, by := range list.Items[0].By {
				if by.Service == "vcse" && by.At != nil {
					require.Equal(t, "consent_withdrawn", list.Items[0].Because)
					require.Equal(t, 1, by.Removed)
					return
				}
			}
		}
		require.True(t, time.Now().Before(end), "the provider has not said that it removed its copy")
	}
}
