package primarycare_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/net/html"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/doortest"
	"example.org/waypost/pkg/id"
	"example.org/waypost/pkg/nhsnumber"
	"example.org/waypost/schemas"
	"example.org/waypost/schemas/linkworker"
	"example.org/waypost/schemas/register"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/schemas/vcse"
	"example.org/waypost/services/primarycare"
)

// house is the whole service, open, with two practices, the people in them, a service and a team to refer to.
type house struct {
	*doortest.House
	door  *primarycare.Door
	url   string
	front string // what a browser sees

	practice, other      string // organisations
	network              string
	team                 string
	service, unclaimed   string
	receptionist, newbie actor.Actor
	gp, deputy, manager  actor.Actor
	stranger             actor.Actor // a receptionist of the other practice
}

func newHouse(t *testing.T) *house {
	t.Helper()
	h := doortest.New(t, primarycare.Name, primarycare.Migrate, primarycare.Listens, schemas.Speakers, schemas.FS)
	h.Config.Simulated = "Everything on these pages is made up for a test."
	d, err := primarycare.Open(t.Context(), h.Config)
	require.NoError(t, err)
	w := &house{House: h, door: d, url: h.Run(d.Frame).URL, practice: id.New(), other: id.New(), team: id.New(), service: id.New(), unclaimed: id.New(), network: "U12345"}
	w.organisations()
	w.receptionist = w.works("Sam Reed", terms.RoleReceptionist, w.practice, "Example Road Surgery")
	w.newbie = w.works("Kit Moss", terms.RoleReceptionist, w.practice, "Example Road Surgery")
	w.gp = w.works("Dr Asha Patel", terms.RoleGP, w.practice, "Example Road Surgery")
	w.deputy = w.works("Dr Tom Hale", terms.RoleGP, w.practice, "Example Road Surgery")
	w.manager = w.works("Lee Park", terms.RolePracticeManager, w.practice, "Example Road Surgery")
	w.stranger = w.works("Jo Stone", terms.RoleReceptionist, w.other, "Other Road Surgery")
	w.trained(w.receptionist)
	w.trained(w.stranger)
	w.directory()
	return w
}

func (w *house) organisations() {
	for _, o := range []struct {
		id, name string
		kind     terms.OrganisationKind
	}{{w.practice, "Example Road Surgery", terms.KindPractice}, {w.other, "Other Road Surgery", terms.KindPractice}, {w.team, "North Link Workers", terms.KindLinkWorkerTeam}} {
		w.Tell(o.id, &register.OrganisationRegisteredV1{
			OrganisationID: o.id, Kind: o.kind, Name: o.name, Status: terms.OrganisationActive,
			MayRefer: o.kind == terms.KindPractice, NetworkCode: w.network, NetworkName: "North Network", Simulated: true, Version: 1,
		})
	}
}

func (w *house) works(name string, role terms.Role, organisation, organisationName string) actor.Actor {
	a := doortest.Person(name, string(role), organisation, "practice", organisationName)
	w.Tell(a.Person.ID, &register.PersonRoleGrantedV1{
		PersonID: a.Person.ID, Issuer: "test", Subject: a.Person.Subject, DisplayName: name,
		OrganisationID: organisation, Role: role, FromOn: "2020-01-01", Simulated: true, At: w.Now.Now(),
	})
	return a
}

func (w *house) trained(a actor.Actor) { w.trainedTo(a, terms.TierExpert, "2099-01-01") }

// trainedTo is a training in care navigation up to a tier and a last day.
func (w *house) trainedTo(a actor.Actor, tier terms.Tier, until string) {
	w.Tell(a.Person.ID, &register.CompetencyRecordedV1{
		PersonID: a.Person.ID, Competency: terms.CompetencyCareNavigation, Tier: tier, FromOn: "2020-01-01", UntilOn: until, At: w.Now.Now(),
	})
}

func (w *house) directory() {
	place := []vcse.ServicePublishedV1Place{{Name: "Community hall", Postcode: "M14 5TQ"}}
	for _, s := range []struct {
		id, provider, name string
		claimed            bool
	}{{w.service, id.New(), "Friendly Mornings", true}, {w.unclaimed, "", "Tea and Talk", false}} {
		w.Tell(s.id, &vcse.ServicePublishedV1{
			ServiceID: s.id, ProviderID: s.provider, ProviderName: "Friendly Neighbours", Name: s.name, Description: "Company and a hot drink.",
			Needs: []terms.Need{terms.NeedLoneliness}, NeedsMapped: true, Source: "test", SourceID: s.id, SourceLicence: "none", Claimed: s.claimed, Simulated: true,
			Status: terms.ServiceActive, Places: place, Delivery: []terms.Delivery{terms.DeliveryInPerson}, AcceptsReferrals: s.claimed,
			Sessions: []vcse.ServicePublishedV1Session{{Weekday: terms.Monday, From: "10:00", To: "12:00"}}, Version: 1,
		})
	}
	free := 4
	w.Tell(w.service, &vcse.CapacityReportedV1{ReceiverKind: terms.ReceiverService, ReceiverID: w.service, Status: terms.CapacityHas, PlacesFree: &free, ReportedAt: w.Now.Now().Add(-48 * time.Hour), Simulated: true})
	w.Tell(w.team, &linkworker.TeamOfferPublishedV1{
		TeamID: w.team, Name: "North Link Workers", NetworkCodes: []string{w.network}, WhatWeDo: "What matters to you?",
		NotHere: []linkworker.TeamOfferPublishedV1NotHere{{Need: terms.NeedAlcoholDrugs, Why: "The recovery service does."}}, AcceptsReferrals: true, Simulated: true, At: w.Now.Now(), Version: 1,
	})
}

// answer is what the service answered.
type answer struct {
	t        *testing.T
	Status   int
	Location string
	ETag     string
	Body     string
}

// page asks for a page as somebody; path is relative to the service.
func (w *house) page(t *testing.T, a actor.Actor, path string) answer {
	t.Helper()
	return w.ask(t, a, http.MethodGet, path, "", nil, nil)
}

func (w *house) ask(t *testing.T, a actor.Actor, method, path, kind string, body []byte, header map[string]string) answer {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, w.url+path, bytes.NewReader(body))
	require.NoError(t, err)
	if kind != "" {
		r.Header.Set("Content-Type", kind)
	}
	for k, v := range header {
		r.Header.Set(k, v)
	}
	res, err := w.Client(a).Do(r)
	require.NoError(t, err)
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	return answer{t, res.StatusCode, res.Header.Get("Location"), res.Header.Get("ETag"), string(b)}
}

// post sends a form with a key of its own, unless the form has one.
func (w *house) post(t *testing.T, a actor.Actor, path string, form url.Values) answer {
	t.Helper()
	if form == nil {
		form = url.Values{}
	}
	if !form.Has("idempotency_key") {
		form.Set("idempotency_key", id.New())
	}
	return w.ask(t, a, http.MethodPost, path, "application/x-www-form-urlencoded", []byte(form.Encode()), nil)
}

// submit fills in the first form of a page that posts to a path with this ending, and sends it.
func (w *house) submit(t *testing.T, a actor.Actor, page, ending string, fill url.Values) answer {
	t.Helper()
	shown := w.page(t, a, page)
	require.Equal(t, http.StatusOK, shown.Status, "%s: %s %s", page, shown.Location, shown.text())
	return w.send(t, a, shown, ending, fill)
}

// send fills in a form of a page that was shown.
func (w *house) send(t *testing.T, a actor.Actor, shown answer, ending string, fill url.Values) answer {
	t.Helper()
	action, form := shown.form(ending)
	for k, v := range fill {
		form[k] = v
	}
	return w.post(t, a, action, form)
}

// call sends JSON to the API.
func (w *house) call(t *testing.T, a actor.Actor, method, path string, body any, header ...string) answer {
	t.Helper()
	var b []byte
	kind := ""
	if body != nil {
		var err error
		b, err = json.Marshal(body)
		require.NoError(t, err)
		kind = "application/json"
	}
	h := map[string]string{}
	if method != http.MethodGet {
		h["Idempotency-Key"] = id.New()
	}
	for i := 0; i+1 < len(header); i += 2 {
		h[header[i]] = header[i+1]
	}
	return w.ask(t, a, method, "/api/primarycare/v1"+path, kind, b, h)
}

func (a answer) into(v any) {
	a.t.Helper()
	require.NoError(a.t, json.Unmarshal([]byte(a.Body), v), a.Body)
}

func (a answer) root() *html.Node {
	a.t.Helper()
	n, err := html.Parse(strings.NewReader(a.Body))
	require.NoError(a.t, err)
	return n
}

// text is what the page says, in one line.
func (a answer) text() string { return strings.Join(strings.Fields(textOf(a.root())), " ") }

func textOf(n *html.Node) string {
	if n.Type == html.TextNode {
		return n.Data + " "
	}
	if n.Type == html.ElementNode && (n.Data == "script" || n.Data == "style") {
		return ""
	}
	var b strings.Builder
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		b.WriteString(textOf(c))
	}
	return b.String()
}

func attr(n *html.Node, name string) (string, bool) {
	for _, x := range n.Attr {
		if x.Key == name {
			return x.Val, true
		}
	}
	return "", false
}

func (a answer) each(tag string, fn func(*html.Node)) { walk(a.root(), tag, fn) }

func walk(n *html.Node, tag string, fn func(*html.Node)) {
	if n.Type == html.ElementNode && n.Data == tag {
		fn(n)
	}
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		walk(c, tag, fn)
	}
}

// form is the first form that posts to an address with this ending, as a browser would send it untouched.
func (a answer) form(ending string) (action string, values url.Values) {
	a.t.Helper()
	a.each("form", func(f *html.Node) {
		to, _ := attr(f, "action")
		if method, _ := attr(f, "method"); method != "post" {
			return
		}
		if action != "" || !strings.HasSuffix(to, ending) {
			return
		}
		action, values = to, url.Values{}
		walk(f, "input", func(n *html.Node) {
			name, _ := attr(n, "name")
			value, _ := attr(n, "value")
			kind, _ := attr(n, "type")
			_, checked := attr(n, "checked")
			if (kind == "radio" || kind == "checkbox") && !checked {
				return
			}
			values.Add(name, value)
		})
		walk(f, "textarea", func(n *html.Node) {
			name, _ := attr(n, "name")
			values.Set(name, strings.TrimPrefix(textOfRaw(n), "\n"))
		})
		walk(f, "select", func(n *html.Node) {
			name, _ := attr(n, "name")
			walk(n, "option", func(o *html.Node) {
				if _, ok := attr(o, "selected"); ok {
					v, _ := attr(o, "value")
					values.Set(name, v)
				}
			})
		})
	})
	require.NotEmpty(a.t, action, "no form posts to …%s: %s", ending, a.text())
	return action, values
}

func textOfRaw(n *html.Node) string {
	if n.FirstChild == nil {
		return ""
	}
	return n.FirstChild.Data
}

// links are the addresses that a page leads to.
func (a answer) links() map[string]string {
	out := map[string]string{}
	a.each("a", func(n *html.Node) {
		href, _ := attr(n, "href")
		out[strings.Join(strings.Fields(textOf(n)), " ")] = href
	})
	return out
}

func (a answer) title() (title string) {
	a.each("title", func(n *html.Node) { title = textOfRaw(n) })
	return title
}

// number is the n-th test number.
func number(n int) string { return nhsnumber.Test(n) }

// person is a form that adds somebody.
func person(n int) url.Values {
	return url.Values{
		"given_name": {"Jean"}, "family_name": {"Holt"}, "date_of_birth-day": {"27"}, "date_of_birth-month": {"3"}, "date_of_birth-year": {"1954"},
		"nhs_number": {nhsnumber.Format(number(n))}, "safe_ways": {"phone", "letter"}, "phone": {"0161 496 0000"}, "address": {"1 Example Road\nManchester"}, "postcode": {"m14 5tq"},
	}
}

// addPatient adds somebody through the pages and returns their ref.
func (w *house) addPatient(t *testing.T, a actor.Actor, n int) string {
	t.Helper()
	res := w.submit(t, a, "/practice/patients/new", "/practice/patients", person(n))
	require.Equal(t, http.StatusSeeOther, res.Status, res.text())
	ref, _, _ := strings.Cut(strings.TrimPrefix(res.Location, "/practice/patients/"), "?")
	return ref
}

// startDraft starts a referral and answers the first two tasks.
func (w *house) startDraft(t *testing.T, a actor.Actor, ref string) (path string) {
	t.Helper()
	res := w.submit(t, a, "/practice/patients/"+ref, "/start", nil)
	require.Equal(t, http.StatusSeeOther, res.Status, res.text())
	path = strings.TrimSuffix(res.Location, "/red-flags")
	res = w.submit(t, a, path+"/red-flags", "/red-flags", url.Values{"all": {"no"}})
	require.Equal(t, path+"/consent", res.Location, res.text())
	return path
}

// readyDraft is a draft with every task done.
func (w *house) readyDraft(t *testing.T, a actor.Actor, ref string) (path string) {
	t.Helper()
	path = w.startDraft(t, a, ref)
	res := w.submit(t, a, path+"/consent", "/consent", url.Values{"given": {"yes"}, "how": {"phone"}})
	require.Equal(t, path+"/need", res.Location, res.text())
	res = w.submit(t, a, path+"/need", "/need", url.Values{"need": {"loneliness"}})
	require.Equal(t, path+"/services", res.Location, res.text())
	res = w.submit(t, a, path+"/services", "/services", url.Values{"kind": {"service"}, "receiver": {w.service}, "how": {"refer"}})
	require.Equal(t, path+"/services", res.Location, res.text())
	res = w.submit(t, a, path+"/details", "/details", url.Values{"narrative": {"Misses talking since her husband died."}, "risk": {"no"}})
	require.Equal(t, path+"/check", res.Location, res.text())
	return path
}

// refer sends a referral through the pages and returns its id.
func (w *house) refer(t *testing.T, a actor.Actor, ref string) (referral string) {
	t.Helper()
	path := w.readyDraft(t, a, ref)
	res := w.submit(t, a, path+"/check", "/send", url.Values{"overlap": {"none"}})
	require.Equal(t, http.StatusSeeOther, res.Status, res.text())
	return strings.TrimSuffix(strings.TrimPrefix(res.Location, "/practice/referrals/"), "/sent")
}
