package coordination_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/id"
)

const apiRoot = "/api/coordination/v1"

// answer is what came back.
type answer struct {
	Status int
	Header http.Header
	Body   string
}

func (s *scene) ask(by actor.Actor, method, path, body string, header ...string) answer {
	s.T.Helper()
	r, err := http.NewRequestWithContext(s.T.Context(), method, s.run.URL+path, strings.NewReader(body))
	require.NoError(s.T, err)
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	res, err := s.Client(by).Do(r)
	require.NoError(s.T, err)
	defer func() { _ = res.Body.Close() }()
	b, err := io.ReadAll(res.Body)
	require.NoError(s.T, err)
	return answer{res.StatusCode, res.Header, string(b)}
}

// referralAnswer is the part of a referral's JSON that tests look at.
type referralAnswer struct {
	ID               string   `json:"id"`
	CaseID           string   `json:"case_id"`
	State            string   `json:"state"`
	Version          int      `json:"version"`
	AvailableActions []string `json:"available_actions"`
	Owes             struct{ Party, Person, Organisation string }
}

func (s *scene) see(by actor.Actor, referral string) referralAnswer {
	s.T.Helper()
	got := s.ask(by, http.MethodGet, apiRoot+"/referrals/"+referral, "")
	require.Equal(s.T, http.StatusOK, got.Status, got.Body)
	var r referralAnswer
	require.NoError(s.T, json.Unmarshal([]byte(got.Body), &r))
	require.Equal(s.T, fmt.Sprintf(`"%d"`, r.Version), got.Header.Get("ETag"))
	return r
}

// step takes a step from the version that is there now, under a key of its own.
func (s *scene) step(by actor.Actor, referral, verb, body string) answer {
	s.T.Helper()
	return s.stepFrom(by, referral, verb, body, s.see(by, referral).Version)
}

func (s *scene) stepFrom(by actor.Actor, referral, verb, body string, version int) answer {
	s.T.Helper()
	return s.ask(by, http.MethodPost, apiRoot+"/referrals/"+referral+"/"+verb, body,
		"Content-Type", "application/json", "Idempotency-Key", id.New(), "If-Match", fmt.Sprintf(`"%d"`, version))
}

func (s *scene) page(by actor.Actor, path string) answer {
	s.T.Helper()
	return s.ask(by, http.MethodGet, path, "")
}

var hiddenField = regexp.MustCompile(`name="(idempotency_key|version)" value="([^"]*)"`)

// post fills in the form that a page shows and sends it, as a browser without scripts does.
func (s *scene) post(by actor.Actor, page, path string, fields url.Values) answer {
	s.T.Helper()
	shown := s.page(by, page)
	require.Equal(s.T, http.StatusOK, shown.Status, shown.Body)
	for _, m := range hiddenField.FindAllStringSubmatch(shown.Body, -1) {
		fields.Set(m[1], m[2])
	}
	return s.send(by, path, fields)
}

func (s *scene) send(by actor.Actor, path string, fields url.Values) answer {
	s.T.Helper()
	return s.ask(by, http.MethodPost, path, fields.Encode(), "Content-Type", "application/x-www-form-urlencoded")
}
