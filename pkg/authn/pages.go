package authn

import (
	"encoding/json"
	"html/template"
	"net/http"
	"net/url"
	"strings"
	"time"

	"example.org/waypost/pkg/httpx"
)

// SignInPath is where every Provider begins.
const SignInPath = "/sign-in"

const rolesPath = "/choose-role"

// ChooseRole is the page on which a person says in which role they act.
type ChooseRole struct {
	Session  Session
	ReturnTo string
	Error    string
}

// Routes are the pages every way to sign in needs: choosing a role, signing out, and how long the session lasts.
func (s *Sessions) Routes() []httpx.Route {
	return []httpx.Route{
		{Method: http.MethodGet, Pattern: rolesPath, Name: "choose role", Handler: s.showRoles, Public: true},
		{Method: http.MethodPost, Pattern: rolesPath, Name: "take role", Handler: s.takeRole, Public: true},
		{Method: http.MethodPost, Pattern: "/sign-out", Name: "sign out", Handler: s.leave, Public: true},
		{Method: http.MethodGet, Pattern: "/session", Name: "session", Handler: showSession, Face: httpx.FaceLive},
		{Method: http.MethodPost, Pattern: "/session", Name: "stay signed in", Handler: showSession, Face: httpx.FaceLive},
	}
}

func (s *Sessions) showRoles(w http.ResponseWriter, r *http.Request) error {
	one, ok := Current(r.Context())
	if !ok {
		return sendTo(w, r, SignInPath)
	}
	return s.Choose(w, r, http.StatusOK, ChooseRole{Session: one, ReturnTo: r.URL.Query().Get("return_to")})
}

func (s *Sessions) takeRole(w http.ResponseWriter, r *http.Request) error {
	f, err := httpx.ParseForm(r)
	if err != nil {
		return err
	}
	a, err := s.ChooseGrant(w, r, f.Typed("role"))
	switch {
	case isUnauthenticated(err):
		return sendTo(w, r, SignInPath)
	case httpx.Status(err) == http.StatusUnprocessableEntity:
		one, _ := Current(r.Context())
		return s.Choose(w, r, http.StatusUnprocessableEntity, ChooseRole{Session: one, ReturnTo: f.Typed("return_to"), Error: "Select a role"})
	case err != nil:
		return err
	}
	to := s.Home(a)
	if back := f.Typed("return_to"); back != "" {
		to = Local(back)
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
	return nil
}

func (s *Sessions) leave(w http.ResponseWriter, r *http.Request) error {
	if err := s.SignOut(w, r); err != nil {
		return err
	}
	w.Header().Set("Clear-Site-Data", `"cache", "storage"`)
	http.Redirect(w, r, SignInPath, http.StatusSeeOther)
	return nil
}

// showSession tells the time-out dialog when the session ends. GET is asked by the page and should be marked passive; POST by a person who stays.
func showSession(w http.ResponseWriter, r *http.Request) error {
	one, _ := Current(r.Context())
	w.Header().Set("Content-Type", "application/json")
	return json.NewEncoder(w).Encode(map[string]string{"ends": one.Ends.UTC().Format(time.RFC3339)})
}

// Local gives to when it is a path on this site, and / otherwise.
func Local(to string) string {
	u, err := url.Parse(to)
	if err != nil || u.Scheme != "" || u.Host != "" || u.User != nil || !strings.HasPrefix(to, "/") || strings.HasPrefix(to, "//") ||
		strings.ContainsAny(to, "\\\r\n\t\x00") || strings.HasPrefix(u.Path, SignInPath) || strings.HasPrefix(u.Path, "//") {
		return "/"
	}
	return to
}

func withReturn(path, returnTo string) string {
	if back := Local(returnTo); back != "/" {
		return path + "?return_to=" + url.QueryEscape(back)
	}
	return path
}

// sendTo leads to sign-in or the choice of a role, and back afterwards: to the page asked for, or to the page whose form was sent.
// htmx would put the page it is redirected to into the middle of another, so it is told to leave.
func sendTo(w http.ResponseWriter, r *http.Request, path string) error {
	back := r.URL.RequestURI()
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		back = pathOf(r.Referer())
	}
	if r.Header.Get("HX-Request") == "true" {
		w.Header().Set("HX-Redirect", withReturn(path, pathOf(r.Header.Get("HX-Current-URL"))))
		w.WriteHeader(http.StatusUnauthorized)
		return nil
	}
	http.Redirect(w, r, withReturn(path, back), http.StatusSeeOther)
	return nil
}

func pathOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return "/"
	}
	return u.RequestURI()
}

var choosePage = template.Must(template.New("choose").Parse(`<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>{{with .Error}}Error: {{end}}Choose a role – Waypost</title></head>
<body><main><form method="post" action="/choose-role"><input type="hidden" name="return_to" value="{{.ReturnTo}}">
<fieldset><legend><h1>Choose a role</h1></legend>{{with .Error}}<p role="alert">{{.}}</p>{{end}}
{{range .Session.Grants}}<p><label><input type="radio" name="role" value="{{.Key}}"{{if eq .Key $.Session.Chosen}} checked{{end}}> {{.Role}}, {{.OrganisationName}}</label></p>
{{end}}</fieldset><button>Continue</button></form></main></body></html>
`))

func plainChoose(w http.ResponseWriter, _ *http.Request, status int, p ChooseRole) error {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	return choosePage.Execute(w, p)
}
