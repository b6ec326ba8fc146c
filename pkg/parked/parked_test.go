package parked_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/door"
	"example.org/waypost/pkg/doortest"
	"example.org/waypost/pkg/event"
	"example.org/waypost/pkg/id"
	"example.org/waypost/pkg/inbox"
	"example.org/waypost/pkg/parked"
	"example.org/waypost/pkg/pg"
	"example.org/waypost/pkg/ui"
)

type told struct {
	PatientRef string `json:"patient_ref"`
	Word       string `json:"word"`
}

func (told) EventType() string                                            { return "waypost.vcse.word_said.v1" }
func (told) EachSealed(func(path, class string, b event.Box) error) error { return nil }

var contract = fstest.MapFS{"vcse/word_said.v1.json": {Data: []byte(`{"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": "https://waypost.example.org/vcse/word_said.v1.json",
	"type": "object", "required": ["patient_ref", "word"], "properties": {"patient_ref": {"type": "string", "format": "uuid"}, "word": {"type": "string"}}}`)}}

// desk is a service with the pages, in which nothing can be applied until it is healed.
type desk struct {
	*doortest.House
	t       *testing.T
	url     string
	healed  atomic.Bool
	applied atomic.Int32
	menu    func(*http.Request) []ui.MenuItem
}

func open(t *testing.T) *desk {
	t.Helper()
	migrate := func(ctx context.Context, url string) error { return pg.Migrate(ctx, url, "linkworker", nil) }
	d := &desk{t: t, House: doortest.New(t, "linkworker", migrate, []string{"vcse"}, []string{"vcse", "linkworker"}, contract)}
	d.Config.Operations = "/operations"
	f, err := door.Open(t.Context(), d.Config, door.Options{Service: "linkworker", Listens: []string{"vcse"}, Operators: []string{"coordinator"}})
	require.NoError(t, err)
	inbox.On(f.Inbox, nil, func(context.Context, pgx.Tx, *event.Event, *told) error {
		if !d.healed.Load() {
			return errors.New("no such thing")
		}
		d.applied.Add(1)
		return nil
	})
	pages, err := ui.NewPages(nil, "")
	require.NoError(t, err)
	d.menu = f.ParkedPages(parked.Look{Root: "/link-worker", Pages: pages, Page: func(r *http.Request, title string) ui.Page {
		p := ui.Page{Title: title}
		parked.Onto(&p, d.menu(r), true)
		return p
	}})
	d.url = d.Run(f).URL
	return d
}

// park tells n events of one new case and waits until they are parked.
func (d *desk) park(n int) (ids []string) {
	d.t.Helper()
	ref, err := d.House.Vault("linkworker").NewRef(d.t.Context())
	require.NoError(d.t, err)
	for range n {
		ids = append(ids, d.TellLater(ref, &told{ref, "unmistakable"}))
	}
	require.Eventually(d.t, func() bool {
		var parked int
		err := d.Admin.QueryRow(d.t.Context(), `select count(*) from parked where event_id = any($1)`, ids).Scan(&parked)
		return err == nil && parked == n
	}, 20*time.Second, 10*time.Millisecond)
	return ids
}

func (d *desk) get(c *http.Client, path string) (int, string) {
	d.t.Helper()
	res, err := c.Get(d.url + "/link-worker/parked" + path)
	require.NoError(d.t, err)
	return d.read(res)
}

// post sends a form and follows where it leads.
func (d *desk) post(c *http.Client, path string, form url.Values) (int, string) {
	d.t.Helper()
	form.Set("idempotency_key", id.New())
	res, err := c.PostForm(d.url+"/link-worker/parked"+path, form)
	require.NoError(d.t, err)
	if to := res.Header.Get("Location"); res.StatusCode == http.StatusSeeOther {
		require.NoError(d.t, res.Body.Close())
		res, err = c.Get(d.url + to)
		require.NoError(d.t, err)
	}
	return d.read(res)
}

var tags = regexp.MustCompile(`(?s)<head>.*</head>|<[^>]*>|\s+`)

// read is the answer's words.
func (d *desk) read(res *http.Response) (int, string) {
	d.t.Helper()
	defer func() { require.NoError(d.t, res.Body.Close()) }()
	b, err := io.ReadAll(res.Body)
	require.NoError(d.t, err)
	require.NotContains(d.t, string(b), "unmistakable", "what an event holds is on no page")
	return res.StatusCode, strings.Join(strings.Fields(tags.ReplaceAllString(string(b), " ")), " ")
}

func (d *desk) office() *http.Client {
	return d.Client(doortest.Person("Cora Lane", "coordinator", id.New(), "other_care_organisation", "The area's office"))
}

func (d *desk) settlement(event string) (how, why string) {
	d.t.Helper()
	require.NoError(d.t, d.Admin.QueryRow(d.t.Context(), `select coalesce(settlement, ''), coalesce(settled_why, '') from parked where event_id = $1`, event).Scan(&how, &why))
	return how, why
}

func TestWhatIsParkedIsSeenByCase(t *testing.T) {
	t.Parallel()
	d := open(t)
	office := d.office()
	_, page := d.get(office, "")
	require.Contains(t, page, "Nothing is parked")
	first := d.park(3)
	second := d.park(1)
	status, page := d.get(office, "?limit=1")
	require.Equal(t, http.StatusOK, status)
	require.Contains(t, page, "Word said")
	require.Contains(t, page, "2 events", "what waits behind it")
	require.Contains(t, page, "Parked 4", "the menu has the number of all events")
	require.Contains(t, page, "Operations")
	require.Contains(t, page, "Next page")

	_, page = d.get(office, "/"+first[0])
	for _, want := range []string{first[0], "could not be applied", "no such thing", "Try all 3 events of this case again", "waits behind a parked event", "partition"} {
		require.Contains(t, page, want)
	}
	_, page = d.get(office, "/"+second[0])
	require.Contains(t, page, "Try it again")
	require.NotContains(t, page, "on the same case, in their order")
}

func TestNobodyElseSeesWhatIsParked(t *testing.T) {
	t.Parallel()
	d := open(t)
	event := d.park(1)[0]
	other := d.Client(doortest.Person("Liam Link", "link_worker", id.New(), "link_worker_team", "Team"))
	for _, path := range []string{"", "/" + event, "/" + event + "/drop"} {
		status, _ := d.get(other, path)
		require.Equal(t, http.StatusForbidden, status, path)
	}
	d.healed.Store(true)
	status, _ := d.post(other, "/"+event+"/replay", url.Values{})
	require.Equal(t, http.StatusForbidden, status)
	status, _ = d.post(other, "/"+event+"/drop", url.Values{"why": {"no_effect"}, "sure": {"yes"}})
	require.Equal(t, http.StatusForbidden, status)
	how, _ := d.settlement(event)
	require.Empty(t, how)
	require.Empty(t, d.menu(httptestRequest(t, actor.Actor{Role: "link_worker"})))
}

func httptestRequest(t *testing.T, a actor.Actor) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(actor.Into(t.Context(), a), http.MethodGet, "/", nil)
	require.NoError(t, err)
	return r
}

func TestAnIDThatIsNotParked(t *testing.T) {
	t.Parallel()
	d := open(t)
	office := d.office()
	for _, wrong := range []string{id.New(), "nonsense"} {
		for _, path := range []string{"", "/drop"} {
			status, _ := d.get(office, "/"+wrong+path)
			require.Equal(t, http.StatusNotFound, status, wrong+path)
		}
		status, _ := d.post(office, "/"+wrong+"/replay", url.Values{})
		require.Equal(t, http.StatusNotFound, status)
		status, _ = d.post(office, "/"+wrong+"/drop", url.Values{"why": {"no_effect"}, "sure": {"yes"}})
		require.Equal(t, http.StatusNotFound, status)
	}
}

func TestTryingAgain(t *testing.T) {
	t.Parallel()
	d := open(t)
	office := d.office()
	ids := d.park(2)
	status, page := d.post(office, "/"+ids[0]+"/replay", url.Values{})
	require.Equal(t, http.StatusConflict, status)
	require.Contains(t, page, "There is a problem It can still not be applied")
	require.Contains(t, page, "4 times in all", "it says how things stand now")
	require.Zero(t, d.applied.Load())

	d.healed.Store(true)
	status, page = d.post(office, "/"+ids[1]+"/replay", url.Values{})
	require.Equal(t, http.StatusOK, status)
	require.Contains(t, page, "It was applied What waited behind it")
	require.NotContains(t, page, "Try it again")
	require.EqualValues(t, 2, d.applied.Load(), "of the whole case, whichever of it was asked for")

	status, _ = d.post(office, "/"+ids[0]+"/replay", url.Values{})
	require.Equal(t, http.StatusOK, status, "it is done, whoever did it")
	require.EqualValues(t, 2, d.applied.Load(), "and was not done again")
	status, page = d.post(office, "/"+ids[0]+"/drop", url.Values{"why": {"no_effect"}, "sure": {"yes"}})
	require.Equal(t, http.StatusConflict, status)
	require.Contains(t, page, "Somebody settled this event before you did")
	how, _ := d.settlement(ids[0])
	require.Equal(t, "replayed", how)
	_, page = d.get(office, "")
	require.Contains(t, page, "Nothing is parked")
}

func TestDropping(t *testing.T) {
	t.Parallel()
	d := open(t)
	office := d.office()
	ids := d.park(2)
	_, page := d.get(office, "/"+ids[0]+"/drop")
	require.Contains(t, page, "This can not be undone")
	require.Contains(t, page, "1 other event of the same case stays parked")
	for name, form := range map[string]url.Values{
		"no reason":      {"sure": {"yes"}},
		"another reason": {"sure": {"yes"}, "why": {"because"}},
		"not sure":       {"why": {"no_effect"}},
	} {
		status, page := d.post(office, "/"+ids[0]+"/drop", form)
		require.Equal(t, http.StatusUnprocessableEntity, status, name)
		require.Contains(t, page, "There is a problem", name)
	}
	how, _ := d.settlement(ids[0])
	require.Empty(t, how, "nothing was done")

	status, page := d.post(office, "/"+ids[0]+"/drop", url.Values{"why": {"said_again"}, "sure": {"yes"}})
	require.Equal(t, http.StatusOK, status)
	require.Contains(t, page, "It was dropped")
	require.Contains(t, page, "a later event says the same")
	how, why := d.settlement(ids[0])
	require.Equal(t, []string{"dropped", "said_again"}, []string{how, why})
	status, page = d.post(office, "/"+ids[0]+"/replay", url.Values{})
	require.Equal(t, http.StatusConflict, status)
	require.Contains(t, page, "Somebody settled this event before you did")

	d.healed.Store(true)
	status, _ = d.post(office, "/"+ids[1]+"/replay", url.Values{})
	require.Equal(t, http.StatusOK, status)
	require.EqualValues(t, 1, d.applied.Load(), "what waited behind it")
}
