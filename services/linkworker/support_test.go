package linkworker_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/id"
	"example.org/waypost/schemas"
	"example.org/waypost/schemas/coordination"
	said "example.org/waypost/schemas/linkworker"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/schemas/vcse"
)

// service has vcse publish a service that takes referrals.
func (h *house) service(name string, change ...func(*vcse.ServicePublishedV1)) string {
	h.T.Helper()
	p := &vcse.ServicePublishedV1{
		ServiceID: id.New(), ProviderID: id.New(), ProviderName: "Bolton Sings", Name: name, Description: "We sing together.", Needs: []terms.Need{terms.NeedLoneliness},
		NeedsMapped: true, Source: "test", SourceID: name, SourceLicence: "OGL-3.0", Claimed: true, Status: terms.ServiceActive, AcceptsReferrals: true, Version: 1,
		Places: []vcse.ServicePublishedV1Place{{Postcode: "M1 1AE"}},
	}
	for _, c := range change {
		c(p)
	}
	h.Tell(p.ServiceID, p)
	return p.ServiceID
}

// refer sends the person on to a choir, and gives the referral's id.
func (h *house) refer(o told, fields ...string) string {
	h.T.Helper()
	fields = append([]string{"need", "loneliness", "urgency", "routine", "consent", "yes", "consent_how", "in_person", "receiver", "service:" + h.service("Choir"), "overlap", "none", "narrative", "She would like to sing"}, fields...)
	where := o.must(h.maya, "refer", fields...)
	return strings.TrimSuffix(strings.TrimPrefix(where, "/link-worker/referrals/"), "?done=sent")
}

func TestSomebodyIsReferredOnWithConsentAndSupportEndsAfterThat(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	o := h.accepted()
	choir := h.service("Choir of the north")
	a := h.post(h.maya, o.path()+"/refer/find", form("0", "need", "loneliness"))
	require.Equal(t, http.StatusOK, a.Status, a.Body)
	require.Contains(t, a.Body, "Choir of the north")
	require.Contains(t, a.Body, "Room unknown")
	require.Regexp(t, `Bolton Sings, (under half a mile|about \d+ miles?) away`, a.Body)
	require.Contains(t, a.Body, "Times are not known: ring first")
	h.service("Monday choir", func(p *vcse.ServicePublishedV1) {
		p.Sessions = []vcse.ServicePublishedV1Session{{Weekday: terms.Monday, From: "10:00", To: "12:00"}}
	})
	require.Contains(t, h.post(h.maya, o.path()+"/refer/find", form("0", "need", "loneliness")).Body, "Next: ")
	require.Contains(t, a.Body, "/case/panel/"+o.PatientRef, "who already helps")

	sent := h.refer(o, "receiver", "service:"+choir)
	var asked said.ReferralRequestedV1
	h.Last(o.PatientRef, &asked)
	require.Equal(t, o.ReferralID, asked.ParentReferralID)
	require.Equal(t, terms.KindLinkWorkerTeam, asked.SenderKind)
	require.True(t, asked.Consent.Given)
	require.Equal(t, terms.NeedLoneliness, asked.Need)
	var contact schemas.Contact
	ok, err := asked.Contact.Into(&contact)
	require.NoError(t, err)
	require.True(t, ok)
	require.Equal(t, "Alma", contact.GivenName)
	require.Equal(t, []string{"1 High Street", "Bolton"}, contact.AddressLines)
	require.Contains(t, h.page(h.maya, "/link-worker/referrals/"+sent), "Sent – Waypost is checking")

	a = o.post(h.maya, "end", "outcome", "helped", "note", "She sings")
	require.Equal(t, http.StatusConflict, a.Status)
	require.Contains(t, a.Body, "Still open: referral "+asked.Reference)
	require.Contains(t, a.Body, "She sings", "what was typed is kept")
	w := h.post(h.maya, "/link-worker/referrals/"+sent+"/withdraw", form("1", "reason", "no_longer_needed"))
	require.Equal(t, http.StatusSeeOther, w.Status, w.Body)
	var withdrawn said.ReferralWithdrawnV1
	h.Last(o.PatientRef, &withdrawn)
	require.Equal(t, sent, withdrawn.ReferralID)
	o.must(h.maya, "end", "outcome", "referred_on")
	h.Tell(o.PatientRef, &coordination.ReferralClosedV1{PatientRef: o.PatientRef, ReferralID: o.ReferralID, CaseID: o.CaseID, Outcome: terms.OutcomeReferredOn, At: h.Now.Now()})
	require.Contains(t, h.page(h.maya, o.path()), "The referral was closed")
}

func TestUX16_WithoutConsentNothingIsSent(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	o := h.accepted()
	before := len(h.Said(o.PatientRef))
	a := o.post(h.maya, "refer", "need", "loneliness", "consent", "no", "urgency", "routine", "receiver", "any")
	require.Equal(t, http.StatusOK, a.Status)
	require.Contains(t, a.Body, "Nothing was sent")
	require.Contains(t, a.Body, "come back and refer them on then")
	b := h.send(h.maya, "POST", "/offers/"+o.OfferID+"/referrals", "", id.New(), map[string]any{"need": "loneliness", "urgency": "routine", "consent": map[string]any{"given": false, "how": ""}})
	require.Equal(t, http.StatusUnprocessableEntity, b.Status, b.Body)
	require.Len(t, h.Said(o.PatientRef), before)
}

func TestASensitiveNeedTravelsSealedAndIsNotShownUnasked(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	o := h.accepted(func(p *coordination.ReferralOfferedV1) {
		p.Need, p.Sensitive, p.Hidden = "", true, schemas.Seal(schemas.SensitiveReferral{Need: terms.NeedAlcoholDrugs})
	})
	label := terms.NeedAlcoholDrugs.Label()
	require.NotContains(t, h.page(h.maya, "/link-worker/people"), "<td>"+label)
	require.Contains(t, h.page(h.maya, "/link-worker/people"), "Sensitive need")
	require.Contains(t, h.page(h.maya, o.path()), label)
	require.Equal(t, http.StatusSeeOther, o.post(h.maya, "refer", "need", "alcohol_and_drugs", "urgency", "routine", "consent", "yes", "consent_how", "phone", "receiver", "any", "overlap", "none").Status)
	for _, e := range h.Said(o.PatientRef) {
		require.NotContains(t, string(e.Data), "alcohol")
	}
	var asked said.ReferralRequestedV1
	h.Last(o.PatientRef, &asked)
	var hidden schemas.SensitiveReferral
	ok, err := asked.Hidden.Into(&hidden)
	require.NoError(t, err)
	require.True(t, ok)
	require.Equal(t, terms.NeedAlcoholDrugs, hidden.Need)
}

func TestTheSenderSeesWhatBecameOfItAndAnswersAQuestion(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	o := h.accepted()
	sent := h.refer(o)
	path, offer, choir := "/link-worker/referrals/"+sent, id.New(), h.service("Other choir")
	progress := func(state terms.ReferralState, version int, change func(*coordination.ReferralProgressedV1)) {
		due := h.Now.Now().AddDate(0, 0, 2)
		p := &coordination.ReferralProgressedV1{
			PatientRef: o.PatientRef, ReferralID: sent, CaseID: o.CaseID, SenderOrganisationID: h.team, State: state, DueAt: &due,
			Owes: schemas.Owes{Party: terms.PartyReceiver}, OfferID: offer, Receiver: &schemas.Reached{Kind: terms.ReceiverService, ServiceID: choir}, Version: version, At: h.Now.Now(),
		}
		if change != nil {
			change(p)
		}
		h.Tell(o.PatientRef, p)
	}
	h.Tell(o.PatientRef, &coordination.ReferralHeldV1{PatientRef: o.PatientRef, ReferralID: sent, CaseID: o.CaseID, ExistingReferralID: id.New(), Why: "same_need", SenderOrganisationID: h.team, DueAt: h.Now.Now(), At: h.Now.Now()})
	progress(terms.ReferralHeld, 2, func(p *coordination.ReferralProgressedV1) { p.Owes.Party = terms.PartySender })
	require.Contains(t, h.page(h.maya, path), "/case/referrals/"+sent)
	require.Contains(t, h.page(h.maya, "/link-worker"), "1 referral held as a possible duplicate")
	progress(terms.ReferralOffered, 3, nil)
	require.Contains(t, h.page(h.maya, path), "Other choir answers by")
	question := id.New()
	progress(terms.ReferralInformationAsked, 4, func(p *coordination.ReferralProgressedV1) {
		p.Owes.Party, p.QuestionID, p.Text = terms.PartySender, question, schemas.Seal(schemas.Message{Text: "Can she manage stairs?"})
	})
	require.Contains(t, h.page(h.maya, "/link-worker"), "1 question to you about a referral you sent")
	page := h.page(h.maya, path)
	require.Contains(t, page, "Can she manage stairs?")
	v := versionField.FindStringSubmatch(page)[1]
	require.Equal(t, http.StatusSeeOther, h.post(h.maya, path+"/answer", form(v, "answer", "Yes, slowly")).Status)
	var given said.InformationGivenV1
	h.Last(o.PatientRef, &given)
	require.Equal(t, question, given.QuestionID)
	require.Equal(t, offer, given.OfferID)
	a := h.post(h.omar, path+"/answer", form(v, "answer", "No stairs"))
	require.Equal(t, http.StatusConflict, a.Status)
	require.Contains(t, a.Body, "No stairs", "what was typed is kept")
	require.NotContains(t, h.page(h.maya, "/link-worker"), "question to you")
	progress(terms.ReferralOffered, 5, func(p *coordination.ReferralProgressedV1) { p.Reason, p.Bounces = "no_capacity", 1 })
	require.Contains(t, h.page(h.maya, path), "The service has no room.")
	progress(terms.ReferralClosed, 6, func(p *coordination.ReferralProgressedV1) { p.Owes.Party = terms.PartyNobody; p.DueAt = nil })
	h.Tell(o.PatientRef, &coordination.ReferralClosedV1{PatientRef: o.PatientRef, ReferralID: sent, CaseID: o.CaseID, Outcome: terms.OutcomeHelped, At: h.Now.Now()})
	require.Contains(t, h.page(h.maya, path), "It helped")
	require.Equal(t, http.StatusConflict, h.post(h.maya, path+"/withdraw", form("1", "reason", "made_in_error")).Status)
}

func TestAnAssessmentIsTheFourQuestionsAndNoTotal(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	o := h.accepted()
	page := h.page(h.maya, o.path()+"/assessment")
	for _, q := range terms.ONS4Questions {
		require.Contains(t, page, q.Ask, "the wording is part of the measure")
	}
	o.must(h.maya, "assessment", "stage", "start", "matters", "To be missed", "needs", "loneliness", "satisfied", "3", "worthwhile", "5", "happy", "3", "anxious", "7")
	h.Now.Add(1_000_000)
	o.must(h.maya, "assessment", "stage", "review", "satisfied", "6", "worthwhile", "5", "anxious", "2", "result", "better")
	var outcome said.OutcomeRecordedV1
	h.Last(o.PatientRef, &outcome)
	require.Equal(t, terms.ToolONS4, outcome.Tool)
	var scores schemas.Scores
	ok, err := outcome.Scores.Into(&scores)
	require.NoError(t, err)
	require.True(t, ok)
	require.Equal(t, 6, *scores.Satisfied)
	require.Nil(t, scores.Happy)
	page = h.page(h.maya, o.path())
	for _, words := range []string{"3, low", "6, medium", "up 3, better", "down 5, better", "no change", "Not answered", "Better than before", `id="wellbeing-drawn"`} {
		require.Contains(t, page, words)
	}
	a := o.post(h.maya, "assessment", "stage", "start", "happy", "11")
	require.Equal(t, http.StatusUnprocessableEntity, a.Status)
	require.Contains(t, a.Body, "Enter a whole number from 0 to 10")
}

func TestAPlanIsAgreedAndItsReviewIsAClock(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	o := h.accepted()
	a := o.post(h.maya, "plan", "steps-2", "Ring: Sam")
	require.Equal(t, http.StatusUnprocessableEntity, a.Status)
	require.Contains(t, a.Body, "Enter the goal that these steps lead to")
	o.must(h.maya, "plan", append([]string{"matters", "Singing", "goal-1", "Sing every week", "need-1", "arts_and_culture", "steps-1", "Try the choir: Alma\nGo along: Maya"}, h.day("review", 1)...)...)
	var plan said.PlanAgreedV1
	h.Last(o.PatientRef, &plan)
	require.Equal(t, 1, plan.Goals)
	var inside schemas.Plan
	_, err := plan.Plan.Into(&inside)
	require.NoError(t, err)
	require.Equal(t, []string{"Try the choir (Alma)", "Go along (Maya)"}, inside.Goals[0].Steps)
	require.NotContains(t, h.page(h.maya, "/link-worker"), "review due")
	h.Now.Add(36 * 3600 * 1e9)
	require.Contains(t, h.page(h.maya, "/link-worker"), "1 review due")
	require.Contains(t, h.page(h.maya, "/link-worker/people?show=review"), "Alma Quist")
	require.Contains(t, h.page(h.maya, o.path()+"/plan"), "Try the choir: Alma", "the form begins with the plan there is")
}

func TestUX22_APersonIsGivenToAColleagueWhoIsTold(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	o := h.accepted()
	page := h.page(h.maya, o.path()+"/assign")
	require.Contains(t, page, "Omar Reid")
	require.Contains(t, page, "Link worker, supports 0 people")
	require.Contains(t, h.page(h.maya, h.offer().path()), "Maya Singh (you): supports 1 person")
	require.Equal(t, http.StatusUnprocessableEntity, o.post(h.maya, "assign", "assign_to", h.zoe.Person.ID).Status, "somebody of another team is no colleague")
	o.must(h.maya, "assign", "assign_to", h.omar.Person.ID, "why", "Omar knows her brother")
	require.Contains(t, h.page(h.omar, "/link-worker"), "1 person passed to you")
	require.Contains(t, h.page(h.omar, "/link-worker/people?show=passed"), "Alma Quist")
	page = h.page(h.omar, o.path())
	require.Contains(t, page, "Passed from Maya Singh to Omar Reid")
	require.Contains(t, page, "Omar knows her brother")
}

func TestTheLeadSaysWhatTheTeamDoes(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	require.Contains(t, h.page(h.lead, "/link-worker"), "1 page to fill in: what your team does")
	require.Equal(t, http.StatusForbidden, h.get(h.maya, "/link-worker/team/edit").Status)
	f := form("0", "what_we_do", "We listen", "accepts", "yes", "needs", "loneliness", "needs", "debt_and_money", "not_here-1", "housing", "why-1", "the council's housing team", "networks", "u12345", "phone", "0161 496 0002")
	require.Equal(t, http.StatusForbidden, h.post(h.maya, "/link-worker/team/edit", f).Status)
	a := h.post(h.lead, "/link-worker/team/edit", f)
	require.Equal(t, http.StatusSeeOther, a.Status, a.Body)
	var offered said.TeamOfferPublishedV1
	h.Last(h.team, &offered)
	require.Equal(t, 1, offered.Version)
	require.Equal(t, []string{"U12345"}, offered.NetworkCodes)
	require.Equal(t, terms.NeedHousing, offered.NotHere[0].Need)
	require.Contains(t, h.page(h.maya, "/link-worker/team"), "the council&#39;s housing team")
	a = h.post(h.lead, "/link-worker/team/edit", form("0", "what_we_do", "We talk", "accepts", "yes", "needs", "loneliness"))
	require.Equal(t, http.StatusPreconditionFailed, a.Status)
	require.Contains(t, a.Body, "We talk", "what was typed is kept")
	require.Equal(t, http.StatusSeeOther, h.post(h.maya, "/link-worker/team/capacity", form("0", "status", "waitlist", "waiting", "7")).Status)
	var room said.CapacityReportedV1
	h.Last(h.team, &room)
	require.Equal(t, terms.ReceiverTeam, room.ReceiverKind)
	require.Equal(t, 7, *room.Waiting)
	require.Equal(t, "1", versionField.FindStringSubmatch(h.page(h.maya, "/link-worker/team/capacity"))[1])
	a = h.post(h.omar, "/link-worker/team/capacity", form("0", "status", "capacity", "places_free", "41"))
	require.Equal(t, http.StatusPreconditionFailed, a.Status, a.Body)
	require.Contains(t, a.Body, "Maya Singh changed this")
	require.Contains(t, a.Body, `value="41"`, "what was typed is kept")
	require.Contains(t, a.Body, `name="version" value="1"`, "and can be sent again, knowing what stands there now")
}
