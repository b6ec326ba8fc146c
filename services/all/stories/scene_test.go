// Package stories tells, as tests, what people do with Waypost from door to door: through the public pages and APIs of the
// whole platform only, on a real database and a real broker.
package stories

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap"

	"example.org/waypost/pkg/eventtest"
	"example.org/waypost/pkg/id"
	"example.org/waypost/pkg/nhsnumber"
	"example.org/waypost/schemas"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/all/internal/demo"
	"example.org/waypost/services/all/internal/demo/stage"
)

// One platform serves all stories; each story has its own organisations and people, so that they do not see each other.
var platform struct {
	once  sync.Once
	stage *stage.Stage
	err   error
}

func TestMain(m *testing.M) {
	code := m.Run()
	if platform.stage != nil {
		if err := keptContract(platform.stage); err != nil {
			fmt.Fprintln(os.Stderr, "what was said is not what the schemas say:", err)
			code = 1
		}
		if err := wroteDown(context.Background(), platform.stage); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
		if wrong := spans.broken(); len(wrong) > 0 {
			fmt.Fprintln(os.Stderr, "spans told what none may:", strings.Join(wrong, "; "))
			code = 1
		}
		if err := platform.stage.Close(); err != nil {
			fmt.Fprintln(os.Stderr, "close the stage:", err)
			code = 1
		}
	}
	os.Exit(code)
}

// keptContract checks everything that was said in all stories against its schema.
func keptContract(s *stage.Stage) error {
	contract, err := eventtest.Of(schemas.FS)
	if err != nil {
		return err
	}
	var wrong []error
	said := 0
	for _, speaker := range schemas.Speakers {
		rows, err := s.Admin.Query(context.Background(), "select event_type, body from "+speaker+".outbox")
		if err != nil {
			return err
		}
		var kind string
		var body []byte
		if _, err := pgx.ForEachRow(rows, []any{&kind, &body}, func() error {
			said++
			wrong = append(wrong, contract.Validate(kind, body))
			return nil
		}); err != nil {
			return err
		}
	}
	if said == 0 {
		return errors.New("nothing was said")
	}
	return errors.Join(wrong...)
}

func theStage(t *testing.T) *stage.Stage {
	t.Helper()
	platform.once.Do(func() {
		log, err := zap.NewDevelopment(zap.IncreaseLevel(zap.ErrorLevel))
		if err == nil {
			platform.stage, err = stage.Open(context.Background(), stage.Options{Fast: true, Log: log, Spans: spans})
		}
		platform.err = err
	})
	require.NoError(t, platform.err)
	return platform.stage
}

// scene is one neighbourhood: two practices of one network, their link worker team, two providers, a hospital, the area's office.
type scene struct {
	t                                                      *testing.T
	n                                                      int64 // of the scene: people of two are not alike
	stage                                                  *stage.Stage
	practice, other, team, first, second, hospital, office stage.Organisation
}

var scenes atomic.Int64

func newScene(t *testing.T) *scene {
	t.Helper()
	n := scenes.Add(1)
	s := &scene{t: t, n: n, stage: theStage(t)}
	network := fmt.Sprintf("U9%04d", n)
	name := func(what string) string { return fmt.Sprintf("%s %d (simulated)", what, n) }
	s.practice = stage.Organise(terms.KindPractice, name("Mill Lane Surgery"), network, terms.RoleReceptionist, terms.RoleGP, terms.RolePracticeManager)
	s.other = stage.Organise(terms.KindPractice, name("Canal Street Practice"), network, terms.RoleReceptionist, terms.RoleGP)
	s.team = stage.Organise(terms.KindLinkWorkerTeam, name("North Link Workers"), network, terms.RoleLinkWorker, terms.RoleCareCoordinator, terms.RoleServiceLead)
	s.first = stage.Organise(terms.KindProvider, name("Good Company"), "", terms.RoleProviderWorker, terms.RoleServiceLead)
	s.second = stage.Organise(terms.KindProvider, name("Open Door"), "", terms.RoleProviderWorker)
	s.hospital = stage.Organise(terms.KindOtherCare, name("Royal Hospital"), "", terms.RoleCareProfessional, terms.RoleMDTCoordinator)
	s.hospital.MayRefer = true
	s.office = stage.Organise(terms.KindOtherCare, name("Area office"), "", terms.RoleCoordinator, terms.RolePrivacyOfficer)
	require.NoError(t, s.stage.Introduce(t.Context(), s.practice, s.other, s.team, s.first, s.second, s.hospital, s.office))
	coordinators.Lock()
	coordinators.all = append(coordinators.all, s.as(s.office, terms.RoleCoordinator))
	coordinators.Unlock()
	return s
}

func (s *scene) as(o stage.Organisation, r terms.Role) *demo.Client {
	s.t.Helper()
	who, ok := o.Staff[r]
	require.True(s.t, ok, "%s has no %s", o.Name, r)
	return s.stage.Cast.As(who)
}

func (s *scene) reception() *demo.Client { return s.as(s.practice, terms.RoleReceptionist) }

// service is something a provider offers for a need, at a place in Manchester.
func (s *scene) service(o stage.Organisation, name string, need terms.Need) string {
	s.t.Helper()
	var made struct {
		ID string `json:"id"`
	}
	as := s.as(o, terms.RoleProviderWorker)
	require.NoError(s.t, as.Make(s.t.Context(), "/api/vcse/v1/services", id.New(), map[string]any{
		"name": name, "needs": []terms.Need{need}, "accepts_referrals": true, "simulated": true, "delivery": []string{"in_person"},
		"places": []map[string]any{{"name": "Hall", "postcode": "M1 1AF"}},
	}, &made))
	require.NoError(s.t, s.stage.Settle(s.t.Context()))
	return made.ID
}

var patients atomic.Int64

type patient struct {
	Ref    string `json:"ref"`
	number string
}

// patient is somebody new, with an NHS number that nobody else has.
func (s *scene) patient(family string) patient {
	s.t.Helper()
	p := patient{number: nhsnumber.Test(int(700000 + patients.Add(1)))}
	p.Ref = s.knownAt(s.practice, family, p.number)
	return p
}

// knownAt adds the person to a practice and returns their ref there.
func (s *scene) knownAt(o stage.Organisation, family, number string) string {
	s.t.Helper()
	var added patient
	require.NoError(s.t, s.as(o, terms.RoleReceptionist).Make(s.t.Context(), "/api/primarycare/v1/patients", id.New(), map[string]any{
		"given_name": "Ada", "family_name": family, "date_of_birth": "1951-03-27", "nhs_number": number, "phone": "07700 900123", "postcode": "M1 1AF",
		"safe_ways": map[string]bool{"phone": true, "text": false, "email": false, "letter": false},
	}, &added))
	return added.Ref
}

type receiver map[string]any

func toService(id string) receiver         { return receiver{"kind": "service", "id": id} }
func toTeam(o stage.Organisation) receiver { return receiver{"kind": "team", "id": o.OrganisationID} }

// refers sends a referral from a practice's desk, with consent and the red-flag questions answered.
func (s *scene) refers(o stage.Organisation, ref string, need terms.Need, to ...receiver) string {
	s.t.Helper()
	var sent struct {
		ID        string `json:"id"`
		Reference string `json:"reference"`
	}
	require.NoError(s.t, s.as(o, terms.RoleReceptionist).Make(s.t.Context(), "/api/primarycare/v1/referrals", id.New(), map[string]any{
		"patient_ref": ref, "red_flags_clear": true, "need": need, "receivers": to, "narrative": "Has not left the house since June.",
		"consent": map[string]any{"given": true, "how": "in_person"},
	}, &sent))
	require.Regexp(s.t, `^[A-Z0-9]{4} ?[A-Z0-9]{4}$`, sent.Reference)
	return sent.ID
}

// referral is what the sender's desk sees.
type referral struct {
	ID, CaseID, State, Reason, Message, Reference string
	QuestionID                                    string
	Outcome                                       string
	Bounces                                       int
	Open                                          bool
	Owes                                          struct{ Party string }
	DueAt                                         *time.Time
	AvailableActions                              []string
	etag                                          string
}

type referralJSON struct {
	ID               string                 `json:"id"`
	CaseID           string                 `json:"case_id"`
	Reference        string                 `json:"reference"`
	State            string                 `json:"state"`
	Reason           string                 `json:"reason"`
	Message          string                 `json:"message"`
	QuestionID       string                 `json:"question_id"`
	Outcome          string                 `json:"outcome"`
	Bounces          int                    `json:"bounces"`
	Open             bool                   `json:"open"`
	Owes             struct{ Party string } `json:"owes"`
	DueAt            *time.Time             `json:"due_at"`
	AvailableActions []string               `json:"available_actions"`
}

func (s *scene) referral(as *demo.Client, id string) referral {
	s.t.Helper()
	var j referralJSON
	etag, err := as.Get(s.t.Context(), "/api/primarycare/v1/referrals/"+id, &j)
	require.NoError(s.t, err)
	return referral{j.ID, j.CaseID, j.State, j.Reason, j.Message, j.Reference, j.QuestionID, j.Outcome, j.Bounces, j.Open, j.Owes, j.DueAt, j.AvailableActions, etag}
}

const (
	patience = 30 * time.Second
	tick     = 30 * time.Millisecond
)

// comesTo waits until the sender's desk shows the referral in a state.
func (s *scene) comesTo(as *demo.Client, id string, state terms.ReferralState) referral {
	s.t.Helper()
	var r referral
	for end := time.Now().Add(patience); ; {
		r = s.referral(as, id)
		if r.State == string(state) {
			return r
		}
		require.True(s.t, time.Now().Before(end), "the referral is %q (%s), not %q", r.State, r.Reason, state)
		s.breathe()
	}
}

func (s *scene) breathe() {
	s.t.Helper()
	select {
	case <-time.After(tick):
	case <-s.t.Context().Done():
		s.t.Fatal("the story was stopped")
	}
}

// offer is one in a receiver's tray.
type offer struct {
	ID        string `json:"id"`
	State     string `json:"state"`
	Referral  string `json:"referral_id"`
	Receipt   string `json:"receipt"`
	Confirmed bool   `json:"confirmed"`
	Reason    string `json:"reason"`
	Narrative string `json:"narrative"`
	Reply     string `json:"reply"`
	Messages  []struct {
		Kind, Text string
	} `json:"messages"`
	Contact *struct {
		FamilyName string `json:"family_name"`
		Phone      string `json:"phone"`
		SafeNote   string `json:"safe_note"`
	} `json:"contact"`
	Person *struct {
		FamilyName string `json:"family_name"`
		Phone      string `json:"phone"`
		Email      string `json:"email"`
	} `json:"person"`
	path, etag string
	as         *demo.Client
}

// tray waits until an offer of the referral is in the receiver's tray.
func (s *scene) tray(as *demo.Client, service, referral string) offer {
	s.t.Helper()
	show := "all"
	if service == "linkworker" {
		show = "waiting"
	}
	return s.shown(as, service, show, referral)
}

// shown waits until an offer of the referral is in one of the receiver's lists.
func (s *scene) shown(as *demo.Client, service, show, referral string) offer {
	s.t.Helper()
	for end := time.Now().Add(patience); ; s.breathe() {
		var list struct {
			Items []struct {
				ID string `json:"id"`
			} `json:"items"`
		}
		_, err := as.Get(s.t.Context(), "/api/"+service+"/v1/offers?show="+show, &list)
		require.NoError(s.t, err)
		for _, x := range list.Items {
			if o := s.look(offer{path: "/api/" + service + "/v1/offers/" + x.ID, as: as}); o.Referral == referral {
				return o
			}
		}
		require.True(s.t, time.Now().Before(end), "no offer of the referral is in the tray")
	}
}

func (s *scene) look(o offer) offer {
	s.t.Helper()
	fresh := offer{path: o.path, as: o.as}
	etag, err := o.as.Get(s.t.Context(), o.path, &fresh)
	require.NoError(s.t, err)
	fresh.etag = etag
	return fresh
}

// does takes a step on the offer. Another practice that knew the person may say how to reach them in the moment in which the offer comes;
// whoever had read it before reads it again.
func (s *scene) does(o offer, step string, body map[string]any) {
	s.t.Helper()
	err := o.as.Change(s.t.Context(), o.path+"/"+step, o.etag, body, nil)
	for end := time.Now().Add(patience); stale(err) && time.Now().Before(end); s.breathe() {
		err = o.as.Change(s.t.Context(), o.path+"/"+step, s.look(o).etag, body, nil)
	}
	require.NoError(s.t, err)
}

func stale(err error) bool {
	var r *demo.Refusal
	return errors.As(err, &r) && r.Status == http.StatusPreconditionFailed
}

func refused(t *testing.T, err error) *demo.Refusal {
	t.Helper()
	var r *demo.Refusal
	require.ErrorAs(t, err, &r)
	return r
}

func notAllowed(t *testing.T, err error) {
	t.Helper()
	require.Contains(t, []int{http.StatusForbidden, http.StatusNotFound}, refused(t, err).Status)
}

// teamOffers publishes what the link worker team does for the practices of its network.
func (s *scene) teamOffers(needs ...terms.Need) {
	s.t.Helper()
	lead := s.as(s.team, terms.RoleServiceLead)
	etag, err := lead.Get(s.t.Context(), "/api/linkworker/v1/team", nil)
	require.NoError(s.t, err)
	require.NoError(s.t, lead.Put(s.t.Context(), "/api/linkworker/v1/team", etag, map[string]any{
		"what_we_do": "We help you find what matters to you.", "accepts_referrals": true, "needs": needs, "network_codes": []string{s.team.NetworkCode},
	}))
	require.NoError(s.t, s.stage.Settle(s.t.Context()))
}
