package coordination_test

import (
	"net/http"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/doortest"
	"example.org/waypost/pkg/id"
	"example.org/waypost/schemas"
	said "example.org/waypost/schemas/coordination"
	"example.org/waypost/schemas/primarycare"
	"example.org/waypost/schemas/terms"
)

const noLonger = `{"purpose":"share_to_help","how":"phone"}`

func (s *scene) withdraws(ref string) answer {
	s.T.Helper()
	return s.ask(s.receptionist, http.MethodPost, apiRoot+"/patients/"+ref+"/consent/withdraw", noLonger, "Content-Type", "application/json", "Idempotency-Key", id.New())
}

// refuses is the person's no to one organisation, by name.
func (s *scene) refuses(ref, organisation string) answer {
	s.T.Helper()
	return s.ask(s.receptionist, http.MethodPost, apiRoot+"/patients/"+ref+"/consent/withdraw",
		`{"purpose":"share_to_help","how":"phone","organisation_ids":["`+organisation+`"]}`, "Content-Type", "application/json", "Idempotency-Key", id.New())
}

// Withdrawn consent ends everything that is open, says so to whoever holds a copy, and closes the case.
func TestConsentIsWithdrawn(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	ref := s.patient()
	require.Equal(t, http.StatusNotFound, s.withdraws(ref).Status, "nothing was shared")
	p := s.refer(ref, s.practice)
	o := s.offer(ref, p.ReferralID)
	s.accept(ref, o)
	consent := apiRoot + "/patients/" + ref + "/consent"
	require.Contains(t, s.ask(s.receptionist, http.MethodGet, consent, "").Body, `"purpose":"share_to_help"`)
	got := s.withdraws(ref)
	require.Equal(t, http.StatusOK, got.Status, got.Body)
	require.Equal(t, terms.ReferralWithdrawn, s.progress(ref, p.ReferralID).State)
	var back said.OfferWithdrawnV1
	s.Last(ref, &back)
	require.True(t, back.StandDown)
	require.Equal(t, terms.OfferWithdrawalConsentWithdrawn, back.Reason)
	var ended said.ConsentWithdrawnV1
	s.Last(ref, &ended)
	require.Equal(t, p.Consent.ConsentID, ended.ConsentID)
	require.Equal(t, terms.ConsentShareToHelp, ended.Purpose)
	require.Equal(t, s.receptionist.Person.ID, ended.By)
	var closed said.CaseClosedV1
	s.Last(ref, &closed)
	require.Equal(t, terms.CaseConsentWithdrawn, closed.Outcome)
	require.Contains(t, s.ask(s.receptionist, http.MethodGet, consent, "").Body, `"agreed":[]`)
	require.Equal(t, http.StatusConflict, s.withdraws(ref).Status)
}

// A request that was on its way when consent was withdrawn is not offered; one that was asked for afterwards is.
func TestConsentIsWithdrawnWhileARequestIsOnItsWay(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	ref := s.patient()
	s.refer(ref, s.practice)
	late := s.request(ref, s.practice, func(p *primarycare.ReferralRequestedV1) {
		p.Need, p.Receivers = terms.NeedDebtAndMoney, []schemas.Receiver{{Kind: terms.ReceiverTeam, ID: s.team}}
	})
	s.Now.Add(time.Minute)
	require.Equal(t, http.StatusOK, s.withdraws(ref).Status)
	s.Tell(ref, late)
	got := s.progress(ref, late.ReferralID)
	require.Equal(t, terms.ReferralWithdrawn, got.State)
	require.Equal(t, "no_consent", got.Reason)
	s.Now.Add(time.Minute)
	anew := s.refer(ref, s.practice)
	require.Equal(t, terms.ReferralOffered, s.progress(ref, anew.ReferralID).State)
}

// A desk's clock was a day ahead when it asked. Who says no today means that yes.
func TestANoCountsAgainstAYesOfTomorrow(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	ref := s.patient()
	s.refer(ref, s.practice, func(p *primarycare.ReferralRequestedV1) { p.Consent.AskedAt = p.Consent.AskedAt.Add(26 * time.Hour) })
	require.Equal(t, http.StatusOK, s.withdraws(ref).Status)
	require.Contains(t, s.ask(s.receptionist, http.MethodGet, apiRoot+"/patients/"+ref+"/consent", "").Body, `"agreed":[]`)
}

// Everybody was told of the no, and their records say so until they are told of the yes. A first yes, or one more, is nobody's news, and one that was
// asked for before the no takes nothing back.
func TestWhoAgreesAgainIsSaidToAgree(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	ref := s.patient()
	news := func() int {
		return s.count(`select count(*) from outbox where about = $1 and event_type like '%.consent_given.v1'`, ref)
	}
	s.refer(ref, s.practice)
	late := s.request(ref, s.practice, func(p *primarycare.ReferralRequestedV1) { p.Need = terms.NeedDebtAndMoney })
	s.Now.Add(time.Minute)
	require.Equal(t, http.StatusOK, s.withdraws(ref).Status)
	s.Tell(ref, late)
	require.Zero(t, news())
	s.Now.Add(time.Minute)
	anew := s.refer(ref, s.otherPractice, func(p *primarycare.ReferralRequestedV1) { p.Consent.OrganisationIDs = []string{s.practice} })
	var again said.ConsentGivenV1
	s.Last(ref, &again)
	require.Equal(t, anew.Consent.ConsentID, again.ConsentID)
	require.Equal(t, []string{s.practice}, again.OrganisationIDs)
	require.Equal(t, anew.Consent.AskedBy, again.By)
	s.refer(ref, s.practice, func(p *primarycare.ReferralRequestedV1) { p.Need = terms.NeedFood })
	require.Equal(t, 1, news())
}

// Somebody no longer wants one organisation to know of them: what it has in hand ends, it is not asked again, it is told by name to
// remove, and the others go on. Saying yes to it by name takes that back.
func TestConsentEndsWithOneOrganisation(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	ref := s.patient()
	p := s.refer(ref, s.practice)
	s.accept(ref, s.offer(ref, p.ReferralID))
	debts := s.refer(ref, s.practice, func(p *primarycare.ReferralRequestedV1) {
		p.Need, p.Receivers = terms.NeedDebtAndMoney, []schemas.Receiver{{Kind: terms.ReceiverTeam, ID: s.team}}
	})
	caseID := s.progress(ref, p.ReferralID).CaseID
	consent := "/case/patients/" + ref + "/consent"
	require.Contains(t, s.page(s.receptionist, consent).Body, "Olga&#39;s Cafe")
	s.Now.Add(time.Minute)
	done := s.post(s.receptionist, consent, consent, url.Values{"purpose": {"share_to_help"}, "how": {"phone"}, "organisation": {s.providers[0]}})
	require.Equal(t, http.StatusSeeOther, done.Status, done.Body)
	require.Equal(t, terms.ReferralWithdrawn, s.progress(ref, p.ReferralID).State)
	require.Equal(t, terms.ReferralOffered, s.progress(ref, debts.ReferralID).State, "the others go on")
	require.Equal(t, http.StatusNotFound, s.page(s.provider, "/case/"+caseID).Status)
	require.Equal(t, http.StatusOK, s.page(s.linkWorker, "/case/"+caseID).Status)
	var ended said.ConsentWithdrawnV1
	s.Last(ref, &ended)
	require.Equal(t, []string{s.providers[0]}, ended.OrganisationIDs)
	require.Contains(t, s.page(s.receptionist, consent).Body, "Agreed.", "sharing as such stands")

	s.Now.Add(time.Minute)
	again := s.refer(ref, s.practice)
	require.NotEqual(t, s.services[0], s.offer(ref, again.ReferralID).ServiceID, "it is not asked again")
	s.Now.Add(time.Minute)
	s.refer(ref, s.practice, func(p *primarycare.ReferralRequestedV1) {
		p.Need, p.Consent.OrganisationIDs = terms.NeedFood, []string{s.providers[0]}
	})
	require.Zero(t, s.count(`select count(*) from patient where ref = $1 and not_with <> '{}'`, ref), "they said yes to it by name")
	var welcome said.ConsentGivenV1
	s.Last(ref, &welcome)
	require.Equal(t, []string{s.providers[0]}, welcome.OrganisationIDs, "and it is told, as it was of the no")
}

// What waited for another to end ends with it, also when it was asked for first: nobody is offered somebody who no longer agrees, and who asks to
// be erased is.
func TestNobodyIsOfferedWhenAllEnds(t *testing.T) {
	t.Parallel()
	for name, ends := range map[string]func(s *scene, ref string) answer{
		"consent withdrawn": func(s *scene, ref string) answer { return s.withdraws(ref) },
		"erased":            func(s *scene, ref string) answer { return s.erases(s.privacy, ref) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newScene(t)
			ref := s.patient()
			first := s.refer(ref, s.practice)
			s.accept(ref, s.offer(ref, first.ReferralID))
			earlier := s.refer(ref, s.otherPractice, func(p *primarycare.ReferralRequestedV1) { // a desk whose clock is behind
				p.RequestedAt = p.RequestedAt.Add(-time.Hour)
			})
			require.Equal(t, terms.ReferralHeld, s.progress(ref, earlier.ReferralID).State)
			s.Now.Add(time.Minute)
			got := ends(s, ref)
			require.Equal(t, http.StatusOK, got.Status, got.Body)
			require.Equal(t, 2, s.count(`select count(*) from referral where state = 'withdrawn'`))
			require.Zero(t, s.count(`select count(*) from offer where referral_id = $1`, earlier.ReferralID))
		})
	}
}

// Whom somebody refuses by name learns nothing of who helps them, neither before sending nor from the list of who looked.
func TestWhoIsRefusedByNameLearnsOfNobody(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	ref := s.patient()
	p := s.refer(ref, s.practice)
	s.accept(ref, s.offer(ref, p.ReferralID))
	s.refer(ref, s.otherPractice, func(p *primarycare.ReferralRequestedV1) { p.Need, p.Receivers = terms.NeedFood, nil })
	gp := doortest.Person("Greta GP", "gp", s.otherPractice, "practice", "Hill Surgery")
	s.grant(gp, s.Now.Now())
	require.Equal(t, http.StatusOK, s.page(s.receptionist, "/case/"+s.progress(ref, p.ReferralID).CaseID).Status)
	panel, looked := "/case/panel/"+ref, "/case/looked/"+ref
	require.Contains(t, s.page(s.otherReceptionist, panel).Body, "Friday cafe")
	require.Contains(t, s.page(gp, looked).Body, "Park Surgery")
	s.Now.Add(time.Minute)
	got := s.refuses(ref, s.otherPractice)
	require.Equal(t, http.StatusOK, got.Status, got.Body)
	require.NotContains(t, s.page(s.otherReceptionist, panel).Body, "Friday cafe")
	body := s.page(gp, looked).Body
	require.Contains(t, body, "Hill Surgery", "their own")
	require.NotContains(t, body, "Park Surgery")
	require.NotContains(t, body, "Rita Reception")
	require.Contains(t, s.page(s.receptionist, panel).Body, "Friday cafe", "the others go on")
}

// Whom somebody refuses by name keeps what it sent, and does not see who they are now: where they moved to, or how to ring them. A yes by name
// brings it back.
func TestWhoIsRefusedByNameDoesNotSeeWhoSomebodyIsNow(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	ref := s.patient()
	s.refer(ref, s.practice)
	theirs := s.refer(ref, s.otherPractice, func(p *primarycare.ReferralRequestedV1) { p.Need, p.Receivers = terms.NeedFood, nil })
	kase, consent := "/case/"+s.progress(ref, theirs.ReferralID).CaseID, "/case/patients/"+ref+"/consent"
	pages := []string{kase, "/case/referrals/" + theirs.ReferralID, consent}
	for _, path := range pages {
		require.Contains(t, s.page(s.otherReceptionist, path).Body, "Ada Hart", path)
	}
	s.Now.Add(time.Minute)
	got := s.refuses(ref, s.otherPractice)
	require.Equal(t, http.StatusOK, got.Status, got.Body)
	s.Now.Add(time.Minute)
	moved := ada
	moved.Phone = "0161 496 0999"
	s.Tell(ref, &primarycare.PatientDetailsChangedV1{PatientRef: ref, PracticeID: s.practice, Contact: schemas.Seal(moved), Status: terms.PatientActive, ChangedAt: s.Now.Now()})
	for _, path := range append(pages, "/case?list=open", apiRoot+"/cases"+kase[len("/case"):], apiRoot+"/referrals/"+theirs.ReferralID) {
		page := s.page(s.otherReceptionist, path)
		require.Equal(t, http.StatusOK, page.Status, path)
		for _, word := range []string{"Hart", "496 0999", ">AH<"} {
			require.NotContains(t, page.Body, word, path)
		}
	}
	require.Contains(t, s.page(s.otherReceptionist, kase).Body, "does not want your organisation to know about them")
	require.Contains(t, s.page(s.otherReceptionist, "/case?list=open").Body, terms.NeedFood.Label(), "what it sent is still its own")
	require.Contains(t, s.page(s.receptionist, kase).Body, "0161 496 0999", "the others see it")

	s.Now.Add(time.Minute)
	s.refer(ref, s.otherPractice, func(p *primarycare.ReferralRequestedV1) {
		p.Need, p.Receivers, p.Contact, p.Consent.OrganisationIDs = terms.NeedHousing, nil, schemas.Seal(moved), []string{s.otherPractice}
	})
	require.Contains(t, s.page(s.otherReceptionist, kase).Body, "0161 496 0999")
}

// A yes that was asked for before somebody said no to an organisation by name, and is heard after it, does not take the no back.
func TestAYesOnItsWayDoesNotTakeBackALaterNo(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	ref := s.patient()
	p := s.refer(ref, s.practice)
	s.accept(ref, s.offer(ref, p.ReferralID))
	late := s.request(ref, s.otherPractice, func(p *primarycare.ReferralRequestedV1) {
		p.Need, p.Consent.OrganisationIDs = terms.NeedFood, []string{s.providers[0]}
	})
	s.Now.Add(time.Minute)
	got := s.refuses(ref, s.providers[0])
	require.Equal(t, http.StatusOK, got.Status, got.Body)
	s.Now.Add(time.Minute)
	s.Tell(ref, late)
	require.Equal(t, 1, s.count(`select count(*) from patient where ref = $1 and $2::uuid = any(not_with)`, ref, s.providers[0]))
	require.Zero(t, s.count(`select count(*) from offer where referral_id = $1 and organisation_id = $2`, late.ReferralID, s.providers[0]))
}

// Once somebody no longer agrees, who sent something sees that alone, and nobody sees what others sent; agreeing again brings it back.
func TestWhoSeesWhatOnceConsentIsGone(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	ref := s.patient()
	p := s.refer(ref, s.practice)
	other := s.refer(ref, s.otherPractice, func(p *primarycare.ReferralRequestedV1) {
		p.Need, p.Receivers = terms.NeedFood, nil
	})
	caseID := s.progress(ref, p.ReferralID).CaseID
	require.Contains(t, s.page(s.otherReceptionist, "/case/"+caseID).Body, "Friday cafe")
	s.Now.Add(time.Minute)
	require.Equal(t, http.StatusOK, s.withdraws(ref).Status)
	body := s.page(s.otherReceptionist, "/case/"+caseID).Body
	require.Contains(t, body, terms.NeedFood.Label(), "its own")
	require.NotContains(t, body, "Friday cafe")
	require.NotContains(t, body, terms.NeedLoneliness.Label())
	require.Equal(t, http.StatusNotFound, s.page(s.otherReceptionist, "/case/referrals/"+p.ReferralID).Status)
	require.Equal(t, http.StatusOK, s.page(s.otherReceptionist, "/case/referrals/"+other.ReferralID).Status)
	s.Now.Add(time.Minute)
	s.refer(ref, s.practice)
	require.Contains(t, s.page(s.otherReceptionist, "/case/"+caseID).Body, "Friday cafe", "they agreed again")
}

// Somebody withdraws while others open the case: who is refused stays refused, and every look that was let through is in the list.
func TestConsentIsWithdrawnWhileSomebodyOpens(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	ref := s.patient()
	p := s.refer(ref, s.practice)
	s.accept(ref, s.offer(ref, p.ReferralID))
	caseID := s.progress(ref, p.ReferralID).CaseID
	var wg sync.WaitGroup
	var seen atomic.Int64
	for range 4 {
		wg.Go(func() {
			refused := false
			for range 6 {
				status := s.page(s.provider, "/case/"+caseID).Status
				if status == http.StatusOK {
					seen.Add(1)
					assert.False(t, refused, "it was refused before")
				}
				refused = refused || status == http.StatusNotFound
			}
		})
	}
	wg.Go(func() { assert.Equal(t, http.StatusOK, s.withdraws(ref).Status) })
	wg.Wait()
	require.Equal(t, http.StatusNotFound, s.page(s.provider, "/case/"+caseID).Status)
	require.Equal(t, int(seen.Load()), s.count(`select count(*) from audit where person_id = $1 and verb = 'read' and object = 'case'`, s.provider.Person.ID))
}

// untilTomorrow is consent that ends with tomorrow.
func (s *scene) untilTomorrow(p *primarycare.ReferralRequestedV1) {
	p.Consent.UntilOn = s.Now.Now().AddDate(0, 0, 1).Format(time.DateOnly)
}

// Consent until a day ends with it as if it had been withdrawn then, and everybody is told why. Whoever was asked again before it agrees on.
// Of a record that was made one with another what was said last counts, and each has its own again when they are two.
func TestConsentEndsWithItsDay(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	ref, again := s.patient(), s.patient()
	p := s.refer(ref, s.practice, s.untilTomorrow)
	s.accept(ref, s.offer(ref, p.ReferralID))
	other := func(p *primarycare.ReferralRequestedV1) { p.Contact = schemas.Seal(s.somebody()) }
	first := s.refer(again, s.practice, other, s.untilTomorrow)
	require.Equal(t, 2, s.count(`select count(*) from consent where stands`))
	owed := s.ask(s.coordinator, http.MethodGet, apiRoot+"/overdue?list=soon", "").Body
	require.Contains(t, owed, `"kind":"consent"`)
	require.Contains(t, s.page(s.coordinator, "/case/overdue?list=soon").Body, "Ask again: their consent ends")
	require.Contains(t, s.page(s.receptionist, "/case/patients/"+ref+"/consent").Body, "then it ends, unless they are asked again")
	s.Now.Add(time.Minute)
	s.refer(again, s.practice, other, func(p *primarycare.ReferralRequestedV1) {
		p.Need, p.Receivers = terms.NeedDebtAndMoney, []schemas.Receiver{{Kind: terms.ReceiverTeam, ID: s.team}}
	})
	require.Equal(t, 1, s.count(`select count(*) from consent where stands`), "they were asked again")

	s.Now.Add(48 * time.Hour)
	s.eventually("consent ends by itself", func() bool { return s.saidSo(ref, "consent_withdrawn", 1) })
	var ended said.ConsentWithdrawnV1
	s.Last(ref, &ended)
	require.Equal(t, []any{terms.ConsentExpired, p.Consent.ConsentID, p.Consent.AskedBy, p.Consent.How}, []any{ended.Reason, ended.ConsentID, ended.By, ended.How})
	require.Equal(t, terms.ReferralWithdrawn, s.progress(ref, p.ReferralID).State)
	require.Zero(t, s.count(`select count(*) from consent where stands`))
	require.Equal(t, 1, s.count(`select count(*) from timeline where what = 'consent_expired'`))
	require.Equal(t, http.StatusConflict, s.withdraws(ref).Status, "it has ended already")
	require.False(t, s.saidSo(again, "consent_withdrawn", 1))
	require.NotEqual(t, terms.ReferralWithdrawn, s.progress(again, first.ReferralID).State)
}
