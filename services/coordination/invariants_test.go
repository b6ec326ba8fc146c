package coordination_test

import (
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/id"
	"example.org/waypost/schemas"
	"example.org/waypost/schemas/primarycare"
	"example.org/waypost/schemas/terms"
)

// The database refuses what must never be, whichever program asks: each statement below breaks one rule.
func TestTheDatabaseHoldsTheInvariants(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	ref := s.patient()
	lonely := s.refer(ref, s.practice)
	debt := s.refer(ref, s.practice, func(p *primarycare.ReferralRequestedV1) {
		p.Need, p.Receivers = terms.NeedDebtAndMoney, []schemas.Receiver{{Kind: terms.ReceiverTeam, ID: s.team}}
	})
	s.linkWorkerAccepts(ref, s.offer(ref, debt.ReferralID))
	onward := s.onward(ref, debt.ReferralID)
	caseID := s.progress(ref, debt.ReferralID).CaseID

	for _, x := range []struct {
		rule, broken string
		args         []any
	}{
		{"one_open_case", `insert into case_record (id, patient_ref, first_ref, reference, because, by_event, opened_at) values ($1, $2, $2, 'XXXXXXXX', 'referral_requested', $1, now())`, []any{id.New(), ref}},
		{"one_root_per_need", `update referral set need = 'loneliness' where id = $1`, []any{debt.ReferralID}},
		{"one_live_offer", `insert into offer (id, referral_id, attempt, receiver_kind, receiver_id, organisation_id, state, offered_at, answer_due_at)
			values ($1, $2, 9, 'service', $1, $1, 'accepted', now(), now())`, []any{id.New(), lonely.ReferralID}},
		{"referral_case_id_case_open_fkey", `update case_record set closed_at = now(), outcome = 'work_done' where id = $1`, []any{caseID}},
		{"referral_parent_id_parent_open_fkey", `update referral set state = 'closed', owes_party = 'nobody', due_at = null where id = $1`, []any{debt.ReferralID}},
		{"referral_check", `update referral set owes_party = 'nobody', due_at = null where id = $1`, []any{onward}},
		{"referral_check1", `update referral set due_at = null where id = $1`, []any{onward}},
		{"referral_check2", `update referral set held_why = 'same_need' where id = $1`, []any{onward}},
		{"referral_check3", `update referral set root = false where id = $1`, []any{lonely.ReferralID}},
		{"one_case_holder", `insert into case_person (case_id, person_id, part, organisation_id, state, since, first_ref) values ($1, $2, 'case_holder', $2, 'accepted', now(), $2), ($1, $3, 'case_holder', $3, 'accepted', now(), $3)`, []any{caseID, id.New(), id.New()}},
		{"one_key_worker", `insert into case_person (case_id, person_id, part, organisation_id, state, since, first_ref) values ($1, $2, 'key_worker', $2, 'accepted', now(), $2), ($1, $3, 'key_worker', $3, 'accepted', now(), $3)`, []any{caseID, id.New(), id.New()}},
	} {
		_, err := s.Admin.Exec(t.Context(), x.broken, x.args...)
		var refused *pgconn.PgError
		require.ErrorAs(t, err, &refused, x.rule)
		require.Equal(t, x.rule, refused.ConstraintName, refused.Message)
	}
	second := s.onwardFor(ref, debt.ReferralID, terms.NeedHousing)
	_, err := s.Admin.Exec(t.Context(), `update referral set need = 'loneliness' where id = $1`, second)
	require.ErrorContains(t, err, "one_onward_per_parent_and_need")
}
