package coordination_test

import (
	"net/http"
	"net/url"
	"strings"
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

// madeOne is two refs that the office found to be one person's: the second's referral for the same need waits for its sender.
func madeOne(t *testing.T, change ...func(*primarycare.ReferralRequestedV1)) (s *scene, known, fresh string, first, second *primarycare.ReferralRequestedV1) {
	t.Helper()
	s = newScene(t)
	known, fresh = s.patient(), s.patient()
	first = s.refer(known, s.practice, withoutNumber)
	second = s.refer(fresh, s.otherPractice, append(change, almost)...)
	s.Now.Add(time.Minute)
	got := s.step(s.coordinator, second.ReferralID, "settle", `{"same":"`+known+`"}`)
	require.Equal(t, http.StatusOK, got.Status, got.Body)
	require.Equal(t, terms.ReferralHeld, s.progress(known, second.ReferralID).State)
	return s, known, fresh, first, second
}

func (s *scene) mergeOf(from string) (mergeID string) {
	s.T.Helper()
	require.NoError(s.T, s.Admin.QueryRow(s.T.Context(), `select id::text from merge where from_ref = $1 order by at desc limit 1`, from).Scan(&mergeID))
	return mergeID
}

func (s *scene) undo(mergeID string) answer {
	s.T.Helper()
	return s.ask(s.coordinator, http.MethodPost, apiRoot+"/merges/"+mergeID+"/undo", `{"note":"They are cousins"}`, "Content-Type", "application/json", "Idempotency-Key", id.New())
}

func (s *scene) caseOf(referral string) (caseID, ref string) {
	s.T.Helper()
	require.NoError(s.T, s.Admin.QueryRow(s.T.Context(), `select r.case_id::text, r.patient_ref::text from referral r join case_record c on c.id = r.case_id and c.patient_ref = r.patient_ref where r.id = $1`, referral).Scan(&caseID, &ref))
	return caseID, ref
}

// A merge is undone from the page that lists it. Each has what came under their own ref, also what came since, and what was joined
// to the other's referral is offered after all.
func TestAMergeUndone(t *testing.T) {
	t.Parallel()
	s, known, fresh, first, second := madeOne(t)
	got := s.step(s.otherReceptionist, second.ReferralID, "join", "")
	require.Equal(t, http.StatusOK, got.Status, got.Body)
	since := s.refer(fresh, s.otherPractice, almost, func(p *primarycare.ReferralRequestedV1) {
		p.Need, p.Receivers = terms.NeedDebtAndMoney, []schemas.Receiver{{Kind: terms.ReceiverTeam, ID: s.team}}
	})
	crosses := s.offer(known, since.ReferralID)
	s.accept(known, s.offer(known, first.ReferralID))

	merge := s.mergeOf(fresh)
	require.Contains(t, s.page(s.coordinator, "/case/merges").Body, "/case/merges/"+merge)
	require.Equal(t, http.StatusForbidden, s.page(s.receptionist, "/case/merges").Status)
	require.Equal(t, http.StatusForbidden, s.page(s.receptionist, "/case/merges/"+merge).Status)
	path := "/case/merges/" + merge
	empty := s.post(s.coordinator, path, path, url.Values{"note": {" "}})
	require.Equal(t, http.StatusUnprocessableEntity, empty.Status)
	require.Contains(t, empty.Body, "Enter how you know that they are two people")
	done := s.post(s.coordinator, path, path, url.Values{"note": {"They are cousins"}})
	require.Equal(t, http.StatusSeeOther, done.Status, done.Body)

	for _, ref := range []string{known, fresh} {
		var undone said.PatientMergeUndoneV1
		s.Last(ref, &undone)
		require.Equal(t, []string{fresh, known}, []string{undone.FromRef, undone.IntoRef})
	}
	theirs, ref := s.caseOf(second.ReferralID)
	require.Equal(t, fresh, ref)
	also, ref := s.caseOf(since.ReferralID)
	require.Equal(t, []string{theirs, fresh}, []string{also, ref})
	own, ref := s.caseOf(first.ReferralID)
	require.Equal(t, known, ref)
	require.NotEqual(t, own, theirs)
	require.Equal(t, terms.ReferralOffered, s.progress(fresh, second.ReferralID).State, "nobody helped this one yet")
	require.Equal(t, theirs, s.progress(fresh, since.ReferralID).CaseID)
	s.linkWorkerAccepts(known, crosses) // the team has not heard of it yet
	require.Equal(t, terms.ReferralAccepted, s.progress(fresh, since.ReferralID).State, "the answer is about whom it is of")
	require.Equal(t, terms.ReferralAccepted, s.progress(known, first.ReferralID).State)
	for ref, called := range map[string]string{known: "Hart", fresh: "harte"} {
		var told said.ContactPreferencesChangedV1
		s.Last(ref, &told)
		var c schemas.Contact
		ok, err := told.Contact.Into(&c)
		require.NoError(t, err)
		require.True(t, ok)
		require.Equal(t, called, c.FamilyName, "who helps may have been told of the other")
	}
	require.Equal(t, 2, s.count(`select count(*) from case_record where closed_at is null`))
	require.Zero(t, s.count(`select count(*) from membership m join case_record c on c.id = m.case_id where m.until is null and m.first_ref <> c.patient_ref`))
	require.Equal(t, http.StatusOK, s.page(s.otherReceptionist, "/case/"+theirs).Status)
	require.Equal(t, http.StatusNotFound, s.page(s.otherReceptionist, "/case/"+own).Status)
	require.Equal(t, http.StatusNotFound, s.page(s.receptionist, "/case/"+theirs).Status)
	require.Contains(t, s.page(s.coordinator, path).Body, "two people again")
	require.Equal(t, http.StatusConflict, s.undo(merge).Status, "once")

	next := s.refer(fresh, s.practice, almost, func(p *primarycare.ReferralRequestedV1) { p.Need, p.Receivers = terms.NeedHousing, nil })
	require.NotEqual(t, terms.ReferralHeld, s.progress(fresh, next.ReferralID).State, "nobody is asked again")
	s.accept(fresh, s.offer(fresh, second.ReferralID))
	require.Equal(t, terms.ReferralAccepted, s.progress(fresh, second.ReferralID).State)
}

// What waited for its sender's choice because of the other's referral goes on.
func TestAMergeUndoneBeforeTheChoice(t *testing.T) {
	t.Parallel()
	s, known, fresh, _, second := madeOne(t)
	require.Equal(t, http.StatusOK, s.undo(s.mergeOf(fresh)).Status)
	require.Equal(t, terms.ReferralOffered, s.progress(fresh, second.ReferralID).State)
	require.Equal(t, 1, s.count(`select count(*) from referral where patient_ref = $1`, known))
	require.False(t, s.saidSo(known, "case_closed", 1))
	require.True(t, s.saidSo(fresh, "case_reopened", 1), "it has its own case again")
}

// movedAsItWas is two refs that the office found to be one person's: the one who stays has had a case that is over, so the other's moved as it was.
func movedAsItWas(t *testing.T) (s *scene, known, fresh string, second *primarycare.ReferralRequestedV1) {
	t.Helper()
	s = newScene(t)
	known, fresh = s.patient(), s.patient()
	first := s.refer(known, s.practice, withoutNumber)
	s.Tell(known, &primarycare.ReferralWithdrawnV1{
		PatientRef: known, ReferralID: first.ReferralID, SenderOrganisationID: s.practice, Reason: terms.WithdrawalOther, By: s.receptionist.Person.ID, At: s.Now.Now(),
	})
	require.Zero(t, s.count(`select count(*) from case_record where closed_at is null`))
	second = s.refer(fresh, s.otherPractice, almost)
	got := s.step(s.coordinator, second.ReferralID, "settle", `{"same":"`+known+`"}`)
	require.Equal(t, http.StatusOK, got.Status, got.Body)
	return s, known, fresh, second
}

// A case that moved as it was goes back; what came into it since, of the other, gets a case of its own.
func TestACaseThatMovedGoesBack(t *testing.T) {
	t.Parallel()
	s, known, fresh, second := movedAsItWas(t)
	moved, ref := s.caseOf(second.ReferralID)
	require.Equal(t, known, ref)
	s.Now.Add(time.Minute)
	since := s.refer(known, s.practice, withoutNumber, func(p *primarycare.ReferralRequestedV1) {
		p.Need, p.Receivers = terms.NeedDebtAndMoney, []schemas.Receiver{{Kind: terms.ReceiverTeam, ID: s.team}}
	})
	require.Equal(t, http.StatusOK, s.undo(s.mergeOf(fresh)).Status)
	back, ref := s.caseOf(second.ReferralID)
	require.Equal(t, []string{moved, fresh}, []string{back, ref})
	own, ref := s.caseOf(since.ReferralID)
	require.Equal(t, known, ref)
	require.NotEqual(t, moved, own)
	var opened said.CaseOpenedV1
	s.Last(known, &opened)
	require.Equal(t, []string{own, "patient_merge_undone"}, []string{opened.CaseID, opened.Because})
}

// Who has no open case after it is described anew all the same: their practice may have taken over the other's number.
func TestWhoHasNoCaseAfterAMergeIsUndoneIsDescribedAnew(t *testing.T) {
	t.Parallel()
	s, known, fresh, _ := movedAsItWas(t)
	require.Equal(t, http.StatusOK, s.undo(s.mergeOf(fresh)).Status)
	require.Zero(t, s.count(`select count(*) from case_record where patient_ref = $1 and closed_at is null`, known))
	var told said.ContactPreferencesChangedV1
	s.Last(known, &told)
	var c schemas.Contact
	ok, err := told.Contact.Into(&c)
	require.NoError(t, err)
	require.True(t, ok)
	require.Equal(t, "Hart", c.FamilyName)
}

// It was the one who died of whom that was said, and not the other.
func TestWhoIsAliveIsAliveAfterAMergeIsUndone(t *testing.T) {
	t.Parallel()
	s, known, fresh, first, second := madeOne(t)
	helps := s.offer(known, first.ReferralID)
	s.accept(known, helps)
	s.Tell(fresh, &primarycare.PatientDetailsChangedV1{PatientRef: fresh, PracticeID: s.otherPractice, Contact: schemas.Seal(ada), Status: terms.PatientDied, ChangedAt: s.Now.Now()})
	require.Equal(t, terms.ReferralClosed, s.progress(known, first.ReferralID).State)
	require.Equal(t, http.StatusOK, s.undo(s.mergeOf(fresh)).Status)
	require.Equal(t, terms.ReferralOffered, s.progress(known, first.ReferralID).State, "who lives is helped on")
	again := s.offer(known, first.ReferralID)
	require.Equal(t, []any{helps.ServiceID, 2}, []any{again.ServiceID, again.Attempt}, "by who helped them")
	require.Equal(t, terms.ReferralClosed, s.progress(known, second.ReferralID).State)
	s.Now.Add(time.Minute)
	next := s.refer(known, s.practice, withoutNumber, func(p *primarycare.ReferralRequestedV1) { p.Need, p.Receivers = terms.NeedHousing, nil })
	require.NotEqual(t, terms.ReferralClosed, s.progress(known, next.ReferralID).State)
	late := s.refer(fresh, s.otherPractice, almost)
	require.Equal(t, terms.ReferralClosed, s.progress(fresh, late.ReferralID).State)
}

// After thirty days it is too late, and an answer says what to do instead.
func TestAMergeIsUndoneWithinThirtyDays(t *testing.T) {
	t.Parallel()
	s, _, fresh, _, _ := madeOne(t)
	merge := s.mergeOf(fresh)
	s.Now.Add(30*24*time.Hour + time.Minute)
	got := s.undo(merge)
	require.Equal(t, http.StatusConflict, got.Status)
	require.Contains(t, got.Body, "merge_too_old")
	require.NotContains(t, s.page(s.coordinator, "/case/merges").Body, merge)
	require.Contains(t, s.page(s.coordinator, "/case/merges/"+merge).Body, "more than 30 days ago")
	require.Equal(t, http.StatusNotFound, s.undo(id.New()).Status)
	require.Equal(t, 1, s.count(`select count(*) from merge where undone_at is null`))
}

// Who says no while two records are one has said it under one of them: it is theirs when the two are two again, and not the other's.
func TestANoThatWasSaidInAMergeStaysWithWhoSaidIt(t *testing.T) {
	t.Parallel()
	s, known, fresh, _, _ := madeOne(t)
	s.Now.Add(time.Minute)
	s.saysNo(fresh, s.providers[2])
	refuses := func(ref string) bool {
		return s.count(`select count(*) from patient where ref = $1 and said_no and $2::uuid = any(not_with)`, ref, s.providers[2]) == 1
	}
	require.True(t, refuses(known), "one person, one no")
	s.Now.Add(time.Minute)
	require.Equal(t, http.StatusOK, s.undo(s.mergeOf(fresh)).Status)
	require.True(t, refuses(fresh))
	require.False(t, refuses(known))
}

// Who says no while two records are one ends what is open of both. When they are two again, the other's help goes on, in a case of theirs, and by who
// had it; and everybody hears of the one who said no that it was they.
func TestWhatEndedWithTheOthersNoGoesOn(t *testing.T) {
	t.Parallel()
	for name, since := range map[string]bool{"nothing came since": false, "another case is open by then": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, known, fresh, first, second := madeOne(t)
			helps := s.offer(known, first.ReferralID)
			s.accept(known, helps)
			s.Now.Add(time.Minute)
			s.saysNo(fresh)
			require.False(t, s.saidSo(fresh, "consent_withdrawn", 1))
			require.True(t, s.saidSo(known, "consent_withdrawn", 1), "who is one is told of once")
			require.Equal(t, terms.ReferralWithdrawn, s.progress(known, first.ReferralID).State)
			s.Now.Add(time.Minute)
			if since {
				s.refer(known, s.practice, withoutNumber, func(p *primarycare.ReferralRequestedV1) { p.Need, p.Receivers = terms.NeedHousing, nil })
			}
			require.Equal(t, http.StatusOK, s.undo(s.mergeOf(fresh)).Status)

			back := s.progress(known, first.ReferralID)
			require.Equal(t, terms.ReferralOffered, back.State)
			again := s.offer(known, first.ReferralID)
			require.Equal(t, []any{helps.ServiceID, 2}, []any{again.ServiceID, again.Attempt}, "who had to stand down has not failed them")
			kase, ref := s.caseOf(first.ReferralID)
			require.Equal(t, []string{kase, known}, []string{back.CaseID, ref})
			require.Equal(t, 1, s.count(`select count(*) from case_record where patient_ref = $1 and closed_at is null`, known))
			require.Equal(t, 1, s.count(`select count(*) from case_record where id = $1 and closed_at is null`, kase))
			require.Equal(t, http.StatusOK, s.page(s.receptionist, "/case/"+kase).Status)

			require.Equal(t, terms.ReferralWithdrawn, s.progress(known, second.ReferralID).State, "it was said while they were one")
			require.Zero(t, s.count(`select count(*) from case_record where patient_ref = $1 and closed_at is null`, fresh))
			var no said.ConsentWithdrawnV1
			s.Last(fresh, &no)
			require.Equal(t, []any{second.Consent.ConsentID, terms.ConsentShareToHelp, s.otherReceptionist.Person.ID}, []any{no.ConsentID, no.Purpose, no.By})
			require.Equal(t, 1, s.count(`select count(*) from removal where patient_ref = $1`, fresh), "each holder owes a word")

			s.accept(known, helps) // its answer to what it had to forget crosses
			require.True(t, s.saidSo(known, "offer_answer_refused", 1))
			require.Equal(t, again.OfferID, s.progress(known, first.ReferralID).OfferID)
			s.accept(known, again)
			require.Equal(t, terms.ReferralAccepted, s.progress(known, first.ReferralID).State)
		})
	}
}

// saysNo is somebody's no to sharing, as the second practice heard it; with, when not empty, names whom it is about.
func (s *scene) saysNo(ref string, with ...string) {
	s.T.Helper()
	body := noLonger
	if len(with) > 0 {
		body = `{"purpose":"share_to_help","how":"phone","organisation_ids":["` + strings.Join(with, `","`) + `"]}`
	}
	got := s.ask(s.otherReceptionist, http.MethodPost, apiRoot+"/patients/"+ref+"/consent/withdraw", body, "Content-Type", "application/json", "Idempotency-Key", id.New())
	require.Equal(s.T, http.StatusOK, got.Status, got.Body)
}

func debt(s *scene) func(*primarycare.ReferralRequestedV1) {
	return func(p *primarycare.ReferralRequestedV1) {
		p.Need, p.Receivers = terms.NeedDebtAndMoney, []schemas.Receiver{{Kind: terms.ReceiverTeam, ID: s.team}}
	}
}

// What its sender took back stays so, whatever reason they gave.
func TestWhatItsSenderTookBackStaysSo(t *testing.T) {
	t.Parallel()
	s, known, fresh, first, _ := madeOne(t)
	s.Tell(known, &primarycare.ReferralWithdrawnV1{
		PatientRef: known, ReferralID: first.ReferralID, SenderOrganisationID: s.practice, Reason: terms.WithdrawalPatientDied, By: s.receptionist.Person.ID, At: s.Now.Now(),
	})
	require.Equal(t, http.StatusOK, s.undo(s.mergeOf(fresh)).Status)
	require.Equal(t, terms.ReferralWithdrawn, s.progress(known, first.ReferralID).State)
}

// A death is of whom it was said of, also where the other's practice has written something down since.
func TestADeathIsOfWhomItWasSaid(t *testing.T) {
	t.Parallel()
	s, known, fresh, first, second := madeOne(t)
	says := func(ref, practice string, is terms.PatientStatus) {
		s.Now.Add(time.Minute)
		s.Tell(ref, &primarycare.PatientDetailsChangedV1{PatientRef: ref, PracticeID: practice, Contact: schemas.Seal(ada), Status: is, ChangedAt: s.Now.Now()})
	}
	says(known, s.practice, terms.PatientDied)
	says(fresh, s.otherPractice, terms.PatientActive)
	require.Equal(t, http.StatusOK, s.undo(s.mergeOf(fresh)).Status)
	require.Equal(t, terms.ReferralClosed, s.progress(known, first.ReferralID).State)
	require.Equal(t, terms.ReferralOffered, s.progress(fresh, second.ReferralID).State)
}

// A meeting's case on which no referral is open ends with a death too. Once it is known whose death that was, whoever lives has it open again, whichever
// of the two records had stayed.
func TestAMeetingsCaseThatEndedWithTheOthersDeathIsOpenAgain(t *testing.T) {
	t.Parallel()
	for name, stays := range map[string]bool{"who lives has the record that stayed": true, "who lives has the other": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newScene(t)
			known, fresh := s.patient(), s.patient()
			first := s.refer(known, s.practice, withoutNumber)
			second := s.refer(fresh, s.otherPractice, almost)
			lives, dies, theirs, doctor := known, fresh, first, s.otherPractice
			if !stays {
				lives, dies, theirs, doctor = fresh, known, second, s.practice
			}
			kase, _ := s.caseOf(theirs.ReferralID)
			s.Tell(lives, &mdt.CaseDiscussedV1{
				PatientRef: lives, MeetingID: id.New(), ItemID: id.New(), CaseID: kase, Decision: terms.MDTKeepUnderReview, Present: []string{s.receptionist.Person.ID}, At: s.Now.Now(),
			})
			s.Now.Add(time.Minute)
			got := s.step(s.coordinator, second.ReferralID, "settle", `{"same":"`+known+`"}`)
			require.Equal(t, http.StatusOK, got.Status, got.Body)
			for _, r := range []*primarycare.ReferralRequestedV1{second, first} {
				s.Tell(known, &primarycare.ReferralWithdrawnV1{
					PatientRef: known, ReferralID: r.ReferralID, SenderOrganisationID: r.SenderOrganisationID, Reason: terms.WithdrawalOther, By: s.receptionist.Person.ID, At: s.Now.Now(),
				})
			}
			require.Equal(t, 1, s.count(`select count(*) from case_record where closed_at is null`), "the meeting has it")
			s.Now.Add(time.Minute)
			s.Tell(dies, &primarycare.PatientDetailsChangedV1{PatientRef: dies, PracticeID: doctor, Contact: schemas.Seal(ada), Status: terms.PatientDied, ChangedAt: s.Now.Now()})
			require.Zero(t, s.count(`select count(*) from case_record where closed_at is null`))
			require.Equal(t, http.StatusOK, s.undo(s.mergeOf(fresh)).Status)
			require.Equal(t, 1, s.count(`select count(*) from case_record where id = $1 and patient_ref = $2 and closed_at is null`, kase, lives))
			require.Equal(t, 1, s.count(`select count(*) from case_record where closed_at is null`))
			require.True(t, s.saidSo(lives, "case_reopened", 1), "the meeting puts it on its next agenda")
		})
	}
}

// A case that had moved as it was, and has ended since while another was opened, can be parted too; and what arrived after the other's no, and had been
// agreed before it, goes on.
func TestAMergeIsUndoneWhereACaseHasEndedSince(t *testing.T) {
	t.Parallel()
	s, known, fresh, _ := movedAsItWas(t)
	s.Now.Add(time.Minute)
	ended := s.refer(known, s.practice, withoutNumber, debt(s))
	late := s.request(known, s.practice, withoutNumber, func(p *primarycare.ReferralRequestedV1) { p.Need, p.Receivers = terms.NeedFood, nil })
	s.Now.Add(time.Minute)
	s.saysNo(fresh)
	s.Tell(known, late)
	require.Equal(t, "no_consent", s.progress(known, late.ReferralID).Reason)
	s.Now.Add(time.Minute)
	s.refer(known, s.practice, withoutNumber, func(p *primarycare.ReferralRequestedV1) { p.Need, p.Receivers = terms.NeedHousing, nil })

	require.Equal(t, http.StatusOK, s.undo(s.mergeOf(fresh)).Status)
	require.Equal(t, terms.ReferralOffered, s.progress(known, ended.ReferralID).State)
	require.True(t, s.progress(known, late.ReferralID).State.Open())
	for _, r := range []string{ended.ReferralID, late.ReferralID} {
		kase, ref := s.caseOf(r)
		require.Equal(t, known, ref)
		require.Equal(t, 1, s.count(`select count(*) from case_record where id = $1 and closed_at is null`, kase))
		require.Equal(t, http.StatusOK, s.page(s.receptionist, "/case/"+kase).Status)
	}
	require.Equal(t, 1, s.count(`select count(*) from case_record where patient_ref = $1 and closed_at is null`, known))
	require.Zero(t, s.count(`select count(*) from case_record where patient_ref = $1 and closed_at is null`, fresh))
}

// Whose referral was joined to the other's is helped after all, also where that has ended.
func TestWhatWasJoinedToWhatHasEndedIsTakenUp(t *testing.T) {
	t.Parallel()
	s, known, fresh, first, second := madeOne(t)
	got := s.step(s.otherReceptionist, second.ReferralID, "join", "")
	require.Equal(t, http.StatusOK, got.Status, got.Body)
	s.Now.Add(time.Minute)
	require.Equal(t, http.StatusOK, s.withdraws(known).Status)
	require.Zero(t, s.count(`select count(*) from case_record where closed_at is null`))
	require.Equal(t, http.StatusOK, s.undo(s.mergeOf(fresh)).Status)
	require.Equal(t, terms.ReferralOffered, s.progress(fresh, second.ReferralID).State)
	require.Equal(t, terms.ReferralWithdrawn, s.progress(known, first.ReferralID).State)
}

// A no that was said before, or that was taken back while the two were one, is not said again.
func TestAnOldNoIsNotSaidAgain(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	known, fresh := s.patient(), s.patient()
	s.refer(known, s.practice, withoutNumber)
	second := s.refer(fresh, s.otherPractice, almost)
	s.saysNo(fresh, s.providers[2])
	s.Now.Add(time.Minute)
	got := s.step(s.coordinator, second.ReferralID, "settle", `{"same":"`+known+`"}`)
	require.Equal(t, http.StatusOK, got.Status, got.Body)
	s.Now.Add(time.Minute)
	s.saysNo(fresh, s.providers[1])
	s.Now.Add(time.Minute)
	s.refer(fresh, s.otherPractice, almost, debt(s), func(p *primarycare.ReferralRequestedV1) { p.Consent.OrganisationIDs = []string{s.providers[1], s.team} })
	require.Equal(t, http.StatusOK, s.undo(s.mergeOf(fresh)).Status)
	require.False(t, s.saidSo(fresh, "consent_withdrawn", 2))
	require.Equal(t, 1, s.count(`select count(*) from patient where ref = $1 and not_with = array[$2::uuid]`, fresh, s.providers[2]))
}

// A no of their own stays one, whatever was undone.
func TestWhatEndedWithTheirOwnNoStaysSo(t *testing.T) {
	t.Parallel()
	s, known, fresh, first, second := madeOne(t)
	s.Now.Add(time.Minute)
	require.Equal(t, http.StatusOK, s.withdraws(known).Status)
	s.Now.Add(time.Minute)
	require.Equal(t, http.StatusOK, s.undo(s.mergeOf(fresh)).Status)
	require.Equal(t, terms.ReferralWithdrawn, s.progress(known, first.ReferralID).State)
	require.Equal(t, terms.ReferralOffered, s.progress(fresh, second.ReferralID).State, "the other said nothing")
	require.False(t, s.saidSo(fresh, "consent_withdrawn", 1))
}

// A merge shows no organisation what another alone was allowed to see, until the person agrees.
func TestAMergeShowsNobodyMoreThanConsentAllows(t *testing.T) {
	t.Parallel()
	onlyWith := func(p *primarycare.ReferralRequestedV1) { p.Consent.OrganisationIDs = []string{id.New()} }
	s, known, fresh, first, second := madeOne(t, onlyWith)
	caseID, _ := s.caseOf(first.ReferralID)
	theirs := "/case/referrals/" + second.ReferralID
	require.Equal(t, http.StatusNotFound, s.page(s.receptionist, theirs).Status, "the person agreed to share that with others only")
	page := s.page(s.receptionist, "/case/"+caseID)
	require.Equal(t, http.StatusOK, page.Status)
	require.Contains(t, page.Body, "Two records were found to be this person")
	require.Contains(t, page.Body, "You see what was recorded under yours")
	require.NotContains(t, page.Body, "Hill Surgery")
	require.NotContains(t, page.Body, "Harte", "the other record has her name so")
	require.Equal(t, http.StatusOK, s.page(s.otherReceptionist, "/case/referrals/"+first.ReferralID).Status, "this record may be shared with those who help")

	offer := s.offer(known, first.ReferralID)
	var c schemas.Contact
	ok, err := offer.Contact.Into(&c)
	require.True(t, ok && err == nil)
	require.Equal(t, "Hart", c.FamilyName)

	s.Now.Add(time.Minute)
	third := s.refer(known, s.practice, withoutNumber, func(p *primarycare.ReferralRequestedV1) {
		p.Need, p.Receivers = terms.NeedDebtAndMoney, []schemas.Receiver{{Kind: terms.ReceiverTeam, ID: s.team}}
	})
	require.Equal(t, terms.ReferralOffered, s.progress(known, third.ReferralID).State)
	require.Equal(t, http.StatusOK, s.page(s.receptionist, theirs).Status, "asked again, now that it is known who this is, the person agreed")
	require.NotContains(t, s.page(s.receptionist, "/case/"+caseID).Body, "You see what was recorded under yours")

	s.Now.Add(time.Minute)
	s.refer(fresh, s.otherPractice, almost, onlyWith, func(p *primarycare.ReferralRequestedV1) { p.Need, p.Receivers = terms.NeedHousing, nil })
	require.Equal(t, http.StatusNotFound, s.page(s.receptionist, theirs).Status, "and agrees no more")
	require.Equal(t, http.StatusNotFound, s.page(s.otherReceptionist, "/case/referrals/"+first.ReferralID).Status)
	before := s.page(s.receptionist, "/case/panel/"+known).Body
	require.Contains(t, before, "Another need, which is not shown here", "before sending they hear that help is there, and not what for")
	require.NotContains(t, before, "<div>Housing</div>")
}

// Who stays in touch with somebody under one record is not named to who knows only the other, also when the meeting says it again of the two;
// and is the right person's once they are two again.
func TestAMergeNamesNoWorkerToWhoKnowsOnlyTheOther(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	known, fresh := s.patient(), s.patient()
	first := s.refer(known, s.practice, withoutNumber)
	second := s.refer(fresh, s.otherPractice, almost, func(p *primarycare.ReferralRequestedV1) { p.Consent.OrganisationIDs = []string{s.team} })
	stays := mdt.KeyWorkerAssignedV1{
		PatientRef: fresh, CaseID: s.progress(fresh, second.ReferralID).CaseID, PersonID: s.linkWorker.Person.ID, OrganisationID: s.team,
		Role: terms.RoleLinkWorker, By: s.receptionist.Person.ID, At: s.Now.Now(),
	}
	s.Tell(fresh, &stays)
	s.Now.Add(time.Minute)
	got := s.step(s.coordinator, second.ReferralID, "settle", `{"same":"`+known+`"}`)
	require.Equal(t, http.StatusOK, got.Status, got.Body)
	one, _ := s.caseOf(first.ReferralID)
	for range 2 { // as coordination moved it, and as the meeting says it
		require.NotContains(t, s.page(s.receptionist, "/case/"+one).Body, "Liam Link")
		before := s.page(s.receptionist, "/case/panel/"+known).Body
		require.NotContains(t, before, "Liam Link")
		require.Contains(t, before, "Somebody who is not named here, link worker at Park Link Workers")
		require.Contains(t, s.page(s.otherReceptionist, "/case/"+one).Body, "Liam Link")
		s.Now.Add(time.Minute)
		stays.PatientRef, stays.CaseID, stays.At = known, one, s.Now.Now()
		s.Tell(known, &stays)
	}
	require.Equal(t, http.StatusOK, s.undo(s.mergeOf(fresh)).Status)
	again, _ := s.caseOf(second.ReferralID)
	require.NotEqual(t, one, again)
	require.Contains(t, s.page(s.otherReceptionist, "/case/"+again).Body, "Liam Link")
	require.Equal(t, 1, s.count(`select count(*) from case_person where state = 'accepted' and case_id = $1`, again))
	require.Zero(t, s.count(`select count(*) from case_person where state = 'accepted' and case_id = $1`, one))
}

// Who helped somebody while two were one hears whose that was, also when it has ended, and the case with it: what they wrote of it is under the
// other's ref.
func TestWhatEndedGoesWithWhomAMergeUndoneGivesItBack(t *testing.T) {
	t.Parallel()
	for name, closed := range map[string]bool{"the case goes on": false, "the case has ended": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, known, fresh, first, second := madeOne(t)
			since := s.refer(fresh, s.otherPractice, almost, func(p *primarycare.ReferralRequestedV1) {
				p.Need, p.Receivers = terms.NeedDebtAndMoney, []schemas.Receiver{{Kind: terms.ReceiverTeam, ID: s.team}}
			})
			o := s.offer(known, since.ReferralID)
			s.linkWorkerAccepts(known, o)
			s.linkWorkerEnds(known, o)
			require.Equal(t, terms.ReferralClosed, s.progress(known, since.ReferralID).State)
			if closed {
				for _, r := range []*primarycare.ReferralRequestedV1{second, first} {
					s.Tell(known, &primarycare.ReferralWithdrawnV1{
						PatientRef: known, ReferralID: r.ReferralID, SenderOrganisationID: r.SenderOrganisationID, Reason: terms.WithdrawalOther, By: s.receptionist.Person.ID, At: s.Now.Now(),
					})
				}
				require.Zero(t, s.count(`select count(*) from case_record where closed_at is null`))
			}
			require.Equal(t, http.StatusOK, s.undo(s.mergeOf(fresh)).Status)
			got := s.progress(fresh, since.ReferralID)
			require.Equal(t, terms.ReferralClosed, got.State)
			require.Equal(t, o.OfferID, got.OfferID)
		})
	}
}

// A no that one of two said is not the other's once they are two again: whom it was said to sees whom it helps as before.
func TestANoOfTheOtherGoesWithTheMerge(t *testing.T) {
	t.Parallel()
	s, known, fresh, _, second := madeOne(t)
	s.Now.Add(time.Minute)
	require.Equal(t, http.StatusOK, s.refuses(known, s.otherPractice).Status)
	kase, _ := s.caseOf(second.ReferralID)
	require.Contains(t, s.page(s.otherReceptionist, "/case/"+kase).Body, "does not want your organisation to know about them")
	require.Equal(t, http.StatusOK, s.undo(s.mergeOf(fresh)).Status)
	kase, ref := s.caseOf(second.ReferralID)
	require.Equal(t, fresh, ref)
	page := s.page(s.otherReceptionist, "/case/"+kase).Body
	require.Contains(t, page, "ADA harte")
	require.NotContains(t, page, "does not want your organisation")
}

// Only somebody who is like the patient can be who they are, whatever a program names.
func TestOnlyWhoIsAlikeIsTheSame(t *testing.T) {
	t.Parallel()
	s, known, fresh, second := lookalike(t)
	stranger := s.patient()
	s.refer(stranger, s.practice, func(p *primarycare.ReferralRequestedV1) { p.Contact = schemas.Seal(s.somebody()) })
	for _, ref := range []string{stranger, fresh, id.New()} {
		got := s.step(s.coordinator, second.ReferralID, "settle", `{"same":"`+ref+`"}`)
		require.Equal(t, http.StatusUnprocessableEntity, got.Status, got.Body)
	}
	require.False(t, s.saidSo(known, "patient_merged", 1) || s.saidSo(stranger, "patient_merged", 1))
}

// Two at the office undo the same merge at once: it is undone once, and the other is told.
func TestTwoUndoOneMerge(t *testing.T) {
	t.Parallel()
	s, known, fresh, _, _ := madeOne(t)
	merge := s.mergeOf(fresh)
	answers := make(chan int, 2)
	for range 2 {
		go func() { answers <- s.undo(merge).Status }()
	}
	require.ElementsMatch(t, []int{http.StatusOK, http.StatusConflict}, []int{<-answers, <-answers})
	require.False(t, s.saidSo(known, "patient_merge_undone", 2))
	require.Equal(t, 2, s.count(`select count(*) from case_record where closed_at is null`))
}
