package uitest_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/uitest"
)

// recorder is a test that may fail without failing the one it is used in.
type recorder struct {
	testing.TB
	errors   []string
	cleanups []func()
}

func (r *recorder) Helper()          {}
func (r *recorder) Failed() bool     { return len(r.errors) > 0 }
func (r *recorder) Cleanup(f func()) { r.cleanups = append(r.cleanups, f) }
func (r *recorder) Logf(string, ...any) {
}

func (r *recorder) Errorf(format string, args ...any) {
	r.errors = append(r.errors, fmt.Sprintf(format, args...))
}

func (r *recorder) Error(args ...any) { r.Errorf("%s", fmt.Sprint(args...)) }

func (r *recorder) Fatalf(format string, args ...any) {
	r.Errorf(format, args...)
	runtime.Goexit()
}

func (r *recorder) Fatal(args ...any) { r.Fatalf("%s", fmt.Sprint(args...)) }

// failures are what a test would have failed with.
func failures(t *testing.T, test func(testing.TB)) string {
	t.Helper()
	r := &recorder{TB: t}
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer func() {
			for i := len(r.cleanups) - 1; i >= 0; i-- {
				r.cleanups[i]()
			}
		}()
		test(r)
	}()
	<-done
	return strings.Join(r.errors, "\n")
}

// site serves a page with this in its body.
func site(t *testing.T, policy, body string) string {
	t.Helper()
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		if policy != "" {
			w.Header().Set("Content-Security-Policy", policy)
		}
		_, _ = fmt.Fprintf(w, `<!DOCTYPE html><html lang="en"><head><title>A page</title><meta name="viewport" content="width=device-width"><link rel="icon" href="data:,"></head><body><main><h1>A page</h1>%s</main></body></html>`, body)
	})
	mux.HandleFunc("GET /teapot", func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusTeapot)
		_, _ = fmt.Fprint(w, `<!DOCTYPE html><html lang="en"><head><title>Teapot</title><link rel="icon" href="data:,"></head><body>short and stout</body></html>`)
	})
	mux.HandleFunc("POST /sent", func(w http.ResponseWriter, r *http.Request) {
		_, _ = fmt.Fprintf(w, `<!DOCTYPE html><html lang="en"><head><title>Sent</title><link rel="icon" href="data:,"></head><body>name=%s team=%s safe=%s</body></html>`, r.FormValue("name"), r.FormValue("team"), r.FormValue("safe"))
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server.URL
}

func TestABadPageFailsTheTest(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ policy, body, want string }{
		"axe":             {"", `<input type="text">`, "Form elements must have labels (label)"},
		"target size":     {"", `<button>a</button><button style="margin:0;width:10px;height:10px;padding:0;border:0">b</button>`, "(target-size)"},
		"sideways":        {"", `<p style="width:600px">wide</p>`, "scrolls sideways"},
		"console error":   {"", `<script>console.error('oh', 'no')</script>`, "console: oh no"},
		"exception":       {"", `<script>throw new Error('broken')</script>`, "a script failed: Uncaught Error: broken"},
		"policy":          {"default-src 'none'", `<script>1</script>`, "Content Security Policy"},
		"missing file":    {"", `<img src="/nowhere.png" alt="">`, "404"},
		"nothing to find": {"", ``, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url := site(t, c.policy, c.body)
			got := failures(t, func(t testing.TB) {
				t.Helper()
				tab := uitest.Browser(t)
				tab.Goto(url)
				if c.policy == "" {
					tab.Axe()
				}
				tab.NoSidewaysScroll()
			})
			if c.want == "" {
				require.Empty(t, got)
			} else {
				require.Contains(t, got, c.want)
			}
		})
	}
}

func TestAnErrorPageIsNoComplaint(t *testing.T) {
	t.Parallel()
	tab := uitest.Browser(t)
	tab.Goto(site(t, "", "") + "/teapot")
	require.Equal(t, http.StatusTeapot, tab.Status())
}

func TestExpectedComplaintsAreNone(t *testing.T) {
	t.Parallel()
	tab := uitest.Browser(t)
	tab.Expect("oh no")
	tab.Goto(site(t, "", `<script>console.error('oh no')</script>`))
}

const aForm = `<form action="/sent" method="post">
<label for="n">Name</label><input id="n" name="name" value="old">
<label for="t">Team</label><select id="t" name="team"><option value="1">North</option><option value="2">South</option></select>
<fieldset><legend>Is it safe to phone?</legend><label><input type="radio" name="safe" value="yes"> Yes</label></fieldset>
<fieldset><legend>Is it safe to write?</legend><label><input type="radio" name="write" value="yes"> Yes</label></fieldset>
<button>Send<span style="position:absolute;clip-path:inset(50%)">&nbsp; the form</span></button></form>`

func TestAFormIsFilledInByNames(t *testing.T) {
	t.Parallel()
	for name, options := range map[string][]uitest.Option{"scripts": nil, "no scripts": {uitest.NoScript()}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tab := uitest.Browser(t, options...)
			tab.Goto(site(t, "", aForm))
			tab.Fill("Name", "")
			require.Empty(t, tab.Value("Name"))
			tab.Fill("Name", "Jean Holt")
			tab.Choose("Team", "South")
			tab.Within("Is it safe to phone?").Click("Yes")
			tab.Click("Send the form")
			require.Equal(t, "name=Jean Holt team=2 safe=yes", tab.Text())
			require.Equal(t, "Sent", tab.Title())
			tab.Back()
			tab.WaitText("Is it safe")
		})
	}
}

func TestNoScriptMeansNone(t *testing.T) {
	t.Parallel()
	tab := uitest.Browser(t, uitest.NoScript())
	tab.Goto(site(t, "", `<p id="p">without</p><script>document.getElementById('p').textContent = 'with'</script><noscript>none</noscript>`))
	require.Equal(t, "A page without none", tab.Text())
}

func TestScreenshot(t *testing.T) {
	t.Parallel()
	tab := uitest.Browser(t)
	tab.Goto(site(t, "", "<p>seen</p>"))
	file := filepath.Join(t.TempDir(), "pictures", "a.png")
	tab.Screenshot(file)
	require.FileExists(t, file)
}
