package coordination_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/claimtest"
)

// TestClaimsAreLinearizable has sixteen clients claim the same case, need and offer at once.
func TestClaimsAreLinearizable(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	ref := s.patient()
	first := s.refer(ref, s.practice)
	caseID := s.progress(ref, first.ReferralID).CaseID
	claimtest.Judge(t, s.Admin, map[string]claimtest.Claim{
		"one open case": {
			Index: "one_open_case", Table: "case_record", Has: "closed_at is null", Take: `update case_record set closed_at = null, outcome = '' where id = $1`,
			Release: `update case_record set closed_at = now(), outcome = 'work_done' where id = $1`, Rows: s.closedCases(ref, caseID),
		},
		"one open root referral for each need": {
			Index: "one_root_per_need", Table: "referral", Has: "need = 'food'", Take: `update referral set need = 'food' where id = $1`,
			Release: `update referral set need = id::text where id = $1`, Rows: claimtest.Copies(t, s.Admin, "referral", first.ReferralID, map[string]string{"need": "$id"}),
		},
		"one accepted offer": {
			Index: "one_live_offer", Table: "offer", Has: "state = 'accepted'", Take: `update offer set state = 'accepted' where id = $1`,
			Release: `update offer set state = 'withdrawn' where id = $1`, Rows: s.untaken(ref, first.ReferralID),
		},
	})
}

// closedCases are cases of one more patient, all of them closed.
func (s *scene) closedCases(ref, caseID string) []string {
	s.T.Helper()
	patient := claimtest.Copies(s.T, s.Admin, "patient", ref, nil)[0]
	return claimtest.Copies(s.T, s.Admin, "case_record", caseID, map[string]string{"patient_ref": patient, "closed_at": "2026-01-05", "outcome": "work_done", "reference": "$id"})
}

// untaken are offers of one referral, of which none is live.
func (s *scene) untaken(ref, referral string) []string {
	s.T.Helper()
	o := s.offer(ref, referral)
	rows := claimtest.Copies(s.T, s.Admin, "offer", o.OfferID, map[string]string{"state": "withdrawn", "attempt": "$n"})
	_, err := s.Admin.Exec(s.T.Context(), `update offer set state = 'withdrawn' where id = $1`, o.OfferID)
	require.NoError(s.T, err)
	return rows
}
