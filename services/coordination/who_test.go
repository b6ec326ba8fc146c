package coordination_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.org/waypost/schemas"
	said "example.org/waypost/schemas/coordination"
	"example.org/waypost/schemas/primarycare"
	"example.org/waypost/schemas/terms"
)

func withoutNumber(p *primarycare.ReferralRequestedV1) {
	c := ada
	c.NHSNumber = ""
	p.Contact = schemas.Seal(c)
}

// almost is her without a number and with a slip: somebody must look.
func almost(p *primarycare.ReferralRequestedV1) {
	c := ada
	c.NHSNumber, c.GivenName, c.FamilyName, c.Postcode, c.Phone = "", "ADA", "harte", "m11ae", ""
	p.Contact = schemas.Seal(c)
}

// lookalike is two refs without a number that may be one person: the second waits for the area's office.
func lookalike(t *testing.T) (s *scene, known, fresh string, second *primarycare.ReferralRequestedV1) {
	t.Helper()
	s = newScene(t)
	known, fresh = s.patient(), s.patient()
	s.refer(known, s.practice, withoutNumber)
	second = s.refer(fresh, s.otherPractice, almost)
	got := s.progress(fresh, second.ReferralID)
	require.Equal(t, terms.ReferralHeld, got.State)
	require.Equal(t, terms.PartyCoordinator, got.Owes.Party)
	require.Equal(t, []string{"withdraw"}, got.AvailableActions, "its sender can not join what it may not know of")
	require.False(t, s.saidSo(fresh, "referral_offered", 1), "nothing is offered before it is known who this is")
	require.False(t, s.saidSo(fresh, "referral_held", 1), "nor is it said of whom it may be a double")
	require.Contains(t, s.page(s.coordinator, "/case").Body, "1 person to recognise")
	return s, known, fresh, second
}

// different is the office's word that somebody is none of these.
func different(refs ...string) string {
	return `{"different":["` + strings.Join(refs, `","`) + `"],"reason":"relatives"}`
}

// One person: the two become one case, every service is told on both refs, and the duplicate question comes after.
func TestTheSamePerson(t *testing.T) {
	t.Parallel()
	s, known, fresh, second := lookalike(t)
	path := "/case/referrals/" + second.ReferralID + "/who"
	require.Equal(t, http.StatusForbidden, s.page(s.otherReceptionist, path).Status)
	done := s.post(s.coordinator, path, path, url.Values{"shown": {known}, "same": {known}})
	require.Equal(t, http.StatusSeeOther, done.Status, done.Body)
	for _, ref := range []string{known, fresh} {
		var merged said.PatientMergedV1
		s.Last(ref, &merged)
		require.Equal(t, fresh, merged.FromRef)
		require.Equal(t, known, merged.IntoRef)
	}
	got := s.progress(known, second.ReferralID)
	require.Equal(t, terms.ReferralHeld, got.State)
	require.Equal(t, terms.PartySender, got.Owes.Party, "now its sender chooses")
	require.Equal(t, 1, s.count(`select count(*) from case_record where closed_at is null`))

	third := s.refer(fresh, s.practice, withoutNumber, func(p *primarycare.ReferralRequestedV1) { p.Need, p.Receivers = terms.NeedHousing, nil })
	require.Equal(t, terms.ReferralEscalated, s.progress(known, third.ReferralID).State, "what comes under the old ref is done under the new one")
	require.Equal(t, 1, s.count(`select count(*) from case_record where closed_at is null`))
}

// One of the two has died: what waited to know who it is ends with the answer, and nobody is offered it.
func TestTheSamePersonHasDied(t *testing.T) {
	t.Parallel()
	s, known, _, second := lookalike(t)
	s.Now.Add(time.Minute)
	s.Tell(known, &primarycare.PatientDetailsChangedV1{PatientRef: known, PracticeID: s.practice, Contact: schemas.Seal(ada), Status: terms.PatientDied, ChangedAt: s.Now.Now()})
	path := "/case/referrals/" + second.ReferralID + "/who"
	done := s.post(s.coordinator, path, path, url.Values{"shown": {known}, "same": {known}})
	require.Equal(t, http.StatusSeeOther, done.Status, done.Body)
	require.Zero(t, s.count(`select count(*) from offer where referral_id = $1`, second.ReferralID))
	require.Zero(t, s.count(`select count(*) from referral where due_at is not null`), "nothing is owed any more")
	require.Zero(t, s.count(`select count(*) from case_record where closed_at is null`))
}

// Two records that agree in everything are made one by the clock, within moments, and nobody has to look.
func TestTheSamePersonToTheLetter(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	known, fresh := s.patient(), s.patient()
	s.refer(known, s.practice)
	second := s.refer(fresh, s.otherPractice, withoutNumber)
	require.False(t, s.saidSo(fresh, "referral_offered", 1))
	s.eventually("the two are made one", func() bool { return s.saidSo(known, "patient_merged", 1) })
	for _, ref := range []string{known, fresh} {
		var merged said.PatientMergedV1
		s.Last(ref, &merged)
		require.Equal(t, known, merged.IntoRef)
		require.Equal(t, terms.MergeIdentical, merged.Why)
		require.Empty(t, merged.By)
	}
	got := s.progress(known, second.ReferralID)
	require.Equal(t, terms.ReferralHeld, got.State)
	require.Equal(t, terms.PartySender, got.Owes.Party, "the same need is open: its sender chooses")
	require.Equal(t, 1, s.count(`select count(*) from case_record where closed_at is null`))
	require.Zero(t, s.count(`select count(*) from errand`))
}

// Whoever is made one with somebody who may be a third is not offered before that is known too.
func TestOnePersonWithSomebodyWhoIsNotRecognised(t *testing.T) {
	t.Parallel()
	s, known, held, first := lookalike(t)
	fresh := s.patient()
	second := s.refer(fresh, s.practice, almost)
	s.eventually("the two are made one", func() bool { return s.saidSo(held, "patient_merged", 1) })
	require.False(t, s.saidSo(fresh, "referral_offered", 1) || s.saidSo(held, "referral_offered", 1), "nobody knows yet who this is")
	for _, r := range []string{first.ReferralID, second.ReferralID} {
		require.Equal(t, 1, s.count(`select count(*) from referral where id = $1 and state = 'held' and held_why = 'same_person' and may_be_ref = $2`, r, known))
	}
	got := s.step(s.coordinator, first.ReferralID, "settle", `{"same":"`+known+`"}`)
	require.Equal(t, http.StatusOK, got.Status, got.Body)
	require.Equal(t, 2, s.count(`select count(*) from referral where state = 'held' and held_why = 'same_need'`), "both ask for what is open")
	require.Equal(t, 1, s.count(`select count(*) from referral where state = 'offered'`))
}

// One answer is about two people. Who is not the likeliest may still be the next.
func TestNotThisOneButPerhapsThat(t *testing.T) {
	t.Parallel()
	s, known, fresh, second := lookalike(t)
	third, elsewhere := s.patient(), ada
	elsewhere.NHSNumber, elsewhere.GivenName, elsewhere.FamilyName, elsewhere.Postcode, elsewhere.Phone = "", "Adda", "Harte", "M1 1AE", ""
	last := s.refer(third, s.practice, func(p *primarycare.ReferralRequestedV1) { p.Contact = schemas.Seal(elsewhere) })
	asked := func() (ref string) {
		require.Equal(t, terms.PartyCoordinator, s.progress(third, last.ReferralID).Owes.Party)
		require.NoError(t, s.Admin.QueryRow(t.Context(), `select may_be_ref::text from referral where id = $1 and state = 'held' and held_why = 'same_person'`, last.ReferralID).Scan(&ref))
		return ref
	}
	likeliest := asked()
	got := s.step(s.coordinator, last.ReferralID, "settle", different(likeliest))
	require.Equal(t, http.StatusOK, got.Status, got.Body)
	next := asked()
	require.ElementsMatch(t, []string{known, fresh}, []string{likeliest, next})
	got = s.step(s.coordinator, last.ReferralID, "settle", different(next))
	require.Equal(t, http.StatusOK, got.Status, got.Body)
	require.Equal(t, terms.ReferralOffered, s.progress(third, last.ReferralID).State)
	require.Equal(t, terms.ReferralHeld, s.progress(fresh, second.ReferralID).State, "that question was another")
}

// Two people: the referral goes on, and nobody is asked about the two again.
func TestTwoPeopleOfOneName(t *testing.T) {
	t.Parallel()
	s, known, fresh, second := lookalike(t)
	got := s.step(s.coordinator, second.ReferralID, "settle", different(known))
	require.Equal(t, http.StatusOK, got.Status, got.Body)
	require.Equal(t, terms.ReferralOffered, s.progress(fresh, second.ReferralID).State)
	require.Equal(t, http.StatusConflict, s.step(s.coordinator, second.ReferralID, "settle", `{"same":"`+known+`"}`).Status)
	third := s.refer(fresh, s.otherPractice, withoutNumber, func(p *primarycare.ReferralRequestedV1) { p.Need, p.Receivers = terms.NeedHousing, nil })
	require.NotEqual(t, terms.ReferralHeld, s.progress(fresh, third.ReferralID).State)
}

// Two different NHS numbers are two people, whatever else is the same.
func TestDifferentNumbersAreDifferentPeople(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	first, second := s.patient(), s.patient()
	s.refer(first, s.practice)
	p := s.refer(second, s.otherPractice, func(p *primarycare.ReferralRequestedV1) {
		c := ada
		c.NHSNumber = "9476719931"
		p.Contact = schemas.Seal(c)
	})
	require.Equal(t, terms.ReferralOffered, s.progress(second, p.ReferralID).State)
}

// Newer contact replaces older, older news changes nothing, and a known number is not lost to a sender who lacks it.
func TestTheNewestContactIsOffered(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	ref := s.patient()
	s.refer(ref, s.practice)
	newer, older := ada, ada
	newer.Phone, newer.NHSNumber, older.Phone = "0161 496 1111", "", "0161 496 2222"
	s.Tell(ref, &primarycare.PatientDetailsChangedV1{PatientRef: ref, PracticeID: s.practice, Contact: schemas.Seal(newer), Status: terms.PatientActive, ChangedAt: s.Now.Now().Add(time.Minute)})
	s.Tell(ref, &primarycare.PatientDetailsChangedV1{PatientRef: ref, PracticeID: s.practice, Contact: schemas.Seal(older), Status: terms.PatientActive, ChangedAt: s.Now.Now()})
	p := s.refer(ref, s.practice, func(p *primarycare.ReferralRequestedV1) {
		p.Need, p.Receivers = terms.NeedDebtAndMoney, []schemas.Receiver{{Kind: terms.ReceiverTeam, ID: s.team}}
		p.RequestedAt = s.Now.Now().Add(-time.Hour)
	})
	var c schemas.Contact
	ok, err := s.offer(ref, p.ReferralID).Contact.Into(&c)
	require.True(t, ok && err == nil)
	require.Equal(t, "0161 496 1111", c.Phone)
	require.Equal(t, ada.NHSNumber, c.NHSNumber)
}

// Two refs with the same need open under each turn out to be one person: both referrals go on, the second as one that a person
// has confirmed, because whoever has them in hand may have begun to help.
func TestTheSamePersonIsHelpedTwiceAlready(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	known, fresh := s.patient(), s.patient()
	first := s.refer(known, s.practice)
	elsewhere := ada
	elsewhere.NHSNumber, elsewhere.FamilyName, elsewhere.Postcode, elsewhere.Phone = "", "Okafor", "M20 1AA", ""
	second := s.refer(fresh, s.otherPractice, func(p *primarycare.ReferralRequestedV1) { p.Contact = schemas.Seal(elsewhere) })
	require.Equal(t, terms.ReferralOffered, s.progress(fresh, second.ReferralID).State)
	third := s.refer(fresh, s.otherPractice, almost, func(p *primarycare.ReferralRequestedV1) {
		p.Need, p.Receivers, p.RequestedAt = terms.NeedHousing, nil, p.RequestedAt.Add(time.Minute)
	})
	require.Equal(t, terms.ReferralHeld, s.progress(fresh, third.ReferralID).State)

	path := "/case/referrals/" + third.ReferralID + "/who"
	done := s.post(s.coordinator, path, path, url.Values{"shown": {known}, "same": {known}})
	require.Equal(t, http.StatusSeeOther, done.Status, done.Body)
	require.Equal(t, 1, s.count(`select count(*) from case_record where closed_at is null`))
	require.Equal(t, 2, s.count(`select count(*) from referral where patient_ref = $1 and need = 'loneliness' and state = 'offered'`, known))
	s.accept(known, s.offer(known, first.ReferralID))
	require.Equal(t, terms.ReferralAccepted, s.progress(known, first.ReferralID).State)
}
