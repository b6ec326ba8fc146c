package mdt_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/fault"
	said "example.org/waypost/schemas/mdt"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/mdt/internal/app"
	"example.org/waypost/services/mdt/internal/domain"
)

// A hospital that was shown an overlap says why it sends all the same, or joins it; that the panel is down stops nobody.
func TestAHospitalSaysWhatIsToBeDoneAboutAnOverlap(t *testing.T) {
	t.Parallel()
	h, ctx := newHouse(t), t.Context()
	ref, one := h.patient(h.nurse, ada), 1
	refer := func(a terms.OverlapAnswer) error {
		_, err := h.app.Refer(ctx, h.nurse, cmd(), app.ReferInput{
			PatientRef: ref, FlagsClear: true, Consent: domain.Consent{Purpose: terms.ConsentShareToHelp, Given: true, How: terms.ConsentInPerson},
			Draft: domain.Draft{Need: terms.NeedLoneliness, Urgency: terms.UrgencyRoutine, Narrative: "Goes home tomorrow", Overlap: a},
		})
		return err
	}
	for _, a := range []terms.OverlapAnswer{{Shown: &one}, {Shown: &one, Choice: terms.OverlapSend}, {Choice: terms.OverlapStop}} {
		f, ok := fault.Of(refer(a))
		require.True(t, ok, "%+v", a)
		require.Equal(t, fault.MeaningInvalid, f.Meaning)
	}
	require.NoError(t, refer(terms.OverlapAnswer{}), "the panel was down")
	require.NoError(t, refer(terms.OverlapAnswer{Shown: &one, Choice: terms.OverlapSend, Reason: terms.SendHelpNotWorking, Note: "He fell twice there"}))
	var asked said.ReferralRequestedV1
	h.Last(ref, &asked)
	require.Equal(t, terms.SendHelpNotWorking, asked.SendReason)
	require.Equal(t, terms.OverlapSend, asked.OverlapChoice)
	require.NotNil(t, asked.SendNote)

	begun, err := h.app.StartReferral(ctx, h.nurse, cmd(), ref)
	require.NoError(t, err)
	require.NoError(t, h.app.StopForOverlap(ctx, h.nurse, cmd(), begun.ID))
	var stopped said.OverlapStoppedV1
	h.Last(begun.ID, &stopped)
	require.Equal(t, h.hospital, stopped.OrganisationID)
}
