package vcse_test

import (
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/id"
	"example.org/waypost/schemas"
	"example.org/waypost/schemas/coordination"
	"example.org/waypost/schemas/register"
	"example.org/waypost/schemas/terms"
	said "example.org/waypost/schemas/vcse"
)

func (h *house) saidTypes(about string) (types []string) {
	for _, e := range h.Said(about) {
		types = append(types, strings.TrimSuffix(strings.TrimPrefix(e.Type, "waypost.vcse."), ".v1"))
	}
	return types
}

// TestUX01_OnePageAcceptsAsksAndBounces: the three answers stand on one page; a bounce needs a coded reason, and code and text are said.
func TestUX01_OnePageAcceptsAsksAndBounces(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	o := h.offer(h.service("Tea and talk"))
	page := h.get(h.jo, "/provider/offers/"+o.OfferID)
	require.Equal(t, http.StatusOK, page.Status)
	for _, verb := range []string{"accept", "ask", "waitlist", "bounce"} {
		require.Contains(t, page.Body, `action="/provider/offers/`+o.OfferID+`/`+verb+`" method="post"`)
	}
	for _, words := range []string{"Somebody may not be safe", "It is not right for us", "We have no room", "A neighbour shouts at her", "Not after five", "your answer due"} {
		require.Contains(t, page.Body, words)
	}
	require.Contains(t, page.Body, "mental_health_crisis", "whoever rings a person first may be told")
	require.Contains(t, page.Body, "If somebody is in danger now, ring 999 first")

	v := h.versionOn(page)
	a := h.post(h.jo, "/provider/offers/"+o.OfferID+"/bounce", form(v, "detail", "We know her"))
	require.Equal(t, http.StatusUnprocessableEntity, a.Status)
	require.Contains(t, a.Body, "Select why you can not take this")
	require.Contains(t, a.Body, "We know her", "what was typed is kept")
	a = h.post(h.jo, "/provider/offers/"+o.OfferID+"/bounce", form(v, "reason", "other"))
	require.Contains(t, a.Body, "Say in a few words what the reason is")
	a = h.post(h.jo, "/provider/offers/"+o.OfferID+"/bounce", form(v, "reason", "other", "detail", "We know her"))
	require.Equal(t, http.StatusSeeOther, a.Status, a.Body)

	var p said.OfferBouncedV1
	h.Last(o.PatientRef, &p)
	require.Equal(t, terms.BounceOther, p.Reason)
	var m schemas.Message
	ok, err := p.Detail.Into(&m)
	require.NoError(t, err)
	require.True(t, ok)
	require.Equal(t, "We know her", m.Text)

	// UX02: it stays visible to the provider and says whose turn it is.
	list := h.get(h.jo, "/provider/offers?show=bounced")
	require.Contains(t, list.Body, "Alma Quist")
	require.Contains(t, h.get(h.jo, "/provider/offers/"+o.OfferID).Body, "It is not your turn")
}

// The area says that volunteers and workers of providers do not take a need: whoever tries is told why and whose it is, and the offer stays
// as it was.
func TestWhoMayNotTakeThisIsToldTheRightDoor(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	o := h.offer(h.service("Tea and talk"))
	v := h.versionOn(h.get(h.jo, "/provider/offers/"+o.OfferID))
	line := &register.RoleScopeSetV1{
		LineID: id.New(), Role: terms.Role(h.jo.Role), Act: terms.ActTake, Of: string(terms.NeedLoneliness), Allowed: false,
		Door: "The befriending hub takes these from anybody who rings", FromOn: h.Now.Now().AddDate(0, 0, -1).Format(time.DateOnly), At: h.Now.Now(), Version: 1,
	}
	h.Tell(line.LineID, line)
	a := h.post(h.jo, "/provider/offers/"+o.OfferID+"/accept", form(v))
	require.Equal(t, http.StatusForbidden, a.Status, a.Body)
	require.Contains(t, a.Body, "does not do this for loneliness")
	require.Contains(t, a.Body, "The befriending hub takes these")
	require.Equal(t, v, h.versionOn(h.get(h.jo, "/provider/offers/"+o.OfferID)), "nothing changed")
}

// TestUX02_ABouncedOfferStaysVisible is shown with TestUX01; here its confirmation when the referral goes on elsewhere.
func TestUX02_ABouncedOfferStaysVisible(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	o := h.offer(h.service("Tea and talk"))
	o.must(h.jo, "bounce", map[string]any{"reason": "no_capacity", "until_on": "2099-01-04"})
	o.progress(terms.ReferralOffered, 4, func(p *coordination.ReferralProgressedV1) { p.OfferID, p.Bounces = id.New(), 1 })
	b, _ := o.read()
	require.Equal(t, terms.OfferBounced, b.State)
	require.Equal(t, "confirmed", b.Receipt)
	page := h.get(h.sam, "/provider/offers/"+o.OfferID)
	require.Contains(t, page.Body, "We have no room")
	require.Contains(t, page.Body, "Sunday 4 January 2099")
	require.Contains(t, page.Body, "You bounced this")
}

// TestUX03_TheSecondOfTwoIsToldWhoWasFirst races two posts on one offer.
func TestUX03_TheSecondOfTwoIsToldWhoWasFirst(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	o := h.offer(h.service("Tea and talk"))
	page := h.get(h.jo, "/provider/offers/"+o.OfferID)
	v := h.versionOn(page)
	type result struct {
		who actor.Actor
		answer
	}
	var both [2]result
	var wg sync.WaitGroup
	wg.Go(func() { both[0] = result{h.jo, h.post(h.jo, "/provider/offers/"+o.OfferID+"/accept", form(v))} })
	wg.Go(func() {
		both[1] = result{h.sam, h.post(h.sam, "/provider/offers/"+o.OfferID+"/bounce", form(v, "reason", "other", "detail", "We have no room before spring"))}
	})
	wg.Wait()
	won, lost := both[0], both[1]
	did := " accepted this at "
	if won.Status != http.StatusSeeOther {
		won, lost, did = both[1], both[0], " bounced this at "
	}
	require.Equal(t, http.StatusSeeOther, won.Status, won.Body)
	require.Equal(t, http.StatusPreconditionFailed, lost.Status, lost.Body)
	require.Contains(t, lost.Body, won.who.Person.Name+did)
	require.Contains(t, lost.Body, "Nothing was changed by you")
	if lost.who.Person.ID == h.sam.Person.ID {
		require.Contains(t, lost.Body, "We have no room before spring", "what was typed is kept")
	}
	require.Len(t, h.saidTypes(o.PatientRef), 1, "one answer was said")

	// The API says the same to a program that does not look first.
	a := h.send(h.sam, "POST", "/offers/"+o.OfferID+"/accept", `"1"`, id.New(), map[string]any{})
	require.Equal(t, http.StatusPreconditionFailed, a.Status)
	require.Contains(t, a.Body, "Nothing was changed by you")
	require.Equal(t, http.StatusPreconditionRequired, h.send(h.sam, "POST", "/offers/"+o.OfferID+"/accept", "", id.New(), map[string]any{}).Status)
}

// TestUX04_BackAndSubmitAgainDoesItOnce: the same form sent again lands where the first did.
func TestUX04_BackAndSubmitAgainDoesItOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	o := h.offer(h.service("Tea and talk"))
	f := form("1", "first_contact-day", "", "first_contact-month", "", "first_contact-year", "")
	var where []string
	for range 3 {
		a := h.post(h.jo, "/provider/offers/"+o.OfferID+"/accept", f)
		require.Equal(t, http.StatusSeeOther, a.Status, a.Body)
		where = append(where, a.Header.Get("Location"))
	}
	require.Equal(t, []string{where[0], where[0], where[0]}, where)
	require.Equal(t, []string{"offer_accepted"}, h.saidTypes(o.PatientRef))

	// A service is added once, too; the same key with another body is refused.
	f = form("", "name", "Garden club", "status", "active", "accepts_referrals", "no")
	first, second := h.post(h.jo, "/provider/services", f), h.post(h.jo, "/provider/services", f)
	require.Equal(t, http.StatusSeeOther, first.Status, first.Body)
	require.Equal(t, first.Header.Get("Location"), second.Header.Get("Location"))
	f.Set("name", "Another club")
	require.Equal(t, http.StatusUnprocessableEntity, h.post(h.jo, "/provider/services", f).Status)
}

// TestUX05_UX06_UX22_TheConfirmationSaysWhatHappensNext: a reference, who was told, and a date. TestUX06: the banner says what others were told.
func TestUX05_UX06_UX22_TheConfirmationSaysWhatHappensNext(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	o := h.offer(h.service("Tea and talk"))
	a := h.post(h.jo, "/provider/offers/"+o.OfferID+"/accept", form("1", "first_contact-day", "4", "first_contact-month", "1", "first_contact-year", "2099"))
	require.Equal(t, "/provider/offers/"+o.OfferID+"/answered", a.Header.Get("Location"), a.Body)
	page := h.get(h.jo, a.Header.Get("Location"))
	for _, words := range []string{"You accepted", o.Reference[:4] + " " + o.Reference[4:], "Elm Street Surgery", "will see it in Waypost", "by Sunday 4 January 2099"} {
		require.Contains(t, page.Body, words)
	}
	require.NotContains(t, page.Body, "<title>Alma")
	o.progress(terms.ReferralAccepted, 3)
	v := h.versionOn(h.get(h.jo, "/provider/offers/"+o.OfferID))
	a = h.post(h.jo, "/provider/offers/"+o.OfferID+"/assign", form(v, "assigned_to", h.sam.Person.ID))
	require.Equal(t, http.StatusSeeOther, a.Status, a.Body)
	page = h.get(h.jo, a.Header.Get("Location"))
	require.Contains(t, page.Body, "The sender was not told", "UX06")
	require.Contains(t, page.Body, "Sam Okafor (1 open)", "UX22: colleagues with their load")
	require.Equal(t, http.StatusUnprocessableEntity, h.post(h.jo, "/provider/offers/"+o.OfferID+"/assign", form(h.versionOn(page), "assigned_to", h.ravi.Person.ID)).Status, "a rival's worker is no colleague")
}

func TestAQuestionIsAskedAndAnswered(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	service := h.service("Tea and talk")
	h.room(service, 1)
	o := h.offer(service)
	o.must(h.jo, "ask", map[string]any{"question": "Can she climb stairs?"})
	var p said.InformationAskedV1
	h.Last(o.PatientRef, &p)
	b, _ := o.read()
	require.Equal(t, terms.OfferInformationAsked, b.State)
	require.NotNil(t, b.Kept, "the place stays kept")
	due := h.Now.Now().Add(50 * time.Hour)
	o.progress(terms.ReferralInformationAsked, 3, func(p *coordination.ReferralProgressedV1) { p.Owes = schemas.Owes{Party: terms.PartySender} })
	o.progress(terms.ReferralOffered, 4, func(q *coordination.ReferralProgressedV1) {
		q.QuestionID, q.DueAt, q.Text = p.QuestionID, &due, schemas.Seal(schemas.Message{Text: "Only with help"})
	})
	b, _ = o.read()
	require.Equal(t, terms.OfferOffered, b.State)
	require.Len(t, b.Messages, 2)
	page := h.get(h.jo, "/provider/offers/"+o.OfferID)
	require.Contains(t, page.Body, "Only with help")
	require.Contains(t, page.Body, "Can she climb stairs?")
	o.must(h.jo, "accept", nil)
}

func TestCrossingAnswers(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	service := h.service("Tea and talk")
	h.room(service, 1)

	// Refused: stand down, with a clock, confirmed by a person.
	o := h.offer(service)
	o.must(h.jo, "accept", nil)
	due := h.Now.Now().Add(24 * time.Hour)
	h.Tell(o.PatientRef, &coordination.OfferAnswerRefusedV1{
		PatientRef: o.PatientRef, OfferID: o.OfferID, ReferralID: o.ReferralID,
		Answer: terms.AnswerAccepted, Why: terms.RefusalAcceptedElsewhere, StandDownDueAt: due, At: h.Now.Now(),
	})
	b, _ := o.read()
	require.Equal(t, []string{"stand_down"}, b.Actions)
	require.Contains(t, h.get(h.jo, "/provider").Body, "1 offer to stand down from")
	page := h.get(h.jo, "/provider/offers/"+o.OfferID)
	require.Contains(t, page.Body, "Another service accepted it first")
	require.Contains(t, page.Body, "We have stood down")
	a := h.post(h.jo, "/provider/offers/"+o.OfferID+"/stand-down", form(h.versionOn(page)))
	require.Equal(t, http.StatusSeeOther, a.Status, a.Body)
	b, _ = o.read()
	require.Empty(t, b.Actions)
	require.Equal(t, 1, h.free(service), "the place is free again")

	// Expired, accepted late, honoured.
	late := h.offer(service)
	h.Tell(late.PatientRef, &coordination.OfferExpiredV1{PatientRef: late.PatientRef, OfferID: late.OfferID, ReferralID: late.ReferralID, At: h.Now.Now()})
	b, _ = late.read()
	require.Equal(t, terms.OfferExpired, b.State)
	require.Nil(t, b.Kept)
	late.must(h.jo, "accept", nil)
	late.progress(terms.ReferralAccepted, 9)
	b, _ = late.read()
	require.Equal(t, terms.OfferAccepted, b.State)
	require.Equal(t, "confirmed", b.Receipt)

	// Withdrawn while accepted: stand down too. Withdrawn while waiting: nothing to do.
	h.Tell(late.PatientRef, &coordination.OfferWithdrawnV1{
		PatientRef: late.PatientRef, OfferID: late.OfferID, ReferralID: late.ReferralID,
		Reason: terms.OfferWithdrawalPatientMovedAway, StandDown: true, At: h.Now.Now(),
	})
	b, _ = late.read()
	require.Equal(t, []string{"stand_down"}, b.Actions)
	calm := h.offer(service)
	h.Tell(calm.PatientRef, &coordination.OfferWithdrawnV1{
		PatientRef: calm.PatientRef, OfferID: calm.OfferID, ReferralID: calm.ReferralID,
		Reason: terms.OfferWithdrawalReferralWithdrawn, At: h.Now.Now(),
	})
	b, _ = calm.read()
	require.Empty(t, b.Actions)
	require.Contains(t, h.get(h.jo, "/provider/offers?show=over").Body, "The sender withdrew the referral")
	require.Equal(t, 1, h.free(service))
}

// free is how many places a service says are free.
func (h *house) free(service string) int {
	h.T.Helper()
	var b struct {
		Capacity struct {
			PlacesFree *int `json:"places_free"`
		}
	}
	h.get(h.jo, "/api/vcse/v1/services/"+service).into(h.T, &b)
	require.NotNil(h.T, b.Capacity.PlacesFree)
	return *b.Capacity.PlacesFree
}

func TestTheWaitingListHasAnOrder(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	service := h.service("Tea and talk")
	first, second := h.offer(service), h.offer(service, named("Bertie", "Zwart"))
	first.must(h.jo, "waitlist", nil)
	h.Now.Add(time.Minute)
	second.must(h.jo, "waitlist", map[string]any{"expected_by_on": "2099-01-04"})
	var p said.OfferWaitlistedV1
	h.Last(first.PatientRef, &p)
	require.Equal(t, 1, *p.Position)
	h.Last(second.PatientRef, &p)
	require.Equal(t, 2, *p.Position)
	require.Equal(t, "2099-01-04", p.ExpectedByOn)
	first.progress(terms.ReferralWaitlisted, 3)
	list := h.get(h.jo, "/provider/offers?show=waitlist").Body
	require.Less(t, strings.Index(list, "Alma Quist"), strings.Index(list, "Bertie Zwart"))
	require.Contains(t, h.get(h.jo, "/provider/offers/"+second.OfferID).Body, "Number 2")

	h.Now.Add(time.Hour)
	first.must(h.jo, "waitlist", map[string]any{"expected_by_on": "2099-02-01"})
	h.Last(first.PatientRef, &p)
	require.Equal(t, 1, *p.Position, "word of how the list moves keeps one's place")
	require.Equal(t, "2099-02-01", p.ExpectedByOn)
	require.Contains(t, h.get(h.jo, "/provider/offers/"+first.OfferID).Body, "Keep on the waiting list")

	first.must(h.jo, "accept", nil)
	require.Contains(t, h.get(h.jo, "/provider/offers/"+second.OfferID).Body, "Number 1", "the list moves up")
	today := h.Now.Now().In(time.UTC).Format(time.DateOnly)
	second.must(h.jo, "bounce", map[string]any{"reason": "could_not_contact", "tried_on": []string{today, today, today}})
	require.Contains(t, h.get(h.jo, "/provider/offers?show=waitlist").Body, "Nobody is on your waiting list")
}

func named(given, family string) func(p *coordination.ReferralOfferedV1) {
	return func(p *coordination.ReferralOfferedV1) {
		p.Contact = schemas.Seal(schemas.Contact{GivenName: given, FamilyName: family, DateOfBirth: "1970-01-02", Phone: "0161 496 0009", SafeWays: schemas.SafeWays{Phone: true}})
	}
}

func TestSessionsAndTheEndOfSupport(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	service := h.service("Tea and talk")
	h.room(service, 2)
	o := h.offer(service)
	o.must(h.jo, "accept", nil)
	require.Equal(t, 1, h.free(service))
	o.progress(terms.ReferralAccepted, 3)
	on := h.Now.Now().Format(time.DateOnly)
	require.Equal(t, http.StatusUnprocessableEntity, o.act(h.jo, "attendance", map[string]any{"session_on": "2099-01-01", "result": "attended"}).Status, "not in the future")
	o.must(h.jo, "attendance", map[string]any{"session_on": on, "result": "attended"})
	require.Equal(t, http.StatusConflict, o.act(h.sam, "attendance", map[string]any{"session_on": on, "result": "did_not_attend"}).Status, "once a day")
	o.progress(terms.ReferralUnderWay, 4)
	require.Contains(t, h.get(h.jo, "/provider/offers?show=people").Body, "Alma Quist")
	v := h.versionOn(h.get(h.jo, "/provider/offers/"+o.OfferID))
	a := h.post(h.jo, "/provider/offers/"+o.OfferID+"/end", form(v, "outcome", "helped", "note", "She has friends now"))
	require.Equal(t, http.StatusSeeOther, a.Status, a.Body)
	require.Contains(t, h.get(h.jo, a.Header.Get("Location")).Body, "You ended your support")
	var p said.SupportEndedV1
	h.Last(o.PatientRef, &p)
	require.Equal(t, terms.OutcomeHelped, p.Outcome)
	require.Equal(t, []string{"offer_accepted", "attendance_recorded", "support_ended"}, h.saidTypes(o.PatientRef))
	require.Equal(t, 2, h.free(service), "the place is free again")
	h.Tell(o.PatientRef, &coordination.ReferralClosedV1{PatientRef: o.PatientRef, ReferralID: o.ReferralID, CaseID: o.CaseID, Outcome: terms.OutcomeHelped, At: h.Now.Now()})
	require.Equal(t, http.StatusConflict, o.act(h.jo, "attendance", map[string]any{"session_on": on, "result": "attended"}).Status)
}

func TestASensitiveNeedIsReadFromTheSealedField(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	service := h.service("Safe space")
	o := h.offer(service, func(p *coordination.ReferralOfferedV1) {
		p.Need, p.ServiceID, p.Sensitive = "", "", true
		p.Hidden = schemas.Seal(schemas.SensitiveReferral{Need: terms.NeedDomesticAbuse, Receivers: []schemas.Receiver{{Kind: terms.ReceiverService, ID: service}}})
	})
	b, _ := o.read()
	require.Equal(t, "domestic_abuse", b.Need)
	var need string
	require.NoError(t, h.Admin.QueryRow(t.Context(), `select need from offer where id = $1`, o.OfferID).Scan(&need))
	require.Empty(t, need, "it stands in the column that erasure clears")
}

func TestOffersThatAreNotOursArePassedOver(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	team := h.offer(h.service("Tea and talk"), func(p *coordination.ReferralOfferedV1) { p.ReceiverKind, p.TeamID = terms.ReceiverTeam, id.New() })
	unknown := h.offer(id.New())
	for _, o := range []told{team, unknown} {
		require.Equal(t, http.StatusNotFound, h.get(h.jo, "/api/vcse/v1/offers/"+o.OfferID).Status)
		o.progress(terms.ReferralOffered, 2)
	}
}

// TestUX12_ListsMarkWhatChangedSinceThisPersonLooked: for each person by themselves.
func TestUX12_ListsMarkWhatChangedSinceThisPersonLooked(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	o := h.offer(h.service("Tea and talk"))
	marked := func(as actor.Actor) bool {
		return strings.Contains(h.get(as, "/provider/offers?show=all").Body, "waypost-row--new")
	}
	require.True(t, marked(h.jo))
	h.get(h.jo, "/provider/offers/"+o.OfferID)
	require.False(t, marked(h.jo))
	require.True(t, marked(h.sam), "a colleague has not looked")
	o.must(h.sam, "ask", map[string]any{"question": "Can she climb stairs?"})
	require.True(t, marked(h.jo), "it changed since")
}

func TestAnOfferShowsOnlyTheWaysThatAreSafe(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	service := h.service("Tea and talk")
	contact := func(safe schemas.SafeWays) func(p *coordination.ReferralOfferedV1) {
		return func(p *coordination.ReferralOfferedV1) {
			p.Contact = schemas.Seal(schemas.Contact{
				GivenName: "Bertie", FamilyName: "Zwart", DateOfBirth: "1970-01-02", Phone: "0161 496 0009", Email: "bertie@example.com",
				AddressLines: []string{"7 Long Row"}, Postcode: "M14 5TQ", SafeWays: safe,
			})
		}
	}
	for _, x := range []struct {
		safe      schemas.SafeWays
		says, not []string
	}{
		{schemas.SafeWays{Text: true}, []string{"text messages only", "0161 496 0009", "do not write", "7 Long Row"}, []string{"bertie@example.com"}},
		{schemas.SafeWays{Phone: true, Letter: true}, []string{"no text messages", "0161 496 0009", "7 Long Row"}, []string{"bertie@example.com", "do not write"}},
		{schemas.SafeWays{Email: true}, []string{"bertie@example.com"}, []string{"0161 496 0009"}},
		{schemas.SafeWays{}, []string{"no way is safe"}, []string{"0161 496 0009", "bertie@example.com", "7 Long Row"}},
	} {
		page := h.get(h.jo, "/provider/offers/"+h.offer(service, contact(x.safe)).OfferID).Body
		for _, words := range x.says {
			require.Contains(t, page, words, x.safe)
		}
		for _, words := range x.not {
			require.NotContains(t, page, words, x.safe)
		}
	}
}
