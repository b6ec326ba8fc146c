package mdt_test

import (
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/clock"
	"example.org/waypost/pkg/fault"
	"example.org/waypost/pkg/id"
	"example.org/waypost/schemas/linkworker"
	said "example.org/waypost/schemas/mdt"
	"example.org/waypost/schemas/register"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/schemas/vcse"
	"example.org/waypost/services/mdt/internal/app"
	"example.org/waypost/services/mdt/internal/domain"
)

// sends has somebody send a referral at once, as a program does, to a receiver or, with none, to whom coordination chooses.
func (h *house) sends(by actor.Actor, ref string, need terms.Need, to ...domain.Draft) error {
	h.T.Helper()
	d := domain.Draft{Need: need, Urgency: terms.UrgencyRoutine, Narrative: "Goes home tomorrow to an empty flat"}
	if len(to) > 0 {
		d.ReceiverKind, d.ReceiverID = to[0].ReceiverKind, to[0].ReceiverID
	}
	_, err := h.app.Refer(h.T.Context(), by, cmd(), app.ReferInput{
		PatientRef: ref, FlagsClear: true, Consent: domain.Consent{Purpose: terms.ConsentShareSensitive, Given: true, How: terms.ConsentInPerson}, Draft: d,
	})
	return err
}

// ready is a referral that somebody has begun, with all but the details done, and the draft's version.
func (h *house) ready(by actor.Actor, ref string) (string, int64) {
	h.T.Helper()
	d, err := h.app.StartReferral(h.T.Context(), by, cmd(), ref)
	require.NoError(h.T, err)
	d, err = h.app.RecordConsent(h.T.Context(), by, cmd(), d.ID, d.Version, domain.Consent{Purpose: terms.ConsentShareSensitive, Given: true, How: terms.ConsentInPerson})
	require.NoError(h.T, err)
	return d.ID, d.Version
}

func (h *house) page(by actor.Actor, path string) string {
	h.T.Helper()
	status, body, _ := h.send(by, http.MethodGet, path, "", "")
	require.Equal(h.T, http.StatusOK, status, body)
	return body
}

func TestTheAreaSaysWhatAHospitalMaySend(t *testing.T) {
	t.Parallel()
	h, ctx := newHouse(t), t.Context()
	ref := h.patient(h.nurse, ada)
	desk := h.person("Mo Desk", terms.RoleMDTCoordinator, h.hospital, terms.KindOtherCare, "Wythenshawe Discharge Team")
	h.person("Lena Lead", terms.RoleServiceLead, h.hospital, terms.KindOtherCare, "Wythenshawe Discharge Team")
	line := func(of string) {
		l := &register.RoleScopeSetV1{
			LineID: id.New(), Role: terms.RoleCareProfessional, Act: terms.ActRefer, Of: of, Allowed: false,
			Door: "The domestic abuse service takes these from anybody", FromOn: h.Now.Now().In(clock.London).AddDate(0, 0, 1).Format(time.DateOnly), At: h.Now.Now(), Version: 1,
		}
		h.Tell(l.LineID, l)
	}
	line(string(terms.NeedDomesticAbuse))
	for _, by := range []actor.Actor{h.nurse, desk} {
		require.NoError(t, h.sends(by, ref, terms.NeedDomesticAbuse), "who sends today may, and the line's first day is tomorrow")
	}
	draft, version := h.ready(h.nurse, ref)
	d, err := h.app.Describe(ctx, h.nurse, cmd(), draft, version, domain.Draft{Need: terms.NeedDomesticAbuse, Urgency: terms.UrgencyRoutine, Narrative: "Afraid to go home"})
	require.NoError(t, err)
	check := "/mdt/drafts/" + draft + "/check"
	require.Contains(t, h.page(h.nurse, check), "Send the referral")

	h.Now.Add(24 * time.Hour)
	_, err = h.app.AskFlagsAgain(ctx, h.nurse, cmd(), draft, d.Version)
	require.NoError(t, err)
	before := len(h.Said(ref))
	f, refused := fault.Of(h.sends(h.nurse, ref, terms.NeedDomesticAbuse))
	require.True(t, refused)
	require.Equal(t, fault.MeaningForbidden, f.Meaning)
	page := h.page(h.nurse, check)
	require.NotContains(t, page, "Send the referral")
	status, old, _ := h.send(h.nurse, http.MethodPost, check, formType, url.Values{"idempotency_key": {id.New()}, "version": {"4"}, "overlap": {"none"}}.Encode())
	require.Equal(t, http.StatusForbidden, status, "an old page does not send it either")
	for _, words := range []string{
		"Your role, Care professional, does not do this for domestic abuse", "At your organisation these may: Mo Desk (MDT coordinator). The domestic", "The domestic abuse service takes these from anybody",
	} {
		require.Contains(t, f.Message, words)
		require.Contains(t, page, words)
		require.Contains(t, old, words)
	}
	require.Len(t, h.Said(ref), before, "nothing was sent")
	require.NoError(t, h.sends(h.nurse, ref, terms.NeedLoneliness), "it is about domestic abuse alone")
	require.NoError(t, h.sends(desk, ref, terms.NeedDomesticAbuse), "and about care professionals alone")
}

// A service that tells something by its name is sensitive, whatever the need: the line about sensitive services counts, and it travels sealed.
func TestASensitiveServiceCountsAsSensitive(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ref, to := h.patient(h.nurse, ada), domain.Draft{ReceiverKind: terms.ReceiverService, ReceiverID: id.New()}
	h.Tell(to.ReceiverID, &vcse.ServicePublishedV1{
		ServiceID: to.ReceiverID, ProviderID: id.New(), ProviderName: "Haven", Name: "Haven lunch", Needs: []terms.Need{terms.NeedFood}, NeedsMapped: true, Sensitive: true,
		Source: "test", SourceID: "lunch", SourceLicence: "none", Claimed: true, Status: terms.ServiceActive, AcceptsReferrals: true, Version: 1,
	})
	require.NoError(t, h.sends(h.nurse, ref, terms.NeedFood, to))
	var asked said.ReferralRequestedV1
	h.Last(ref, &asked)
	require.True(t, asked.Sensitive)
	require.Empty(t, asked.Receivers)
	line := &register.RoleScopeSetV1{
		LineID: id.New(), Role: terms.RoleCareProfessional, Act: terms.ActRefer, Of: terms.OfSensitive, Allowed: false, Door: "Ask a GP", FromOn: "2026-01-01", At: h.Now.Now(), Version: 1,
	}
	h.Tell(line.LineID, line)
	require.ErrorContains(t, h.sends(h.nurse, ref, terms.NeedFood, to), "does not do this for sensitive needs and services")
	require.NoError(t, h.sends(h.nurse, ref, terms.NeedFood))
}

// What a team does not do here is seen before a hospital sends; what it does not do in some other neighbourhood does not matter.
func TestATeamThatDoesNotDoThatHereIsSeenBeforeAHospitalSends(t *testing.T) {
	t.Parallel()
	h, ctx := newHouse(t), t.Context()
	ref, to := h.patient(h.nurse, ada), domain.Draft{ReceiverKind: terms.ReceiverTeam, ReceiverID: h.team}
	offer := &linkworker.TeamOfferPublishedV1{
		TeamID: h.team, Name: "Ardwick Link Workers", NetworkCodes: []string{"U54321"}, WhatWeDo: "What matters to you?", AcceptsReferrals: true, Simulated: true, At: h.Now.Now(), Version: 1,
		Needs:   []terms.Need{terms.NeedLoneliness, terms.NeedFood},
		NotHere: []linkworker.TeamOfferPublishedV1NotHere{{Need: terms.NeedHousing, Why: "The housing office does."}, {Need: terms.NeedFood, Why: "The pantry does.", NetworkCode: "U54321"}},
	}
	h.Tell(h.team, offer)
	draft, version := h.ready(h.nurse, ref)
	details := "/mdt/drafts/" + draft + "/details"
	describe := func(need terms.Need, receiver string) error {
		d, err := h.app.Describe(ctx, h.nurse, cmd(), draft, version, domain.Draft{Need: need, Urgency: terms.UrgencyRoutine, Narrative: "Goes home", ReceiverID: receiver})
		if err == nil {
			version = d.Version
		}
		return err
	}
	require.NoError(t, describe(terms.NeedHousing, ""))
	housing := h.page(h.nurse, details)
	require.Contains(t, housing, "Ardwick Link Workers does not take this need. The housing office does.")
	require.NotContains(t, housing, `value="`+h.team+`"`)
	require.ErrorContains(t, describe(terms.NeedHousing, h.team), "Ardwick Link Workers does not take this need. Choose another. The housing office does.")
	require.NoError(t, describe(terms.NeedFood, h.team))
	food := h.page(h.nurse, details)
	require.Contains(t, food, `value="`+h.team+`"`)
	require.NotContains(t, food, "pantry", "that is about another neighbourhood")
	check := "/mdt/drafts/" + draft + "/check"
	require.Contains(t, h.page(h.nurse, check), "Send the referral")

	offer.Version, offer.NotHere = 2, []linkworker.TeamOfferPublishedV1NotHere{{Need: terms.NeedFood, Why: "The pantry does."}}
	h.Tell(h.team, offer)
	before := len(h.Said(ref))
	page := h.page(h.nurse, check)
	require.Contains(t, page, "They do not do that here")
	require.Contains(t, page, "The pantry does.")
	require.NotContains(t, page, "Send the referral")
	_, err := h.app.SendDraft(ctx, h.nurse, cmd(), draft, version, terms.OverlapAnswer{})
	require.ErrorContains(t, err, "The pantry does.")
	require.ErrorContains(t, h.sends(h.nurse, ref, terms.NeedFood, to), "The pantry does.")
	require.Len(t, h.Said(ref), before)
	require.NoError(t, h.sends(h.nurse, ref, terms.NeedLoneliness, to))
}
