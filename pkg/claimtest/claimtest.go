// Package claimtest judges with Porcupine whether what at most one may have is had by one at most, when sixteen clients want it at once.
package claimtest

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/id"
	"example.org/waypost/pkg/pg"
)

// Claim is something that at most one row may have at a time, which the database alone keeps: the clients take no lock.
type Claim struct {
	Index   string // that keeps it
	Table   string
	Has     string // the condition of a row that has it
	Take    string // $1 is the row
	Release string
	Rows    []string // one for each client
}

const (
	clients = 16
	turns   = 20
)

// wish is what one client asked for, and what it was told.
type wish struct {
	kind string // take, look or release
	row  string
}

// oneHolder is a thing that nobody or one row has.
var oneHolder = porcupine.Model{
	Init: func() any { return "" },
	Step: func(state, input, output any) (bool, any) {
		holder, w := state.(string), input.(wish)
		switch answer := output.(string); w.kind {
		case "take":
			if answer == "ok" {
				return holder == "", w.row
			}
			return holder != "", holder
		case "look":
			return answer == holder, holder
		default:
			return holder == w.row, ""
		}
	},
	Equal: func(a, b any) bool { return a == b },
}

// Judge has the clients claim at once. What each was told must fit into one order. Without its unique index it does not: then the check
// itself reports it.
func Judge(t testing.TB, admin *pgx.Conn, claims map[string]Claim) {
	t.Helper()
	pool := crowd(t, admin)
	for name, c := range claims {
		require.Len(t, c.Rows, clients, name)
		require.Equal(t, porcupine.Ok, contend(t, pool, c), name)
		_, err := admin.Exec(t.Context(), `drop index `+c.Index)
		require.NoError(t, err)
		require.Equal(t, porcupine.Illegal, contend(t, pool, c), "%s: without %s two have it, and nobody noticed", name, c.Index)
	}
}

// crowd is a connection for each client.
func crowd(t testing.TB, admin *pgx.Conn) *pgxpool.Pool {
	t.Helper()
	config, err := pgxpool.ParseConfig(admin.Config().ConnString())
	require.NoError(t, err)
	config.ConnConfig, config.MaxConns = admin.Config(), clients
	var path string
	require.NoError(t, admin.QueryRow(t.Context(), `show search_path`).Scan(&path))
	config.ConnConfig.RuntimeParams["search_path"] = path
	pool, err := pgxpool.NewWithConfig(t.Context(), config)
	require.NoError(t, err)
	t.Cleanup(pool.Close)
	return pool
}

// Copies writes a row for each client, each like one that is there but for its id and what differs; "$id" is the new id.
func Copies(t testing.TB, admin *pgx.Conn, table, like string, differs map[string]string) (rows []string) {
	t.Helper()
	found, err := admin.Query(t.Context(), `select column_name from information_schema.columns where table_schema = current_schema() and table_name = $1 and is_generated = 'NEVER'`, table)
	require.NoError(t, err)
	columns, err := pgx.CollectRows(found, pgx.RowTo[string])
	require.NoError(t, err)
	require.NotEmpty(t, columns)
	key := "id"
	if table == "patient" {
		key = "ref"
	}
	for range clients {
		row := id.New()
		values := make([]string, len(columns))
		for i, c := range columns {
			values[i] = c
			if d, ok := differs[c]; ok {
				values[i] = "'" + strings.ReplaceAll(strings.ReplaceAll(d, "$id", row), "$n", fmt.Sprint(len(rows)+100)) + "'"
			}
			if c == key {
				values[i] = "'" + row + "'"
			}
		}
		_, err := admin.Exec(t.Context(), `insert into `+table+` (`+strings.Join(columns, ", ")+`) select `+strings.Join(values, ", ")+` from `+table+` where `+key+` = $1`, like)
		require.NoError(t, err)
		rows = append(rows, row)
	}
	return rows
}

// contend lets all clients take and release, and judges what they were told.
func contend(t testing.TB, pool *pgxpool.Pool, c Claim) porcupine.CheckResult {
	t.Helper()
	var mu sync.Mutex
	var history []porcupine.Operation
	var failed error
	started := time.Now()
	do := func(conn *pgxpool.Conn, client int, w wish, sql string) (ok bool) {
		call := time.Since(started).Nanoseconds()
		answer := "ok"
		var err error
		if w.kind == "look" {
			err = conn.QueryRow(t.Context(), sql, c.Rows).Scan(&answer)
		} else {
			_, err = conn.Exec(t.Context(), sql, w.row)
		}
		if pg.Violates(err, c.Index) {
			answer, err = "refused", nil
		}
		back := time.Since(started).Nanoseconds()
		mu.Lock()
		defer mu.Unlock()
		if err != nil {
			failed = err
		}
		history = append(history, porcupine.Operation{ClientId: client, Input: w, Call: call, Output: answer, Return: back})
		return answer == "ok" && err == nil
	}
	var all, ready sync.WaitGroup
	ready.Add(len(c.Rows))
	for client, row := range c.Rows {
		all.Go(func() {
			conn, err := pool.Acquire(t.Context())
			ready.Done()
			if err != nil {
				mu.Lock()
				defer mu.Unlock()
				failed = err
				return
			}
			defer conn.Release()
			ready.Wait() // nobody begins before everybody is connected
			for range turns {
				if do(conn, client, wish{"take", row}, c.Take) {
					do(conn, client, wish{"look", row}, `select coalesce(string_agg(id::text, ' and '), '') from `+c.Table+` where `+c.Has+` and id = any($1)`)
					do(conn, client, wish{"release", row}, c.Release)
				}
			}
		})
	}
	all.Wait()
	require.NoError(t, failed)
	return porcupine.CheckOperationsTimeout(oneHolder, history, time.Minute)
}
