package mdt_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/id"
	"example.org/waypost/schemas"
	"example.org/waypost/schemas/coordination"
	said "example.org/waypost/schemas/mdt"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/mdt/internal/app"
	"example.org/waypost/services/mdt/internal/domain"
)

// refer sends a referral from the hospital.
func (h *house) refer(ref string) string {
	h.T.Helper()
	done, err := h.app.Refer(h.T.Context(), h.nurse, cmd(), app.ReferInput{
		PatientRef: ref, FlagsClear: true, Consent: domain.Consent{Purpose: terms.ConsentShareToHelp, Given: true, How: terms.ConsentInPerson},
		Draft: domain.Draft{Need: terms.NeedLoneliness, Urgency: terms.UrgencyRoutine, Narrative: "Goes home tomorrow to an empty flat"},
	})
	require.NoError(h.T, err)
	return done.ID
}

func (h *house) progress(ref, referral string, version int, state terms.ReferralState, change ...func(*coordination.ReferralProgressedV1)) {
	h.T.Helper()
	due := h.Now.Now().Add(48 * time.Hour)
	p := &coordination.ReferralProgressedV1{PatientRef: ref, ReferralID: referral, CaseID: id.New(), SenderOrganisationID: h.hospital, State: state, Owes: schemas.Owes{Party: terms.PartyReceiver}, DueAt: &due, At: h.Now.Now(), Version: version}
	for _, f := range change {
		f(p)
	}
	h.Tell(ref, p)
}

func TestAHospitalRefersIsAskedAnswersAndHearsBack(t *testing.T) {
	t.Parallel()
	h, ctx := newHouse(t), t.Context()
	ref := h.patient(h.nurse, ada)
	id1 := h.refer(ref)
	var asked said.ReferralRequestedV1
	h.Last(ref, &asked)
	require.Equal(t, terms.KindOtherCare, asked.SenderKind)
	require.Len(t, asked.Reference, terms.ReferenceLength)
	r, err := h.app.ReferralByID(ctx, h.nurse, id1)
	require.NoError(t, err)
	require.Equal(t, "Sent – Waypost is checking", r.Standing())

	question := id.New()
	h.progress(ref, id1, 2, terms.ReferralInformationAsked, func(p *coordination.ReferralProgressedV1) {
		p.QuestionID, p.OfferID, p.Owes.Party = question, id.New(), terms.PartySender
		p.Text = schemas.Seal(schemas.Message{Text: "Can she climb stairs?"})
	})
	h.progress(ref, id1, 1, terms.ReferralOffered) // late: an older word never replaces a newer one
	r, err = h.app.ReferralByID(ctx, h.nurse, id1)
	require.NoError(t, err)
	require.True(t, r.Asked())
	require.Equal(t, "Can she climb stairs?", r.Message)
	_, err = h.app.Answer(ctx, h.nurse, cmd(), app.ReferralChange{ID: id1, Version: r.Version}, "Yes, slowly")
	require.NoError(t, err)
	var given said.InformationGivenV1
	h.Last(ref, &given)
	require.Equal(t, question, given.QuestionID)

	h.progress(ref, id1, 3, terms.ReferralAccepted)
	r, err = h.app.ReferralByID(ctx, h.nurse, id1)
	require.NoError(t, err)
	_, err = h.app.Withdraw(ctx, h.nurse, cmd(), app.ReferralChange{ID: id1, Version: r.Version - 1}, terms.WithdrawalNoLongerNeeded, "")
	require.ErrorIs(t, err, domain.ErrChanged)
	_, err = h.app.Withdraw(ctx, h.nurse, cmd(), app.ReferralChange{ID: id1, Version: r.Version}, terms.WithdrawalNoLongerNeeded, "")
	require.NoError(t, err)
	_, err = h.app.Withdraw(ctx, h.nurse, cmd(), app.ReferralChange{ID: id1, Version: r.Version + 1}, terms.WithdrawalNoLongerNeeded, "")
	require.ErrorIs(t, err, domain.ErrNotOpen)
	_, err = h.app.ReferralByID(ctx, h.other, id1)
	require.ErrorIs(t, err, domain.ErrNoReferral)
}

func TestNothingIsSentWithoutFlagsAskedAndConsent(t *testing.T) {
	t.Parallel()
	h, ctx := newHouse(t), t.Context()
	ref := h.patient(h.nurse, ada)
	good := app.ReferInput{PatientRef: ref, FlagsClear: true, Consent: domain.Consent{Purpose: terms.ConsentShareToHelp, Given: true, How: terms.ConsentInPerson}, Draft: domain.Draft{Need: terms.NeedLoneliness, Urgency: terms.UrgencyRoutine, Narrative: "x"}}
	in := good
	in.FlagsClear = false
	_, err := h.app.Refer(ctx, h.nurse, cmd(), in)
	require.ErrorIs(t, err, domain.ErrAskFlags)
	in = good
	in.Consent.Given = false
	_, err = h.app.Refer(ctx, h.nurse, cmd(), in)
	require.ErrorIs(t, err, domain.ErrNoConsent)
	in = good
	in.Need = terms.NeedDomesticAbuse
	_, err = h.app.Refer(ctx, h.nurse, cmd(), in)
	require.ErrorIs(t, err, domain.ErrSensitive)
	in.Consent.Purpose = terms.ConsentShareSensitive
	_, err = h.app.Refer(ctx, h.nurse, cmd(), in)
	require.NoError(t, err)
	var asked said.ReferralRequestedV1
	h.Last(ref, &asked)
	require.Empty(t, asked.Need, "a sensitive need travels sealed")
	_, err = h.app.Refer(ctx, h.coordinator, cmd(), good)
	require.ErrorIs(t, err, domain.ErrNotOtherOrg, "a practice refers on its own pages")
}

func TestWithdrawnConsentRemovesAndAcknowledges(t *testing.T) {
	t.Parallel()
	h, ctx := newHouse(t), t.Context()
	ref := h.patient(h.nurse, ada)
	h.refer(ref)
	h.Tell(ref, &coordination.ConsentWithdrawnV1{PatientRef: ref, ConsentID: id.New(), Purpose: terms.ConsentShareToHelp, How: terms.ConsentByPhone, By: h.gp.Person.ID, At: h.Now.Now()})
	var gone said.RemovalAcknowledgedV1
	h.Last(ref, &gone)
	require.Equal(t, terms.RemovalConsentWithdrawn, gone.Because)
	v, err := h.app.PatientByRef(ctx, h.nurse, ref)
	require.NoError(t, err)
	require.True(t, v.Removed())
	require.Empty(t, v.Contact.FamilyName)
	_, err = h.app.Refer(ctx, h.nurse, cmd(), app.ReferInput{
		PatientRef: ref, FlagsClear: true, Consent: domain.Consent{Purpose: terms.ConsentShareToHelp, Given: true, How: terms.ConsentInPerson},
		Draft: domain.Draft{Need: terms.NeedLoneliness, Urgency: terms.UrgencyRoutine, Narrative: "x"},
	})
	require.ErrorIs(t, err, domain.ErrRemoved)
}
