package vcse_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/doortest"
	"example.org/waypost/pkg/id"
	"example.org/waypost/schemas"
	"example.org/waypost/schemas/coordination"
	"example.org/waypost/schemas/register"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/vcse"
)

// house is the whole service on a fresh database and broker, with two providers, a practice and the area's office around it.
type house struct {
	*doortest.House
	door *vcse.Door
	url  string

	mind, rival, practice, office string // organisations

	jo, sam, lead actor.Actor // at mind
	ravi          actor.Actor // at rival
	reception     actor.Actor
	coordinator   actor.Actor
	mindName      string
}

func newHouse(t testing.TB, with ...func(*house)) *house {
	t.Helper()
	h := &house{
		House: doortest.New(t, vcse.Name, vcse.Migrate, vcse.Listens, schemas.Speakers, schemas.FS), mindName: "Bolton Mind",
		mind: id.New(), rival: id.New(), practice: id.New(), office: id.New(),
	}
	for _, w := range with {
		w(h)
	}
	d, err := vcse.Open(t.Context(), h.Config)
	require.NoError(t, err)
	h.door, h.url = d, h.Run(d.Frame).URL
	provider, care := string(terms.KindProvider), string(terms.KindOtherCare)
	h.organisation(h.mind, terms.KindProvider, h.mindName)
	h.organisation(h.rival, terms.KindProvider, "Rival Advice")
	h.organisation(h.practice, terms.KindPractice, "Elm Street Surgery")
	h.organisation(h.office, terms.KindOtherCare, "Area Office")
	h.jo = h.person("Jo Byrne", terms.RoleProviderWorker, h.mind, provider, h.mindName)
	h.sam = h.person("Sam Okafor", terms.RoleProviderWorker, h.mind, provider, h.mindName)
	h.lead = h.person("Lena Lead", terms.RoleServiceLead, h.mind, provider, h.mindName)
	h.ravi = h.person("Ravi Patel", terms.RoleProviderWorker, h.rival, provider, "Rival Advice")
	h.reception = h.person("Rita Desk", terms.RoleReceptionist, h.practice, string(terms.KindPractice), "Elm Street Surgery")
	h.coordinator = h.person("Cora Lane", terms.RoleCoordinator, h.office, care, "Area Office")
	return h
}

func (h *house) organisation(id string, kind terms.OrganisationKind, name string) {
	h.Tell(id, &register.OrganisationRegisteredV1{OrganisationID: id, Kind: kind, Name: name, Status: terms.OrganisationActive, Version: 1})
}

func (h *house) person(name string, role terms.Role, organisation, kind, organisationName string) actor.Actor {
	a := doortest.Person(name, string(role), organisation, kind, organisationName)
	h.Tell(a.Person.ID, &register.PersonRoleGrantedV1{
		PersonID: a.Person.ID, Issuer: a.Person.Issuer, Subject: a.Person.Subject,
		DisplayName: name, OrganisationID: organisation, Role: role, FromOn: "2020-01-01",
	})
	return a
}

// answer is what came back.
type answer struct {
	Status int
	Header http.Header
	Body   string
}

func (a answer) into(t testing.TB, v any) {
	t.Helper()
	require.NoError(t, json.Unmarshal([]byte(a.Body), v), a.Body)
}

func (h *house) do(as actor.Actor, r *http.Request) answer {
	h.T.Helper()
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	if as.IsPerson() {
		client = h.Client(as)
	}
	resp, err := client.Do(r)
	require.NoError(h.T, err)
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	require.NoError(h.T, err)
	return answer{resp.StatusCode, resp.Header, string(b)}
}

func (h *house) get(as actor.Actor, path string) answer {
	h.T.Helper()
	r, err := http.NewRequestWithContext(h.T.Context(), http.MethodGet, h.url+path, nil)
	require.NoError(h.T, err)
	return h.do(as, r)
}

// send is an API request that writes; etag "" sends none.
func (h *house) send(as actor.Actor, method, path, etag, key string, body any) answer {
	h.T.Helper()
	b, err := json.Marshal(body)
	require.NoError(h.T, err)
	r, err := http.NewRequestWithContext(h.T.Context(), method, h.url+"/api/vcse/v1"+path, bytes.NewReader(b))
	require.NoError(h.T, err)
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Idempotency-Key", key)
	if etag != "" {
		r.Header.Set("If-Match", etag)
	}
	return h.do(as, r)
}

// post sends a form as a browser would.
func (h *house) post(as actor.Actor, path string, form url.Values) answer {
	h.T.Helper()
	r, err := http.NewRequestWithContext(h.T.Context(), http.MethodPost, h.url+path, strings.NewReader(form.Encode()))
	require.NoError(h.T, err)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return h.do(as, r)
}

// form is a form's fields with a fresh key and the version it was made from.
func form(version string, fields ...string) url.Values {
	v := url.Values{"idempotency_key": {id.NewRandom()}, "version": {version}}
	for i := 0; i+1 < len(fields); i += 2 {
		v.Add(fields[i], fields[i+1])
	}
	return v
}

var versionField = regexp.MustCompile(`name="version" value="(\d+)"`)

// versionOn is the version that the forms of a page carry.
func (h *house) versionOn(a answer) string {
	h.T.Helper()
	m := versionField.FindStringSubmatch(a.Body)
	require.NotNil(h.T, m, "the page has no version: %s", a.Body)
	return m[1]
}

type doneBody struct {
	ID      string `json:"id"`
	Version int64  `json:"version"`
}

// service adds a service of mind's through the API.
func (h *house) service(name string) string {
	h.T.Helper()
	a := h.send(h.jo, "POST", "/services", "", id.New(), map[string]any{
		"name": name, "description": "We meet and talk.", "needs": []string{"loneliness"},
		"status": "active", "accepts_referrals": true, "minimum_age": 18,
		"places":   []any{map[string]any{"name": "Hall", "address": "1 High Street", "postcode": "M1 1AE"}},
		"sessions": []any{map[string]any{"weekday": 4, "from": "10:00", "to": "12:00", "place": 0}},
	})
	require.Equal(h.T, http.StatusCreated, a.Status, a.Body)
	var d doneBody
	a.into(h.T, &d)
	return d.ID
}

// room reports how many places a service has.
func (h *house) room(service string, free int) {
	h.T.Helper()
	v := `"0"`
	var now struct {
		Capacity *struct{ Version int64 } `json:"capacity"`
	}
	h.get(h.jo, "/api/vcse/v1/services/"+service).into(h.T, &now)
	if now.Capacity != nil {
		b, _ := json.Marshal(now.Capacity.Version)
		v = `"` + string(b) + `"`
	}
	a := h.send(h.jo, "PUT", "/services/"+service+"/capacity", v, id.New(), map[string]any{"status": "capacity", "places_free": free})
	require.Equal(h.T, http.StatusOK, a.Status, a.Body)
}

// told is an offer as coordination said it.
type told struct {
	*coordination.ReferralOfferedV1
	h *house
}

// offer has coordination offer a referral to a service.
func (h *house) offer(service string, change ...func(*coordination.ReferralOfferedV1)) told {
	h.T.Helper()
	ref, err := h.Vault("coordination").NewRef(h.T.Context())
	require.NoError(h.T, err)
	now := h.Now.Now()
	p := &coordination.ReferralOfferedV1{
		PatientRef: ref, OfferID: id.New(), ReferralID: id.New(), CaseID: id.New(), Reference: terms.Reference([]byte(id.New())[24:]),
		Attempt: 1, ReceiverKind: terms.ReceiverService, ReceiverOrganisationID: h.mind, ServiceID: service, SenderOrganisationID: h.practice,
		SenderKind: terms.KindPractice, RequestedBy: h.reception.Person.ID, Need: terms.NeedLoneliness, Urgency: "routine",
		AnswerDueAt: now.Add(72 * time.Hour), At: now,
		Contact: schemas.Seal(schemas.Contact{
			GivenName: "Alma", FamilyName: "Quist", DateOfBirth: "1956-11-26", NHSNumber: "9990000018", Phone: "0161 496 0000",
			SafeWays: schemas.SafeWays{Phone: true}, SafeNote: "Not after five",
		}),
		Safeguarding: schemas.Seal(schemas.Safeguarding{Text: "A neighbour shouts at her"}),
	}
	for _, c := range change {
		c(p)
	}
	h.Tell(p.PatientRef, p)
	return told{p, h}
}

// progress has coordination say how the referral goes on.
func (o told) progress(state terms.ReferralState, version int, change ...func(*coordination.ReferralProgressedV1)) {
	o.h.T.Helper()
	p := &coordination.ReferralProgressedV1{
		PatientRef: o.PatientRef, ReferralID: o.ReferralID, CaseID: o.CaseID, SenderOrganisationID: o.SenderOrganisationID,
		State: state, Owes: schemas.Owes{Party: terms.PartyReceiver, OrganisationID: o.h.mind}, OfferID: o.OfferID, Version: version, At: o.h.Now.Now(),
	}
	for _, c := range change {
		c(p)
	}
	o.h.Tell(o.PatientRef, p)
}

type offerBody struct {
	State     terms.OfferState `json:"state"`
	Receipt   string           `json:"receipt"`
	Version   int64            `json:"version"`
	Actions   []string         `json:"available_actions"`
	Kept      *time.Time       `json:"place_kept_until"`
	Contact   *schemas.Contact `json:"contact"`
	Need      string           `json:"need"`
	StandDown *time.Time       `json:"stand_down_due_at"`
	Reason    string           `json:"reason"`
	Messages  []struct{ Kind, Text string }
}

// read reads the offer as jo.
func (o told) read() (offerBody, string) {
	o.h.T.Helper()
	a := o.h.get(o.h.jo, "/api/vcse/v1/offers/"+o.OfferID)
	require.Equal(o.h.T, http.StatusOK, a.Status, a.Body)
	var b offerBody
	a.into(o.h.T, &b)
	return b, a.Header.Get("ETag")
}

// act does something with the offer as it stands now.
func (o told) act(as actor.Actor, verb string, body map[string]any) answer {
	o.h.T.Helper()
	_, etag := o.read()
	if body == nil {
		body = map[string]any{}
	}
	return o.h.send(as, "POST", "/offers/"+o.OfferID+"/"+verb, etag, id.New(), body)
}

// must is act that has to work.
func (o told) must(as actor.Actor, verb string, body map[string]any) {
	o.h.T.Helper()
	a := o.act(as, verb, body)
	require.Equal(o.h.T, http.StatusOK, a.Status, a.Body)
}
