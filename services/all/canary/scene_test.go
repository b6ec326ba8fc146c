package canary

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"example.org/waypost/pkg/authn"
	"example.org/waypost/pkg/id"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/all/internal/demo"
	"example.org/waypost/services/all/internal/demo/stage"
)

// scene is one neighbourhood on a stage of its own, with everything it logs and every address it asks for.
type scene struct {
	t                                                     *testing.T
	ctx                                                   context.Context
	stage                                                 *stage.Stage
	logs, seen                                            *heap
	spans                                                 *tracetest.SpanRecorder
	http                                                  *http.Client
	practice, other, team, first, third, hospital, office stage.Organisation
	tokens                                                map[string]string
	refs                                                  []string // of everybody who was planted
	housing                                               string   // a service
}

func newScene(t *testing.T) *scene {
	t.Helper()
	s := &scene{t: t, ctx: t.Context(), logs: &heap{}, seen: &heap{}, spans: tracetest.NewSpanRecorder(), tokens: map[string]string{}}
	// The services ask each other with copies of the standard transport: this process is theirs alone. Who is to be asked for a
	// proxy sees every address that is asked for.
	was := http.DefaultTransport
	std, ok := was.(*http.Transport)
	require.True(t, ok)
	noting := std.Clone()
	noting.Proxy = func(r *http.Request) (*url.URL, error) {
		if !strange(r.Context()) {
			fmt.Fprintln(s.seen, r.Method, r.URL.String())
		}
		return nil, nil //nolint:nilnil // none
	}
	http.DefaultTransport = noting
	t.Cleanup(func() { http.DefaultTransport = was })
	spy := &traffic{next: noting, seen: s.seen}
	var err error
	s.stage, err = stage.Open(s.ctx, stage.Options{Fast: true, Log: logger(s.logs), Spans: s.spans})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.stage.Close()) })
	s.http = &http.Client{Transport: spy, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	s.stage.Cast.HTTP = s.http

	const network = "U90001"
	s.practice = stage.Organise(terms.KindPractice, "Mill Lane Surgery", network, terms.RoleReceptionist, terms.RoleGP)
	s.other = stage.Organise(terms.KindPractice, "Canal Street Practice", network, terms.RoleReceptionist, terms.RoleGP)
	s.team = stage.Organise(terms.KindLinkWorkerTeam, "North Link Workers", network, terms.RoleLinkWorker, terms.RoleServiceLead)
	s.first = stage.Organise(terms.KindProvider, "Good Company", "", terms.RoleProviderWorker)
	s.third = stage.Organise(terms.KindProvider, "Open Door", "", terms.RoleProviderWorker)
	s.hospital = stage.Organise(terms.KindOtherCare, "Royal Hospital", "", terms.RoleCareProfessional, terms.RoleMDTCoordinator)
	s.hospital.MayRefer = true
	s.office = stage.Organise(terms.KindOtherCare, "Area office", "", terms.RoleCoordinator, terms.RolePrivacyOfficer)
	require.NoError(t, s.stage.Introduce(s.ctx, s.practice, s.other, s.team, s.first, s.third, s.hospital, s.office))
	return s
}

func (s *scene) as(o stage.Organisation, r terms.Role) *demo.Client {
	s.t.Helper()
	who, ok := o.Staff[r]
	require.True(s.t, ok, "%s has no %s", o.Name, r)
	return s.stage.Cast.As(who)
}

func (s *scene) desk() *demo.Client        { return s.as(s.practice, terms.RoleReceptionist) }
func (s *scene) gp() *demo.Client          { return s.as(s.practice, terms.RoleGP) }
func (s *scene) linker() *demo.Client      { return s.as(s.team, terms.RoleLinkWorker) }
func (s *scene) chair() *demo.Client       { return s.as(s.hospital, terms.RoleMDTCoordinator) }
func (s *scene) coordinator() *demo.Client { return s.as(s.office, terms.RoleCoordinator) }
func (s *scene) privacy() *demo.Client     { return s.as(s.office, terms.RolePrivacyOfficer) }
func (s *scene) provider() *demo.Client    { return s.as(s.first, terms.RoleProviderWorker) }
func (s *scene) rival() *demo.Client       { return s.as(s.third, terms.RoleProviderWorker) }

type object = map[string]any

// makes sends something new, twice under one key, as a client does that heard no answer; it is one thing, and its id.
func (s *scene) makes(as *demo.Client, path string, body object) string {
	s.t.Helper()
	var one, again struct {
		ID  string `json:"id"`
		Ref string `json:"ref"`
		Pat string `json:"patient_ref"`
	}
	key := id.New()
	require.NoError(s.t, as.Make(s.ctx, path, key, body, &one))
	require.NoError(s.t, as.Make(s.ctx, path, key, body, &again))
	require.Equal(s.t, one, again)
	return one.ID + one.Ref + one.Pat
}

// steps changes a thing as it is now.
func (s *scene) steps(as *demo.Client, thing, step string, body object) {
	s.t.Helper()
	s.soon("step "+step+" of "+thing, func() bool {
		etag, err := as.Get(s.ctx, thing, nil)
		require.NoError(s.t, err)
		err = as.Change(s.ctx, thing+"/"+step, etag, body, nil)
		if demo.Overtaken(err) {
			return false // an event came between
		}
		require.NoError(s.t, err)
		return true
	})
}

const patience = 40 * time.Second

// soon waits until it is so.
func (s *scene) soon(what string, so func() bool) {
	s.t.Helper()
	for end := time.Now().Add(patience); !so(); {
		require.True(s.t, time.Now().Before(end), "not in time: %s", what)
		select {
		case <-time.After(10 * time.Millisecond):
		case <-s.ctx.Done():
			s.t.Fatal("the test was stopped")
		}
	}
}

func (s *scene) settles() { require.NoError(s.t, s.stage.Settle(s.ctx)) }

// field waits until a thing has a value under a name.
func (s *scene) field(as *demo.Client, thing, name string, want func(string) bool) (got string) {
	s.t.Helper()
	s.soon(thing+" has its "+name, func() bool {
		var o object
		_, err := as.Get(s.ctx, thing, &o)
		require.NoError(s.t, err)
		got, _ = o[name].(string)
		return want(got)
	})
	return got
}

func (s *scene) comesTo(as *demo.Client, thing string, states ...terms.ReferralState) {
	s.t.Helper()
	s.field(as, thing, "state", func(is string) bool { return slices.Contains(states, terms.ReferralState(is)) })
}

// offered waits for an offer of the referral in a tray, and is where it stands.
func (s *scene) offered(as *demo.Client, service, referral string) (thing string) {
	s.t.Helper()
	s.soon("an offer at "+service, func() bool {
		show := map[string]string{"linkworker": "waiting"}[service]
		if show == "" {
			show = "all"
		}
		var list struct {
			Items []struct {
				ID string `json:"id"`
			} `json:"items"`
		}
		_, err := as.Get(s.ctx, "/api/"+service+"/v1/offers?show="+show, &list)
		require.NoError(s.t, err)
		for _, x := range list.Items {
			var o struct {
				Referral string `json:"referral_id"`
			}
			at := "/api/" + service + "/v1/offers/" + x.ID
			if _, err := as.Get(s.ctx, at, &o); err == nil && o.Referral == referral {
				thing = at
				return true
			}
		}
		return false
	})
	return thing
}

func (s *scene) token(who authn.Identity) string {
	s.t.Helper()
	if s.tokens[who.Person.ID] == "" {
		token, err := s.stage.Cast.Sessions.Token(s.ctx, who)
		require.NoError(s.t, err)
		s.tokens[who.Person.ID] = token
	}
	return s.tokens[who.Person.ID]
}

// ask sends one request as somebody's browser or program, whatever it may hold.
func (s *scene) ask(ctx context.Context, as *demo.Client, method, path, body string, header ...string) (*http.Response, string) {
	s.t.Helper()
	r, err := http.NewRequestWithContext(ctx, method, s.stage.Cast.Base+path, strings.NewReader(body))
	require.NoError(s.t, err)
	r.Header.Set("Authorization", "Bearer "+s.token(as.Who()))
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	res, err := s.http.Do(r)
	require.NoError(s.t, err)
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode == http.StatusOK && strings.HasPrefix(res.Header.Get("Content-Type"), "text/event-stream") {
		return res, ""
	}
	page, err := io.ReadAll(res.Body)
	require.NoError(s.t, err)
	return res, string(page)
}

var hidden = regexp.MustCompile(`name="(idempotency_key|version|[a-z_]*)" value="([^"]*)"`)

// fills fills in a form and sends it, as a browser does; it is where that leads.
func (s *scene) fills(as *demo.Client, page, to string, fields url.Values) string {
	s.t.Helper()
	res, shown := s.ask(s.ctx, as, http.MethodGet, page, "")
	require.Equal(s.t, http.StatusOK, res.StatusCode, "%s: %s", page, shown)
	return s.sends(as, shown, to, fields)
}

// sends is fills for a page that is shown already.
func (s *scene) sends(as *demo.Client, shown, to string, fields url.Values) string {
	s.t.Helper()
	for _, m := range regexp.MustCompile(`<input[^>]*type="hidden"[^>]*>`).FindAllString(shown, -1) {
		if f := hidden.FindStringSubmatch(m); f != nil && !fields.Has(f[1]) {
			fields.Set(f[1], f[2])
		}
	}
	res, shown := s.ask(s.ctx, as, http.MethodPost, to, fields.Encode(), "Content-Type", "application/x-www-form-urlencoded")
	require.Equal(s.t, http.StatusSeeOther, res.StatusCode, "%s: %s", to, told(shown))
	return res.Header.Get("Location")
}

// told is what a refusal says.
func told(page string) string {
	return strings.Join(regexp.MustCompile(`(?s)nhsuk-error-message.*?</`).FindAllString(page, -1), "\n")
}

func noFlags() url.Values {
	v := url.Values{}
	for _, q := range terms.RedFlagQuestions {
		v.Set(string(q.Code), "no")
	}
	return v
}

// traces is everything that is told of spans.
func (s *scene) traces() []byte {
	s.t.Helper()
	b, err := json.Marshal(tracetest.SpanStubsFromReadOnlySpans(s.spans.Ended()))
	require.NoError(s.t, err)
	return b
}

// metrics is what Prometheus gets.
func (s *scene) metrics() []byte {
	s.t.Helper()
	address, token := s.stage.Metrics()
	r, err := http.NewRequestWithContext(s.ctx, http.MethodGet, "http://"+address+"/metrics", nil)
	require.NoError(s.t, err)
	r.Header.Set("Authorization", "Bearer "+token)
	res, err := s.http.Do(r)
	require.NoError(s.t, err)
	defer func() { _ = res.Body.Close() }()
	require.Equal(s.t, http.StatusOK, res.StatusCode)
	b, err := io.ReadAll(res.Body)
	require.NoError(s.t, err)
	return b
}
