package doortest_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
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
	"example.org/waypost/pkg/pg"
)

type told struct {
	PatientRef string `json:"patient_ref"`
}

func (told) EventType() string                                            { return "waypost.vcse.word_said.v1" }
func (told) EachSealed(func(path, class string, b event.Box) error) error { return nil }

// contract is that of a world with one fact.
var contract = fstest.MapFS{"vcse/word_said.v1.json": {Data: []byte(`{"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": "https://waypost.example.org/vcse/word_said.v1.json",
	"type": "object", "required": ["patient_ref"], "properties": {"patient_ref": {"type": "string", "format": "uuid"}}}`)}}

func TestAServiceHearsWhatItIsTold(t *testing.T) {
	t.Parallel()
	migrate := func(ctx context.Context, url string) error { return pg.Migrate(ctx, url, "linkworker", nil) }
	h := doortest.New(t, "linkworker", migrate, []string{"vcse"}, []string{"vcse", "linkworker"}, contract)
	f, err := door.Open(t.Context(), h.Config, door.Options{Service: "linkworker", Listens: []string{"vcse"}, Operators: []string{"coordinator"}})
	require.NoError(t, err)
	heard := make(chan string, 1)
	inbox.On(f.Inbox, nil, func(_ context.Context, _ pgx.Tx, e *event.Event, p *told) error {
		heard <- p.PatientRef
		return nil
	})
	h.Run(f)
	ref, err := h.Vault("linkworker").NewRef(t.Context())
	require.NoError(t, err)
	h.Tell(ref, &told{ref})
	require.Equal(t, ref, <-heard)
}

// An event that can not be applied is seen by the operators, stays until it can be, and is applied once.
func TestWhatCanNotBeAppliedIsSeenAndReplayed(t *testing.T) {
	t.Parallel()
	migrate := func(ctx context.Context, url string) error { return pg.Migrate(ctx, url, "linkworker", nil) }
	h := doortest.New(t, "linkworker", migrate, []string{"vcse"}, []string{"vcse", "linkworker"}, contract)
	f, err := door.Open(t.Context(), h.Config, door.Options{Service: "linkworker", Listens: []string{"vcse"}, Operators: []string{"coordinator"}})
	require.NoError(t, err)
	var healed atomic.Bool
	var applied atomic.Int32
	inbox.On(f.Inbox, nil, func(_ context.Context, _ pgx.Tx, _ *event.Event, p *told) error {
		if !healed.Load() && p.PatientRef != "" {
			return errors.New("no such thing")
		}
		applied.Add(1)
		return nil
	})
	f.API("1.0.0")
	r := h.Run(f)
	office := doortest.Person("Cora Lane", "coordinator", id.New(), "other_care_organisation", "The area's office")
	ask := func(a actor.Actor, method, path, key string, body ...string) (int, string) {
		req, err := http.NewRequestWithContext(t.Context(), method, r.URL+"/api/linkworker/v1"+path, strings.NewReader(strings.Join(body, "")))
		require.NoError(t, err)
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("Idempotency-Key", key)
		res, err := h.Client(a).Do(req)
		require.NoError(t, err)
		defer func() { require.NoError(t, res.Body.Close()) }()
		b, err := io.ReadAll(res.Body)
		require.NoError(t, err)
		return res.StatusCode, string(b)
	}
	var refs [3]string
	for i := range refs {
		refs[i], err = h.Vault("linkworker").NewRef(t.Context())
		require.NoError(t, err)
	}
	first, second := h.TellLater(refs[0], &told{refs[0]}), h.TellLater(refs[0], &told{refs[0]})
	third := h.TellLater(refs[1], &told{refs[1]})
	var list struct {
		Items []struct {
			EventID string `json:"event_id"`
			About   string `json:"about"`
			Reason  string `json:"reason"`
		}
		Next string `json:"next_cursor"`
	}
	require.Eventually(t, func() bool {
		_, body := ask(office, "GET", "/parked", "")
		return json.Unmarshal([]byte(body), &list) == nil && len(list.Items) == 3
	}, 20*time.Second, 10*time.Millisecond)
	require.NotEmpty(t, list.Items[0].Reason)

	_, body := ask(office, "GET", "/parked?limit=2", "")
	require.NoError(t, json.Unmarshal([]byte(body), &list))
	require.Len(t, list.Items, 2)
	_, body = ask(office, "GET", "/parked?limit=2&cursor="+list.Next, "")
	list.Next = ""
	require.NoError(t, json.Unmarshal([]byte(body), &list))
	require.Len(t, list.Items, 1)
	require.Empty(t, list.Next)

	status, _ := ask(doortest.Person("Liam Link", "link_worker", id.New(), "link_worker_team", "Team"), "POST", "/parked/"+first+"/replay", id.New())
	require.Equal(t, http.StatusForbidden, status)
	status, body = ask(office, "POST", "/parked/"+first+"/replay", id.New())
	require.Equal(t, http.StatusConflict, status, body)
	require.Zero(t, applied.Load())
	healed.Store(true)
	key := id.New()
	status, body = ask(office, "POST", "/parked/"+first+"/replay", key)
	require.Equal(t, http.StatusOK, status, body)
	require.EqualValues(t, 2, applied.Load(), "with what waited behind it")
	_, again := ask(office, "POST", "/parked/"+first+"/replay", key)
	require.Equal(t, body, again)
	status, _ = ask(office, "POST", "/parked/"+second+"/drop", id.New(), `{"reason":"no_effect"}`)
	require.Equal(t, http.StatusNotFound, status, "it was applied, so it can not be dropped")
	status, body = ask(office, "POST", "/parked/"+third+"/drop", id.New(), `{"reason":""}`)
	require.Equal(t, http.StatusUnprocessableEntity, status, body)
	status, body = ask(office, "POST", "/parked/"+third+"/drop", id.New(), `{"reason":"no_effect"}`)
	require.Equal(t, http.StatusOK, status, body)
	require.EqualValues(t, 2, applied.Load())
	status, _ = ask(office, "POST", "/parked/"+third+"/replay", id.New())
	require.Equal(t, http.StatusNotFound, status)
	var n int
	require.NoError(t, h.Admin.QueryRow(t.Context(), `select count(*) from audit where object = 'parked event' and machine = 'inbox' and person_id = $1`, office.Person.ID).Scan(&n))
	require.Equal(t, 3, n, "who had it done is written down")
}
