package mdt_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/id"
	"example.org/waypost/schemas"
	"example.org/waypost/schemas/coordination"
	"example.org/waypost/schemas/linkworker"
	"example.org/waypost/schemas/primarycare"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/mdt/internal/app"
	"example.org/waypost/services/mdt/internal/domain"
)

// helps is that a referral for a need was offered to an organisation and accepted.
func (h *house) helps(ref, organisation string, need terms.Need) (referral string) {
	h.T.Helper()
	referral = h.offered(ref, organisation, need)
	h.progress(ref, referral, 2, terms.ReferralAccepted, func(p *coordination.ReferralProgressedV1) {
		p.Receiver = &schemas.Reached{Kind: terms.ReceiverService, OrganisationID: organisation}
	})
	return referral
}

// offered is that a referral for a need was offered to an organisation.
func (h *house) offered(ref, organisation string, need terms.Need) (referral string) {
	h.T.Helper()
	referral = id.New()
	offered := &coordination.ReferralOfferedV1{
		PatientRef: ref, ReferralID: referral, CaseID: id.New(), OfferID: id.New(), Reference: "WACD2346", Attempt: 1, ReceiverKind: terms.ReceiverService,
		ReceiverOrganisationID: organisation, SenderOrganisationID: h.practice, SenderKind: terms.KindPractice, Urgency: terms.UrgencyRoutine,
		Need: need, Sensitive: need.Sensitive(), AnswerDueAt: h.Now.Now(), Contact: schemas.Seal(ada), At: h.Now.Now(),
	}
	if offered.Sensitive {
		offered.Need, offered.Hidden = "", schemas.Seal(schemas.SensitiveReferral{Need: need})
	}
	h.Tell(ref, offered)
	return referral
}

// get reads a page.
func (h *house) get(a actor.Actor, path string) string {
	h.T.Helper()
	status, page, _ := h.send(a, http.MethodGet, path, "", "")
	require.Equal(h.T, http.StatusOK, status, page)
	return page
}

// over records that a meeting took place.
func (h *house) over(meeting string) {
	h.T.Helper()
	m, err := h.app.MeetingByID(h.T.Context(), h.coordinator, meeting)
	require.NoError(h.T, err)
	_, err = h.app.Hold(h.T.Context(), h.coordinator, cmd(), app.MeetingChange{ID: meeting, Version: m.Version})
	require.NoError(h.T, err)
}

// A service that helps with something sensitive leaves no line on the pages that a meeting reads from, nor does its worker; what is not
// sensitive stays there.
func TestASensitiveServiceLeavesNothingAtTheMeeting(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	helper := h.person("Sister Silent", terms.RoleProviderWorker, h.elsewhere, terms.KindOtherCare, "Bolton Council")
	meeting, ref := h.meeting("Weekly MDT"), h.patient(h.gp, ada)
	item, _ := h.put(h.gp, meeting, ref)
	h.helps(ref, h.hospital, terms.NeedLoneliness)
	for _, referral := range []string{h.helps(ref, h.elsewhere, terms.NeedDomesticAbuse), id.New()} { // the other was never heard of: it may be sensitive too
		h.Tell(ref, &linkworker.ContactRecordedV1{PatientRef: ref, ContactID: id.New(), ReferralID: referral, OfferID: id.New(), How: terms.ContactPhone, Result: terms.ContactReached, By: helper.Person.ID, At: h.Now.Now()})
	}
	h.hold(item, h.nurse)
	for _, a := range []actor.Actor{h.coordinator, h.gp, h.nurse} {
		for _, path := range []string{"/mdt/items/" + item, "/mdt/meetings/" + meeting, "/mdt/meetings/" + meeting + "/minutes", "/mdt/meetings/" + meeting + "/letter", "/api/mdt/v1/items/" + item} {
			page := h.get(a, path)
			for _, word := range []string{"Sister Silent", "Bolton Council", helper.Person.ID, h.elsewhere, "not shown here", "made contact"} {
				require.NotContains(t, page, word, "%s at %s", a.Person.Name, path)
			}
		}
	}
	require.Equal(t, 1, strings.Count(h.get(h.coordinator, "/mdt/items/"+item), "A referral: accepted"))
	require.Contains(t, h.get(h.coordinator, "/mdt/meetings/"+meeting+"/minutes"), "A referral: accepted (Wythenshawe Discharge Team)")
}

// What another organisation reads on the page of a case is no more than its letter has: not what it is about, nor why somebody said no.
func TestThePageOfACaseTellsTheInvitedNoMoreThanTheirLetter(t *testing.T) {
	t.Parallel()
	h, ctx := newHouse(t), t.Context()
	h.patient(h.nurse, ada) // whom they know themselves
	meeting, ref := h.meeting("Weekly MDT"), h.patient(h.gp, ada)
	put, err := h.app.PutOnAgenda(ctx, h.gp, cmd(), app.PutInput{MeetingID: meeting, PatientRef: ref, Consent: yes(), Reason: terms.MDTRisk, Need: terms.NeedDomesticAbuse, Narrative: "He listens"})
	require.NoError(t, err)
	h.opened(ref)
	asked, err := h.app.AskToHold(ctx, h.coordinator, cmd(), somebody(put.ID, h.secondGP))
	require.NoError(t, err)
	_, err = h.app.RefuseCase(ctx, h.secondGP, cmd(), app.HoldingChange{ID: asked.ID, Version: 1, WhyNot: "I treat her husband"})
	require.NoError(t, err)
	for _, a := range []actor.Actor{h.nurse, h.linkWorker} {
		for _, path := range []string{"/mdt/items/" + put.ID, "/mdt/meetings/" + meeting, "/mdt/holding/" + asked.ID, "/api/mdt/v1/items/" + put.ID} {
			_, page, _ := h.send(a, http.MethodGet, path, "", "")
			for _, word := range []string{"omestic", "domestic_abuse", "He listens", "her husband"} {
				require.NotContains(t, page, word, "%s at %s", a.Person.Name, path)
			}
		}
		require.Contains(t, h.get(a, "/mdt/items/"+put.ID), terms.MDTRisk.Label())
	}
	for _, word := range []string{terms.NeedDomesticAbuse.Label(), "He listens", "I treat her husband"} {
		require.Contains(t, h.get(h.gp, "/mdt/items/"+put.ID), word)
	}
}

// Minutes tell what happened before the discussion, however much happened after it; and what was decided then is what they go on saying.
func TestMinutesStayAsTheyWere(t *testing.T) {
	t.Parallel()
	h, ctx := newHouse(t), t.Context()
	meeting, ref := h.meeting("Weekly MDT"), h.patient(h.gp, ada)
	item, _ := h.put(h.gp, meeting, ref)
	h.helps(ref, h.hospital, terms.NeedLoneliness)
	h.Now.Add(25 * time.Hour)
	_, err := h.app.Discuss(ctx, h.coordinator, cmd(), app.DiscussInput{ItemID: item, Version: 1, Decision: terms.MDTKeepUnderReview, Note: "Wait for the choir"})
	require.NoError(t, err)
	_, err = h.app.Discuss(ctx, h.coordinator, cmd(), app.DiscussInput{ItemID: item, Version: 2, Decision: terms.MDTRefer, Note: "Wait for the choir"})
	require.NoError(t, err, "while the meeting goes on it can be put right")
	h.over(meeting)
	before := h.get(h.coordinator, "/mdt/meetings/"+meeting+"/minutes")
	require.Contains(t, before, "A referral: accepted (Wythenshawe Discharge Team)")
	for range 17 {
		h.Now.Add(time.Hour)
		h.Tell(ref, &primarycare.RedFlagAcknowledgedV1{PatientRef: ref, FlagID: id.New(), PracticeID: h.practice, Action: terms.RedFlagActions[0].Code, AcknowledgedBy: h.gp.Person.ID, AcknowledgedAt: h.Now.Now()})
	}
	_, err = h.app.AgreeAction(ctx, h.coordinator, cmd(), app.AgreeInput{SomebodyInput: somebody(item, h.gp), DueOn: h.Now.Now().AddDate(0, 0, 8).Format(time.DateOnly), What: "Thought of later"})
	require.NoError(t, err)
	after := h.get(h.coordinator, "/mdt/meetings/"+meeting+"/minutes")
	require.Contains(t, after, "A referral: accepted (Wythenshawe Discharge Team)")
	require.NotContains(t, after, "Thought of later")

	_, err = h.app.Discuss(ctx, h.coordinator, cmd(), app.DiscussInput{ItemID: item, Version: 3, Decision: terms.MDTNoFurtherDiscussion, Note: "We changed our minds"})
	require.ErrorIs(t, err, domain.ErrDecided)
	status, page, _ := h.send(h.coordinator, http.MethodPost, "/mdt/items/"+item+"/decision", formType, url.Values{"idempotency_key": {id.New()}, "version": {"3"}, "decision": {string(terms.MDTEscalate)}, "note": {"x"}}.Encode())
	require.Equal(t, http.StatusConflict, status)
	require.Contains(t, page, "next agenda")
	page = h.get(h.coordinator, "/mdt/items/"+item)
	require.NotContains(t, page, "What did the meeting decide?")
	require.Contains(t, page, "Agree an action")
	require.Contains(t, h.get(h.coordinator, "/mdt/meetings/"+meeting+"/minutes"), terms.MDTRefer.Label())
}

// Who was in the room stands with the minutes too: until the meeting is recorded as held it can be put right, after that by nobody.
func TestWhoWasInTheRoomStandsWithTheMinutes(t *testing.T) {
	t.Parallel()
	h, ctx := newHouse(t), t.Context()
	meeting := h.meeting("Weekly MDT")
	v, err := h.app.MeetingByID(ctx, h.coordinator, meeting)
	require.NoError(t, err)
	i := slices.IndexFunc(v.Invitations, func(i domain.Invitation) bool { return i.PersonID == h.nurse.Person.ID })
	nurse := v.Invitations[i].ID
	room := "/mdt/meetings/" + meeting + "/room"
	says := func(a actor.Actor, what domain.Attendance) (int, string) {
		status, page, _ := h.send(a, http.MethodPost, room, formType, url.Values{"idempotency_key": {id.New()}, "i-" + nurse: {string(what)}}.Encode())
		return status, page
	}
	h.Now.Add(25 * time.Hour)
	for _, what := range []domain.Attendance{domain.AttendanceAbsent, domain.AttendancePresent} {
		status, _ := says(h.nurse, what)
		require.Equal(t, http.StatusSeeOther, status, "while the meeting goes on it can be put right")
	}
	h.over(meeting)
	for _, a := range []actor.Actor{h.coordinator, h.nurse} {
		status, page := says(a, domain.AttendanceAbsent)
		require.Equal(t, http.StatusConflict, status)
		require.Contains(t, page, "its minutes say who was there")
		page = h.get(a, room)
		require.Contains(t, page, "its minutes say who was there")
		require.NotContains(t, page, "i-"+nurse)
		require.NotContains(t, h.get(a, "/mdt/meetings/"+meeting), room)
	}
	v, err = h.app.MeetingByID(ctx, h.coordinator, meeting)
	require.NoError(t, err)
	i = slices.IndexFunc(v.Invitations, func(i domain.Invitation) bool { return i.ID == nurse })
	require.Equal(t, domain.AttendancePresent, v.Invitations[i].Attendance)
}

// Somebody must be there for what the person was referred for too, unless it is sensitive or has ended.
func TestTheRoomIsFilledForWhatTheyWereReferredFor(t *testing.T) {
	t.Parallel()
	h, ctx := newHouse(t), t.Context()
	meeting, ref := h.meeting("Weekly MDT"), h.patient(h.gp, ada)
	_, err := h.app.PutOnAgenda(ctx, h.gp, cmd(), app.PutInput{MeetingID: meeting, PatientRef: ref, Consent: yes(), Reason: terms.MDTOther, Narrative: "Much at once"})
	require.NoError(t, err)
	roles := func() (out []terms.Role) {
		v, err := h.app.MeetingByID(ctx, h.coordinator, meeting)
		require.NoError(t, err)
		for _, s := range v.Seats {
			if s.Anybody() {
				out = append(out, s.Role)
			}
		}
		return out
	}
	require.Empty(t, roles())
	h.offered(ref, h.elsewhere, terms.NeedSexualHealthHIV)
	require.Empty(t, roles(), "nobody is in the room for what is sensitive")
	h.offered(ref, h.elsewhere, terms.NeedDementiaSupport)
	debts := h.helps(ref, h.elsewhere, terms.NeedDebtAndMoney)
	require.ElementsMatch(t, []terms.Role{terms.RoleCareProfessional, terms.RoleLinkWorker}, roles())
	h.progress(ref, debts, 3, terms.ReferralClosed)
	require.Equal(t, []terms.Role{terms.RoleCareProfessional}, roles())
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
	get := h.get
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
	for item, page := range map[string]string{ours: get(h.nurse, "/mdt/items/"+ours), theirs: get(h.nurse, "/mdt/items/"+theirs)} {
		require.Equal(t, item == theirs, strings.Contains(page, "Ben wants to sing"))
		for _, words := range []string{"Ada", "A secret", "Ring the choir", "Lee Link", terms.NeedLoneliness.Label(), "Comes every week"} {
			require.NotContains(t, page, words, "the page of the case tells no more than the letter")
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
