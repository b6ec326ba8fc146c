package vcse_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/id"
	"example.org/waypost/schemas/terms"
	said "example.org/waypost/schemas/vcse"
)

// listing brings one unclaimed listing in, as the area's office does.
func (h *house) listing(name string) string {
	h.T.Helper()
	body := `{"id":"` + id.New() + `","name":"` + name + `","description":"We help with debt","status":"active","organization":{"id":"o","name":"Somebody"}}`
	r, err := http.NewRequestWithContext(h.T.Context(), http.MethodPost, h.url+"/api/vcse/v1/imports/services?source=A+list&licence=OGL-UK-3.0", strings.NewReader(body))
	require.NoError(h.T, err)
	r.Header.Set("Content-Type", "application/x-ndjson")
	a := h.do(h.coordinator, r)
	require.Equal(h.T, http.StatusOK, a.Status, a.Body)
	var service string
	require.NoError(h.T, h.Admin.QueryRow(h.T.Context(), `select id from service where name = $1`, name).Scan(&service))
	return service
}

func TestAProviderClaimsItsListing(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	service := h.listing("Debt clinic")
	found := h.get(h.jo, "/provider/claim?q=debt+clinic")
	require.Contains(t, found.Body, "/provider/claim/"+service)
	require.Contains(t, h.get(h.jo, "/provider/services/"+service).Body, "No provider has claimed it")
	require.Equal(t, http.StatusUnprocessableEntity, h.post(h.jo, "/provider/claim/"+service, form("")).Status)
	a := h.post(h.jo, "/provider/claim/"+service, form("", "why", "Ring Pat on 0161 496 0002"))
	require.Equal(t, http.StatusSeeOther, a.Status, a.Body)
	require.Contains(t, h.post(h.sam, "/provider/claim/"+service, form("", "why", "Us too")).Body, "has asked for this listing already")
	require.Equal(t, http.StatusForbidden, h.get(h.reception, "/provider/claims").Status)
	require.Equal(t, http.StatusForbidden, h.get(h.lead, "/provider/claims").Status, "a service lead of a provider does not decide")

	var claim string
	require.NoError(t, h.Admin.QueryRow(t.Context(), `select id from claim`).Scan(&claim))
	require.Contains(t, h.get(h.coordinator, "/provider").Body, "1 claim to decide")
	page := h.get(h.coordinator, "/provider/claims")
	require.Contains(t, page.Body, "Ring Pat")
	require.NotContains(t, h.get(h.ravi, "/provider/claim").Body, "Debt clinic", "another provider does not see who asks for what")
	refused := h.post(h.coordinator, "/provider/claims/"+claim, form("1", "decision", "refuse"))
	require.Equal(t, http.StatusUnprocessableEntity, refused.Status)
	require.Contains(t, refused.Body, "Say why")
	a = h.post(h.coordinator, "/provider/claims/"+claim, form("1", "decision", "confirm"))
	require.Equal(t, http.StatusSeeOther, a.Status, a.Body)

	var p said.ServicePublishedV1
	h.Last(service, &p)
	require.Equal(t, h.mind, p.ProviderID)
	require.True(t, p.Claimed)
	require.True(t, p.AcceptsReferrals)
	require.Equal(t, h.mindName, p.ProviderName)
	require.Equal(t, 2, p.Version)
	require.Equal(t, http.StatusConflict, h.post(h.coordinator, "/provider/claims/"+claim, form("1", "decision", "refuse", "note", "x")).Status, "decided once")
	require.Equal(t, http.StatusConflict, h.send(h.ravi, "POST", "/claims", "", id.New(), map[string]any{"service_id": service, "why": "mine"}).Status)
	require.Contains(t, h.get(h.jo, "/provider/services").Body, "Debt clinic")
	o := h.offer(service)
	b, _ := o.read()
	require.Equal(t, terms.OfferOffered, b.State, "it is offered referrals now")

	// The list comes again: the provider's words count.
	require.Equal(t, []string{"service_published", "service_published"}, h.saidTypes(service))
}

func TestUX25_AServiceIsAddedChangedAndTakenOut(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	f := form("", "name", "Garden club", "status", "active", "accepts_referrals", "yes", "needs", "loneliness", "needs", "nature_and_outdoors", "minimum_age", "18",
		"day_1", "2", "from_1", "9.30", "to_1", "11:00", "place_name_1", "Allotment", "place_postcode_1", "ol12 7tw", "delivery", "in_person")
	f.Set("from_1", "half nine")
	wrong := h.post(h.jo, "/provider/services", f)
	require.Equal(t, http.StatusUnprocessableEntity, wrong.Status)
	require.Contains(t, wrong.Body, "Enter a time such as 09:30")
	require.Contains(t, wrong.Body, "half nine", "UX25: what was typed is kept")
	require.Contains(t, wrong.Body, "<title>Error: ")
	f.Set("from_1", "9.30")
	a := h.post(h.jo, "/provider/services", f)
	require.Equal(t, http.StatusSeeOther, a.Status, a.Body)
	path, _, _ := strings.Cut(a.Header.Get("Location"), "?")
	service := strings.TrimPrefix(path, "/provider/services/")
	var p said.ServicePublishedV1
	h.Last(service, &p)
	require.Equal(t, "09:30", p.Sessions[0].From)
	require.Equal(t, "OL12 7TW", p.Places[0].Postcode)
	require.Equal(t, []terms.Need{terms.NeedLoneliness, terms.NeedNatureOutdoors}, p.Needs)
	require.True(t, p.NeedsMapped)

	edit := h.get(h.jo, path+"/edit")
	require.Contains(t, edit.Body, `value="09:30"`)
	f = url.Values{"idempotency_key": {id.New()}, "version": {"1"}, "name": {"Garden club and tea"}, "status": {"temporarily_closed"}, "accepts_referrals": {"no"}}
	require.Equal(t, http.StatusSeeOther, h.post(h.jo, path, f).Status)
	f.Set("idempotency_key", id.New())
	require.Equal(t, http.StatusPreconditionFailed, h.post(h.sam, path, f).Status, "made from an old copy")
	h.Last(service, &p)
	require.Equal(t, 2, p.Version)
	require.Equal(t, terms.ServiceTemporarilyClosed, p.Status)
	require.Equal(t, http.StatusSeeOther, h.post(h.jo, path+"/withdraw", form("2")).Status)
	var w said.ServiceWithdrawnV1
	h.Last(service, &w)
	require.Equal(t, terms.ServiceProviderOut, w.Reason)
	require.Equal(t, http.StatusNotFound, h.get(h.jo, path).Status)

	busy := h.service("Tea and talk")
	h.offer(busy)
	require.Equal(t, http.StatusConflict, h.send(h.jo, "POST", "/services/"+busy+"/withdraw", `"1"`, id.New(), map[string]any{}).Status, "somebody still needs it")
}

func TestUX08_CapacityGrowsOldAndIsConfirmedWithOneClick(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	service := h.service("Tea and talk")
	require.Contains(t, h.get(h.jo, "/provider").Body, "1 service whose room nobody has confirmed for a week")
	a := h.post(h.jo, "/provider/services/"+service+"/capacity", form("", "status", "capacity", "places_free", "3", "waiting", ""))
	require.Equal(t, http.StatusSeeOther, a.Status, a.Body)
	require.Contains(t, h.get(h.jo, "/provider").Body, "No action required", "UX08")
	h.Now.Add(9 * 24 * time.Hour)
	page := h.get(h.jo, "/provider/services/"+service)
	require.Contains(t, page.Body, "Your places were last confirmed 9 days ago – confirm or change.")
	require.Contains(t, h.get(h.jo, "/provider").Body, "1 service whose room")
	require.Contains(t, h.get(h.reception, "/provider/services/"+service).Body, "Has room when last asked")
	require.Equal(t, http.StatusSeeOther, h.post(h.jo, "/provider/services/"+service+"/confirm-capacity", form("1")).Status)
	var p said.CapacityReportedV1
	h.Last(service, &p)
	require.Equal(t, 3, *p.PlacesFree)
	require.Nil(t, p.Waiting)
	require.Equal(t, h.jo.Person.ID, p.ReportedBy)
	require.WithinDuration(t, h.Now.Now(), p.ReportedAt, time.Minute)
	h.Now.Add(29 * 24 * time.Hour)
	require.Contains(t, h.get(h.reception, "/provider/services/"+service).Body, "Room unknown")
}

func TestUX23_NotesAreAddedConfirmedDisputedAndCorrected(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	service := h.listing("Debt clinic")
	path := "/provider/services/" + service + "/notes"
	require.Equal(t, http.StatusUnprocessableEntity, h.post(h.reception, path, form("", "kind", "note")).Status)
	a := h.post(h.reception, path, form("", "kind", "note", "text", "Ask for Pat. "+hostile))
	require.Equal(t, http.StatusSeeOther, a.Status, a.Body)
	var p said.NoteAddedV1
	h.Last(service, &p)
	require.Equal(t, h.practice, p.OrganisationID)
	for _, who := range []actor.Actor{h.jo, h.coordinator} {
		require.Equal(t, http.StatusSeeOther, h.post(who, path, form("", "kind", "confirm", "about", p.NoteID)).Status)
	}
	require.Equal(t, http.StatusConflict, h.post(h.jo, path, form("", "kind", "confirm", "about", p.NoteID)).Status, "once each")
	require.Equal(t, http.StatusSeeOther, h.post(h.ravi, path, form("", "kind", "correct", "about", p.NoteID, "text", "Pat has left, ask for Kim")).Status)
	refused := h.post(h.ravi, path, form("", "kind", "correct", "about", p.NoteID, "text", " "))
	require.Equal(t, http.StatusUnprocessableEntity, refused.Status)
	require.Contains(t, refused.Body, `href="#text-`+p.NoteID+`"`, "the correction is what is wrong, not a new note")
	require.NotContains(t, refused.Body, `href="#text"`)
	require.Equal(t, http.StatusNotFound, h.post(h.ravi, path, form("", "kind", "dispute", "about", id.New())).Status)
	page := h.get(h.ravi, "/provider/services/"+service)
	for _, words := range []string{"Ask for Pat.", "Rita Desk (Receptionist, Elm Street Surgery)", "Confirmed 2 times", "Pat has left, ask for Kim", "&lt;script&gt;"} {
		require.Contains(t, page.Body, words)
	}
	require.NotContains(t, page.Body, "<script>alert")
	reception := h.get(h.reception, "/provider/services/"+service).Body
	require.Contains(t, reception, `href="/practice"`, "who comes from another workspace finds the way back")
	require.NotContains(t, reception, `href="/provider"`, "and no way to a page that is not theirs")
	h.Now.Add(200 * 24 * time.Hour)
	require.Contains(t, h.get(h.ravi, "/provider/services/"+service).Body, "Not confirmed for 6 months")
}

// paged reads a list of the API by its cursor, two at a time, and returns the ids in their order.
func (h *house) paged(as actor.Actor, path string) (ids []string) {
	h.T.Helper()
	cursor := ""
	for range 20 {
		a := h.get(as, "/api/vcse/v1"+path+"?limit=2&cursor="+cursor)
		require.Equal(h.T, http.StatusOK, a.Status, a.Body)
		var list struct {
			Items []struct {
				ID string `json:"id"`
			} `json:"items"`
			Next string `json:"next_cursor"`
		}
		require.NoError(h.T, json.Unmarshal([]byte(a.Body), &list))
		require.LessOrEqual(h.T, len(list.Items), 2)
		for _, one := range list.Items {
			ids = append(ids, one.ID)
		}
		if cursor = list.Next; cursor == "" {
			return ids
		}
	}
	h.T.Fatal("the list does not end")
	return nil
}

func TestClaimsAndNotesArePagedByCursor(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	var service string
	for i := range 5 {
		service = h.listing("Clinic " + strconv.Itoa(i))
		a := h.send(h.jo, "POST", "/claims", "", id.New(), map[string]any{"service_id": service, "why": "Ring us"})
		require.Equal(t, http.StatusCreated, a.Status, a.Body)
		a = h.send(h.jo, "POST", "/services/"+service+"/notes", "", id.New(), map[string]any{"kind": "note", "text": "x"})
		require.Equal(t, http.StatusCreated, a.Status, a.Body)
		for range i {
			a = h.send(h.jo, "POST", "/services/"+service+"/notes", "", id.New(), map[string]any{"kind": "note", "text": "y"})
			require.Equal(t, http.StatusCreated, a.Status, a.Body)
		}
	}
	first := h.paged(h.coordinator, "/claims")[4]
	a := h.send(h.coordinator, "POST", "/claims/"+first+"/decision", `"1"`, id.New(), map[string]any{"confirm": true})
	require.Equal(t, http.StatusOK, a.Status, a.Body)
	for path, order := range map[string]string{"/claims": `select id from claim order by state = 'asked' desc, asked_at desc, id desc`, "/services/" + service + "/notes": `select id from note where service_id = '` + service + `' order by at desc, id desc`} {
		rows, err := h.Admin.Query(t.Context(), order)
		require.NoError(t, err)
		want, err := pgx.CollectRows(rows, pgx.RowTo[string])
		require.NoError(t, err)
		require.Len(t, want, 5)
		require.Equal(t, want, h.paged(h.coordinator, path), path)
	}
}

func TestTheDirectoryIsOpenAndDiscreet(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	service := h.service("Tea and talk")
	h.room(service, 3)
	nobody := actor.Actor{}
	for _, q := range []string{"", "?q=tea", "?need=loneliness", "?district=M1", "?district=m1+1ae", "?day=4", "?q=talk&need=loneliness&district=M1&day=4"} {
		require.Contains(t, h.get(nobody, "/provider/directory"+q).Body, "Tea and talk", q)
	}
	for _, q := range []string{"?q=garden", "?need=food", "?district=OL12", "?day=5"} {
		a := h.get(nobody, "/provider/directory"+q)
		require.Equal(t, http.StatusOK, a.Status)
		require.Contains(t, a.Body, "No service was found", q)
	}
	require.Equal(t, http.StatusUnprocessableEntity, h.get(nobody, "/provider/directory?district=MARS").Status)
	page := h.get(nobody, "/provider/directory/"+service)
	require.Contains(t, page.Body, "1 High Street")
	require.NotContains(t, page.Body, "places free")
	require.Equal(t, http.StatusSeeOther, h.get(nobody, "/provider/services/"+service).Status, "notes and room need a sign-in")

	a := h.send(h.jo, "POST", "/services", "", id.New(), map[string]any{
		"name": "Safe house", "status": "active", "needs": []string{"domestic_abuse"},
		"places": []any{map[string]any{"address": "12 Secret Lane", "postcode": "M1 1AE"}},
	})
	var d doneBody
	a.into(t, &d)
	page = h.get(nobody, "/provider/directory/"+d.ID)
	require.Contains(t, page.Body, "Ring to ask")
	require.NotContains(t, page.Body, "Secret Lane")
	require.NotContains(t, h.get(nobody, "/provider/directory?q=safe").Body, "M1 1AE")

	// The same for programs, as Open Referral UK has it.
	feed := h.get(nobody, "/api/vcse/v1/oruk/services?per_page=1&page=2")
	require.Equal(t, http.StatusOK, feed.Status, feed.Body)
	require.Equal(t, "*", feed.Header.Get("Access-Control-Allow-Origin"))
	var got struct {
		Total    int  `json:"total_items"`
		Last     bool `json:"last_page"`
		Contents []struct{ Name string }
	}
	feed.into(t, &got)
	require.Equal(t, 2, got.Total)
	require.True(t, got.Last)
	require.Equal(t, "Tea and talk", got.Contents[0].Name)
	for _, path := range []string{"/services", "/services?search=tea&day=TH", "/services/" + d.ID, ""} {
		feed = h.get(nobody, "/api/vcse/v1/oruk"+path)
		require.Equal(t, http.StatusOK, feed.Status)
		for _, secret := range []string{"Secret Lane", "places_free", "capacity", h.mind} {
			require.NotContains(t, feed.Body, secret, path)
		}
	}
	require.Equal(t, http.StatusUnprocessableEntity, h.get(nobody, "/api/vcse/v1/oruk/services?page=0&day=someday").Status)
}

func TestWhoSendsAListInIsWrittenDown(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.listing("Debt clinic")
	var who string
	require.NoError(t, h.Admin.QueryRow(t.Context(), `select person_id from audit where verb = 'import' and object = 'services'`).Scan(&who))
	require.Equal(t, h.coordinator.Person.ID, who)
}

// TestUX09_UX10_AnAddressIsAList: filter, order and page stand in the address alone, so a colleague sees the same list; search for people posts.
func TestUX09_UX10_AnAddressIsAList(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	tea, garden := h.service("Tea and talk"), h.service("Garden club")
	one, two := h.offer(tea), h.offer(garden, named("Bertie", "Zwart"))
	at := "/provider/offers?show=waiting&sort=newest&service=" + garden
	mine, theirs := h.get(h.jo, at).Body, h.get(h.sam, at).Body
	for _, body := range []string{mine, theirs} {
		require.Contains(t, body, "Bertie Zwart")
		require.NotContains(t, body, "Alma Quist")
		require.Contains(t, body, `aria-sort="descending"`)
	}
	// UX10: what narrows it is a chip that can be taken off.
	require.Contains(t, mine, `href="/provider/offers?show=waiting&amp;sort=newest"`)
	one.must(h.jo, "assign", map[string]any{"assigned_to": h.jo.Person.ID})
	require.NotContains(t, h.get(h.sam, "/provider/offers?show=waiting&assigned=me").Body, "Alma Quist")
	require.Contains(t, h.get(h.jo, "/provider/offers?show=waiting&assigned=me").Body, "Alma Quist")
	require.Equal(t, http.StatusOK, h.get(h.jo, "/provider/offers?show=nonsense&sort=nonsense&service=nonsense").Status)

	var list struct {
		Items []struct{ ID string }
		Next  string `json:"next_cursor"`
	}
	h.get(h.jo, "/api/vcse/v1/offers?limit=1&sort=newest").into(t, &list)
	require.Equal(t, two.OfferID, list.Items[0].ID)
	require.NotEmpty(t, list.Next)
	h.get(h.jo, "/api/vcse/v1/offers?limit=1&sort=newest&cursor="+url.QueryEscape(list.Next)).into(t, &list)
	require.Equal(t, one.OfferID, list.Items[0].ID)
}

// TestUX11_APersonIsFoundByNameNumberOrReference: with different words for nothing typed and nothing found.
func TestUX11_APersonIsFoundByNameNumberOrReference(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	o := h.offer(h.service("Tea and talk"))
	for _, typed := range []string{"quist", "Alma Qu", "999 000 0018", o.Reference, strings.ToLower(o.Reference[:4] + "-" + o.Reference[4:])} {
		require.Contains(t, h.post(h.jo, "/provider/find", form("", "find", typed)).Body, "Alma Quist", typed)
	}
	a := h.post(h.jo, "/provider/find", form("", "find", "  "))
	require.Equal(t, http.StatusUnprocessableEntity, a.Status)
	require.Contains(t, a.Body, "Enter a name, an NHS number or a reference")
	a = h.post(h.jo, "/provider/find", form("", "find", hostile))
	require.Contains(t, a.Body, "Nobody was found")
	require.NotContains(t, a.Body, "<script>alert")
	require.NotContains(t, h.post(h.jo, "/provider/find", form("", "find", "%")).Body, "Alma")
}

// TestUX13_UX14_EveryStateSaysWhatToDo: the words come from the one table, and never from a colour alone. TestUX14: clocks turn overdue on time.
func TestUX13_UX14_EveryStateSaysWhatToDo(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	o := h.offer(h.service("Tea and talk"))
	page := h.get(h.jo, "/provider/offers?show=waiting").Body
	require.Contains(t, page, "Answer needed")
	require.Contains(t, page, "your answer due", "UX14")
	h.Now.Set(o.AnswerDueAt.Add(time.Minute))
	page = h.get(h.jo, "/provider/offers?show=overdue").Body
	require.Contains(t, page, "Answer overdue")
	require.Contains(t, page, "your answer was due")
	require.Contains(t, h.get(h.jo, "/provider").Body, "1 answer overdue", "UX08")
}
