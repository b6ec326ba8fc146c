package mdt_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/id"
	"example.org/waypost/schemas"
	"example.org/waypost/schemas/coordination"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/mdt/internal/app"
	"example.org/waypost/services/mdt/internal/domain"
)

// helps is that a referral for a need was offered to an organisation and accepted.
func (h *house) helps(ref, organisation string, need terms.Need) {
	h.T.Helper()
	referral := id.New()
	offered := &coordination.ReferralOfferedV1{
		PatientRef: ref, ReferralID: referral, CaseID: id.New(), OfferID: id.New(), Reference: "WACD2346", Attempt: 1, ReceiverKind: terms.ReceiverService,
		ReceiverOrganisationID: organisation, SenderOrganisationID: h.practice, SenderKind: terms.KindPractice, Urgency: terms.UrgencyRoutine,
		Need: need, Sensitive: need.Sensitive(), AnswerDueAt: h.Now.Now(), Contact: schemas.Seal(ada), At: h.Now.Now(),
	}
	if offered.Sensitive {
		offered.Need, offered.Hidden = "", schemas.Seal(schemas.SensitiveReferral{Need: need})
	}
	h.Tell(ref, offered)
	h.progress(ref, referral, 2, terms.ReferralAccepted, func(p *coordination.ReferralProgressedV1) {
		p.Receiver = &schemas.Reached{Kind: terms.ReceiverService, OrganisationID: organisation}
	})
}

// Who must be in the room follows from what is on the agenda; a sensitive service that helps is not named, and one press asks
// whoever is missing.
func TestWhoMustBeInTheRoom(t *testing.T) {
	t.Parallel()
	h, ctx := newHouse(t), t.Context()
	meeting, ref := h.meeting("Weekly MDT"), h.patient(h.gp, ada)
	item, _ := h.put(h.gp, meeting, ref)
	h.hold(item, h.gp)
	h.helps(ref, h.hospital, terms.NeedLoneliness)
	h.helps(ref, h.elsewhere, terms.NeedDomesticAbuse)

	v, err := h.app.MeetingByID(ctx, h.coordinator, meeting)
	require.NoError(t, err)
	state := func(person, organisation string) (s domain.SeatState) {
		for _, x := range v.Seats {
			if x.PersonID == person && x.OrganisationID == organisation {
				s = x.State
			}
		}
		return s
	}
	require.Equal(t, domain.SeatNotAsked, state(h.gp.Person.ID, h.practice), "they hold the case")
	require.Equal(t, domain.SeatUnanswered, state("", h.hospital), "they help, and somebody of theirs is asked")
	require.Empty(t, state("", h.elsewhere), "that they help is sensitive")
	_, page, _ := h.send(h.coordinator, "GET", "/mdt/meetings/"+meeting, "", "")
	require.Contains(t, page, "Must be there and is missing")
	require.Contains(t, page, "Greta Physician, Ardwick Surgery (not asked)")
	require.Contains(t, page, "Holds the case (CDEF 2346)")
	_, page, _ = h.send(h.nurse, "GET", "/mdt/meetings/"+meeting, "", "")
	require.NotContains(t, page, "Who must be in the room", "only the meeting's own people see who helps whom")

	status, _, _ := h.send(h.coordinator, "POST", "/mdt/meetings/"+meeting+"/invite", "application/x-www-form-urlencoded",
		"idempotency_key="+id.New()+"&must=yes&guest="+h.gp.Person.ID+"%3A"+h.practice)
	require.Equal(t, http.StatusSeeOther, status)
	v, err = h.app.MeetingByID(ctx, h.coordinator, meeting)
	require.NoError(t, err)
	require.Equal(t, domain.SeatUnanswered, state(h.gp.Person.ID, h.practice))
}

// A letter to another organisation tells them no more than they see themselves: references, decisions, their own actions, and of
// whom they brought also the name and what was said.
func TestTheLetterTellsNobodyMoreThanTheySee(t *testing.T) {
	t.Parallel()
	h, ctx := newHouse(t), t.Context()
	meeting := h.meeting("Weekly MDT")
	ours, _ := h.put(h.gp, meeting, h.patient(h.gp, ada))
	ben := domain.Contact{GivenName: "Ben", FamilyName: "Brought", DateOfBirth: "1960-03-04", NHSNumber: "9990000026", Phone: "0161 496 0001", SafeWays: domain.SafeWays{Phone: true}}
	done, err := h.app.PutOnAgenda(ctx, h.nurse, cmd(), app.PutInput{MeetingID: meeting, PatientRef: h.patient(h.nurse, ben), Consent: yes(), Reason: terms.MDTHospitalDischarge, Narrative: "Goes home on Friday"})
	require.NoError(t, err)
	theirs := done.ID
	for item, note := range map[string]string{ours: "A secret of Ada", theirs: "Ben wants to sing"} {
		_, err = h.app.Discuss(ctx, h.coordinator, cmd(), app.DiscussInput{ItemID: item, Version: 1, Decision: terms.MDTKeepUnderReview, Note: note})
		require.NoError(t, err)
	}
	for a, what := range map[*actor.Actor]string{&h.nurse: "Ring the ward", &h.linkWorker: "Ring the choir"} {
		_, err := h.app.AgreeAction(ctx, h.coordinator, cmd(), app.AgreeInput{SomebodyInput: somebody(ours, *a), DueOn: h.Now.Now().AddDate(0, 0, 8).Format(time.DateOnly), What: what})
		require.NoError(t, err)
	}
	get := func(a actor.Actor, path string) string {
		status, page, _ := h.send(a, "GET", path, "", "")
		require.Equal(t, http.StatusOK, status, page)
		return page
	}
	all := get(h.coordinator, "/mdt/meetings/"+meeting+"/letter")
	for _, words := range []string{"Ada Hart", "A secret of Ada", "Ben Brought", "Ring the ward", "Ring the choir", "waypost-letter"} {
		require.Contains(t, all, words)
	}
	sent, own := get(h.coordinator, "/mdt/meetings/"+meeting+"/letter?to="+h.hospital), get(h.nurse, "/mdt/meetings/"+meeting+"/letter")
	for name, letter := range map[string]string{"as we send it": sent, "as they open it": own} {
		for _, words := range []string{"Wythenshawe Discharge Team", "Case CDEF 2346", "Ben Brought", "Ben wants to sing", "Ring the ward", terms.MDTKeepUnderReview.Label()} {
			require.Contains(t, letter, words, name)
		}
		for _, words := range []string{"Ada", "A secret", "Ring the choir", "Lee Link"} {
			require.NotContains(t, letter, words, name)
		}
	}
	status, _, _ := h.send(h.coordinator, "GET", "/mdt/meetings/"+meeting+"/letter?to="+h.elsewhere, "", "")
	require.Equal(t, http.StatusNotFound, status, "they were not asked")
	status, _, _ = h.send(h.other, "GET", "/mdt/meetings/"+meeting+"/letter", "", "")
	require.Equal(t, http.StatusNotFound, status)

	receptionist := h.person("Rita Reception", terms.RoleReceptionist, h.practice, terms.KindPractice, "Ardwick Surgery")
	status, _, _ = h.send(receptionist, "GET", "/mdt/meetings/"+meeting+"/letter", "", "")
	require.Equal(t, http.StatusForbidden, status, "a receptionist does not read what was said")
	require.NotContains(t, get(receptionist, "/mdt/items/"+ours), "A secret")

	status, file, header := h.send(h.nurse, "GET", "/mdt/meetings/"+meeting+"/calendar", "", "")
	require.Equal(t, http.StatusOK, status)
	require.True(t, strings.HasPrefix(header.Get("Content-Type"), "text/calendar"))
	require.Contains(t, file, "SUMMARY:Weekly MDT")
	for _, words := range []string{"Ada", "Hart", "Ben", "Nia", "CDEF", "mailto"} {
		require.NotContains(t, file, words)
	}
	status, _, _ = h.send(h.other, "GET", "/mdt/meetings/"+meeting+"/calendar", "", "")
	require.Equal(t, http.StatusNotFound, status)
}

// A case discussed three times with the same decision and nothing between is marked, until something changes.
func TestACaseDiscussedThriceWithoutAChangeIsMarked(t *testing.T) {
	t.Parallel()
	h, ctx := newHouse(t), t.Context()
	meeting, ref := h.meeting("Weekly MDT"), h.patient(h.gp, ada)
	item, _ := h.put(h.gp, meeting, ref)
	for week := range 3 {
		_, page, _ := h.send(h.coordinator, "GET", "/mdt/meetings/"+meeting, "", "")
		require.NotContains(t, page, "without a change", week)
		_, err := h.app.Discuss(ctx, h.coordinator, cmd(), app.DiscussInput{ItemID: item, Version: 1, Decision: terms.MDTKeepUnderReview})
		require.NoError(t, err)
		h.Now.Add(26 * time.Hour)
		m, err := h.app.MeetingByID(ctx, h.coordinator, meeting)
		require.NoError(t, err)
		_, err = h.app.Hold(ctx, h.coordinator, cmd(), app.MeetingChange{ID: meeting, Version: m.Version})
		require.NoError(t, err)
		done, err := h.app.ScheduleNext(ctx, h.coordinator, cmd(), meeting)
		require.NoError(t, err)
		meeting = done.ID
		h.Now.Add(6 * 24 * time.Hour)
		m, err = h.app.MeetingByID(ctx, h.coordinator, meeting)
		require.NoError(t, err)
		item = m.Lines[0].ID
	}
	_, page, _ := h.send(h.coordinator, "GET", "/mdt/meetings/"+meeting, "", "")
	require.Contains(t, page, "Discussed 3 times without a change")
	_, page, _ = h.send(h.coordinator, "GET", "/mdt/items/"+item, "", "")
	require.Contains(t, page, "Discussed 3 times without a change")
	h.hold(item, h.gp)
	_, page, _ = h.send(h.coordinator, "GET", "/mdt/items/"+item, "", "")
	require.NotContains(t, page, "without a change")
}
