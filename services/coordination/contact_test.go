package coordination_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/id"
	"example.org/waypost/schemas"
	said "example.org/waypost/schemas/coordination"
	"example.org/waypost/schemas/mdt"
	"example.org/waypost/schemas/primarycare"
	"example.org/waypost/schemas/terms"
)

// A meeting that never asked for somebody's language or has no number for them does not take their interpreter and number away, neither here nor from anybody who is told;
// their practice does, when it says so. What changes of how they may be reached is told once.
func TestWhatARequestLeavesOutIsKept(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	ref := s.patient()
	full := s.somebody()
	full.Language, full.InterpreterNeeded, full.Accessibility, full.SafeWays = "pl", true, []terms.Accessibility{terms.AccessStepFree}, schemas.SafeWays{Phone: true}
	full.Phone, full.SafeNote = "0161 496 0123", "Not after five"
	s.refer(ref, s.practice, func(p *primarycare.ReferralRequestedV1) { p.Contact = schemas.Seal(full) })
	s.Now.Add(time.Minute)
	partly := full
	partly.Language, partly.InterpreterNeeded, partly.Accessibility, partly.SafeWays = "", false, nil, schemas.SafeWays{Letter: true}
	partly.Phone, partly.SafeNote, partly.Postcode = "", "", ""
	now := s.Now.Now()
	s.Tell(ref, &mdt.CaseRequestedV1{
		PatientRef: ref, RequestID: id.New(), OrganisationID: s.office, Reason: terms.MDTHospitalDischarge, Contact: schemas.Seal(partly),
		Consent: schemas.Consent{ConsentID: id.New(), Purpose: terms.ConsentDiscussAtMDT, Given: true, AskedBy: s.coordinator.Person.ID, AskedAt: now, How: terms.ConsentInPerson},
		By:      s.coordinator.Person.ID, At: now,
	})
	told := s.reach(ref)
	require.Len(t, told, 1)
	require.Equal(t, schemas.SafeWays{Letter: true}, told[0].SafeWays, "do not ring them any more")
	require.Equal(t, full.Phone, told[0].Phone, "the practice still has its number")
	require.Equal(t, full.SafeNote, told[0].SafeNote)
	require.Equal(t, full.Postcode, told[0].Postcode)
	require.Equal(t, "pl", told[0].Language)
	require.True(t, told[0].InterpreterNeeded)
	require.Equal(t, full.Accessibility, told[0].Accessibility)

	s.Now.Add(time.Minute)
	details := func() {
		s.Tell(ref, &primarycare.PatientDetailsChangedV1{PatientRef: ref, PracticeID: s.practice, Contact: schemas.Seal(partly), Status: terms.PatientActive, ChangedAt: s.Now.Now()})
	}
	details()
	details() // nothing new in it
	told = s.reach(ref)
	require.Len(t, told, 2)
	require.Empty(t, told[1].Language, "the practice says that no interpreter is needed")
	require.False(t, told[1].InterpreterNeeded)
	require.Empty(t, told[1].Phone)
}

// One practice says: do not ring. Another, which had not heard of it, adds the same person with their number and sends a referral. Nobody rings;
// everybody is told so again, for the other practice shows the number as safe. Once it has heard it may say that it is.
func TestNobodyOpensAWayTheyHadNotHeardWasForbidden(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	ref := s.patient()
	careful := s.somebody()
	careful.Phone, careful.AddressLines, careful.SafeWays, careful.SafeNote = "0161 496 0123", []string{"1 High Street"}, schemas.SafeWays{Letter: true}, "He answers her phone"
	s.refer(ref, s.practice, func(p *primarycare.ReferralRequestedV1) { p.Contact = schemas.Seal(careful) })
	s.Now.Add(time.Minute)
	open := careful
	open.SafeWays, open.SafeNote = schemas.SafeWays{Phone: true, Letter: true}, ""
	says := func(heard time.Time) {
		s.Tell(ref, &primarycare.PatientDetailsChangedV1{
			PatientRef: ref, PracticeID: s.otherPractice, Contact: schemas.Seal(open), ContactHeardAt: &heard, Status: terms.PatientActive, ChangedAt: s.Now.Now(),
		})
	}
	says(time.Time{})
	require.Equal(t, []schemas.Reach{{SafeWays: schemas.SafeWays{Letter: true}, Notes: 1}}, s.ways(ref))
	next := s.refer(ref, s.otherPractice, func(p *primarycare.ReferralRequestedV1) {
		p.Contact, p.ContactHeardAt, p.Need = schemas.Seal(open), &time.Time{}, terms.NeedFood
	})
	require.NotEmpty(t, s.progress(ref, next.ReferralID).State)
	require.Equal(t, 0, s.count(`select count(*) from patient where safe_phone`))
	require.Equal(t, 1, s.count(`select count(*) from patient where safe_note = 'He answers her phone'`))
	s.Now.Add(time.Minute)
	var told said.ContactPreferencesChangedV1
	s.Last(ref, &told)
	says(told.AsOf.Add(-time.Microsecond))
	require.Equal(t, 0, s.count(`select count(*) from patient where safe_phone`), "not the newest")
	s.Last(ref, &told)
	open.SafeNote = terms.MoreIsKnown // what stands in their record by now
	says(*told.AsOf)
	require.Equal(t, 1, s.count(`select count(*) from patient where safe_phone`), "they know, and asked the person")
	require.Equal(t, 1, s.count(`select count(*) from patient where safe_note = 'He answers her phone'`), "they were not shown it")
}

// reach is what everybody was told of how somebody may be reached, in order.
func (s *scene) reach(ref string) (all []schemas.Contact) {
	s.T.Helper()
	each(s, ref, func(p *said.ContactPreferencesChangedV1) {
		var c schemas.Contact
		ok, err := p.Contact.Into(&c)
		require.NoError(s.T, err)
		if p.Reach == nil {
			require.True(s.T, ok)
			all = append(all, c)
		}
	})
	return all
}

// ways is what everybody was told under a ref of the safe ways alone, in order.
func (s *scene) ways(ref string) (all []schemas.Reach) {
	s.T.Helper()
	each(s, ref, func(p *said.ContactPreferencesChangedV1) {
		var r schemas.Reach
		ok, err := p.Reach.Into(&r)
		require.NoError(s.T, err)
		if ok {
			require.Nil(s.T, p.Contact, "and nothing else")
			all = append(all, r)
		}
	})
	return all
}

// Two records are found to be one person's. One of them says: do not ring, and why; nobody but its practice may see it. From then on
// everybody is told not to ring, and that there is a note; each page and each offer says so. Two again, each has its own back.
func TestNobodyRingsWhereARecordThatTheyMayNotSeeForbidsIt(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	known, fresh := s.patient(), s.patient()
	first := s.refer(known, s.practice, withoutNumber)
	unsafe := func(ways schemas.SafeWays, note string) func(p *primarycare.ReferralRequestedV1) {
		return func(p *primarycare.ReferralRequestedV1) {
			almost(p)
			var c schemas.Contact
			_, err := p.Contact.Into(&c)
			require.NoError(t, err)
			c.SafeWays, c.SafeNote = ways, note
			p.Contact, p.Consent.OrganisationIDs = schemas.Seal(c), []string{id.New()}
		}
	}
	s.Now.Add(time.Minute) // of two records that may be seen, the newer one is
	second := s.refer(fresh, s.otherPractice, unsafe(schemas.SafeWays{Letter: true}, "He answers her phone"))
	require.Empty(t, s.ways(known))
	s.Now.Add(time.Minute)
	got := s.step(s.coordinator, second.ReferralID, "settle", `{"same":"`+known+`"}`)
	require.Equal(t, http.StatusOK, got.Status, got.Body)
	none := schemas.Reach{Notes: 1} // by phone, says the one; by letter, says the other: no way is safe
	require.Equal(t, []schemas.Reach{none}, s.ways(known))
	require.Equal(t, []schemas.Reach{none}, s.ways(fresh), "a reader may be behind with what was said under one of the two")
	require.Empty(t, s.reach(known), "nothing else of the other record")

	caseID, _ := s.caseOf(first.ReferralID)
	page := s.page(s.receptionist, "/case/"+caseID).Body
	require.Contains(t, page, "Do not contact them by phone, text message, email or letter")
	require.Contains(t, page, "More is known about contacting them safely")
	require.NotContains(t, page, "He answers")
	require.NotContains(t, page, ada.Phone)
	require.NotContains(t, page, "Hill Surgery", "not who said so")
	require.Contains(t, s.page(s.otherReceptionist, "/case/"+caseID).Body, "He answers her phone")
	program := s.ask(s.receptionist, http.MethodGet, apiRoot+"/cases/"+caseID, "").Body
	require.NotContains(t, program, ada.Phone)
	require.NotContains(t, program, "safe_ways")

	s.Now.Add(time.Minute)
	third := s.refer(known, s.practice, withoutNumber, func(p *primarycare.ReferralRequestedV1) {
		p.Need, p.Receivers, p.Consent.OrganisationIDs = terms.NeedDebtAndMoney, []schemas.Receiver{{Kind: terms.ReceiverTeam, ID: s.team}}, []string{s.team}
	})
	var offered schemas.Contact
	_, err := s.offer(known, third.ReferralID).Contact.Into(&offered)
	require.NoError(t, err)
	require.False(t, offered.SafeWays.Any(), "who is asked now is told so too")
	require.Equal(t, terms.MoreIsKnown, offered.SafeNote)
	require.Equal(t, []schemas.Reach{none, none}, s.ways(known), "the practice said again that one may ring")

	s.Now.Add(time.Minute)
	s.refer(fresh, s.otherPractice, unsafe(schemas.SafeWays{Phone: true, Letter: true}, ""), func(p *primarycare.ReferralRequestedV1) { p.Need = terms.NeedHousing })
	now := s.ways(fresh)
	require.Equal(t, schemas.SafeWays{Phone: true}, now[len(now)-1].SafeWays, "he has moved out")
	require.Equal(t, now, s.ways(known))

	s.Now.Add(time.Minute)
	s.refer(fresh, s.otherPractice, unsafe(schemas.SafeWays{Letter: true}, "He is back"), func(p *primarycare.ReferralRequestedV1) { p.Need = terms.NeedFood })
	require.Equal(t, http.StatusOK, s.undo(s.mergeOf(fresh)).Status)
	alone := func(ref string) schemas.Reach { w := s.ways(ref); return w[len(w)-1] }
	require.Equal(t, schemas.Reach{SafeWays: schemas.SafeWays{Phone: true}}, alone(known), "each has its own ways again")
	require.Equal(t, schemas.Reach{SafeWays: schemas.SafeWays{Letter: true}, Notes: 1}, alone(fresh))
	own, _ := s.caseOf(first.ReferralID)
	page = s.page(s.receptionist, "/case/"+own).Body
	require.Contains(t, page, "phone "+ada.Phone)
	require.NotContains(t, page, "More is known")
}
