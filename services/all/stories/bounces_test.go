package stories

import (
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/all/internal/demo"
	"example.org/waypost/services/all/internal/demo/stage"
)

// threeDoors are three providers who do the same, in the order in which the desk asks them.
func (s *scene) threeDoors(need terms.Need) (services [3]string, workers [3]*demo.Client) {
	s.t.Helper()
	third := stage.Organise(terms.KindProvider, fmt.Sprintf("Third Way %d (simulated)", s.n), "", terms.RoleProviderWorker)
	require.NoError(s.t, s.stage.Introduce(s.t.Context(), third))
	for i, o := range []stage.Organisation{s.first, s.second, third} {
		services[i] = s.service(o, fmt.Sprintf("Door %d", i+1), need)
		workers[i] = s.as(o, terms.RoleProviderWorker)
	}
	return services, workers
}

func (s *scene) day(offset int) string {
	return s.stage.Now().AddDate(0, 0, offset).Format("2006-01-02")
}

type flagSeen struct {
	ID         string `json:"id"`
	PatientRef string `json:"patient_ref"`
	Source     string `json:"source"`
	Open       bool   `json:"open"`
}

// flagged waits until the practice's list of red flags has one for the person.
func (s *scene) flagged(ref string) flagSeen {
	s.t.Helper()
	for range 3_000 {
		var list struct {
			Items []flagSeen `json:"items"`
		}
		_, err := s.as(s.practice, terms.RoleGP).Get(s.t.Context(), "/api/primarycare/v1/red-flags", &list)
		require.NoError(s.t, err)
		for _, f := range list.Items {
			if f.PatientRef == ref {
				return f
			}
		}
		s.breathe()
	}
	s.t.Fatal("no red flag went up")
	return flagSeen{}
}

// A charity worker rings somebody to say hello, and hears that they do not want to live. The practice's duty clinician gets a red flag;
// nobody else is offered the referral, and a named person at the area's office keeps it.
func TestABouncedCrisisGoesToTheDutyClinicianAndNotBackToTheQueue(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	doors, workers := s.threeDoors(terms.NeedDebtAndMoney)
	p := s.patient("Crisis")
	sent := s.refers(s.practice, p.Ref, terms.NeedDebtAndMoney, toService(doors[0]), toService(doors[1]))
	o := s.tray(workers[0], "vcse", sent)

	missing := refused(t, o.as.Change(t.Context(), o.path+"/bounce", o.etag, map[string]any{"reason": "mental_health_crisis"}, nil))
	require.Equal(t, http.StatusUnprocessableEntity, missing.Status, "what was said is needed")

	s.does(o, "bounce", map[string]any{"reason": "mental_health_crisis", "detail": "She says that she does not want to live."})
	f := s.flagged(p.Ref)
	require.Equal(t, "provider", f.Source)
	require.True(t, f.Open)
	r := s.comesTo(s.reception(), sent, terms.ReferralEscalated)
	require.Equal(t, "coordinator", r.Owes.Party, "a named person keeps it")
	require.Equal(t, "mental_health_crisis", r.Reason)
	require.NoError(t, s.stage.Settle(t.Context()))
	require.Empty(t, s.offersIn(workers[1], sent), "a person in danger is not passed round")
}

// offersIn is the offers of a referral in a provider's tray, whatever became of them.
func (s *scene) offersIn(as *demo.Client, referral string) (ids []string) {
	s.t.Helper()
	var list struct {
		Items []struct {
			ID string `json:"id"`
		} `json:"items"`
	}
	_, err := as.Get(s.t.Context(), "/api/vcse/v1/offers?show=all", &list)
	require.NoError(s.t, err)
	for _, x := range list.Items {
		if o := s.look(offer{path: "/api/vcse/v1/offers/" + x.ID, as: as}); o.Referral == referral {
			ids = append(ids, o.ID)
		}
	}
	return ids
}

// Three services can not help, one after the other, each for a reason of its own. After the third a named person must find a way; the
// desk saw each reason, and the referral never came back to it.
func TestTheThirdBounceIsANamedPersonsWork(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	doors, workers := s.threeDoors(terms.NeedDebtAndMoney)
	p := s.patient("Thrice")
	desk := s.reception()
	sent := s.refers(s.practice, p.Ref, terms.NeedDebtAndMoney, toService(doors[0]), toService(doors[1]), toService(doors[2]))

	s.does(s.tray(workers[0], "vcse", sent), "bounce", map[string]any{"reason": "not_eligible", "criterion": "Under 65", "detail": "She is too young for us."})
	s.tray(workers[1], "vcse", sent)
	r := s.referral(desk, sent)
	require.Equal(t, 1, r.Bounces)
	require.Contains(t, r.Message, "She is too young for us.")
	require.Contains(t, r.Message, "Not met: Under 65", "the desk reads which criterion")

	s.does(s.tray(workers[1], "vcse", sent), "bounce", map[string]any{"reason": "not_our_role", "whose_role": "link_worker"})
	o := s.tray(workers[2], "vcse", sent)
	require.Contains(t, s.referral(desk, sent).Message, "Whose role it is: Link worker")
	s.does(o, "bounce", map[string]any{"reason": "wrong_area"})

	r = s.comesTo(desk, sent, terms.ReferralEscalated)
	require.Equal(t, 3, r.Bounces)
	require.Equal(t, "coordinator", r.Owes.Party)
	require.NotNil(t, r.DueAt, "and by a time")
}

// Nobody is sent twice to a door that has just closed: not by a second referral, not when the desk asks for it, not when another service
// names it.
func TestNeverTheSameServiceTwiceInThirtyDays(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	doors, workers := s.threeDoors(terms.NeedDebtAndMoney)
	p := s.patient("Again")
	desk := s.reception()
	one := s.refers(s.practice, p.Ref, terms.NeedDebtAndMoney, toService(doors[0]), toService(doors[1]))
	s.does(s.tray(workers[0], "vcse", one), "bounce", map[string]any{"reason": "wrong_area"})
	s.tray(workers[1], "vcse", one)
	r := s.referral(desk, one)
	require.NoError(t, desk.Change(t.Context(), "/api/primarycare/v1/referrals/"+one+"/withdraw", r.etag, map[string]any{"reason": "made_in_error"}, nil))
	s.comesTo(desk, one, terms.ReferralWithdrawn)

	two := s.refers(s.practice, p.Ref, terms.NeedDebtAndMoney, toService(doors[0]), toService(doors[2]))
	o := s.tray(workers[2], "vcse", two)
	require.Empty(t, s.offersIn(workers[0], two), "it was asked for this person and need this month")
	s.does(o, "bounce", map[string]any{"reason": "other", "detail": "Ask Door 1", "suggested_service_id": doors[0]})
	require.Eventually(t, func() bool { return s.referral(desk, two).Bounces == 1 }, patience, tick)
	require.NoError(t, s.stage.Settle(t.Context()))
	require.Empty(t, s.offersIn(workers[0], two), "nor because another names it")

	// Another need is another question.
	food := s.service(s.first, "Food parcels", terms.NeedFood)
	s.tray(workers[0], "vcse", s.refers(s.practice, p.Ref, terms.NeedFood, toService(food)))
}

// A provider rings three times on three days and nobody answers. It must say when; the desk reads the days and is asked to find out.
func TestCouldNotContactNamesThreeTries(t *testing.T) {
	t.Parallel()
	s, later := hurried(t)
	club := s.service(s.first, "Walking club", terms.NeedLoneliness)
	sent := s.refers(s.practice, s.patient("Silent").Ref, terms.NeedLoneliness, toService(club))
	o := s.tray(s.as(s.first, terms.RoleProviderWorker), "vcse", sent)
	days, words := []string{s.day(0)}, []string{s.stage.Now().Format("2 January 2006")}
	for range 2 {
		o = s.look(o)
		r := refused(t, o.as.Change(t.Context(), o.path+"/bounce", o.etag, map[string]any{"reason": "could_not_contact", "tried_on": days}, nil))
		require.Equal(t, http.StatusUnprocessableEntity, r.Status, "%d tries are too few", len(days))
		r = refused(t, o.as.Change(t.Context(), o.path+"/bounce", o.etag, map[string]any{"reason": "could_not_contact", "tried_on": []string{days[0], s.day(0), s.day(1)}}, nil))
		require.Equal(t, http.StatusUnprocessableEntity, r.Status, "nobody has tried tomorrow yet")
		later(24 * time.Hour)
		days, words = append(days, s.day(0)), append(words, s.stage.Now().Format("2 January 2006"))
	}
	s.does(s.look(o), "bounce", map[string]any{"reason": "could_not_contact", "tried_on": days})
	asked := s.comesTo(s.reception(), sent, terms.ReferralInformationAsked)
	require.Equal(t, "sender", asked.Owes.Party, "the desk checks the number; no service can")
	require.Contains(t, asked.Message, "They tried on "+words[0]+", "+words[1]+" and "+words[2])
}

// found is a service as the desk's search shows it for a need.
type found struct {
	ID       string `json:"id"`
	Capacity struct {
		Status, Freshness string
		UntilOn           string `json:"until_on"`
	} `json:"capacity"`
	Warning *struct {
		Reason string `json:"reason"`
		Same   int    `json:"same"`
		People int    `json:"people"`
		Words  string `json:"words"`
	} `json:"warning"`
}

func (s *scene) search(as *demo.Client, need terms.Need, service string) found {
	s.t.Helper()
	cursor := ""
	for range 20 {
		var page struct {
			Items []found `json:"items"`
			Next  string  `json:"next_cursor"`
		}
		_, err := as.Get(s.t.Context(), "/api/primarycare/v1/services?limit=200&need="+string(need)+cursor, &page)
		require.NoError(s.t, err)
		for _, x := range page.Items {
			if x.ID == service {
				return x
			}
		}
		if cursor = "&cursor=" + page.Next; page.Next == "" {
			break
		}
	}
	s.t.Fatal("the service is not found")
	return found{}
}

// Five people were sent to a service and three came back because they live elsewhere. Before the sixth is sent, the desk reads that. The
// practice next door has not sent anybody: one practice's numbers are not told to another.
func TestTheDeskIsWarnedBeforeItSends(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	advice := s.service(s.first, "Debt advice", terms.NeedDebtAndMoney)
	elsewhere := s.service(s.second, "Money help", terms.NeedDebtAndMoney)
	worker := s.as(s.first, terms.RoleProviderWorker)
	desk := s.reception()
	for i := range 5 {
		require.Nil(t, s.search(desk, terms.NeedDebtAndMoney, advice).Warning, "too few to tell")
		sent := s.refers(s.practice, s.patient(fmt.Sprintf("Warned%d", i)).Ref, terms.NeedDebtAndMoney, toService(advice), toService(elsewhere))
		o := s.tray(worker, "vcse", sent)
		if i < 3 {
			s.does(o, "bounce", map[string]any{"reason": "wrong_area"})
			s.tray(s.as(s.second, terms.RoleProviderWorker), "vcse", sent)
			continue
		}
		s.does(o, "accept", map[string]any{})
		s.comesTo(desk, sent, terms.ReferralAccepted)
	}
	var f found
	require.Eventually(t, func() bool {
		f = s.search(desk, terms.NeedDebtAndMoney, advice)
		return f.Warning != nil
	}, patience, 20*tick)
	require.Equal(t, "3 of your last 5 referrals for “Debt and money” to Debt advice came back: not in its area", f.Warning.Words)
	require.Nil(t, s.search(desk, terms.NeedDebtAndMoney, elsewhere).Warning)
	require.Nil(t, s.search(s.as(s.other, terms.RoleReceptionist), terms.NeedDebtAndMoney, advice).Warning, "what one practice sent is not told to another")
}

// A service says that it has no room until a day. The next desk sees that at once, until that day.
func TestNoRoomUntilIsSeenByTheNextDesk(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	doors, workers := s.threeDoors(terms.NeedHousing)
	sent := s.refers(s.practice, s.patient("Full").Ref, terms.NeedHousing, toService(doors[0]), toService(doors[1]))
	s.does(s.tray(workers[0], "vcse", sent), "bounce", map[string]any{"reason": "no_capacity", "until_on": s.day(40)})
	s.tray(workers[1], "vcse", sent)
	require.NoError(t, s.stage.Settle(t.Context()))
	f := s.search(s.as(s.other, terms.RoleReceptionist), terms.NeedHousing, doors[0])
	require.Equal(t, "no_capacity", f.Capacity.Status)
	require.Equal(t, s.day(40), f.Capacity.UntilOn)
}

// A provider closes for good with thirty people on its list. Those who waited go on to the next service the same minute; those it was
// helping are a named person's work; not one comes back to the practice, and none is lost.
func TestAProviderThatClosesForGoodWithThirtyPeople(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	doors, workers := s.threeDoors(terms.NeedPhysicalActivity)
	desk := s.reception()
	const people = 30
	sent := make([]string, people)
	for i := range people {
		sent[i] = s.refers(s.practice, s.patient(fmt.Sprintf("Closing%d", i)).Ref, terms.NeedPhysicalActivity, toService(doors[0]), toService(doors[1]))
		o := s.tray(workers[0], "vcse", sent[i])
		switch i % 3 {
		case 0:
			s.does(o, "waitlist", map[string]any{"expected_by_on": s.day(20)})
			s.comesTo(desk, sent[i], terms.ReferralWaitlisted)
		case 1:
			s.does(o, "accept", map[string]any{})
			s.comesTo(desk, sent[i], terms.ReferralAccepted)
		}
	}
	require.NoError(t, s.stage.Shut(t.Context(), s.first))

	for i, id := range sent {
		if i%3 == 1 {
			r := s.comesTo(desk, id, terms.ReferralEscalated)
			require.Equal(t, "coordinator", r.Owes.Party)
			continue
		}
		s.tray(workers[1], "vcse", id)
		r := s.comesTo(desk, id, terms.ReferralOffered)
		require.Equal(t, "receiver", r.Owes.Party)
		require.Zero(t, r.Bounces, "that it closed is no bounce")
	}
}

// Two workers of one charity answer the same offer at once, both with a bounce: one counts, the other is told, and the next service gets
// one offer.
func TestTwoBounceAtOnce(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	doors, workers := s.threeDoors(terms.NeedHousing)
	sent := s.refers(s.practice, s.patient("Both").Ref, terms.NeedHousing, toService(doors[0]), toService(doors[1]))
	o := s.tray(workers[0], "vcse", sent)
	lead := s.as(s.first, terms.RoleServiceLead)
	bodies := []map[string]any{{"reason": "no_capacity", "until_on": s.day(30)}, {"reason": "wrong_area"}}
	errs := make([]error, 2)
	var both sync.WaitGroup
	for i, as := range []*demo.Client{workers[0], lead} {
		both.Go(func() { errs[i] = as.Change(t.Context(), o.path+"/bounce", o.etag, bodies[i], nil) })
	}
	both.Wait()
	require.NotEqual(t, errs[0] == nil, errs[1] == nil, "one is heard: %v, %v", errs[0], errs[1])
	s.tray(workers[1], "vcse", sent)
	require.NoError(t, s.stage.Settle(t.Context()))
	require.Equal(t, 1, s.referral(s.reception(), sent).Bounces)
	require.Len(t, s.offersIn(workers[1], sent), 1)
}
