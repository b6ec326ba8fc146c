package operations_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/authn/authntest"
	"example.org/waypost/pkg/id"
	"example.org/waypost/pkg/ledger"
	"example.org/waypost/pkg/standing"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/all/internal/operations"
)

// two are a speaker and one who listens, as a test says that they stand.
type two struct {
	mu     sync.Mutex
	states map[string]standing.State
	books  map[string]ledger.Book
	gate   chan struct{} // a ledger is read when something comes out of it
	err    error
}

func (s *two) State(_ context.Context, service string) (standing.State, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	st, ok := s.states[service]
	if !ok {
		return st, errors.New("away")
	}
	return st, nil
}

func (s *two) Books(ctx context.Context, read func(string)) (map[string]ledger.Book, error) {
	read("vcse")
	select {
	case <-s.gate:
	case <-ctx.Done():
	}
	read("mdt")
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.books, s.err
}

func (s *two) set(fn func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	fn()
}

func open(t *testing.T) (*two, http.Handler) {
	t.Helper()
	up := standing.Broker{Connected: true, Since: time.Now()}
	s := &two{gate: make(chan struct{}), states: map[string]standing.State{
		"vcse": {Service: "vcse", Broker: up},
		"mdt":  {Service: "mdt", Broker: up, Heard: []standing.Heard{{Speaker: "vcse", Asked: true, Position: 7}}},
	}, books: map[string]ledger.Book{
		"vcse": {Said: []ledger.Run{{Epoch: 1, First: 1, Last: 7, Count: 7, Digest: "a"}}},
		"mdt":  {Heard: map[string][]ledger.Run{"vcse": {{Epoch: 1, First: 1, Last: 7, Count: 7, Digest: "a"}}}},
	}}
	p, err := operations.Open(operations.Config{
		Services: s, Names: []string{"vcse", "mdt"}, Listens: map[string][]string{"mdt": {"vcse"}}, Parked: map[string]string{"mdt": "/mdt/parked"},
		Guard: authntest.Guard(t), Secret: []byte("a secret of at least thirty-two bytes"), Every: 5 * time.Millisecond,
	})
	require.NoError(t, err)
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { p.Run(ctx); close(done) }()
	t.Cleanup(func() { stop(); <-done })
	return s, p.Handler()
}

func ask(t *testing.T, h http.Handler, method, path string, role terms.Role) (int, string) {
	t.Helper()
	body := strings.NewReader(url.Values{"idempotency_key": {id.New()}}.Encode())
	r := httptest.NewRequestWithContext(t.Context(), method, path, body)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if role != "" {
		authntest.As(r, actor.Actor{Person: actor.Person{ID: id.New(), Name: "Gareth Pryce"}, Role: string(role), Organisation: id.New()})
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	b, err := io.ReadAll(w.Result().Body)
	require.NoError(t, err)
	return w.Code, string(b)
}

func TestOnlyOperatorsSeeIt(t *testing.T) {
	t.Parallel()
	_, h := open(t)
	may := 0
	for _, role := range terms.Roles {
		want := http.StatusForbidden
		for _, o := range terms.Operators {
			if o == string(role.Code) {
				want, may = http.StatusOK, may+1
			}
		}
		status, body := ask(t, h, http.MethodGet, operations.Path, role.Code)
		require.Equal(t, want, status, role.Code)
		if want == http.StatusForbidden {
			require.NotContains(t, body, "Who hears whom", role.Code)
			status, _ = ask(t, h, http.MethodPost, operations.Path+"/compare", role.Code)
			require.Equal(t, want, status, role.Code)
			status, _ = ask(t, h, http.MethodGet, operations.Path+"/events", role.Code)
			require.Equal(t, want, status, role.Code)
		}
	}
	require.Equal(t, 2, may)
	status, _ := ask(t, h, http.MethodGet, operations.Path, "")
	require.Equal(t, http.StatusUnauthorized, status, "the guard of the house sends them to sign in")
}

func TestThePageFollowsTheServices(t *testing.T) {
	t.Parallel()
	s, h := open(t)
	shows := func(words string) {
		t.Helper()
		require.Eventually(t, func() bool {
			_, body := ask(t, h, http.MethodGet, operations.Path, terms.RolePlatformOperator)
			return strings.Contains(body, words)
		}, 10*time.Second, 5*time.Millisecond, words)
	}
	shows("Everything said has been heard.")
	s.set(func() { delete(s.states, "vcse") })
	shows("vcse does not answer.")
	s.set(func() {
		s.states["vcse"] = standing.State{Service: "vcse", Broker: standing.Broker{Connected: true}}
		st := s.states["mdt"]
		st.Heard = []standing.Heard{{Speaker: "vcse", Asked: true, Position: 7, Parked: standing.Parked{Count: 2}}}
		s.states["mdt"] = st
	})
	shows("2 events of vcse could not be applied in mdt.")
	shows(`href="/mdt/parked"`)
}

func TestTheLedgersAreComparedOnDemand(t *testing.T) {
	t.Parallel()
	s, h := open(t)
	page := func() string {
		_, body := ask(t, h, http.MethodGet, operations.Path, terms.RolePlatformOperator)
		return body
	}
	shows := func(words string) {
		t.Helper()
		require.Eventually(t, func() bool { return strings.Contains(page(), words) }, 10*time.Second, 5*time.Millisecond, words)
	}
	press := func() {
		t.Helper()
		status, _ := ask(t, h, http.MethodPost, operations.Path+"/compare", terms.RolePlatformOperator)
		require.Equal(t, http.StatusSeeOther, status)
	}
	require.Contains(t, page(), "They have not been compared since Waypost was started.")
	press()
	press() // a second comparison is not begun while one runs
	shows("1 service has been read: vcse")
	require.NotContains(t, page(), "Compare the ledgers now")
	s.gate <- struct{}{}
	shows("They agree")
	require.Contains(t, page(), "7 events were said, and heard 7 times.")
	require.Contains(t, page(), "Compare the ledgers now")
	select {
	case s.gate <- struct{}{}:
		t.Fatal("it was compared twice")
	default:
	}

	s.set(func() { s.err = errors.New("away") })
	press()
	s.gate <- struct{}{}
	shows("not every service gave its ledger")
}
