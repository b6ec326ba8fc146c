package cluster_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"io"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/nats-io/nkeys"
	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/authn"
	"example.org/waypost/pkg/bus"
	"example.org/waypost/pkg/id"
	"example.org/waypost/pkg/mtls"
	"example.org/waypost/pkg/nhsnumber"
	"example.org/waypost/pkg/pgtest"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/all/internal/cluster"
	"example.org/waypost/services/all/internal/demo"
	"example.org/waypost/services/all/internal/demo/stage"
)

func open(t *testing.T, o cluster.Options) *cluster.Cluster {
	t.Helper()
	var err error
	o.Dir, err = pgtest.NewFolder()
	require.NoError(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(o.Dir) })
	ctx, cancel := context.WithTimeout(t.Context(), 6*time.Minute) // six programs are built in it, for the first time, while other tests run
	defer cancel()
	c, err := cluster.Open(ctx, o)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, c.Close()) })
	return c
}

func status(t *testing.T, url string) int {
	t.Helper()
	res, err := http.Get(url)
	require.NoError(t, err)
	require.NoError(t, res.Body.Close())
	return res.StatusCode
}

// One cluster for all that is looked at: it is costly to start.
func TestCluster(t *testing.T) { //nolint:tparallel // one look after the other: they break what the next one needs
	t.Parallel()
	c := open(t, cluster.Options{})
	require.Len(t, c.Names(), 12)
	for _, look := range []struct {
		name string
		at   func(t *testing.T, c *cluster.Cluster)
	}{
		{"only a certificate of ours is answered", onlyOurs},
		{"a key is good for its own service", ownKeyOnly},
		{"both copies read", bothRead},
		{"a page is told whichever copy wrote", toldAcross},
		{"of sixteen who want it one has it", ofSixteenOneHasIt},
		{"the crisis route needs nobody else", crisisNeedsNobody},
		{"one of two copies is enough", oneIsEnough},
	} {
		t.Run(look.name, func(t *testing.T) { look.at(t, c) })
	}
}

func onlyOurs(t *testing.T, c *cluster.Cluster) {
	t.Helper()
	urls, _ := c.Inside()
	res, err := c.Client(10 * time.Second).Get(urls["vcse-1"] + "/readyz")
	require.NoError(t, err)
	require.NoError(t, res.Body.Close())
	require.Equal(t, http.StatusOK, res.StatusCode)
	mine, err := c.Certificate("vcse")
	require.NoError(t, err)
	secure, err := mine.Config()
	require.NoError(t, err)
	secure.Certificates = nil
	_, err = mtls.Client(secure, 10*time.Second).Get(urls["vcse-1"] + "/readyz")
	require.ErrorContains(t, err, "tls")

	signIn := func(cert *tls.Config, seed []byte) error {
		nc, err := nats.Connect(c.BrokerURL(), nats.Secure(cert), as(t, seed), nats.Timeout(10*time.Second))
		if err == nil {
			nc.Close()
		}
		return err
	}
	require.Error(t, signIn(secure, c.Seed("vcse")), "no certificate")
	whole, err := mine.Config()
	require.NoError(t, err)
	require.NoError(t, signIn(whole, c.Seed("vcse")))
	stranger, _, err := bus.NewUser()
	require.NoError(t, err)
	require.ErrorIs(t, signIn(whole, stranger), nats.ErrAuthorization)
	require.ErrorIs(t, signIn(whole, nil), nats.ErrAuthorization, "nobody comes in without a key")
}

func as(t *testing.T, seed []byte) nats.Option {
	t.Helper()
	if seed == nil {
		return func(*nats.Options) error { return nil }
	}
	keys, err := nkeys.FromSeed(seed)
	require.NoError(t, err)
	public, err := keys.PublicKey()
	require.NoError(t, err)
	return nats.Nkey(public, keys.Sign)
}

func ownKeyOnly(t *testing.T, c *cluster.Cluster) {
	t.Helper()
	nc, err := c.Connect("vcse")
	require.NoError(t, err)
	defer nc.Close()
	require.Eventually(t, nc.IsConnected, 20*time.Second, 5*time.Millisecond)
	js, err := jetstream.New(nc)
	require.NoError(t, err)
	refused := func(subject string) bool {
		require.NoError(t, nc.Publish(subject, nil))
		require.NoError(t, nc.Flush())
		return nc.LastError() != nil && strings.Contains(nc.LastError().Error(), `"`+subject+`"`)
	}
	require.False(t, refused("hint.vcse.tea"))
	for _, subject := range []string{
		"waypost.coordination.3.case_opened.x", "hint.coordination.tea",
		"$JS.API.STREAM.CREATE.mine", "$JS.API.STREAM.UPDATE.waypost_vcse", "$JS.API.STREAM.DELETE.waypost_vcse",
		"$JS.API.STREAM.PURGE.waypost_vcse", "$JS.API.STREAM.MSG.DELETE.waypost_vcse",
		"$JS.API.CONSUMER.CREATE.waypost_coordination.mine", "$JS.API.CONSUMER.DURABLE.CREATE.waypost_coordination.mine",
		"$JS.API.CONSUMER.DELETE.waypost_coordination." + bus.Durable("vcse", 0),
		"$JS.API.CONSUMER.MSG.NEXT.waypost_coordination." + bus.Durable("mdt", 0),
		"$JS.ACK.waypost_coordination." + bus.Durable("mdt", 0) + ".1.1.1.1.0",
		"$JS.API.DIRECT.GET.waypost_coordination",
	} {
		require.True(t, refused(subject), subject)
	}
	_, err = js.Consumer(t.Context(), bus.Stream("coordination"), bus.Durable("vcse", 0))
	require.NoError(t, err, "its own is there, and it may be asked for")
	_, err = js.Stream(t.Context(), bus.Stream("vcse"))
	require.NoError(t, err)
}

// holders are who holds how many groups of a reader.
func holders(t *testing.T, c *cluster.Cluster, reader string) (counts []int) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), c.Databases.Main)
	require.NoError(t, err)
	defer func() { _ = conn.Close(context.WithoutCancel(t.Context())) }()
	rows, err := conn.Query(t.Context(), `select count(*)::int from `+pgx.Identifier{reader, "lease"}.Sanitize()+`
		where name like 'inbox % group %' and until > clock_timestamp() group by holder`)
	require.NoError(t, err)
	counts, err = pgx.CollectRows(rows, pgx.RowTo[int])
	require.NoError(t, err)
	return counts
}

func bothRead(t *testing.T, c *cluster.Cluster) {
	t.Helper()
	for _, s := range c.Services {
		if len(s.Listens) > 0 {
			require.Eventually(t, func() bool { return slices.Equal(holders(t, c, s.Name), []int{1, 1}) }, time.Minute, 50*time.Millisecond, s.Name)
		}
	}
}

func toldAcross(t *testing.T, c *cluster.Cluster) {
	t.Helper()
	on, err := stage.Attach(t.Context(), c.Databases.Main, c.Address)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, on.Close()) })
	provider := stage.Organise(terms.KindProvider, "Example Provider", "", terms.RoleProviderWorker)
	require.NoError(t, on.Introduce(t.Context(), provider))
	worker := provider.Staff[terms.RoleProviderWorker]
	urls, _ := c.Inside()
	token, err := on.Cast.Sessions.Token(t.Context(), worker)
	require.NoError(t, err)

	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, urls["vcse-1"]+"/provider/events", nil)
	require.NoError(t, err)
	req.Header.Set("Authorization", "Bearer "+token)
	page, err := c.Client(0).Do(req)
	require.NoError(t, err)
	defer func() { _ = page.Body.Close() }()
	require.Equal(t, http.StatusOK, page.StatusCode)
	lines := bufio.NewScanner(page.Body)
	next := func() string {
		for lines.Scan() {
			if data, ok := strings.CutPrefix(lines.Text(), "data: "); ok {
				return data
			}
		}
		t.Fatal("the page's stream ended: ", lines.Err())
		return ""
	}
	require.Equal(t, "*", next(), "it is open")

	other := demo.Cast{Base: urls["vcse-2"], HTTP: c.Client(30 * time.Second), Sessions: on.Cast.Sessions, Now: time.Now}
	require.NoError(t, other.As(worker).Make(t.Context(), "/api/vcse/v1/services", id.New(), map[string]any{"name": "Lunch club", "accepts_referrals": true, "simulated": true}, nil))
	require.Contains(t, next(), worker.Grants[0].Organisation, "and is told by name, not by the slow poll")
}

// crisisNeedsNobody takes down coordination's processes and all brokers: at the desk the crisis route is there, a clinician is told and answers, and
// what happened is told when the others are back.
func crisisNeedsNobody(t *testing.T, c *cluster.Cluster) {
	t.Helper()
	on, err := stage.Attach(t.Context(), c.Databases.Main, c.Address)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, on.Close()) })
	practice := stage.Organise(terms.KindPractice, "Surgery on its own (simulated)", "", terms.RoleReceptionist, terms.RoleGP)
	require.NoError(t, on.Introduce(t.Context(), practice))
	person := demo.Simulated(1700)
	person["nhs_number"] = nhsnumber.Test(1700)
	var added struct {
		Ref string `json:"ref"`
	}
	require.NoError(t, on.Cast.As(practice.Staff[terms.RoleReceptionist]).Make(t.Context(), "/api/primarycare/v1/patients", id.New(), person, &added))
	heard := func() (n int) {
		require.NoError(t, on.Admin.QueryRow(t.Context(), `select count(*) from coordination.inbox where event_id in (select event_id from primarycare.outbox where about::text = $1 and event_type like '%red_flag%')`, added.Ref).Scan(&n))
		return n
	}
	var down []string
	for _, name := range append(c.Names(), c.BrokerNames()...) {
		if strings.HasPrefix(name, "coordination") || strings.HasPrefix(name, "broker") {
			c.Process(name).Down()
			down = append(down, name)
		}
	}
	require.Len(t, down, 5)
	defer func() { // whatever was seen, the next look needs them
		for _, name := range down {
			require.NoError(t, c.Process(name).Start())
		}
		require.NoError(t, c.Ready(t.Context()))
		require.Eventually(t, func() bool { return heard() == 2 }, time.Minute, 50*time.Millisecond, "both facts are told when the others are back")
	}()
	desk := browser{t, c, on, practice.Staff[terms.RoleReceptionist], "primarycare-1"}
	status, body, _ := desk.asks(http.MethodGet, "/practice/crisis?patient="+added.Ref, nil)
	require.Equal(t, http.StatusOK, status, body)
	status, body, flag := desk.asks(http.MethodPost, "/practice/crisis", url.Values{"patient": {added.Ref}, "note": {"Tried to end his life last night"}})
	require.Equal(t, http.StatusSeeOther, status, body)
	status, body, _ = desk.asks(http.MethodGet, flag, nil)
	require.Equal(t, http.StatusOK, status, body)
	gp := browser{t, c, on, practice.Staff[terms.RoleGP], "primarycare-2"}
	status, body, _ = gp.asks(http.MethodGet, "/practice/red-flags", nil)
	require.Equal(t, http.StatusOK, status, body)
	require.Contains(t, body, flag, "a clinician sees that it waits")
	status, body, to := gp.asks(http.MethodPost, flag+"/acknowledge", url.Values{"action": {string(terms.RedFlagCrisisTeam)}})
	require.Equal(t, http.StatusSeeOther, status, body)
	require.Contains(t, to, "done=acknowledged")

	require.Zero(t, heard())
}

// browser is somebody who asks one process for pages.
type browser struct {
	t       *testing.T
	c       *cluster.Cluster
	on      *stage.Stage
	who     authn.Identity
	process string
}

func (b browser) asks(method, path string, form url.Values) (status int, body, to string) {
	b.t.Helper()
	token, err := b.on.Cast.Sessions.Token(b.t.Context(), b.who)
	require.NoError(b.t, err)
	urls, _ := b.c.Inside()
	if form != nil {
		form.Set("idempotency_key", id.New())
	}
	req, err := http.NewRequestWithContext(b.t.Context(), method, urls[b.process]+path, strings.NewReader(form.Encode()))
	require.NoError(b.t, err)
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	client := b.c.Client(30 * time.Second)
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	res, err := client.Do(req)
	require.NoError(b.t, err)
	defer func() { _ = res.Body.Close() }()
	page, err := io.ReadAll(res.Body)
	require.NoError(b.t, err)
	return res.StatusCode, string(page), res.Header.Get("Location")
}

func oneIsEnough(t *testing.T, c *cluster.Cluster) {
	t.Helper()
	offers := c.Address + "/api/vcse/v1/offers"
	require.Equal(t, http.StatusUnauthorized, status(t, offers))
	require.Equal(t, http.StatusNotFound, status(t, c.Address+"/internal/vcse/outbox"), "nobody gets in here from outside")

	c.Process("vcse-1").Down()
	for range 4 {
		require.Equal(t, http.StatusUnauthorized, status(t, offers))
	}
	require.Eventually(t, func() bool { return slices.Equal(holders(t, c, "vcse"), []int{2}) }, time.Minute, 50*time.Millisecond, "the other reads all")
	require.NoError(t, c.Process("vcse-1").Start())
	require.Eventually(t, func() bool { return slices.Equal(holders(t, c, "vcse"), []int{1, 1}) }, time.Minute, 50*time.Millisecond, "and gives back")
	c.Process("vcse-2").Kill()
	require.NoError(t, c.Ready(t.Context()))
	require.Eventually(t, func() bool { return c.Process("vcse-2").Starts() == 2 }, time.Minute, 20*time.Millisecond)
}
