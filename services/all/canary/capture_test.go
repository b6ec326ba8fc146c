package canary

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"example.org/waypost/pkg/pg"
	"example.org/waypost/services/coordination"
	"example.org/waypost/services/linkworker"
	"example.org/waypost/services/mdt"
	"example.org/waypost/services/primarycare"
	"example.org/waypost/services/vcse"
)

// heap is bytes that several write to.
type heap struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (h *heap) Write(p []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.b.Write(p)
}

func (h *heap) bytes() []byte {
	h.mu.Lock()
	defer h.mu.Unlock()
	return bytes.Clone(h.b.Bytes())
}

// logger keeps everything that anybody logs, at every level.
func logger(to *heap) *zap.Logger {
	return zap.New(zapcore.NewCore(zapcore.NewJSONEncoder(zap.NewProductionEncoderConfig()), zapcore.AddSync(to), zapcore.DebugLevel))
}

// traffic notes what the headers of answers say, and where their pages lead.
type traffic struct {
	next http.RoundTripper
	seen *heap
}

func (t *traffic) RoundTrip(r *http.Request) (*http.Response, error) {
	res, err := t.next.RoundTrip(r)
	if err != nil {
		return res, err
	}
	for name, values := range res.Header {
		fmt.Fprintln(t.seen, name, values)
	}
	if !strings.HasPrefix(res.Header.Get("Content-Type"), "text/html") {
		return res, nil
	}
	page, err := io.ReadAll(res.Body)
	_ = res.Body.Close()
	for _, m := range addresses.FindAllSubmatch(page, -1) {
		fmt.Fprintf(t.seen, "leads to %s\n", m[1])
	}
	res.Body = io.NopCloser(bytes.NewReader(page))
	return res, err
}

type strangeKey struct{}

// strange marks requests that carry what is planted in their own address: that one is theirs, everything else is ours.
func strange(ctx context.Context) bool { return ctx.Value(strangeKey{}) != nil }

// listed are the columns where a person's data may stand, by service.
var listed = map[string][]pg.Column{
	"primarycare": primarycare.PersonalData, "linkworker": linkworker.PersonalData, "vcse": vcse.PersonalData, "mdt": mdt.PersonalData,
	"coordination": coordination.PersonalData, // register holds nobody
}

// column is one column of one table of one database.
type column struct{ Database, Schema, Table, Name, Type string }

func (c column) String() string {
	return c.Database + ": " + c.Schema + "." + c.Table + "." + c.Name
}

func (c column) allowed() bool {
	return c.Database == "waypost" && slices.Contains(listed[c.Schema], pg.Column{Table: c.Table, Column: c.Name})
}

// databases scans every column of every table of every database of the server, the catalogues with their samples of what
// stands in columns among them, and says what stands where.
func databases(t *testing.T, adminURL string) map[column][]string {
	t.Helper()
	hits := map[column][]string{}
	first, err := pgx.Connect(t.Context(), adminURL)
	require.NoError(t, err)
	defer func() { _ = first.Close(context.Background()) }()
	rows, err := first.Query(t.Context(), `select datname from pg_database where datallowconn`)
	require.NoError(t, err)
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	require.NoError(t, err)
	for _, name := range names {
		cc, err := pgx.ParseConfig(adminURL)
		require.NoError(t, err)
		cc.Database = name
		conn, err := pgx.ConnectConfig(t.Context(), cc)
		require.NoError(t, err)
		_, err = conn.Exec(t.Context(), `analyze`) // Postgres would, in a minute or in an hour
		require.NoError(t, err)
		for _, c := range columnsOf(t, conn, name) {
			if found := stands(t, conn, c); len(found) > 0 {
				hits[c] = found
			}
		}
		require.NoError(t, conn.Close(t.Context()))
	}
	return hits
}

func columnsOf(t *testing.T, conn *pgx.Conn, database string) []column {
	t.Helper()
	rows, err := conn.Query(t.Context(), `select $1, n.nspname::text, c.relname::text, a.attname::text, format_type(a.atttypid, null)
		from pg_class c join pg_namespace n on n.oid = c.relnamespace join pg_attribute a on a.attrelid = c.oid
		where c.relkind in ('r', 'p', 'm', 't', 'S') and c.relpersistence <> 't' and a.attnum > 0 and not a.attisdropped and n.nspname not like 'pg\_toast%' order by 2, 3, a.attnum`, database)
	require.NoError(t, err)
	all, err := pgx.CollectRows(rows, pgx.RowToStructByPos[column])
	require.NoError(t, err)
	require.NotEmpty(t, all)
	return all
}

// stands reads a whole column: bytes as they are, everything else as Postgres writes it out.
func stands(t *testing.T, conn *pgx.Conn, c column) []string {
	t.Helper()
	name, table := pgx.Identifier{c.Name}.Sanitize(), pgx.Identifier{c.Schema, c.Table}.Sanitize()
	as := name + "::text"
	if c.Type == "bytea" {
		as = name
	}
	rows, err := conn.Query(t.Context(), "select "+as+" from "+table+" where "+name+" is not null")
	require.NoError(t, err, "read %s", c)
	defer rows.Close()
	var all bytes.Buffer
	for rows.Next() {
		all.Write(rows.RawValues()[0])
		all.WriteByte('\n')
	}
	require.NoError(t, rows.Err(), "read %s", c)
	return find(all.Bytes())
}

// files scans every file below dir. Those that go away meanwhile are nobody's any more.
func files(t *testing.T, dir string) map[string][]string {
	t.Helper()
	hits, read := map[string][]string{}, 0
	require.NoError(t, filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		b, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		read += len(b)
		if found := find(b); len(found) > 0 {
			hits[name] = found
		}
		return nil
	}))
	require.Positive(t, read, "%s is empty", dir)
	return hits
}

// nowhere fails the test for each place where something was found.
func nowhere[K comparable](t *testing.T, hits map[K][]string) {
	t.Helper()
	for _, where := range slices.SortedFunc(maps.Keys(hits), func(a, b K) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) }) {
		if len(hits[where]) == 0 {
			continue
		}
		t.Errorf("%v holds %s", where, strings.Join(hits[where], "; "))
	}
}
