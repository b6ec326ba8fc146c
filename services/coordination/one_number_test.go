package coordination_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.org/waypost/schemas"
	said "example.org/waypost/schemas/coordination"
	"example.org/waypost/schemas/primarycare"
	"example.org/waypost/schemas/terms"
)

// described has a practice say anew who somebody is.
func (s *scene) described(ref, practice string, c schemas.Contact, change ...func(*primarycare.PatientDetailsChangedV1)) *primarycare.PatientDetailsChangedV1 {
	s.Now.Add(time.Minute)
	p := &primarycare.PatientDetailsChangedV1{PatientRef: ref, PracticeID: s.practice, Contact: schemas.Seal(c), Status: terms.PatientActive, ChangedAt: s.Now.Now()}
	for _, f := range change {
		f(p)
	}
	return p
}

// moved is her as somebody knows her who has another address, another family name and no phone: too little is alike to ask.
func moved(number string) schemas.Contact {
	c := ada
	c.NHSNumber, c.FamilyName, c.Postcode, c.Phone = number, "Okafor", "M20 1AA", ""
	return c
}

// married is her with another family name: with her number, it is she.
func married(number string) schemas.Contact {
	c := moved(number)
	c.Postcode = ada.Postcode
	return c
}

func of(c schemas.Contact) func(*primarycare.ReferralRequestedV1) {
	return func(p *primarycare.ReferralRequestedV1) { p.Contact = schemas.Seal(c) }
}

// looked waits until the clock has looked at everybody once more.
func (s *scene) looked() {
	s.T.Helper()
	s.eventually("the clock has not looked", func() bool { return s.count(`select count(*) from look_again`) == 0 })
}

// areOne waits until two refs are one person's for the clock, and tells which of them everything is kept under.
func (s *scene) areOne(a, b string) (kept string) {
	s.T.Helper()
	s.eventually("the two are made one", func() bool { return s.saidSo(a, "patient_merged", 1) && s.saidSo(b, "patient_merged", 1) })
	var merged said.PatientMergedV1
	s.Last(a, &merged)
	require.ElementsMatch(s.T, []string{a, b}, []string{merged.FromRef, merged.IntoRef})
	require.Equal(s.T, terms.MergeSameNumber, merged.Why)
	require.Empty(s.T, merged.By)
	require.Zero(s.T, s.count(`select count(*) from errand`))
	return merged.IntoRef
}

// A practice learns the number of somebody it has referred already. Who comes with that number next is the same person: nothing is offered
// twice, and there is one case.
func TestANumberLearnedLaterIsTheSamePerson(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	known, fresh := s.patient(), s.patient()
	first := s.refer(known, s.practice, withoutNumber)
	s.Tell(known, s.described(known, s.practice, ada))
	second := s.refer(fresh, s.otherPractice, of(married(ada.NHSNumber)))
	require.False(t, s.saidSo(fresh, "referral_offered", 1))
	require.Equal(t, known, s.areOne(known, fresh))
	require.Equal(t, terms.ReferralOffered, s.progress(known, first.ReferralID).State)
	got := s.progress(known, second.ReferralID)
	require.Equal(t, terms.ReferralHeld, got.State)
	require.Equal(t, terms.PartySender, got.Owes.Party, "the same need is open: its sender chooses")
	require.Equal(t, 1, s.count(`select count(*) from case_record where closed_at is null`))
	require.Equal(t, 1, s.count(`select count(*) from offer`))
}

// Both are helped already when one of them turns out to have the other's number: whichever it is, the clock makes them one.
func TestANumberLearnedWhileBothAreHelped(t *testing.T) {
	t.Parallel()
	for name, x := range map[string]struct {
		first, second string // the numbers they come with
		learns        int    // which of them
	}{
		"the first has it, and the second learns it": {ada.NHSNumber, "", 1},
		"the second has it, and the first learns it": {"", ada.NHSNumber, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newScene(t)
			known, fresh := s.patient(), s.patient()
			hers, then, renamed := ada, moved(x.second), ada
			hers.NHSNumber, renamed.FamilyName = x.first, then.FamilyName
			first := s.refer(known, s.practice, of(hers))
			second := s.refer(fresh, s.otherPractice, of(then))
			require.Equal(t, terms.ReferralOffered, s.progress(fresh, second.ReferralID).State)
			s.accept(fresh, s.offer(fresh, second.ReferralID))
			learns, is := []string{known, fresh}[x.learns], []schemas.Contact{renamed, married(ada.NHSNumber)}[x.learns]
			s.Tell(learns, s.described(learns, s.practice, is))
			kept := s.areOne(known, fresh)
			require.Equal(t, 1, s.count(`select count(*) from case_record where closed_at is null`))
			require.Equal(t, 2, s.count(`select count(*) from referral where patient_ref = $1 and is_open`, kept), "nothing is taken from who has begun to help")
			s.accept(kept, s.offer(known, first.ReferralID))
			require.Equal(t, terms.ReferralAccepted, s.progress(kept, first.ReferralID).State)
			third := s.refer(learns, s.practice, of(is))
			require.Equal(t, terms.ReferralHeld, s.progress(kept, third.ReferralID).State)
		})
	}
}

// Two who came without a number learn the same one, in whichever order; and a third who learns it finds them, of whom it stands in the record
// that was merged.
func TestANumberThatTwoLearn(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	known, fresh := s.patient(), s.patient()
	s.refer(known, s.practice, of(moved("")))
	s.refer(fresh, s.otherPractice, withoutNumber)
	s.Tell(fresh, s.described(fresh, s.otherPractice, ada))
	s.looked()
	require.False(t, s.saidSo(fresh, "patient_merged", 1))
	s.Tell(known, s.described(known, s.practice, married(ada.NHSNumber)))
	kept := s.areOne(known, fresh)
	require.Equal(t, fresh, kept)

	third, abroad := s.patient(), moved("")
	abroad.FamilyName, abroad.Postcode = "Novak", "OL1 1AA"
	s.refer(third, s.practice, of(abroad))
	abroad.NHSNumber, abroad.Postcode = ada.NHSNumber, ada.Postcode
	s.Tell(third, s.described(third, s.practice, abroad))
	require.Equal(t, kept, s.areOne(third, fresh))
	require.Equal(t, 1, s.count(`select count(*) from case_record where closed_at is null`))

	fourth := s.patient()
	abroad.FamilyName = "Haddad"
	p := s.refer(fourth, s.practice, of(abroad))
	require.Equal(t, kept, s.areOne(fourth, fresh))
	require.Equal(t, terms.ReferralHeld, s.progress(kept, p.ReferralID).State)
}

// One whose number stands only in a record that was merged, and merged on, is found by it, however little else is alike.
func TestANumberOfARecordThatWasMerged(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	kept, between, numbered := s.patient(), s.patient(), s.patient()
	s.refer(kept, s.practice, withoutNumber)
	goes := s.refer(between, s.otherPractice, almost)
	require.Equal(t, http.StatusOK, s.step(s.coordinator, goes.ReferralID, "settle", `{"same":"`+kept+`"}`).Status)
	_, err := s.Admin.Exec(t.Context(), `insert into patient (ref, merged_into, nhs_number, given_name, family_name, date_of_birth) values ($1, $2, $3, 'Ada', 'Okafor', '1950-03-04')`, numbered, between, ada.NHSNumber)
	require.NoError(t, err)
	fresh := s.patient()
	like := s.somebody()
	like.NHSNumber = ada.NHSNumber
	p := s.refer(fresh, s.practice, of(like))
	require.Equal(t, 1, s.count(`select count(*) from referral where id = $1 and held_why = 'same_person' and may_be_ref = $2`, p.ReferralID, kept))
}

// Who has died under one ref has died under the other, and nobody is offered them; also when their own case ended with it.
func TestWhoseNumberIsLearnedWithTheirDeath(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	known, fresh := s.patient(), s.patient()
	first := s.refer(known, s.practice)
	s.refer(fresh, s.otherPractice, of(moved("")))
	s.Tell(fresh, s.described(fresh, s.otherPractice, married(ada.NHSNumber), func(p *primarycare.PatientDetailsChangedV1) { p.Status = terms.PatientDied }))
	require.Equal(t, known, s.areOne(known, fresh))
	require.Equal(t, terms.ReferralClosed, s.progress(known, first.ReferralID).State)
	require.Zero(t, s.count(`select count(*) from case_record where closed_at is null`))
}

// One number typed on her twin: a person must look. The machine merges nothing, and asks the area's office.
func TestOneNumberTypedOnATwin(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	known, twin := s.patient(), s.patient()
	s.refer(known, s.practice)
	hers := ada
	hers.GivenName, hers.NHSNumber = "Beatrice", ""
	second := s.refer(twin, s.otherPractice, of(hers))
	require.Equal(t, terms.ReferralOffered, s.progress(twin, second.ReferralID).State)
	hers.NHSNumber = ada.NHSNumber
	s.Tell(twin, s.described(twin, s.otherPractice, hers))
	s.looked()
	next := s.refer(twin, s.otherPractice, of(hers), func(p *primarycare.ReferralRequestedV1) { p.Need, p.Receivers = terms.NeedHousing, nil })
	got := s.progress(twin, next.ReferralID)
	require.Equal(t, terms.ReferralHeld, got.State)
	require.Equal(t, terms.PartyCoordinator, got.Owes.Party)
	require.Zero(t, s.count(`select count(*) from errand where kind = 'one_person'`))
	require.Equal(t, http.StatusOK, s.step(s.coordinator, next.ReferralID, "settle", different(known)).Status)
	require.NotEqual(t, terms.ReferralHeld, s.progress(twin, next.ReferralID).State)
	hers.Phone = "0161 496 0001"
	s.Tell(twin, s.described(twin, s.otherPractice, hers))
	s.looked()
	require.Zero(t, s.count(`select count(*) from merge`))
}

// What was taken apart is not put together again by its number, whoever tells of it; nor is who was erased meanwhile.
func TestANumberDoesNotUndoAnAnswer(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	known, fresh := s.patient(), s.patient()
	s.refer(known, s.practice)
	s.refer(fresh, s.otherPractice, of(moved("")))
	s.Tell(fresh, s.described(fresh, s.otherPractice, married(ada.NHSNumber)))
	require.Equal(t, known, s.areOne(known, fresh))
	require.Equal(t, http.StatusOK, s.undo(s.mergeOf(fresh)).Status)
	s.Tell(fresh, s.described(fresh, s.otherPractice, married(ada.NHSNumber)))
	s.looked()

	require.Equal(t, http.StatusOK, s.erases(s.privacy, known).Status)
	s.erased(known)
	third := s.patient()
	s.refer(third, s.practice, of(married(ada.NHSNumber)))
	require.Equal(t, fresh, s.areOne(third, fresh))
}

// The number is learned of both in one instant, and one is asked for in the instant in which the other learns it: whoever is second sees the first.
func TestOneNumberLearnedTwiceAtOnce(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	for i := range 5 {
		one, other := s.patient(), s.patient()
		hers, elsewhere := s.somebody(), s.somebody()
		elsewhere.GivenName, elsewhere.DateOfBirth = hers.GivenName, hers.DateOfBirth
		s.refer(one, s.practice, of(hers))
		s.refer(other, s.otherPractice, of(elsewhere))
		number := []string{"9990000018", "9990000026", "9990000034", "9990000042", "9990000050"}[i]
		hers.NHSNumber, elsewhere.NHSNumber, elsewhere.Postcode = number, number, hers.Postcode
		told := []string{s.TellLater(one, s.described(one, s.practice, hers))}
		if i%2 == 0 {
			told = append(told, s.TellLater(other, s.described(other, s.otherPractice, elsewhere)))
		} else {
			told = append(told, s.TellLater(other, s.request(other, s.otherPractice, of(elsewhere), func(p *primarycare.ReferralRequestedV1) {
				p.Need, p.Receivers, p.RequestedAt = terms.NeedHousing, nil, s.Now.Now()
			})))
		}
		s.Applied(told...)
		s.areOne(one, other)
	}
	require.Equal(t, 5, s.count(`select count(*) from case_record where closed_at is null`))
}
