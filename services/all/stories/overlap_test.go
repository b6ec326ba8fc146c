package stories

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/id"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/all/internal/demo"
)

// doesBoth is a service that helps with two needs.
func (s *scene) doesBoth(name string, needs ...terms.Need) string {
	s.t.Helper()
	var made struct {
		ID string `json:"id"`
	}
	require.NoError(s.t, s.as(s.first, terms.RoleProviderWorker).Make(s.t.Context(), "/api/vcse/v1/services", id.New(), map[string]any{
		"name": name, "needs": needs, "accepts_referrals": true, "simulated": true, "delivery": []string{"in_person"},
		"places": []map[string]any{{"name": "Hall", "postcode": "M1 1AF"}},
	}, &made))
	require.NoError(s.t, s.stage.Settle(s.t.Context()))
	return made.ID
}

// helping is what a desk is shown before it sends.
type helping struct {
	Overlaps int `json:"overlaps"`
	Helping  []struct {
		ReferralID string `json:"referral_id"`
		With       string `json:"with"`
		Covers     bool   `json:"covers"`
		Joinable   bool   `json:"joinable"`
		Also       []struct {
			Need string `json:"need"`
			By   string `json:"by"`
		} `json:"also"`
	} `json:"helping"`
}

func (s *scene) whoHelps(as *demo.Client, ref string, need terms.Need) (h helping) {
	s.t.Helper()
	require.NoError(s.t, as.Make(s.t.Context(), "/api/coordination/v1/who-helps", id.New(), map[string]any{"patient_ref": ref, "need": need}, &h))
	return h
}

// asks sends a referral with what its sender was shown and chose.
func (s *scene) asks(as *demo.Client, ref string, need terms.Need, more map[string]any) (string, error) {
	body := map[string]any{"patient_ref": ref, "red_flags_clear": true, "need": need, "consent": map[string]any{"given": true, "how": "in_person"}}
	for k, v := range more {
		body[k] = v
	}
	var sent struct {
		ID string `json:"id"`
	}
	err := as.Make(s.t.Context(), "/api/primarycare/v1/referrals", id.New(), body, &sent)
	return sent.ID, err
}

// taken is somebody whom a lunch club helps with loneliness, and which says that it helps with food too.
func (s *scene) taken(family string) (p patient, there, referral string) {
	s.t.Helper()
	lunch := s.doesBoth("Lunch club", terms.NeedLoneliness, terms.NeedFood)
	p = s.patient(family)
	there = s.knownAt(s.other, family, p.number)
	referral = s.refers(s.practice, p.Ref, terms.NeedLoneliness, toService(lunch))
	s.comesTo(s.reception(), referral, terms.ReferralOffered)
	s.does(s.tray(s.as(s.first, terms.RoleProviderWorker), "vcse", referral), "accept", map[string]any{})
	s.comesTo(s.reception(), referral, terms.ReferralAccepted)
	return p, there, referral
}

// Another practice wants help with food for somebody who goes to a lunch club already. Before it sends it is shown that; it may not send
// without saying why, says that she asked for somebody else, and everybody on the case reads that.
func TestAnOverlapIsShownAndSentWithAReason(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	pantry := s.service(s.second, "Food pantry", terms.NeedFood)
	_, there, first := s.taken("Barlow")
	desk := s.as(s.other, terms.RoleReceptionist)
	shown := s.whoHelps(desk, there, terms.NeedFood)
	require.Equal(t, 1, shown.Overlaps)
	require.Equal(t, first, shown.Helping[0].ReferralID)
	require.True(t, shown.Helping[0].Covers)
	require.Zero(t, s.whoHelps(desk, there, terms.NeedHousing).Overlaps, "the lunch club does nothing about housing")

	to := map[string]any{"receivers": []receiver{toService(pantry)}, "seen_helping": 1, "seen_overlaps": shown.Overlaps}
	_, err := s.asks(desk, there, terms.NeedFood, to)
	require.Equal(t, 422, refused(t, err).Status, "not without a reason")
	to["overlap"], to["send_reason"], to["send_note"] = "send", terms.SendPatientAsked, "She would rather cook at home"
	sent, err := s.asks(desk, there, terms.NeedFood, to)
	require.NoError(t, err)
	r := s.comesTo(desk, sent, terms.ReferralOffered)
	s.tray(s.as(s.second, terms.RoleProviderWorker), "vcse", sent)
	page := s.caseText(s.reception(), r.CaseID)
	require.Contains(t, page, "overlap_found")
	require.Contains(t, page, string(terms.SendPatientAsked))
	require.Contains(t, page, "She would rather cook at home")
}

// The same desk asks the lunch club to help with food too. Nothing new is sent to anybody, the lunch club sees where it looks at what it
// does already that it is asked, and the desk hears how it goes.
func TestAnOverlapIsJoined(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.service(s.second, "Food pantry", terms.NeedFood)
	p, there, first := s.taken("Calder")
	desk := s.as(s.other, terms.RoleReceptionist)
	shown := s.whoHelps(desk, there, terms.NeedFood)
	require.True(t, shown.Helping[0].Joinable)
	sent, err := s.asks(desk, there, terms.NeedFood, map[string]any{"seen_overlaps": shown.Overlaps, "overlap": "join", "join_referral_id": first})
	require.NoError(t, err)
	r := s.comesTo(desk, sent, terms.ReferralJoined)

	club := s.as(s.first, terms.RoleProviderWorker)
	seen := s.whoHelps(s.reception(), p.Ref, "")
	require.Equal(t, string(terms.NeedFood), seen.Helping[0].Also[0].Need)
	require.Contains(t, s.caseText(club, r.CaseID), "overlap_joined", "the lunch club sees it on the shared case")
	var waits struct {
		Items []struct {
			ID string `json:"id"`
		} `json:"items"`
	}
	_, err = s.as(s.second, terms.RoleProviderWorker).Get(t.Context(), "/api/vcse/v1/offers?show=all", &waits)
	require.NoError(t, err)
	require.Empty(t, waits.Items, "nothing new was sent")

	o := s.tray(club, "vcse", first)
	s.does(o, "attendance", map[string]any{"session_on": s.stage.Now().Format("2006-01-02"), "result": "attended"})
	s.comesTo(s.reception(), first, terms.ReferralUnderWay)
	s.does(s.look(o), "end", map[string]any{"outcome": "helped"})
	require.Eventually(t, func() bool { return s.referral(desk, sent).Reason == string(terms.OutcomeHelped) }, patience, tick, "the desk hears how it ended")
}

// caseText is the shared case as a program reads it.
func (s *scene) caseText(as *demo.Client, caseID string) string {
	s.t.Helper()
	var v jsonText
	_, err := as.Get(s.t.Context(), "/api/coordination/v1/cases/"+caseID, &v)
	require.NoError(s.t, err)
	return string(v)
}

// jsonText keeps JSON as it came.
type jsonText string

func (j *jsonText) UnmarshalJSON(b []byte) error { *j = jsonText(b); return nil }

// Two desks meet the same overlap in one moment: both ask the lunch club to do this too. It is asked by both, nothing is sent to anybody
// else, and neither is held by the other.
func TestTwoDesksJoinAnOverlapInOneMoment(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.service(s.second, "Food pantry", terms.NeedFood)
	p, there, first := s.taken("Dobson")
	join := map[string]any{"seen_overlaps": 1, "overlap": "join", "join_referral_id": first}
	ids, errs := [2]string{}, [2]error{}
	var both sync.WaitGroup
	both.Go(func() { ids[0], errs[0] = s.asks(s.reception(), p.Ref, terms.NeedFood, join) })
	both.Go(func() { ids[1], errs[1] = s.asks(s.as(s.other, terms.RoleReceptionist), there, terms.NeedFood, join) })
	both.Wait()
	require.NoError(t, errs[0])
	require.NoError(t, errs[1])
	s.comesTo(s.reception(), ids[0], terms.ReferralJoined)
	s.comesTo(s.as(s.other, terms.RoleReceptionist), ids[1], terms.ReferralJoined)
	require.Len(t, s.whoHelps(s.reception(), p.Ref, "").Helping, 1, "one helps, with both")
	require.Len(t, s.whoHelps(s.reception(), p.Ref, "").Helping[0].Also, 2)
}

// Two practices and the hospital's discharge team refer one man for the same need within a minute, all at once. One goes on, the other two
// are held: he is offered to one service once, whoever was first.
func TestTwoPracticesAndAHospitalInOneMinute(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	lunch := s.service(s.first, "Lunch club", terms.NeedLoneliness)
	p := s.patient("Eccles")
	there := s.knownAt(s.other, "Eccles", p.number)
	ward := s.as(s.hospital, terms.RoleCareProfessional)
	var added struct {
		Ref string `json:"patient_ref"`
		ID  string `json:"id"`
	}
	require.NoError(t, ward.Make(t.Context(), "/api/mdt/v1/patients", id.New(), map[string]any{
		"given_name": "Ada", "family_name": "Eccles", "date_of_birth": "1951-03-27", "nhs_number": p.number, "phone": "07700 900123", "postcode": "M1 1AF",
		"safe_ways": map[string]bool{"phone": true, "text": false, "email": false, "letter": false},
	}, &added))
	atWard := added.Ref
	if atWard == "" {
		atWard = added.ID
	}
	require.Equal(t, p.Ref, atWard, "one NHS number is one patient everywhere")

	ids, errs := [3]string{}, [3]error{}
	to := map[string]any{"receivers": []receiver{toService(lunch)}}
	var all sync.WaitGroup
	all.Go(func() { ids[0], errs[0] = s.asks(s.reception(), p.Ref, terms.NeedLoneliness, to) })
	all.Go(func() {
		ids[1], errs[1] = s.asks(s.as(s.other, terms.RoleReceptionist), there, terms.NeedLoneliness, to)
	})
	all.Go(func() {
		var sent struct {
			ID string `json:"id"`
		}
		errs[2] = ward.Make(t.Context(), "/api/mdt/v1/referrals", id.New(), map[string]any{
			"patient_ref": atWard, "red_flags_clear": true, "need": terms.NeedLoneliness, "receiver_kind": "service", "receiver_id": lunch,
			"narrative": "Goes home tomorrow to an empty flat.", "consent": map[string]any{"given": true, "how": "in_person", "purpose": "share_to_help"},
		}, &sent)
		ids[2] = sent.ID
	})
	all.Wait()
	for i := range errs {
		require.NoError(t, errs[i])
	}
	require.NoError(t, s.stage.Settle(t.Context()))
	states := map[string]int{}
	for i, as := range []*demo.Client{s.reception(), s.as(s.other, terms.RoleReceptionist), ward} {
		var r struct {
			State string `json:"state"`
		}
		_, err := as.Get(t.Context(), "/api/coordination/v1/referrals/"+ids[i], &r)
		require.NoError(t, err)
		states[r.State]++
	}
	require.Equal(t, map[string]int{string(terms.ReferralOffered): 1, string(terms.ReferralHeld): 2}, states)
	require.Len(t, s.whoHelps(ward, atWard, terms.NeedLoneliness).Helping, 1)
}

// The lunch club that is asked to help with food too finds it where it works: on its home page and beside the person, until it has looked.
func TestWhoIsJoinedFindsItInTheirTray(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	_, there, first := s.taken("Entwistle")
	desk := s.as(s.other, terms.RoleReceptionist)
	sent, err := s.asks(desk, there, terms.NeedFood, map[string]any{"seen_overlaps": 1, "overlap": "join", "join_referral_id": first})
	require.NoError(t, err)
	s.comesTo(desk, sent, terms.ReferralJoined)
	require.NoError(t, s.stage.Settle(t.Context()))
	club := s.visitor(s.first, terms.RoleProviderWorker)
	require.Contains(t, s.reads(club, "/provider"), "person whom you are asked to help with more")
	require.Contains(t, s.reads(club, "/provider/offers?show=also"), "Also asked: food")
	o := s.tray(s.as(s.first, terms.RoleProviderWorker), "vcse", first)
	require.Contains(t, s.reads(club, strings.Replace(o.path, "/api/vcse/v1", "/provider", 1)), "Also asked to help with")
	require.NotContains(t, s.reads(club, "/provider"), "person whom you are asked to help with more", "somebody has looked")
}

// kept is somebody whom the hospital's meeting gave a key worker, a care coordinator of the link workers' team.
func (m *meets) kept(family string) (p patient, caseID, item string) {
	m.t.Helper()
	p = m.patient(family)
	item = m.takes(m.schedules(), p, family, "debt_and_money")
	m.keyWorker(item, "", map[string]any{"person_id": m.team.Staff[terms.RoleCareCoordinator].Person.ID, "organisation_id": m.team.OrganisationID})
	require.NoError(m.t, m.stage.Settle(m.t.Context()))
	return p, m.caseOf(item), item
}

// keyWorker changes who stays in touch.
func (m *meets) keyWorker(item, what string, in map[string]any) {
	m.t.Helper()
	path := mdtAPI + "/items/" + item + "/key-worker"
	require.NoError(m.t, m.coordinator.Change(m.t.Context(), path+what, m.tag(m.coordinator, path), in, nil))
}

// A care coordinator is the key worker of a woman who now needs help with housing. The desk is told that she works with her already, and
// asks her to do this too: nothing is sent to anybody else, she finds it on her own page, and when she stops the referral is not lost.
func TestAKeyWorkerIsJoined(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	m := s.meets()
	p, caseID, item := m.kept("Fielding")
	var shown struct {
		Overlaps int `json:"overlaps"`
		Working  []struct {
			PersonID string `json:"person_id"`
			Role     string `json:"role"`
			Helps    bool   `json:"helps"`
			Joinable bool   `json:"joinable"`
		} `json:"working"`
	}
	desk := s.reception()
	require.NoError(t, desk.Make(t.Context(), "/api/coordination/v1/who-helps", id.New(), map[string]any{"patient_ref": p.Ref, "need": terms.NeedHousing}, &shown))
	require.Equal(t, 1, shown.Overlaps)
	require.Equal(t, string(terms.RoleCareCoordinator), shown.Working[0].Role)
	require.True(t, shown.Working[0].Helps)
	require.True(t, shown.Working[0].Joinable)
	sent, err := s.asks(desk, p.Ref, terms.NeedHousing, map[string]any{"seen_overlaps": 1, "overlap": "join", "join_worker_id": shown.Working[0].PersonID})
	require.NoError(t, err)
	s.comesTo(desk, sent, terms.ReferralJoined)
	require.NoError(t, s.stage.Settle(t.Context()))
	worker := s.visitor(s.team, terms.RoleCareCoordinator)
	require.Contains(t, s.reads(worker, "/link-worker/meetings"), "Housing", "she finds it in her own list")
	require.Contains(t, s.reads(worker, "/mdt"), "asked to help with more")
	require.Contains(t, s.caseText(desk, caseID), "overlap_joined")

	m.keyWorker(item, "/release", nil)
	require.NoError(t, s.stage.Settle(t.Context()))
	require.Eventually(t, func() bool { return s.referral(desk, sent).State != string(terms.ReferralJoined) }, patience, tick, "somebody else is found")
	require.Contains(t, s.caseText(desk, caseID), "worker_left")
}

// A desk sees that the lunch club may do this too, and sends nothing. The area's office sees that somebody stopped, beside those who
// joined and those who sent, and not about whom.
func TestStoppingForAnOverlapIsCounted(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	p, _, _ := s.taken("Greenhalgh")
	before := s.stops()
	desk := s.visitor(s.practice, terms.RoleReceptionist)
	status, _ := desk.asks(t, http.MethodPost, "/practice/patients/"+p.Ref+"/start", formType, url.Values{"idempotency_key": {id.New()}}.Encode())
	require.Equal(t, http.StatusSeeOther, status)
	task := regexp.MustCompile(`/practice/tasks/[0-9a-f-]{36}`).FindString(s.reads(desk, "/practice/patients/"+p.Ref))
	for _, x := range []struct {
		name string
		form url.Values
	}{
		{"red-flags", url.Values{"all": {"no"}}},
		{"consent", url.Values{"given": {"yes"}, "how": {"phone"}}},
		{"need", url.Values{"need": {"food"}}},
		{"details", url.Values{"risk": {"no"}, "narrative": {"Eats little."}, "urgency": {"routine"}}},
	} {
		posts(t, desk, task+"/"+x.name, version(t, desk, task+"/"+x.name), x.form)
	}
	for range 2 { // a form that is stopped twice counts once
		require.Equal(t, http.StatusSeeOther, posts(t, desk, task+"/send", version(t, desk, task+"/check"), url.Values{"overlap": {"stop"}, "seen_overlaps": {"1"}}))
	}
	require.NoError(t, s.stage.Settle(t.Context()))
	require.Equal(t, before+1, s.stops())
	require.Contains(t, s.reads(s.visitor(s.office, terms.RoleCoordinator), "/case/overlaps"), "Stopped: nothing was sent")
}

// stops is how many stopped for an overlap about food, as the area's office sees it. No other story stops.
func (s *scene) stops() (n int) {
	s.t.Helper()
	var v struct {
		Choices []struct {
			Choice string `json:"choice"`
			Count  *int   `json:"count"`
		} `json:"overlapping_by_choice"`
	}
	_, err := s.as(s.office, terms.RoleCoordinator).Get(s.t.Context(), "/api/coordination/v1/overlaps", &v)
	require.NoError(s.t, err)
	for _, c := range v.Choices {
		if c.Choice == "stopped" && c.Count != nil {
			n += *c.Count
		}
	}
	return n
}

// reads is a page as somebody sees it.
func (s *scene) reads(as *visitor, path string) string {
	s.t.Helper()
	status, page := as.asks(s.t, http.MethodGet, path, "", "")
	require.Equal(s.t, http.StatusOK, status, path)
	return page
}
