package linkworker_test

import (
	"bytes"
	"context"
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
	"example.org/waypost/services/linkworker"
)

// house is the whole service on a fresh database and broker, with two teams and a practice around it.
type house struct {
	*doortest.House
	door *linkworker.Door
	url  string

	team, rivals, practice string // organisations
	maya, omar, lead       actor.Actor
	zoe                    actor.Actor // at the other team
	reception              actor.Actor
}

func newHouse(t testing.TB) *house {
	t.Helper()
	h := &house{House: doortest.New(t, linkworker.Name, linkworker.Migrate, linkworker.Listens, schemas.Speakers, schemas.FS), team: id.New(), rivals: id.New(), practice: id.New()}
	d, err := linkworker.Open(t.Context(), h.Config)
	require.NoError(t, err)
	h.door, h.url = d, h.Run(d.Frame).URL
	h.organisation(h.team, terms.KindLinkWorkerTeam, "Bolton Link Workers")
	h.organisation(h.rivals, terms.KindLinkWorkerTeam, "Bury Link Workers")
	h.organisation(h.practice, terms.KindPractice, "Elm Street Surgery")
	h.maya = h.person("Maya Singh", terms.RoleLinkWorker, h.team, terms.KindLinkWorkerTeam, "Bolton Link Workers")
	h.omar = h.person("Omar Reid", terms.RoleLinkWorker, h.team, terms.KindLinkWorkerTeam, "Bolton Link Workers")
	h.lead = h.person("Lena Lead", terms.RoleServiceLead, h.team, terms.KindLinkWorkerTeam, "Bolton Link Workers")
	h.zoe = h.person("Zoe Rival", terms.RoleLinkWorker, h.rivals, terms.KindLinkWorkerTeam, "Bury Link Workers")
	h.reception = h.person("Rita Desk", terms.RoleReceptionist, h.practice, terms.KindPractice, "Elm Street Surgery")
	return h
}

func (h *house) organisation(id string, kind terms.OrganisationKind, name string) {
	h.Tell(id, &register.OrganisationRegisteredV1{
		OrganisationID: id, Kind: kind, Name: name, Status: terms.OrganisationActive, Phone: "0161 496 0001", Version: 1,
		NetworkCode: "U12345", NetworkName: "Bolton North",
	})
}

func (h *house) person(name string, role terms.Role, organisation string, kind terms.OrganisationKind, organisationName string) actor.Actor {
	a := doortest.Person(name, string(role), organisation, string(kind), organisationName)
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

func (h *house) request(method, path string, body io.Reader) *http.Request {
	h.T.Helper()
	r, err := http.NewRequestWithContext(context.WithoutCancel(h.T.Context()), method, h.url+path, body)
	require.NoError(h.T, err)
	return r
}

func (h *house) get(as actor.Actor, path string) answer {
	h.T.Helper()
	return h.do(as, h.request(http.MethodGet, path, nil))
}

// page gets a page that has to be there.
func (h *house) page(as actor.Actor, path string) string {
	h.T.Helper()
	a := h.get(as, path)
	require.Equal(h.T, http.StatusOK, a.Status, a.Body)
	return a.Body
}

// post sends a form as a browser would.
func (h *house) post(as actor.Actor, path string, form url.Values) answer {
	h.T.Helper()
	r := h.request(http.MethodPost, path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return h.do(as, r)
}

// send is an API request that writes; etag "" sends none.
func (h *house) send(as actor.Actor, method, path, etag, key string, body any) answer {
	h.T.Helper()
	b, err := json.Marshal(body)
	require.NoError(h.T, err)
	r := h.request(method, "/api/linkworker/v1"+path, bytes.NewReader(b))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Idempotency-Key", key)
	if etag != "" {
		r.Header.Set("If-Match", etag)
	}
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

// told is an offer as coordination said it.
type told struct {
	*coordination.ReferralOfferedV1
	h *house
}

// offer has coordination offer a referral to our team.
func (h *house) offer(change ...func(*coordination.ReferralOfferedV1)) told {
	h.T.Helper()
	o := h.unsaid(change...)
	h.Tell(o.PatientRef, o.ReferralOfferedV1)
	return o
}

// unsaid is an offer that was not said yet.
func (h *house) unsaid(change ...func(*coordination.ReferralOfferedV1)) told {
	h.T.Helper()
	ref, err := h.Vault("coordination").NewRef(h.T.Context())
	require.NoError(h.T, err)
	now := h.Now.Now()
	p := &coordination.ReferralOfferedV1{
		PatientRef: ref, OfferID: id.New(), ReferralID: id.New(), CaseID: id.New(), Reference: terms.Reference([]byte(id.New())[24:]),
		Attempt: 1, ReceiverKind: terms.ReceiverTeam, ReceiverOrganisationID: h.team, TeamID: h.team, SenderOrganisationID: h.practice,
		SenderKind: terms.KindPractice, RequestedBy: h.reception.Person.ID, Need: terms.NeedLoneliness, Urgency: terms.UrgencyRoutine,
		AnswerDueAt: now.Add(72 * time.Hour), At: now,
		Contact: schemas.Seal(schemas.Contact{
			GivenName: "Alma", FamilyName: "Quist", DateOfBirth: "1956-11-26", NHSNumber: "9990000018", Phone: "0161 496 0000",
			Postcode: "M1 1AE", AddressLines: []string{"1 High Street", "Bolton"}, SafeWays: schemas.SafeWays{Phone: true}, SafeNote: "Not after five",
		}),
		Narrative:    schemas.Seal(schemas.Narrative{Text: "Widowed in spring, hardly goes out"}),
		Safeguarding: schemas.Seal(schemas.Safeguarding{Text: "A neighbour shouts at her"}),
	}
	for _, c := range change {
		c(p)
	}
	return told{p, h}
}

// progress has coordination say how the referral goes on.
func (o told) progress(state terms.ReferralState, version int, change ...func(*coordination.ReferralProgressedV1)) {
	o.h.T.Helper()
	p := &coordination.ReferralProgressedV1{
		PatientRef: o.PatientRef, ReferralID: o.ReferralID, CaseID: o.CaseID, SenderOrganisationID: o.SenderOrganisationID,
		State: state, Owes: schemas.Owes{Party: terms.PartyReceiver, OrganisationID: o.h.team}, OfferID: o.OfferID, Version: version, At: o.h.Now.Now(),
	}
	for _, c := range change {
		c(p)
	}
	o.h.Tell(o.PatientRef, p)
}

func (o told) path() string { return "/link-worker/offers/" + o.OfferID }

// version is the offer's version now, as the lead reads it: who is asked about in a test has not looked by that.
func (o told) version() string {
	o.h.T.Helper()
	var b struct {
		Version json.Number `json:"version"`
	}
	o.h.get(o.h.lead, "/api/linkworker/v1/offers/"+o.OfferID).into(o.h.T, &b)
	return b.Version.String()
}

// post sends a form about the offer with its version as it is now.
func (o told) post(as actor.Actor, verb string, fields ...string) answer {
	o.h.T.Helper()
	return o.h.post(as, o.path()+"/"+verb, form(o.version(), fields...))
}

// must is post that has to work.
func (o told) must(as actor.Actor, verb string, fields ...string) string {
	o.h.T.Helper()
	a := o.post(as, verb, fields...)
	require.Equal(o.h.T, http.StatusSeeOther, a.Status, a.Body)
	return a.Header.Get("Location")
}

// accepted is an offer that maya accepted and coordination confirmed.
func (h *house) accepted(change ...func(*coordination.ReferralOfferedV1)) told {
	h.T.Helper()
	o := h.offer(change...)
	o.must(h.maya, "accept", "assign_to", h.maya.Person.ID)
	o.progress(terms.ReferralAccepted, 3)
	return o
}

// day is the three boxes of a date, days from the house's now.
func (h *house) day(name string, days int) []string {
	d := h.Now.Now().AddDate(0, 0, days)
	return []string{name + "-day", d.Format("2"), name + "-month", d.Format("1"), name + "-year", d.Format("2006")}
}
