package stories

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/id"
	"example.org/waypost/schemas/register"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/all/internal/demo"
)

// trained writes down that the practice's receptionist was trained in care navigation, up to a tier, and for how many days yet.
func (s *scene) trained(tier terms.Tier, days int) {
	s.t.Helper()
	now, person := s.stage.Now(), s.practice.Staff[terms.RoleReceptionist].Person.ID
	s.untrained(person, terms.CompetencyCareNavigation)
	require.NoError(s.t, s.stage.Say(s.t.Context(), &register.CompetencyRecordedV1{
		PersonID: person, Competency: terms.CompetencyCareNavigation, Tier: tier,
		FromOn: now.AddDate(-1, 0, 0).Format(time.DateOnly), UntilOn: now.AddDate(0, 0, days).Format(time.DateOnly), At: now.UTC(),
	}))
}

// untrained has all that somebody was trained in of a competency run out.
func (s *scene) untrained(person string, c terms.Competency) {
	s.t.Helper()
	require.NoError(s.t, s.stage.Say(s.t.Context(), &register.CompetencyExpiredV1{PersonID: person, Competency: c, At: s.stage.Now().UTC()}))
}

// tries has somebody send a referral from their practice's desk.
func (s *scene) tries(as *demo.Client, ref string, need terms.Need, to ...receiver) error {
	return as.Make(s.t.Context(), "/api/primarycare/v1/referrals", id.New(), map[string]any{
		"patient_ref": ref, "red_flags_clear": true, "need": need, "receivers": to, "consent": map[string]any{"given": true, "how": "in_person"},
	}, nil)
}

func TestWhoseTrainingRanOutYesterdayIsToldTheRightDoor(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	p := s.patient("Runout")
	s.trained(terms.TierEssential, 0)
	require.NoError(t, s.tries(s.reception(), p.Ref, terms.NeedLoneliness), "the last day is a whole day")
	s.trained(terms.TierEssential, -1)
	err := s.tries(s.reception(), p.Ref, terms.NeedFood)
	require.Equal(t, http.StatusForbidden, refused(t, err).Status)
	require.ErrorContains(t, err, "training in care navigation, tier Essential or higher, and yours ran out on")
	require.ErrorContains(t, err, "At your organisation these may: GP, simulated (GP), Practice manager, simulated (Practice manager)")
	require.NoError(t, s.tries(s.as(s.practice, terms.RoleGP), p.Ref, terms.NeedFood), "the door that was named is open")
}

func TestWhatIsNotForATierNamesTheRightDoor(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	p := s.patient("Toofar")
	s.trained(terms.TierEnhanced, 30)
	require.NoError(t, s.tries(s.reception(), p.Ref, terms.NeedAlcoholDrugs))
	err := s.tries(s.reception(), p.Ref, terms.NeedDomesticAbuse)
	require.Equal(t, http.StatusForbidden, refused(t, err).Status)
	require.ErrorContains(t, err, "tier Expert or higher, and yours ran out on")
	require.ErrorContains(t, err, "domestic abuse helpline")
}

func TestTheAreaTakesAnActFromARoleAndNamesTheRightDoor(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	p := s.patient("Scoped")
	now := s.stage.Now()
	require.NoError(t, s.tries(s.as(s.practice, terms.RolePracticeManager), p.Ref, terms.NeedTransport))
	// It is about one need that no other story sends as a practice manager: the lines are the whole area's.
	require.NoError(t, s.stage.Say(t.Context(), &register.RoleScopeSetV1{
		LineID: id.New(), Role: terms.RolePracticeManager, Act: terms.ActRefer, Of: string(terms.NeedLegalRights), Allowed: false,
		Door: "The law centre takes these from anybody who rings", FromOn: now.Format(time.DateOnly), At: now.UTC(), Version: 1,
	}))
	err := s.tries(s.as(s.practice, terms.RolePracticeManager), p.Ref, terms.NeedLegalRights)
	require.Equal(t, http.StatusForbidden, refused(t, err).Status)
	require.ErrorContains(t, err, "Your role, Practice manager, does not do this for legal advice and rights")
	require.ErrorContains(t, err, "The law centre takes these")
}

var versionIn = regexp.MustCompile(`name="version" value="(\d+)"`)

// version is that of a form on a page.
func version(t *testing.T, as *visitor, page string) string {
	t.Helper()
	status, body := as.asks(t, http.MethodGet, page, "", "")
	require.Equal(t, http.StatusOK, status, body)
	v := versionIn.FindStringSubmatch(body)
	require.NotNil(t, v, "no form on %s", page)
	return v[1]
}

// posts sends a form as it was shown.
func posts(t *testing.T, as *visitor, action, version string, form url.Values) int {
	t.Helper()
	form.Set("version", version)
	form.Set("idempotency_key", id.New())
	status, _ := as.asks(t, http.MethodPost, action, formType, form.Encode())
	return status
}

// trainees is a referral that the receptionist, whose training has run out, has got ready and asked the GP to sign.
func (s *scene) trainees(family string) (task, sign string) {
	s.t.Helper()
	s.trained(terms.TierEssential, -1)
	ref := s.patient(family).Ref
	desk := s.visitor(s.practice, terms.RoleReceptionist)
	status, body := desk.asks(s.t, http.MethodPost, "/practice/patients/"+ref+"/start", formType, url.Values{"idempotency_key": {id.New()}}.Encode())
	require.Equal(s.t, http.StatusSeeOther, status, body)
	_, body = desk.asks(s.t, http.MethodGet, "/practice/patients/"+ref, "", "")
	task = regexp.MustCompile(`/practice/tasks/[0-9a-f-]{36}`).FindString(body)
	require.NotEmpty(s.t, task, body)
	for _, x := range []struct {
		name string
		form url.Values
	}{
		{"red-flags", url.Values{"all": {"no"}}},
		{"consent", url.Values{"given": {"yes"}, "how": {"phone"}}},
		{"need", url.Values{"need": {"loneliness"}}},
		{"details", url.Values{"risk": {"no"}, "narrative": {"Has not left the house since June."}, "urgency": {"routine"}}},
	} {
		require.Equal(s.t, http.StatusSeeOther, posts(s.t, desk, task+"/"+x.name, version(s.t, desk, task+"/"+x.name), x.form), x.name)
	}
	asked := posts(s.t, desk, task+"/signature", version(s.t, desk, task+"/check"), url.Values{"supervisor": {s.practice.Staff[terms.RoleGP].Person.ID}})
	require.Equal(s.t, http.StatusSeeOther, asked)
	return task, strings.Replace(task, "/tasks/", "/signatures/", 1)
}

func TestASupervisorSignsATraineesReferral(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	desk, gp := s.visitor(s.practice, terms.RoleReceptionist), s.visitor(s.practice, terms.RoleGP)
	task, sign := s.trainees("Learner")
	_, body := gp.asks(t, http.MethodGet, "/practice/signatures", "", "")
	require.Contains(t, body, sign, "the supervisor finds it on a page of theirs")
	shown := version(t, gp, sign)
	require.Equal(t, http.StatusForbidden, posts(t, desk, task+"/send", shown, url.Values{"overlap": {"none"}}), "not before it is signed")
	require.Equal(t, http.StatusSeeOther, posts(t, gp, sign, shown, url.Values{"answer": {"signed"}}))
	require.Equal(t, http.StatusSeeOther, posts(t, desk, task+"/send", shown, url.Values{"overlap": {"none"}}))
	var list struct {
		Items []struct {
			ID string `json:"id"`
		} `json:"items"`
	}
	_, err := s.reception().Get(t.Context(), "/api/primarycare/v1/referrals", &list)
	require.NoError(t, err)
	require.Len(t, list.Items, 1)
	_, body = gp.asks(t, http.MethodGet, "/practice/referrals/"+list.Items[0].ID, "", "")
	require.Contains(t, body, "by Receptionist, simulated, signed by GP, simulated", "who acts and who signed")
}

// The step that two people could do at once: a GP signs while the practice manager sends it back.
func TestTwoSupervisorsAnswerAtOnce(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	desk, both := s.visitor(s.practice, terms.RoleReceptionist), []*visitor{s.visitor(s.practice, terms.RoleGP), s.visitor(s.practice, terms.RolePracticeManager)}
	task, sign := s.trainees("Doubly")
	shown := version(t, both[0], sign)
	statuses := make([]int, len(both))
	var wait sync.WaitGroup
	for i, as := range both {
		wait.Go(func() {
			statuses[i] = posts(t, as, sign, shown, url.Values{"answer": {[]string{"signed", "sent_back"}[i]}})
		})
	}
	wait.Wait()
	require.ElementsMatch(t, []int{http.StatusSeeOther, http.StatusConflict}, statuses)
	want := http.StatusForbidden // it was sent back, so it does not go
	if statuses[0] == http.StatusSeeOther {
		want = http.StatusSeeOther
	}
	require.Equal(t, want, posts(t, desk, task+"/send", shown, url.Values{"overlap": {"none"}}))
}

func TestATeamThatDoesNotDoThatHereIsSeenBeforeSending(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	lead := s.as(s.team, terms.RoleServiceLead)
	etag, err := lead.Get(t.Context(), "/api/linkworker/v1/team", nil)
	require.NoError(t, err)
	require.NoError(t, lead.Put(t.Context(), "/api/linkworker/v1/team", etag, map[string]any{
		"what_we_do": "We help you find what matters to you.", "accepts_referrals": true, "needs": []terms.Need{terms.NeedLoneliness, terms.NeedFood},
		"network_codes": []string{s.team.NetworkCode, "U99999"},
		"not_here": []map[string]any{
			{"need": "food", "why": "The pantry on Elm Street does", "network_code": s.team.NetworkCode}, {"need": "loneliness", "why": "Another team does", "network_code": "U99999"},
		},
	}))
	require.NoError(t, s.stage.Settle(t.Context()))
	p := s.patient("Nothere")
	var found struct {
		Teams []struct {
			NotHere []struct {
				Need string `json:"need"`
				Why  string `json:"why"`
			} `json:"not_here"`
		} `json:"teams"`
	}
	_, err = s.reception().Get(t.Context(), "/api/primarycare/v1/services?need=food", &found)
	require.NoError(t, err)
	require.Len(t, found.Teams, 1)
	require.Len(t, found.Teams[0].NotHere, 1, "what it does not do in another neighbourhood is not ours")
	require.Equal(t, "The pantry on Elm Street does", found.Teams[0].NotHere[0].Why)
	err = s.tries(s.reception(), p.Ref, terms.NeedFood, toTeam(s.team))
	require.Equal(t, http.StatusUnprocessableEntity, refused(t, err).Status)
	require.ErrorContains(t, err, "The pantry on Elm Street does")
	require.NoError(t, s.tries(s.reception(), p.Ref, terms.NeedLoneliness, toTeam(s.team)), "what it does here goes")
}

// The area says that link workers no longer take what refugees and migrants need. The link worker who tries is told whose it is and who at
// the team may; nothing has happened to the referral, and the care coordinator takes it.
func TestWhoMayNotTakeAReferralIsToldTheRightDoor(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	now := s.stage.Now()
	// It is about one need that no other story has a link worker take: the lines are the whole area's.
	require.NoError(t, s.stage.Say(t.Context(), &register.RoleScopeSetV1{
		LineID: id.New(), Role: terms.RoleLinkWorker, Act: terms.ActTake, Of: string(terms.NeedRefugeesMigrants), Allowed: false,
		Door: "The refugee forum takes these from anybody who rings", FromOn: now.Format(time.DateOnly), At: now.UTC(), Version: 1,
	}))
	s.teamOffers(terms.NeedRefugeesMigrants)
	p := s.patient("Haworth")
	sent := s.refers(s.practice, p.Ref, terms.NeedRefugeesMigrants, toTeam(s.team))
	s.comesTo(s.reception(), sent, terms.ReferralOffered)
	worker := s.as(s.team, terms.RoleLinkWorker)
	o := s.tray(worker, "linkworker", sent)
	err := worker.Change(t.Context(), o.path+"/accept", o.etag, map[string]any{}, nil)
	require.Equal(t, http.StatusForbidden, refused(t, err).Status)
	require.ErrorContains(t, err, "Your role, Link worker, does not do this")
	require.ErrorContains(t, err, "At your organisation these may: Care coordinator")
	require.ErrorContains(t, err, "The refugee forum takes these")
	require.Equal(t, string(terms.ReferralOffered), s.referral(s.reception(), sent).State)

	err = worker.Change(t.Context(), o.path+"/accept", o.etag, map[string]any{"assign_to": s.team.Staff[terms.RoleLinkWorker].Person.ID}, nil)
	require.Equal(t, http.StatusForbidden, refused(t, err).Status, "nor by naming themselves")
	require.NoError(t, worker.Change(t.Context(), o.path+"/accept", o.etag, map[string]any{"assign_to": s.team.Staff[terms.RoleCareCoordinator].Person.ID}, nil), "a colleague who may takes it")
	s.comesTo(s.reception(), sent, terms.ReferralAccepted)
}

// A care coordinator whose training in sensitive needs ran out yesterday is given help with alcohol by a colleague, and it is refused: a link worker takes it.
func TestWhatIsSensitiveIsNotGivenToWhoIsNotTrained(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.trained(terms.TierExpert, 30)
	s.teamOffers(terms.NeedAlcoholDrugs)
	now, person := s.stage.Now(), s.team.Staff[terms.RoleCareCoordinator].Person.ID
	s.untrained(person, terms.CompetencySensitiveNeeds)
	require.NoError(t, s.stage.Say(t.Context(), &register.CompetencyRecordedV1{
		PersonID: person, Competency: terms.CompetencySensitiveNeeds,
		FromOn: now.AddDate(-1, 0, 0).Format(time.DateOnly), UntilOn: now.AddDate(0, 0, -1).Format(time.DateOnly), At: now.UTC(),
	}))
	p := s.patient("Ingham")
	sent := s.refers(s.practice, p.Ref, terms.NeedAlcoholDrugs, toTeam(s.team))
	s.comesTo(s.reception(), sent, terms.ReferralOffered)
	worker := s.as(s.team, terms.RoleLinkWorker)
	o := s.tray(worker, "linkworker", sent)
	err := worker.Change(t.Context(), o.path+"/accept", o.etag, map[string]any{"assign_to": s.team.Staff[terms.RoleCareCoordinator].Person.ID}, nil)
	require.Equal(t, http.StatusUnprocessableEntity, refused(t, err).Status)
	require.ErrorContains(t, err, "by their role or training this colleague may not")
	s.does(o, "accept", map[string]any{})
	s.comesTo(s.reception(), sent, terms.ReferralAccepted)
}
