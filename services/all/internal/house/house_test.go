package house_test

import (
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/zap"

	"example.org/waypost/pkg/door"
	"example.org/waypost/pkg/httpx"
	"example.org/waypost/pkg/pg"
	"example.org/waypost/pkg/pgserver"
	"example.org/waypost/pkg/pgtest"
	"example.org/waypost/pkg/standing"
	"example.org/waypost/pkg/vault"
	"example.org/waypost/services/all/internal/broker"
	"example.org/waypost/services/all/internal/house"
)

// service is the smallest one that can live in the house: it says its name.
func service(name string, listens []string, patterns ...string) house.Service {
	return house.Service{
		Name: name, Listens: listens,
		Migrate: func(ctx context.Context, adminURL string) error { return pg.Migrate(ctx, adminURL, name, nil) },
		Open: func(ctx context.Context, c door.Config) (house.Door, error) {
			f, err := door.Open(ctx, c, door.Options{Operators: []string{"coordinator"}, Service: name, Listens: listens})
			if err != nil {
				return nil, err
			}
			f.Edge.Mount(httpx.Route{Method: "GET", Pattern: "/assets/waypost.css", Name: "assets", Face: httpx.FaceAsset, Handler: say("style")})
			for _, p := range patterns {
				f.Edge.Mount(httpx.Route{Method: "GET", Pattern: p, Name: p, Public: true, Handler: say(name)})
			}
			return f, nil
		},
	}
}

func say(what string) httpx.Handler {
	return func(w http.ResponseWriter, _ *http.Request) error {
		_, err := io.WriteString(w, what)
		return err
	}
}

func config(t *testing.T, services ...house.Service) house.Config {
	t.Helper()
	databases := house.Databases{Main: pgtest.Empty(t), Vault: pgtest.Empty(t)}
	dir := t.TempDir()
	_, err := vault.CreateKeyFile(dir + "/vault.keys")
	require.NoError(t, err)
	var users []broker.User
	for _, s := range services {
		users = append(users, broker.User{Service: s.Name, Listens: s.Listens})
	}
	b, err := broker.Start(t.Context(), broker.Options{Dir: filepath.Join(dir, "broker"), Users: users, Log: zap.NewNop()})
	require.NoError(t, err)
	t.Cleanup(b.Stop)
	return house.Config{
		Services: services, Area: "test", Databases: databases, KeyFile: dir + "/vault.keys",
		Secret: []byte(strings.Repeat("s", 32)), Broker: b, Log: zap.NewNop(),
	}
}

// run opens and runs the house, and returns its address and what ends it.
func run(t *testing.T, c house.Config) (address string, stop func() error) {
	t.Helper()
	h, err := house.Open(t.Context(), c)
	require.NoError(t, err)
	return live(t, h)
}

func live(t *testing.T, h *house.House) (address string, stop func() error) {
	t.Helper()
	require.NoError(t, h.Ready(t.Context()))
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- h.Run(ctx, ln) }()
	return "http://" + ln.Addr().String(), func() error {
		cancel()
		err := <-ended
		h.Close()
		return err
	}
}

func get(t *testing.T, url string) (int, string) {
	t.Helper()
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := client.Get(url)
	require.NoError(t, err)
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	return res.StatusCode, string(body) + res.Header.Get("Location")
}

func TestOneAddressForAllDoors(t *testing.T) {
	t.Parallel()
	address, stop := run(t, config(t,
		service("vcse", []string{"register"}, "/provider/tray", "/api/vcse/v1/offers"),
		service("register", nil, "/register/people", "/sign-in")))
	for path, want := range map[string]string{
		"/provider/tray":      "vcse",
		"/api/vcse/v1/offers": "vcse",
		"/register/people":    "register",
		"/sign-in":            "register",
		"/assets/waypost.css": "style",
	} {
		status, body := get(t, address+path)
		require.Equal(t, 200, status, path)
		require.Equal(t, want, body, path)
	}
	status, to := get(t, address+"/")
	require.Equal(t, 303, status)
	require.Contains(t, to, "/sign-in")
	for _, path := range []string{"/provider/nothing", "/nothing", "/internal/vcse/outbox", "/internal/register/outbox", "/%2e%2e/etc"} {
		status, _ := get(t, address+path)
		require.Equal(t, 404, status, path)
	}
	require.NoError(t, stop())
}

func TestHowEachServiceStands(t *testing.T) {
	t.Parallel()
	h, err := house.Open(t.Context(), config(t, service("vcse", []string{"register"}), service("register", nil, "/sign-in")))
	require.NoError(t, err)
	_, stop := live(t, h)
	require.Eventually(t, func() bool {
		for _, st := range h.States(t.Context()) {
			if !st.Broker.Connected || len(st.Leases) == 0 || len(st.Degraded) > 0 {
				return false
			}
		}
		return true
	}, 30*time.Second, 20*time.Millisecond)
	states := h.States(t.Context())
	require.Len(t, states, 2)
	require.Equal(t, "register", states[0].Service)
	require.Empty(t, states[0].Heard, "it listens to nobody")
	require.True(t, states[1].Heard[0].Asked, "the speaker was asked over HTTP")

	url, token := h.Inside()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url+door.StatePath("vcse"), nil)
	require.NoError(t, err)
	for given, status := range map[string]int{token: http.StatusOK, "another": http.StatusUnauthorized} {
		r.Header.Set("Authorization", "Bearer "+given)
		res, err := http.DefaultClient.Do(r)
		require.NoError(t, err)
		var st standing.State
		if status == http.StatusOK {
			require.NoError(t, json.NewDecoder(res.Body).Decode(&st))
			require.Equal(t, "vcse", st.Service)
		}
		require.NoError(t, res.Body.Close())
		require.Equal(t, status, res.StatusCode)
	}
	for path, part := range map[string]string{"/healthz": `"part":"vcse: relay","ok":true`, "/readyz": `"part":"register: database","ok":true`} {
		status, body := get(t, url+path)
		require.Equal(t, http.StatusOK, status)
		require.Contains(t, body, part)
	}
	require.NoError(t, stop())
}

func TestTwoDoorsForOnePageAreRefused(t *testing.T) {
	t.Parallel()
	_, err := house.Open(t.Context(), config(t, service("vcse", nil, "/same"), service("register", nil, "/same")))
	require.ErrorContains(t, err, "vcse and register both serve GET /same")
	_, err = house.Open(t.Context(), config(t, service("vcse", nil, "/a/{x}"), service("register", nil, "/{y}/b")))
	require.ErrorContains(t, err, "conflicts")
}

func TestOpensAgainOnWhatIsThere(t *testing.T) {
	t.Parallel()
	c := config(t, service("vcse", []string{"register"}, "/provider/tray"), service("register", nil, "/sign-in"))
	for range 2 {
		address, stop := run(t, c)
		status, _ := get(t, address+"/provider/tray")
		require.Equal(t, 200, status)
		require.NoError(t, stop())
	}
}

func TestServerThatAsksForPasswords(t *testing.T) {
	t.Parallel()
	dir, err := pgtest.NewFolder()
	require.NoError(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	hba := dir + "/hba.conf"
	require.NoError(t, os.WriteFile(hba, []byte("local all postgres trust\nlocal all all scram-sha-256\n"), 0o644))
	o := pgtest.Options(dir + "/db")
	o.Settings = map[string]string{"hba_file": hba}
	s, err := pgserver.Start(t.Context(), o)
	require.NoError(t, err)
	t.Cleanup(func() { _ = s.Stop(context.Background()) })

	c := config(t, service("vcse", nil, "/provider/tray"), service("register", nil, "/sign-in"))
	c.Databases, err = house.DatabasesOf(s.AdminURL(), "waypost", true)
	require.NoError(t, err)
	_, stop := run(t, c)
	require.NoError(t, stop())
	c.Databases.Passwords = false
	_, err = house.Open(t.Context(), c)
	require.ErrorContains(t, err, "password")
}
