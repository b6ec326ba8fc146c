package audit_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap/zaptest"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/audit"
	"example.org/waypost/pkg/id"
	"example.org/waypost/pkg/leaktest"
	"example.org/waypost/pkg/outbox"
	"example.org/waypost/pkg/pg"
	"example.org/waypost/pkg/pgtest"
)

func TestMain(m *testing.M) { leaktest.Main(m) }

const token = "of the services"

// trail is one service's, with the address at which others ask.
type trail struct {
	db  *pg.DB
	url string
}

func newTrail(t *testing.T, service string) trail {
	t.Helper()
	admin := pgtest.Database(t, func(ctx context.Context, url string) error { return pg.Migrate(ctx, url, service, nil) }, service)
	url, err := pg.As(admin, service, "")
	require.NoError(t, err)
	db, err := pg.Open(t.Context(), pg.Config{URL: url, Service: service})
	require.NoError(t, err)
	t.Cleanup(db.Close)
	s := httptest.NewServer(outbox.Internal(token, audit.LooksHandler(db)))
	t.Cleanup(s.Close)
	return trail{db, s.URL}
}

// did leaves a row of somebody about a patient.
func (tr trail) did(t *testing.T, person, verb, ref string) {
	t.Helper()
	by := actor.Actor{Person: actor.Person{ID: person}, Role: "gp", Organisation: id.NewRandom()}
	require.NoError(t, tr.db.InTx(t.Context(), by, func(ctx context.Context, tx pgx.Tx) error {
		return audit.Write(ctx, tx, audit.Entry{Verb: verb, Object: "patient", ObjectID: ref, PatientRef: ref})
	}))
}

func verbs(looks []audit.Look) (out []string) {
	for _, l := range looks {
		out = append(out, l.Verb)
	}
	return out
}

// What two services noted of a person is one list, the newest first, page by page; what a service that is away noted is said to be missing.
func TestWhoLookedIsReadFromEveryTrail(t *testing.T) {
	t.Parallel()
	one, two := newTrail(t, "alpha"), newTrail(t, "beta")
	ref, other, person := id.NewRandom(), id.NewRandom(), id.NewRandom()
	one.did(t, person, "first", ref)
	two.did(t, person, "second", other)
	one.did(t, person, "third", ref)
	two.did(t, person, "of somebody else", id.NewRandom())
	require.NoError(t, two.db.InTx(t.Context(), actor.Machine(actor.Inbox), func(ctx context.Context, tx pgx.Tx) error {
		return audit.Write(ctx, tx, audit.Entry{Verb: "by a machine", Object: "patient", PatientRef: ref})
	}))

	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	urls := map[string]string{"alpha": one.url, "beta": two.url, "gone": gone.URL}
	trails := audit.Trails{Services: []string{"alpha", "gone", "beta"}, Ask: audit.HTTPLooks(http.DefaultClient, urls, token), Log: zaptest.NewLogger(t)}
	q := audit.Question{Refs: []string{ref, other}, Limit: 2}
	found, unread := trails.Looks(t.Context(), q)
	require.Equal(t, []string{"third", "second", "first"}, verbs(found), "as many of each as were asked for")
	require.Equal(t, []string{"gone"}, unread)
	require.Equal(t, person, found[0].Person)
	at := found[0].Cursor()
	q.Before = &at
	found, _ = trails.Looks(t.Context(), q)
	require.Equal(t, []string{"second", "first"}, verbs(found))

	trails.Ask = audit.HTTPLooks(http.DefaultClient, urls, "of somebody")
	found, unread = trails.Looks(t.Context(), q)
	require.Empty(t, found)
	require.Len(t, unread, 3, "the services' token is needed")
}

// What is no question is refused, and what was typed is not repeated.
func TestAQuestionThatIsNone(t *testing.T) {
	t.Parallel()
	tr := newTrail(t, "alpha")
	ref := id.NewRandom()
	for _, body := range []string{
		"", "Quellbrook", `{"refs":[],"limit":5}`, `{"refs":["Quellbrook"],"limit":5}`, `{"refs":["` + ref + `"],"limit":0}`, `{"refs":["` + ref + `"],"limit":501}`,
		`{"refs":["` + ref + `"],"limit":5,"before":{"t":"2026-11-29T00:00:00Z","i":"Quellbrook"}}`, `{"refs":["` + strings.Repeat("x", 70_000) + `"],"limit":5}`,
	} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, tr.url, strings.NewReader(body))
		require.NoError(t, err)
		req.Header.Set("Authorization", "Bearer "+token)
		res, err := http.DefaultClient.Do(req)
		require.NoError(t, err)
		said, err := io.ReadAll(res.Body)
		require.NoError(t, err)
		require.NoError(t, res.Body.Close())
		require.NotContains(t, string(said), "Quellbrook")
		require.Equal(t, http.StatusBadRequest, res.StatusCode, "%.40s", body)
	}
}
