package coordination_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/clock"
	"example.org/waypost/pkg/doortest"
	"example.org/waypost/pkg/eventtest"
	"example.org/waypost/pkg/id"
	"example.org/waypost/schemas"
	said "example.org/waypost/schemas/coordination"
	"example.org/waypost/schemas/linkworker"
	"example.org/waypost/schemas/primarycare"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/schemas/vcse"
)

// unreached is an offer to a provider that no e-mail reaches.
func unreached(t *testing.T) (s *scene, ref, referral string, o said.ReferralOfferedV1) {
	t.Helper()
	s = newScene(t)
	ref = s.patient()
	referral = s.refer(ref, s.practice).ReferralID
	o = s.offer(ref, referral)
	s.Now.Add(time.Hour)
	s.notReached(ref, o, terms.NoticeNew, 1)
	return s, ref, referral, o
}

func callPath(referral, offer string) string {
	return "/case/referrals/" + referral + "/offers/" + offer + "/call"
}

// phones says by the API what came of a call just now.
func (s *scene) phones(by actor.Actor, referral, offer, result string) answer {
	s.T.Helper()
	return s.stepFrom(by, referral, "offers/"+offer+"/call", fmt.Sprintf(`{"result":%q}`, result), s.see(s.receptionist, referral).Version)
}

func (s *scene) callsOwed(offer string) int {
	s.T.Helper()
	return s.count(`select count(*) from owed_elsewhere where kind = 'notice' and id = $1`, offer)
}

func (s *scene) called(ref string) (all []said.ProviderPhonedV1) {
	s.T.Helper()
	each(s, ref, func(p *said.ProviderPhonedV1) { all = append(all, *p) })
	return all
}

// The desk phones, and says so on the page that the list of calls leads to, without a script. The call is owed no more, and everybody on the case
// reads who phoned whom, when, and what came of it.
func TestTheDeskPhonesAndSaysSo(t *testing.T) {
	t.Parallel()
	s, ref, referral, o := unreached(t)
	path := callPath(referral, o.OfferID)
	require.Contains(t, s.page(s.receptionist, "/case?list=phone").Body, "/case/referrals/"+referral)
	require.Contains(t, s.page(s.receptionist, "/case/referrals/"+referral).Body, path)
	require.Contains(t, s.see(s.receptionist, referral).AvailableActions, "record_call")
	form := s.page(s.receptionist, path)
	require.Equal(t, http.StatusOK, form.Status)
	require.Contains(t, form.Body, "What came of the call?")
	require.Contains(t, form.Body, "told by email: a new offer", "what they were to be told")

	version := s.see(s.receptionist, referral).Version
	told := len(s.facts(ref))
	got := s.post(s.receptionist, path, path, url.Values{"result": {"reached"}, "phoned_at-day": {""}, "phoned_at-month": {""}, "phoned_at-year": {""}})
	require.Equal(t, http.StatusSeeOther, got.Status, got.Body)
	require.Contains(t, s.page(s.receptionist, got.Header.Get("Location")).Body, "You said that you phoned them")
	require.Zero(t, s.callsOwed(o.OfferID))
	require.NotContains(t, s.page(s.receptionist, "/case?list=phone").Body, "/case/referrals/"+referral)
	require.NotContains(t, s.see(s.receptionist, referral).AvailableActions, "record_call")
	require.Equal(t, version+1, s.see(s.receptionist, referral).Version)

	all := s.called(ref)
	require.Len(t, all, 1)
	require.Equal(t, said.ProviderPhonedV1{
		PatientRef: ref, OfferID: o.OfferID, ReferralID: referral, Result: terms.ContactReached, NoticeVersion: 1, PhonedAt: s.Now.Now().UTC(),
		OrganisationID: s.practice, By: s.receptionist.Person.ID, At: s.Now.Now().UTC(),
	}, all[0])
	require.Equal(t, []string{"provider_phoned"}, s.facts(ref)[told:], "nothing else follows")
	require.Equal(t, 2, s.count(`select count(*) from audit where object_id = $1 and verb in ('record call', 'provider_phoned')`, referral), "the step, and what it did")
	page := s.page(s.receptionist, "/case/"+o.CaseID).Body
	require.Contains(t, page, "Phoned on "+s.Now.Now().Format("2 January 2006"))
	require.Contains(t, page, "Spoke with them")
	require.Contains(t, page, "Rita Reception")

	again := s.post(s.receptionist, "/case/referrals/"+referral, path, url.Values{"result": {"reached"}, "idempotency_key": {id.New()}, "version": {fmt.Sprint(version + 1)}})
	require.Equal(t, http.StatusConflict, again.Status, "nobody has to phone any more")
	require.Contains(t, s.page(s.receptionist, path).Body, "Nobody has to phone them about this any more")
	require.Len(t, s.called(ref), 1)
}

// Nobody answers: that is on the timeline, and the call stays owed, a working day on from there. A message on the machine ends it.
func TestNobodyAnswersAndTheCallStaysOwed(t *testing.T) {
	t.Parallel()
	s, ref, referral, o := unreached(t)
	due := func() (at time.Time) {
		require.NoError(t, s.Admin.QueryRow(t.Context(), `select due_at from owed_elsewhere where kind = 'notice' and id = $1`, o.OfferID).Scan(&at))
		return at
	}
	was := due()
	s.Now.Add(24 * time.Hour)
	path := callPath(referral, o.OfferID)
	got := s.post(s.receptionist, path, path, url.Values{"result": {"not_reached"}})
	require.Equal(t, http.StatusSeeOther, got.Status, got.Body)
	require.Contains(t, s.page(s.receptionist, got.Header.Get("Location")).Body, "nobody answered")
	require.Equal(t, 1, s.callsOwed(o.OfferID))
	require.True(t, due().After(was), "%s, not %s", due(), was)
	require.Contains(t, s.page(s.receptionist, "/case?list=phone").Body, "/case/referrals/"+referral)
	require.Contains(t, s.page(s.receptionist, "/case/"+o.CaseID).Body, "No answer")

	require.Equal(t, http.StatusOK, s.phones(s.receptionist, referral, o.OfferID, "message_left").Status)
	require.Zero(t, s.callsOwed(o.OfferID))
	require.Len(t, s.called(ref), 2)
}

// A call is owed also of a referral that is over, and whose case is closed. What was said before the offer was taken back does not tell of it.
func TestACallAfterTheEndIsRecorded(t *testing.T) {
	t.Parallel()
	s, ref, p, o := takenBack(t)
	path := callPath(p.ReferralID, o.OfferID)
	require.Equal(t, 1, s.count(`select count(*) from case_record where patient_ref = $1 and closed_at is not null`, ref))
	row := s.overdue(s.coordinator, "overdue", 50)[0]
	require.Equal(t, "notice", row.Kind)
	require.False(t, row.MaySee, "the office has no part in it")
	manager := doortest.Person("Mona Manager", "practice_manager", s.practice, "practice", "Park Surgery")
	s.grant(manager, s.Now.Now())
	require.Contains(t, s.page(manager, "/case/overdue").Body, path, "whoever may open it is led to the call")
	early := s.stepFrom(s.receptionist, p.ReferralID, "offers/"+o.OfferID+"/call", fmt.Sprintf(`{"result":"reached","phoned_at":%q}`, s.Now.Now().Add(-4*24*time.Hour).Format(time.RFC3339)), s.see(s.receptionist, p.ReferralID).Version)
	require.Equal(t, http.StatusUnprocessableEntity, early.Status, early.Body)
	require.Equal(t, http.StatusOK, s.phones(manager, p.ReferralID, o.OfferID, "reached").Status)
	require.Empty(t, s.overdue(s.coordinator, "overdue", 50))
	require.NotContains(t, s.page(s.receptionist, "/case?list=phone").Body, p.ReferralID)
	require.Contains(t, s.page(s.receptionist, "/case/"+o.CaseID).Body, "Mona Manager")
	require.Equal(t, 1, s.count(`select count(*) from case_record where patient_ref = $1`, ref), "and nothing began anew")
}

// A stranger, another provider, the provider itself and a link worker who helps with something else do not owe the call, and can not say that
// they made it. The area's office can, where it has a part in the case.
func TestOnlyWhoOwesTheCallSaysThatTheyPhoned(t *testing.T) {
	t.Parallel()
	s, ref, referral, o := unreached(t)
	other := s.refer(ref, s.practice, func(p *primarycare.ReferralRequestedV1) {
		p.Need, p.Receivers = terms.NeedDebtAndMoney, []schemas.Receiver{{Kind: terms.ReceiverTeam, ID: s.team}}
	})
	debt := s.offer(ref, other.ReferralID)
	require.Equal(t, s.team, debt.TeamID)
	s.Tell(ref, &linkworker.OfferAcceptedV1{PatientRef: ref, OfferID: debt.OfferID, ReferralID: other.ReferralID, OrganisationID: s.team, By: s.linkWorker.Person.ID, At: s.Now.Now()})
	asked, passed := s.provider, s.provider
	for i, p := range s.providers {
		who := doortest.Person("Una Under", "provider_worker", p, "provider", "Theirs")
		s.grant(who, s.Now.Now())
		if s.services[i] == o.ServiceID {
			asked = who
		} else {
			passed = who
		}
	}
	for name, x := range map[string]struct {
		by   actor.Actor
		want int
	}{
		"another practice":          {s.otherReceptionist, http.StatusNotFound},
		"another provider":          {passed, http.StatusNotFound},
		"the provider":              {asked, http.StatusConflict},
		"a link worker on the case": {s.linkWorker, http.StatusConflict},
		"an office without a part":  {s.coordinator, http.StatusNotFound},
	} {
		require.Equal(t, x.want, s.phones(x.by, referral, o.OfferID, "reached").Status, name)
		path := callPath(referral, o.OfferID)
		sent := s.send(x.by, path, url.Values{"result": {"reached"}, "idempotency_key": {id.New()}, "version": {fmt.Sprint(s.see(s.receptionist, referral).Version)}})
		require.Equal(t, x.want, sent.Status, name)
		if x.want == http.StatusConflict {
			require.NotContains(t, s.page(x.by, path).Body, "What came of the call?", name)
			require.NotContains(t, s.see(x.by, referral).AvailableActions, "record_call", name)
		}
	}
	require.Empty(t, s.called(ref))
	require.Equal(t, 1, s.callsOwed(o.OfferID))
	require.Equal(t, http.StatusNotFound, s.phones(s.receptionist, referral, debt.OfferID, "reached").Status, "an offer of another referral")
	require.Equal(t, http.StatusUnprocessableEntity, s.phones(s.receptionist, referral, o.OfferID, "did_not_attend").Status)
}

// The office has a part in what it must find a way for, and may phone in the sender's stead.
func TestTheOfficePhonesInTheSendersStead(t *testing.T) {
	t.Parallel()
	s, ref, referral, _ := escalated(t)
	o := s.offer(ref, referral)
	s.notReached(ref, o, terms.NoticeExpired, 1)
	require.Contains(t, s.see(s.coordinator, referral).AvailableActions, "record_call")
	require.Equal(t, http.StatusOK, s.phones(s.coordinator, referral, o.OfferID, "reached").Status)
	require.Zero(t, s.callsOwed(o.OfferID))
	require.Equal(t, s.office, s.called(ref)[0].OrganisationID)
}

// A call can not be ahead, nor before the offer. Said to the minute, the minute of the offer is not before it.
func TestWhenTheCallWas(t *testing.T) {
	t.Parallel()
	s, ref, referral, o := unreached(t)
	path := callPath(referral, o.OfferID)
	at := func(when time.Time, clock string) answer {
		return s.post(s.receptionist, path, path, url.Values{
			"result": {"not_reached"}, "phoned_at-day": {when.Format("2")}, "phoned_at-month": {when.Format("1")}, "phoned_at-year": {when.Format("2006")}, "time": {clock},
		})
	}
	now := s.Now.Now().In(clock.London)
	for words, got := range map[string]answer{
		"The call can not be later than now":                     at(now.Add(24*time.Hour), "10:00"),
		"The call can not be earlier than what it was about":     at(now.Add(-24*time.Hour), "10:00"),
		"Enter the time of the call, like 14:05":                 at(now, "noon"),
		"Enter a real date with a day, a month and a year, such": s.post(s.receptionist, path, path, url.Values{"result": {"reached"}, "phoned_at-day": {"31"}, "phoned_at-month": {"2"}, "phoned_at-year": {"2026"}, "time": {"10:00"}}),
		"Select what came of the call":                           s.post(s.receptionist, path, path, url.Values{}),
	} {
		require.Equal(t, http.StatusUnprocessableEntity, got.Status, words)
		require.Contains(t, got.Body, words)
	}
	require.Empty(t, s.called(ref))
	offered := o.At.In(clock.London)
	require.Equal(t, http.StatusSeeOther, at(offered, offered.Format("15:04")).Status)
	require.WithinDuration(t, o.At, s.called(ref)[0].PhonedAt, time.Minute)
	require.False(t, s.called(ref)[0].PhonedAt.Before(o.At))
}

// Two at the desk say at once that they phoned, and one of them presses twice: it was one call.
func TestTwoSayAtOnceThatTheyPhoned(t *testing.T) {
	t.Parallel()
	for _, result := range []string{"reached", "not_reached"} {
		t.Run(result, func(t *testing.T) {
			t.Parallel()
			s, ref, referral, o := unreached(t)
			second := doortest.Person("Ravi Reception", "receptionist", s.practice, "practice", "Park Surgery")
			s.grant(second, s.Now.Now())
			version, key := s.see(s.receptionist, referral).Version, id.New()
			say := func(by actor.Actor, key string) answer {
				return s.ask(by, http.MethodPost, apiRoot+"/referrals/"+referral+"/offers/"+o.OfferID+"/call", fmt.Sprintf(`{"result":%q}`, result),
					"Content-Type", "application/json", "Idempotency-Key", key, "If-Match", fmt.Sprintf(`"%d"`, version))
			}
			var both sync.WaitGroup
			answers := make([]answer, 2)
			both.Go(func() { answers[0] = say(s.receptionist, key) })
			both.Go(func() { answers[1] = say(second, id.New()) })
			both.Wait()
			require.ElementsMatch(t, []int{http.StatusOK, http.StatusPreconditionFailed}, []int{answers[0].Status, answers[1].Status}, answers)
			require.Equal(t, answers[0].Status, say(s.receptionist, key).Status, "pressed twice")
			require.Len(t, s.called(ref), 1)
			require.Equal(t, 1, s.count(`select count(*) from timeline where referral_id = $1 and what = 'provider_phoned'`, referral))
		})
	}
}

// Who was phoned about the offer is not phoned about its end: the next e-mail that fails is owed a call of its own. What vcse says of the call it
// heard of changes nothing; what it said before it had heard does.
func TestTheNextEmailThatFailsIsOwedAnotherCall(t *testing.T) {
	t.Parallel()
	s, ref, referral, o := unreached(t)
	require.Equal(t, http.StatusOK, s.phones(s.receptionist, referral, o.OfferID, "reached").Status)
	at := s.called(ref)[0].PhonedAt
	s.Tell(ref, &vcse.NoticeRecordedV1{PatientRef: ref, OfferID: o.OfferID, ReferralID: referral, NoticeID: id.New(), Kind: terms.NoticeNew, State: terms.NoticePhoned, Version: 2, At: at})
	require.Zero(t, s.callsOwed(o.OfferID))
	var seen struct {
		Offers []struct {
			Notice   string    `json:"notice"`
			NoticeAt time.Time `json:"notice_at"`
		} `json:"offers"`
	}
	require.NoError(t, json.Unmarshal([]byte(s.page(s.receptionist, apiRoot+"/referrals/"+referral).Body), &seen))
	require.Equal(t, "phoned", seen.Offers[0].Notice)
	require.Equal(t, at, seen.Offers[0].NoticeAt)
	s.Now.Add(time.Hour)
	s.notReached(ref, o, terms.NoticeDue, 3)
	require.Equal(t, 1, s.callsOwed(o.OfferID))
	require.Contains(t, s.page(s.receptionist, "/case?list=phone").Body, "/case/referrals/"+referral)
	require.Equal(t, http.StatusOK, s.phones(s.receptionist, referral, o.OfferID, "reached").Status)
	require.Equal(t, 3, s.called(ref)[1].NoticeVersion)
	for _, e := range s.Said(ref) {
		if e.Fact() == "provider_phoned" {
			eventtest.Check(t, schemas.FS, e.Type, e.Data)
		}
	}
}
