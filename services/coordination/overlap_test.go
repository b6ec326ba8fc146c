package coordination_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/doortest"
	"example.org/waypost/schemas"
	said "example.org/waypost/schemas/coordination"
	"example.org/waypost/schemas/mdt"
	"example.org/waypost/schemas/primarycare"
	"example.org/waypost/schemas/terms"
)

// helped is a scene with somebody whom the first service helps with loneliness, and which says that it helps with food too.
func helped(t *testing.T) (s *scene, ref, referral string) {
	t.Helper()
	s = newScene(t)
	both := s.listing(0)
	both.Needs, both.Version = []terms.Need{terms.NeedLoneliness, terms.NeedFood}, 2
	s.Tell(s.services[0], both)
	ref = s.patient()
	p := s.refer(ref, s.practice)
	s.accept(ref, s.offer(ref, p.ReferralID))
	return s, ref, p.ReferralID
}

func chooses(choice terms.OverlapChoice, change ...func(*primarycare.ReferralRequestedV1)) func(*primarycare.ReferralRequestedV1) {
	return func(p *primarycare.ReferralRequestedV1) {
		p.Need, p.OverlapChoice = terms.NeedFood, choice
		one := 1
		p.SeenHelping, p.SeenOverlaps = &one, &one
		p.SendNote = schemas.Seal(schemas.Message{Text: "She asked for her sister's group"})
		for _, f := range change {
			f(p)
		}
	}
}

// The panel's part for a desk's form asks what is to be done about whoever may do this too, and brings the numbers along.
func TestThePanelAsksWhatToDo(t *testing.T) {
	t.Parallel()
	s, ref, first := helped(t)
	ask := func(need terms.Need, more ...string) string {
		f := url.Values{"patient_ref": {ref}, "need": {string(need)}}
		for i := 0; i+1 < len(more); i += 2 {
			f.Set(more[i], more[i+1])
		}
		return s.ask(s.otherReceptionist, http.MethodPost, "/case/panel", f.Encode(), "Content-Type", "application/x-www-form-urlencoded", "HX-Request", "true").Body
	}
	part := ask(terms.NeedFood)
	for _, want := range []string{`name="seen_overlaps" value="1"`, `name="overlap"`, `value="join"`, `value="send"`, `value="stop"`, `name="send_reason"`, `name="join_with" value="` + first + `"`} {
		require.Contains(t, part, want)
	}
	require.Contains(t, ask(terms.NeedFood, "overlap", "send", "missing", "send_reason"), "Select why it is sent although somebody helps already")
	none := ask(terms.NeedHousing)
	require.Contains(t, none, `name="seen_overlaps" value="0"`)
	require.NotContains(t, none, `name="overlap"`, "nobody may do this: nothing is asked")
	require.NotContains(t, ask(terms.NeedDomesticAbuse), `value="join"`)
	page := s.send(s.otherReceptionist, "/case/panel", url.Values{"patient_ref": {ref}, "need": {string(terms.NeedFood)}}).Body
	require.NotContains(t, page, `name="overlap"`, "the page by itself is no form to send from")
	require.Contains(t, page, "Already helping, and may do this too")
}

// Joined: nothing is offered, whoever helps sees that they are asked to do this too, and the one who asked hears how it goes.
func TestAnOverlapIsJoined(t *testing.T) {
	t.Parallel()
	s, ref, first := helped(t)
	second := s.refer(ref, s.otherPractice, chooses(terms.OverlapJoin, func(p *primarycare.ReferralRequestedV1) { p.JoinReferralID = first }))
	r := s.progress(ref, second.ReferralID)
	require.Equal(t, terms.ReferralJoined, r.State)
	require.Zero(t, s.count(`select count(*) from offer where referral_id = $1`, second.ReferralID), "nothing is offered")
	var joined said.ReferralJoinedV1
	s.Last(ref, &joined)
	require.Equal(t, first, joined.IntoReferralID)
	for _, page := range []string{s.page(s.provider, "/case/"+r.CaseID).Body, s.page(s.receptionist, "/case/"+r.CaseID).Body, s.page(s.otherReceptionist, "/case/"+r.CaseID).Body} {
		require.Contains(t, page, "Whoever helps already is asked to do this too; nothing new is sent")
		require.Contains(t, page, "She asked for her sister&#39;s group", "both sides read why")
	}
	panel := s.page(s.provider, "/case/panel/"+ref).Body
	require.Contains(t, panel, "Asked to help with this too: food", "whoever helps sees it where they answer")
	require.Contains(t, panel, "Hill Surgery")
	s.Tell(ref, &primarycare.ReferralWithdrawnV1{PatientRef: ref, ReferralID: first, SenderOrganisationID: s.practice, Reason: terms.WithdrawalNoLongerNeeded, By: s.receptionist.Person.ID, At: s.Now.Now()})
	require.Equal(t, string(terms.ReferralWithdrawn), s.progress(ref, second.ReferralID).Reason, "the one who joined hears that the other ended")
}

// The check that counts is made when the request arrives: whoever helps no more can not be joined, and the person is not left alone.
func TestWhoHelpsNoMoreIsNotJoined(t *testing.T) {
	t.Parallel()
	s, ref, first := helped(t)
	s.Tell(ref, &primarycare.ReferralWithdrawnV1{PatientRef: ref, ReferralID: first, SenderOrganisationID: s.practice, Reason: terms.WithdrawalNoLongerNeeded, By: s.receptionist.Person.ID, At: s.Now.Now()})
	second := s.refer(ref, s.otherPractice, chooses(terms.OverlapJoin, func(p *primarycare.ReferralRequestedV1) { p.JoinReferralID = first }))
	r := s.progress(ref, second.ReferralID)
	require.Equal(t, terms.ReferralOffered, r.State)
	require.Contains(t, s.page(s.otherReceptionist, "/case/"+r.CaseID).Body, "Whoever was to do this too no longer helps, so it was sent")
}

// A link worker team that has something in hand is shown to whoever asks before sending, also to one that is no practice.
func TestATeamIsShownAsHelp(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	ref := s.patient()
	s.refer(ref, s.practice, func(p *primarycare.ReferralRequestedV1) {
		p.Need, p.Receivers = terms.NeedDebtAndMoney, []schemas.Receiver{{Kind: terms.ReceiverTeam, ID: s.team}}
	})
	for _, by := range []actor.Actor{s.otherReceptionist, s.coordinator} {
		for _, need := range []string{"", "loneliness", "debt_and_money"} {
			got := s.ask(by, http.MethodPost, apiRoot+"/who-helps", `{"patient_ref":"`+ref+`","need":"`+need+`"}`, "Content-Type", "application/json")
			require.Equal(t, http.StatusOK, got.Status, "%s: %s", by.Role, got.Body)
			require.Contains(t, got.Body, "Park Link Workers", "%s asks for %s", by.Role, need)
		}
	}
}

// inTouch is somebody with a case, and the link worker who stays in touch with them.
func inTouch(t *testing.T) (s *scene, ref string, first *primarycare.ReferralRequestedV1, stays mdt.KeyWorkerAssignedV1) {
	t.Helper()
	s = newScene(t)
	ref = s.patient()
	first = s.refer(ref, s.practice)
	stays = mdt.KeyWorkerAssignedV1{
		PatientRef: ref, CaseID: s.progress(ref, first.ReferralID).CaseID, PersonID: s.linkWorker.Person.ID, OrganisationID: s.team,
		Role: terms.RoleLinkWorker, By: s.receptionist.Person.ID, At: s.Now.Now(),
	}
	s.Tell(ref, &stays)
	return s, ref, first, stays
}

// A key worker is help that is there already, whatever the need; their own organisation is not told what it knows.
func TestAKeyWorkerCountsAsHelp(t *testing.T) {
	t.Parallel()
	s, ref, _, _ := inTouch(t)
	ask := func(need terms.Need) string {
		return s.ask(s.otherReceptionist, http.MethodPost, "/case/panel", url.Values{"patient_ref": {ref}, "need": {string(need)}}.Encode(),
			"Content-Type", "application/x-www-form-urlencoded", "HX-Request", "true").Body
	}
	part := ask(terms.NeedHousing)
	require.Contains(t, part, "Liam Link works with this person already, whatever the need")
	require.Contains(t, part, `name="seen_overlaps" value="1"`)
	require.Contains(t, part, `name="join_with" value="worker:`+s.linkWorker.Person.ID, "they said yes to the person")
	require.NotContains(t, ask(terms.NeedDomesticAbuse), `value="join"`, "what is sensitive is joined to nobody")
	second := s.refer(ref, s.otherPractice, func(p *primarycare.ReferralRequestedV1) {
		p.Need, p.SendReason, p.OverlapChoice = terms.NeedHousing, terms.SendPatientAsked, terms.OverlapSend
	})
	require.Equal(t, 1, s.count(`select count(*) from timeline where what = 'overlap_found' and referral_id = $1 and detail->>'who' = $2`, second.ReferralID, s.linkWorker.Person.ID))
}

// Joined to the key worker, nothing is offered and the sender hears it; when they stay in touch no longer, it is asked for anew. Whoever may
// not take such a need can not be joined.
func TestAKeyWorkerIsJoined(t *testing.T) {
	t.Parallel()
	s, ref, _, stays := inTouch(t)
	caseID := stays.CaseID
	join := func(p *primarycare.ReferralRequestedV1) {
		p.Need, p.OverlapChoice, p.JoinPersonID, p.SignedBy = terms.NeedHousing, terms.OverlapJoin, s.linkWorker.Person.ID, s.receptionist.Person.ID
	}
	second := s.refer(ref, s.otherPractice, join)
	require.Equal(t, terms.ReferralJoined, s.progress(ref, second.ReferralID).State)
	var joined said.ReferralJoinedV1
	s.Last(ref, &joined)
	require.Equal(t, s.linkWorker.Person.ID, joined.WorkerID)
	require.Equal(t, terms.NeedHousing, joined.Need)
	require.Empty(t, joined.IntoReferralID)
	page := s.page(s.otherReceptionist, "/case/"+caseID).Body
	require.Contains(t, page, "Liam Link works with the person already.")
	require.Contains(t, page, "Signed by Rita Reception for a colleague in training")

	s.Now.Add(time.Minute)
	left := mdt.KeyWorkerReleasedV1(stays)
	left.At = s.Now.Now()
	s.Tell(ref, &left)
	require.NotEqual(t, terms.ReferralJoined, s.progress(ref, second.ReferralID).State, "it is not lost with them")
	require.Contains(t, s.page(s.otherReceptionist, "/case/"+caseID).Body, "works with the person no more, so it is asked for anew")

	s.Now.Add(time.Minute)
	stays.Role, stays.At = terms.RoleReceptionist, s.Now.Now()
	s.Tell(ref, &stays)
	third := s.refer(ref, s.otherPractice, join, func(p *primarycare.ReferralRequestedV1) { p.Need = terms.NeedTransport })
	require.NotEqual(t, terms.ReferralJoined, s.progress(ref, third.ReferralID).State, "a receptionist takes no referrals")
}

// ends has the case end with its only referral, before the meeting has heard of it.
func (s *scene) ends(ref string, first *primarycare.ReferralRequestedV1) {
	s.T.Helper()
	s.Now.Add(time.Minute)
	s.Tell(ref, &primarycare.ReferralWithdrawnV1{
		PatientRef: ref, ReferralID: first.ReferralID, SenderOrganisationID: s.practice, Reason: terms.WithdrawalOther, By: s.receptionist.Person.ID, At: s.Now.Now(),
	})
	require.Equal(s.T, 1, s.count(`select count(*) from case_record where closed_at is not null`))
}

// A key worker leaves with the case: when it is opened again nobody can be joined to them, and their organisation sees no more of it.
func TestAKeyWorkerLeavesWithTheCase(t *testing.T) {
	t.Parallel()
	s, ref, first, stays := inTouch(t)
	s.ends(ref, first)
	left := mdt.KeyWorkerReleasedV1(stays)
	left.At = s.Now.Now()
	s.Tell(ref, &left)
	require.Equal(t, http.StatusOK, s.page(s.linkWorker, "/case/"+stays.CaseID).Status, "what they had a part in")
	require.Equal(t, http.StatusOK, s.reopens(stays.CaseID).Status)
	require.Equal(t, http.StatusNotFound, s.page(s.linkWorker, "/case/"+stays.CaseID).Status)
	second := s.refer(ref, s.otherPractice, func(p *primarycare.ReferralRequestedV1) {
		p.Need, p.OverlapChoice, p.JoinPersonID = terms.NeedHousing, terms.OverlapJoin, s.linkWorker.Person.ID
	})
	require.NotEqual(t, terms.ReferralJoined, s.progress(ref, second.ReferralID).State)
}

// A meeting that has not heard of the end asks somebody about a case that is closed: they have no part in the one that was opened since.
func TestWhoIsAskedAboutAnEndedCaseTakesNoLaterOne(t *testing.T) {
	t.Parallel()
	s, ref, first, stays := inTouch(t)
	s.ends(ref, first)
	second := s.refer(ref, s.otherPractice)
	later := s.progress(ref, second.ReferralID).CaseID
	require.NotEqual(t, stays.CaseID, later)
	s.Now.Add(time.Minute)
	stays.At = s.Now.Now()
	s.Tell(ref, (*mdt.CaseHolderAcceptedV1)(&stays))
	require.Equal(t, http.StatusNotFound, s.page(s.linkWorker, "/case/"+later).Status)
	require.Zero(t, s.count(`select count(*) from case_record where id = $1 and with_mdt`, later), "it ends with its work, and waits for no meeting")
}

// What was held and what overlapped is counted with what people chose: as it is for the office, without small numbers beyond.
func TestWhatPeopleChoseIsCounted(t *testing.T) {
	t.Parallel()
	s, ref, _ := helped(t)
	held := s.refer(ref, s.otherPractice)
	require.Equal(t, terms.ReferralHeld, s.progress(ref, held.ReferralID).State)
	require.Equal(t, http.StatusOK, s.step(s.otherReceptionist, held.ReferralID, "confirm", `{"reason":"patient_asked"}`).Status)
	waits := s.refer(ref, s.otherPractice)
	require.Equal(t, terms.ReferralHeld, s.progress(ref, waits.ReferralID).State)
	s.refer(ref, s.otherPractice, chooses(terms.OverlapJoin))
	s.refer(ref, s.otherPractice, chooses(terms.OverlapSend, func(p *primarycare.ReferralRequestedV1) { p.SendReason = terms.SendDifferentHelp }))

	type counts struct {
		Exact bool `json:"exact"`
		Held  []struct {
			Choice, Reason string
			Count          *int
		} `json:"held_by_choice"`
		Needs []struct {
			Need  string
			Count *int
		} `json:"overlapping_by_need"`
		Overlap []struct {
			Choice, Reason string
			Count          *int
		} `json:"overlapping_by_choice"`
	}
	var office counts
	got := s.page(s.coordinator, apiRoot+"/overlaps?days=30")
	require.Equal(t, http.StatusOK, got.Status, got.Body)
	require.NoError(t, json.Unmarshal([]byte(got.Body), &office))
	require.True(t, office.Exact)
	found := map[string]int{}
	for _, c := range append(office.Held, office.Overlap...) {
		found[c.Choice+" "+c.Reason] += *c.Count
	}
	require.Equal(t, map[string]int{"sent patient_asked": 1, "waiting ": 1, "joined ": 1, "sent different_help": 1}, found)
	require.Equal(t, 2, *office.Needs[0].Count)
	page := s.page(s.coordinator, "/case/overlaps").Body
	require.Contains(t, page, "Sent all the same: it is a different kind of help")
	require.Contains(t, page, "<svg")

	lead := doortest.Person("Lea Lead", "service_lead", s.providers[1], "provider", "Phone friends")
	s.grant(lead, s.Now.Now())
	var beyond counts
	require.NoError(t, json.Unmarshal([]byte(s.page(lead, apiRoot+"/overlaps").Body), &beyond))
	require.False(t, beyond.Exact)
	for _, c := range append(beyond.Held, beyond.Overlap...) {
		require.Nil(t, c.Count, "small numbers are not told beyond the office")
	}
	require.Contains(t, s.page(lead, "/case/overlaps").Body, "fewer than 8")
	require.Equal(t, http.StatusForbidden, s.page(s.receptionist, "/case/overlaps").Status)
	require.Equal(t, http.StatusUnprocessableEntity, s.page(s.coordinator, "/case/overlaps?days=7").Status)
	s.Now.Add(40 * 24 * time.Hour)
	require.Contains(t, s.page(s.coordinator, "/case/overlaps?days=30").Body, "Nothing was held and nothing overlapped")
}

// The people one lives with: who helps one of them is told to who asks about the other, when both agreed and nobody must be kept safe; in
// each direction, until one of them says no. Otherwise nothing shows that anybody lives there.
func TestAHousehold(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	lives := func(address string) func(*primarycare.ReferralRequestedV1) {
		return func(p *primarycare.ReferralRequestedV1) {
			c := s.somebody()
			c.AddressLines, c.Postcode = []string{address}, "M1 1AE"
			p.Contact, p.Safeguarding = schemas.Seal(c), nil
		}
	}
	one, two, next := s.patient(), s.patient(), s.patient()
	helped := s.refer(one, s.practice, lives("10 Mill Lane"))
	s.refer(two, s.practice, lives("10, mill lane"))
	s.refer(next, s.practice, lives("12 Mill Lane"))
	s.accept(one, s.offer(one, helped.ReferralID))
	told := func(ref string) bool {
		return strings.Contains(s.page(s.otherReceptionist, "/case/panel/"+ref).Body, "Somebody they live with is helped already by Friday cafe")
	}
	says := func(ref, given, how string) int {
		path := "/case/patients/" + ref + "/household"
		return s.post(s.receptionist, path, path, url.Values{"given": {given}, "how": {how}}).Status
	}
	page := func(ref string) string { return s.page(s.receptionist, "/case/patients/"+ref+"/household").Body }
	const heading = "Who helps the people they live with"
	require.False(t, told(two), "nobody agreed")
	require.NotContains(t, page(two), heading)
	require.Equal(t, http.StatusSeeOther, says(two, "yes", "in_person"))
	require.False(t, told(two), "only who asks agreed")
	require.Contains(t, page(two), "Nothing that may be told")
	require.Equal(t, http.StatusSeeOther, says(next, "yes", "in_person"))
	require.Equal(t, http.StatusUnprocessableEntity, says(one, "yes", "best_interests"), "others can not agree to it")
	require.False(t, told(two))
	s.Now.Add(time.Minute)
	require.Equal(t, http.StatusSeeOther, says(one, "yes", "phone"))
	require.True(t, told(two), "both agreed")
	require.Contains(t, page(two), heading)
	require.Contains(t, page(two), "Friday cafe")
	require.NotContains(t, page(one), "Friday cafe", "it helps them, not the other")
	read := s.ask(s.receptionist, http.MethodGet, apiRoot+"/patients/"+two+"/household", "").Body
	require.Contains(t, read, `"agreed":true`)
	require.Contains(t, read, `"helps":["Friday cafe"]`)
	require.Equal(t, http.StatusNotFound, s.ask(s.otherReceptionist, http.MethodGet, apiRoot+"/patients/"+two+"/household", "").Status)
	require.False(t, told(one), "nobody helps the other yet")
	require.False(t, told(next), "next door is another household")
	require.NotContains(t, s.page(s.otherReceptionist, "/case/panel/"+two).Body, "/case/patients/", "who has no part in the case records nothing")

	s.Now.Add(time.Minute)
	require.Equal(t, http.StatusSeeOther, says(two, "no", "phone"))
	require.False(t, told(two), "who asks about them has changed their mind")
	s.Now.Add(time.Minute)
	require.Equal(t, http.StatusSeeOther, says(two, "yes", "phone"))
	require.True(t, told(two))
	require.Equal(t, http.StatusSeeOther, says(one, "no", "phone"))
	require.False(t, told(two), "who is helped has changed their mind")
	s.Now.Add(time.Minute)
	require.Equal(t, http.StatusSeeOther, says(one, "yes", "phone"))
	require.True(t, told(two))
	s.refer(two, s.practice, lives("10 Mill Lane"), func(p *primarycare.ReferralRequestedV1) {
		p.Need, p.Sensitive, p.Hidden = "", true, schemas.Seal(schemas.SensitiveReferral{Need: terms.NeedDomesticAbuse})
	})
	require.False(t, told(two), "whom one lives with may be whom one must be kept safe from")
	require.Equal(t, http.StatusNotFound, s.page(s.otherReceptionist, "/case/patients/"+one+"/household").Status)
}

// Whom somebody refuses by name is not told who helps the people they live with either, though it sent something itself.
func TestWhoIsRefusedByNameLearnsNothingOfTheHousehold(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	one, two := s.patient(), s.patient()
	atHome := func(p *primarycare.ReferralRequestedV1) {
		c := s.somebody()
		c.AddressLines, c.Postcode = []string{"10 Mill Lane"}, "M1 1AE"
		p.Contact, p.Safeguarding = schemas.Seal(c), nil
	}
	helped := s.refer(one, s.practice, atHome)
	s.accept(one, s.offer(one, helped.ReferralID))
	s.refer(two, s.practice, atHome)
	s.refer(two, s.otherPractice, atHome, func(p *primarycare.ReferralRequestedV1) { p.Need, p.Receivers = terms.NeedFood, nil })
	for _, ref := range []string{one, two} {
		path := "/case/patients/" + ref + "/household"
		require.Equal(t, http.StatusSeeOther, s.post(s.receptionist, path, path, url.Values{"given": {"yes"}, "how": {"in_person"}}).Status)
	}
	read := func() answer {
		return s.ask(s.otherReceptionist, http.MethodGet, apiRoot+"/patients/"+two+"/household", "")
	}
	require.Contains(t, read().Body, "Friday cafe")
	s.Now.Add(time.Minute)
	require.Equal(t, http.StatusOK, s.refuses(two, s.otherPractice).Status)
	got := read()
	require.Equal(t, http.StatusOK, got.Status)
	require.NotContains(t, got.Body, "Friday cafe")
}
