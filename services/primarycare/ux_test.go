package primarycare_test

import (
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/id"
	"example.org/waypost/schemas"
	"example.org/waypost/schemas/coordination"
	"example.org/waypost/schemas/terms"
)

// The tests are named by the numbers of ux.md section 5.

func TestUX02_ABouncedReferralSaysWhyAndCanBeSentElsewhere(t *testing.T) {
	t.Parallel()
	w := newHouse(t)
	ref := w.addPatient(t, w.receptionist, 1)
	referral := w.refer(t, w.receptionist, ref)
	w.progress(t, ref, referral, 1, terms.ReferralOffered, nil)
	w.progress(t, ref, referral, 2, terms.ReferralOffered, func(p *coordination.ReferralProgressedV1) {
		p.Bounces, p.Reason, p.Text = 1, string(terms.BounceNoCapacity), schemas.Seal(schemas.Message{Text: "Full until the new year."})
		p.Receiver = &schemas.Reached{Kind: terms.ReceiverTeam, TeamID: w.team}
	})
	page := w.page(t, w.receptionist, "/practice/referrals/"+referral)
	for _, words := range []string{"Friendly Mornings bounced it", "The service has no room.", "Full until the new year.", "North Link Workers’s next step due", "Bounced 1 time."} {
		require.Contains(t, page.text(), words)
	}
	res := w.send(t, w.receptionist, page, "/again", nil)
	require.Equal(t, http.StatusSeeOther, res.Status, res.text())
	tasks := strings.TrimSuffix(res.Location, "?done=saved")
	w.submit(t, w.receptionist, tasks+"/red-flags", "/red-flags", url.Values{"all": {"no"}})
	_, form := w.page(t, w.receptionist, tasks+"/details").form("/details")
	require.Equal(t, "Misses talking since her husband died.", form.Get("narrative"), "the form is filled in")
}

func TestUX03_TheSecondOfTwoIsToldWhoWasFirstAndKeepsWhatWasTyped(t *testing.T) {
	t.Parallel()
	w := newHouse(t)
	ref := w.addPatient(t, w.receptionist, 1)
	edit := "/practice/patients/" + ref + "/edit"
	first, second := w.page(t, w.gp, edit), w.page(t, w.receptionist, edit)
	var wg sync.WaitGroup
	res := make([]answer, 2)
	wg.Go(func() { res[0] = w.send(t, w.gp, first, "/edit", url.Values{"phone": {"0161 496 0001"}}) })
	wg.Go(func() { res[1] = w.send(t, w.receptionist, second, "/edit", url.Values{"phone": {"0161 496 0002"}}) })
	wg.Wait()
	winner, loser, name := 0, 1, "Dr Asha Patel"
	if res[1].Status == http.StatusSeeOther {
		winner, loser, name = 1, 0, "Sam Reed"
	}
	require.Equal(t, http.StatusSeeOther, res[winner].Status)
	require.Equal(t, http.StatusPreconditionFailed, res[loser].Status)
	require.Contains(t, res[loser].text(), name+" changed this record at")
	_, form := res[loser].form("/edit")
	require.Contains(t, form.Get("phone"), "0161 496 000")
	require.Equal(t, "2", form.Get("version"), "sending it again is then a choice")
}

func TestUX04_BackAndSubmitLandsOnTheExistingThing(t *testing.T) {
	t.Parallel()
	w := newHouse(t)
	ref := w.addPatient(t, w.receptionist, 1)
	again := w.submit(t, w.receptionist, "/practice/patients/new", "/practice/patients", person(1))
	require.Equal(t, "/practice/patients/"+ref+"?done=existing", again.Location)

	path := w.readyDraft(t, w.receptionist, ref)
	check := w.page(t, w.receptionist, path+"/check")
	action, form := check.form("/send")
	form.Set("overlap", "none")
	first := w.post(t, w.receptionist, action, form)
	require.Equal(t, http.StatusSeeOther, first.Status, first.text())
	require.Equal(t, first.Location, w.post(t, w.receptionist, action, form).Location, "the same form again")
	form.Set("idempotency_key", id.New())
	require.Equal(t, first.Location, w.post(t, w.receptionist, action, form).Location, "with another key")
	require.Equal(t, first.Location, w.page(t, w.receptionist, path+"/check").Location, "and by opening it")
	var referrals int
	require.NoError(t, w.Admin.QueryRow(t.Context(), `select count(*) from referral`).Scan(&referrals))
	require.Equal(t, 1, referrals)
}

func TestUX05_AConfirmationHasReferenceWhoWasToldAndADate(t *testing.T) {
	t.Parallel()
	w := newHouse(t)
	referral := w.refer(t, w.receptionist, w.addPatient(t, w.receptionist, 1))
	page := w.page(t, w.receptionist, "/practice/referrals/"+referral+"/sent").text()
	for _, words := range []string{"Referral sent", "Who was told", "Friendly Mornings is asked first", "A provider may also get an email that names nobody", "Nothing was sent to the patient", "What happens next", "answers by"} {
		require.Contains(t, page, words)
	}
	require.Regexp(t, `answers by \w+day \d+ \w+ 20\d\d`, page)
	require.Regexp(t, `[234679ACDEFGHJKLMNPQRTUVWXYZ]{4} [234679ACDEFGHJKLMNPQRTUVWXYZ]{4}`, page)
	require.NotContains(t, page, "Jean Holt", "no header on a confirmation")
}

func TestUX06_BannersSayWhatTheOtherSideWasTold(t *testing.T) {
	t.Parallel()
	w := newHouse(t)
	ref := w.addPatient(t, w.receptionist, 1)
	referral := w.refer(t, w.receptionist, ref)
	res := w.submit(t, w.receptionist, "/practice/referrals/"+referral+"/withdraw", "/withdraw", url.Values{"reason": {"no_longer_needed"}})
	page := w.page(t, w.receptionist, res.Location).text()
	require.Contains(t, page, "Referral withdrawn")
	require.Contains(t, page, "will see in Waypost that there is nothing left to do. A provider may also get an email that names nobody.")
}

func TestUX08_HomeCountsWhatWaitsAndLeadsToFilteredLists(t *testing.T) {
	t.Parallel()
	w := newHouse(t)
	require.Contains(t, w.page(t, w.receptionist, "/practice").text(), "No action required")
	ref := w.addPatient(t, w.receptionist, 1)
	referral := w.refer(t, w.receptionist, ref)
	w.progress(t, ref, referral, 1, terms.ReferralHeld, func(p *coordination.ReferralProgressedV1) {
		p.Owes.Party, p.AvailableActions = terms.PartySender, []string{"join", "confirm", "withdraw"}
	})
	home := w.page(t, w.receptionist, "/practice")
	list := home.links()["1 possible duplicate for you to decide"]
	require.NotEmpty(t, list, home.text())
	shown := w.page(t, w.receptionist, list)
	require.Contains(t, shown.text(), "Jean Holt")
	require.Equal(t, "/case/referrals/"+referral, w.page(t, w.receptionist, "/practice/referrals/"+referral).links()["Decide about the duplicate"])
}

func TestUX09_UX10_ListsAreTheirAddressAlone(t *testing.T) {
	t.Parallel()
	w := newHouse(t)
	ref := w.addPatient(t, w.receptionist, 1)
	w.refer(t, w.receptionist, ref)
	address := "/practice/referrals?need=loneliness&sort=sent&state=requested"
	mine, theirs := w.page(t, w.receptionist, address), w.page(t, w.gp, address)
	require.Contains(t, mine.text(), "Jean Holt")
	require.Contains(t, theirs.text(), "Jean Holt", "a pasted link shows a colleague the same")
	require.Equal(t, "/practice/referrals?sort=sent&state=requested", mine.links()["Remove Loneliness ×"], "a chip takes the filter off")
	require.Contains(t, w.page(t, w.gp, "/practice/referrals?need=food").text(), "No referral is in this list now")
	require.Contains(t, w.page(t, w.gp, "/practice/referrals").text(), "Jean Holt", "nothing is remembered")
	for _, r := range w.door.Routes() {
		if r.Name == "found" {
			require.Equal(t, http.MethodPost, r.Method, "terms for people never stand in an address")
		}
	}
}

func TestUX11_SearchTakesNameNumberAndReferenceWithThreeEmptyTexts(t *testing.T) {
	t.Parallel()
	w := newHouse(t)
	ref := w.addPatient(t, w.receptionist, 1)
	referral := w.refer(t, w.receptionist, ref)
	var reference string
	require.NoError(t, w.Admin.QueryRow(t.Context(), `select reference from referral where id = $1`, referral).Scan(&reference))
	find := func(who string) answer {
		return w.submit(t, w.receptionist, "/practice/patients", "/find", url.Values{"who": {who}})
	}
	n := number(1)
	for _, who := range []string{"holt", "Jean H", n, n[:3] + " " + n[3:6] + " " + n[6:], reference, strings.ToLower(reference[:4]) + " " + reference[4:]} {
		require.Contains(t, find(who).links(), "Jean Holt", who)
	}
	require.Equal(t, "/practice/referrals/"+referral, find(reference).links()["Open the referral"])
	// One reference in a hundred looks like a number that was typed wrong, one in eight like a name.
	for _, reference := range []string{"CDFGHJKM", "2CDFGHJK", "2346CDFG", "23467CDF", "2346792C", "23467923"} {
		_, err := w.Admin.Exec(t.Context(), `update referral set reference = $2 where id = $1`, referral, reference)
		require.NoError(t, err)
		require.Equal(t, "/practice/referrals/"+referral, find(reference).links()["Open the referral"], reference)
	}
	require.Contains(t, w.submit(t, w.receptionist, "/practice/patients", "/find", url.Values{"born-day": {"27"}, "born-month": {"3"}, "born-year": {"1954"}}).text(), "Jean Holt")
	require.Contains(t, find("").text(), "Enter something to search for")
	require.Contains(t, find("Nobody").text(), "Nobody on your list matches “Nobody”")
	require.Contains(t, find(number(7)).text(), "No patient of your practice has this NHS number")
	require.Contains(t, find("%").text(), "Nobody on your list matches", "a wildcard is a letter like any other")
}

func TestUX12_WhatChangedSinceOneLookedIsMarked(t *testing.T) {
	t.Parallel()
	w := newHouse(t)
	ref := w.addPatient(t, w.receptionist, 1)
	referral := w.refer(t, w.receptionist, ref)
	require.NotContains(t, w.page(t, w.receptionist, "/practice/referrals").text(), "New Loneliness", "what one did oneself is not news")
	w.Now.Add(time.Minute)
	w.progress(t, ref, referral, 1, terms.ReferralAccepted, nil)
	home := w.page(t, w.receptionist, "/practice")
	require.Contains(t, home.text(), "Jean Holt referral")
	w.Now.Add(time.Minute)
	w.page(t, w.receptionist, "/practice/referrals/"+referral)
	require.Contains(t, w.page(t, w.receptionist, "/practice").text(), "Nothing new")
	require.NotContains(t, w.page(t, w.gp, "/practice").text(), "Nothing new", "a colleague has not looked")
}

func TestUX13_UX14_TheTagSaysWhoseTurnAndTheClockSaysWhen(t *testing.T) {
	t.Parallel()
	w := newHouse(t)
	ref := w.addPatient(t, w.receptionist, 1)
	referral := w.refer(t, w.receptionist, ref)
	w.progress(t, ref, referral, 1, terms.ReferralOffered, nil)
	for _, path := range []string{"/practice/referrals", "/practice/referrals/" + referral, "/practice/patients/" + ref} {
		require.Contains(t, w.page(t, w.receptionist, path).text(), "Waiting for an answer", path)
		require.Contains(t, w.page(t, w.receptionist, path).text(), "Friendly Mornings’s next step due", path)
	}
	w.Now.Add(96 * time.Hour)
	require.Contains(t, w.page(t, w.receptionist, "/practice/referrals?show=overdue").text(), "Overdue Waiting 4 days")
}

func TestUX15_TasksAreSavedOneByOneAndAColleagueGoesOn(t *testing.T) {
	t.Parallel()
	w := newHouse(t)
	ref := w.addPatient(t, w.receptionist, 1)
	path := w.startDraft(t, w.receptionist, ref)
	page := w.page(t, w.gp, path).text()
	require.Contains(t, page, "Started on today at")
	require.Contains(t, page, "Ask for consent first", "a blocked task says why")
	require.Contains(t, w.page(t, w.gp, "/practice/tasks").text(), "Consent to share", "the next task is in the list")
	w.submit(t, w.gp, path+"/consent", "/consent", url.Values{"given": {"yes"}, "how": {"phone"}})
	res := w.submit(t, w.gp, path+"/details", "/details", url.Values{"narrative": {"Before the need."}, "risk": {"no"}})
	require.Equal(t, http.StatusSeeOther, res.Status, "any order: "+res.text())
	w.Now.Add(13 * time.Hour)
	require.Contains(t, w.page(t, w.gp, path).text(), "more than 12 hours ago: ask again")
	w.Now.Add(8 * 24 * time.Hour)
	require.Equal(t, http.StatusNotFound, w.page(t, w.gp, path).Status, "expired")
}

func TestUX16_WithoutConsentThereIsAShutterAndInformationOnly(t *testing.T) {
	t.Parallel()
	w := newHouse(t)
	ref := w.addPatient(t, w.receptionist, 1)
	path := w.startDraft(t, w.receptionist, ref)
	res := w.submit(t, w.receptionist, path+"/consent", "/consent", url.Values{"given": {"no"}, "how": {"phone"}})
	shutter := w.page(t, w.receptionist, res.Location)
	require.Contains(t, shutter.text(), "Nothing is shared without their consent")
	require.Contains(t, shutter.text(), "come back to this page within 7 days")
	w.submit(t, w.receptionist, path+"/need", "/need", url.Values{"need": {"loneliness"}})
	services := w.page(t, w.receptionist, path+"/services")
	require.NotContains(t, services.text(), "Refer here")
	res = w.submit(t, w.receptionist, path+"/signpost?service="+w.unclaimed, "/signpost", nil)
	require.Contains(t, res.Location, "/practice/signposts/", res.text())
	require.Contains(t, w.page(t, w.receptionist, res.Location).text(), "your home page asks somebody to ring")
	for _, e := range w.Said(ref) {
		require.NotContains(t, e.Type, "referral_requested")
	}
}

func TestUX17_CheckAnswersHasChangeLinksThatComeBack(t *testing.T) {
	t.Parallel()
	w := newHouse(t)
	path := w.readyDraft(t, w.receptionist, w.addPatient(t, w.receptionist, 1))
	check := w.page(t, w.receptionist, path+"/check")
	to := check.links()["Change need"]
	require.Equal(t, path+"/need?from=check", to)
	res := w.submit(t, w.receptionist, to, "/need", url.Values{"need": {"loneliness"}})
	require.Equal(t, path+"/check", res.Location)
}

func TestUX19_EveryViewOfARecordIsAuditedAndTitlesCarryNoName(t *testing.T) {
	t.Parallel()
	w := newHouse(t)
	things := w.things(t)
	ref := things["patients"]
	reads := func() (n int) {
		require.NoError(t, w.Admin.QueryRow(t.Context(), `select count(*) from audit where patient_ref = $1 and verb = 'read' and person_id = $2`, ref, w.gp.Person.ID).Scan(&n))
		return n
	}
	for _, r := range w.door.Routes() {
		path, has := fill(r.Pattern, things)
		if r.Method != http.MethodGet || !has {
			continue
		}
		before := reads()
		page := w.page(t, w.gp, path)
		require.Less(t, page.Status, 400, path)
		require.Greater(t, reads(), before, "%s was not audited", path)
		require.NotContains(t, page.title(), "Holt", path)
	}
}

func TestUX21_WithdrawalIsGroupedHasAConsequenceAndAWayOut(t *testing.T) {
	t.Parallel()
	w := newHouse(t)
	ref := w.addPatient(t, w.receptionist, 1)
	path := "/practice/referrals/" + w.refer(t, w.receptionist, ref)
	page := w.page(t, w.receptionist, path+"/withdraw")
	for _, words := range []string{"This can not be undone", "The person", "The referral", "Something else", "Keep the referral"} {
		require.Contains(t, page.text(), words)
	}
	res := w.send(t, w.receptionist, page, "/withdraw", url.Values{"reason": {"other"}})
	require.Equal(t, http.StatusUnprocessableEntity, res.Status)
	require.Contains(t, res.text(), "Say why you withdraw it")
	res = w.send(t, w.receptionist, page, "/withdraw", url.Values{"reason": {"patient_changed_mind"}})
	require.Equal(t, http.StatusSeeOther, res.Status, res.text())
	require.Contains(t, w.page(t, w.receptionist, path).text(), "because: The person changed their mind")
	require.Equal(t, path, w.page(t, w.receptionist, path+"/withdraw").Location, "only once")
}

func TestUX25_ErrorsAreInstructionsAndKeepWhatWasTyped(t *testing.T) {
	t.Parallel()
	w := newHouse(t)
	form := person(1)
	form.Set("given_name", strings.Repeat("x", 300))
	form.Set("nhs_number", "444 444 4444")
	form.Del("family_name")
	res := w.submit(t, w.receptionist, "/practice/patients/new", "/practice/patients", form)
	require.Equal(t, http.StatusUnprocessableEntity, res.Status)
	require.True(t, strings.HasPrefix(res.title(), "Error: "), res.title())
	require.Contains(t, res.text(), "There is a problem")
	_, kept := res.form("/practice/patients")
	require.Equal(t, form.Get("given_name"), kept.Get("given_name"))

	form = person(1)
	form.Set("nhs_number", "444 444 4444")
	res = w.submit(t, w.receptionist, "/practice/patients/new", "/practice/patients", form)
	require.Contains(t, res.text(), "This is not an NHS number")

	form.Del("safe_ways")
	form.Set("postcode", "M14")
	res = w.submit(t, w.receptionist, "/practice/patients/new", "/practice/patients", form)
	for _, words := range []string{"Select how it is safe to contact them", "This is not an NHS number", "Enter a whole postcode"} {
		require.Contains(t, res.text(), words, "all that is wrong is said at once")
	}

	ref := w.addPatient(t, w.receptionist, 1)
	path := w.readyDraft(t, w.receptionist, ref)
	res = w.send(t, w.newbie, w.page(t, w.receptionist, path+"/check"), "/send", url.Values{"overlap": {"none"}})
	require.Equal(t, http.StatusForbidden, res.Status)
	require.Contains(t, res.text(), "training in care navigation, tier Essential or higher, and the register has none for you")
	require.Contains(t, res.text(), "At your organisation these may: Dr")
	require.Contains(t, res.text(), "Your service lead records trainings")
	require.Equal(t, http.StatusOK, w.page(t, w.receptionist, path+"/check").Status, "nothing is lost: a trained colleague sends it")
}

// Choosing a service, and taking it off again, leads back to the list as it was narrowed.
func TestChoosingKeepsTheFilters(t *testing.T) {
	t.Parallel()
	w := newHouse(t)
	path := w.startDraft(t, w.receptionist, w.addPatient(t, w.receptionist, 1))
	w.submit(t, w.receptionist, path+"/consent", "/consent", url.Values{"given": {"yes"}, "how": {"phone"}})
	w.submit(t, w.receptionist, path+"/need", "/need", url.Values{"need": {"loneliness"}})
	narrowed := path + "/services?takes=referrals&within=16"
	page := w.page(t, w.receptionist, narrowed)
	require.Contains(t, page.Body, `action="`+strings.ReplaceAll(narrowed, "&", "&amp;")+`"`)
	res := w.submit(t, w.receptionist, narrowed, "/services?takes=referrals&within=16", url.Values{"kind": {"service"}, "receiver": {w.service}, "how": {"refer"}})
	require.Equal(t, http.StatusSeeOther, res.Status, res.text())
	require.Equal(t, narrowed, res.Location)
}
