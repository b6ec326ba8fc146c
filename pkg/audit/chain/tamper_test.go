package chain_test

import (
	"bytes"
	"crypto/ed25519"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/audit/chain"
	"example.org/waypost/pkg/id"
)

// tampers as somebody who owns the database and stops at nothing there: first they turn the triggers off.
func (x *trail) tampers(sql string, args ...any) {
	x.Helper()
	for _, table := range []string{"audit", "audit_seal"} {
		x.does(`alter table ` + table + ` disable trigger user`)
	}
	x.does(sql, args...)
	for _, table := range []string{"audit", "audit_seal"} {
		x.does(`alter table ` + table + ` enable trigger user`)
	}
}

// rechains makes all links fit each other again from a position on, as whoever knows how links are made can.
func (x *trail) rechains(from int64) {
	x.Helper()
	x.tampers(`delete from audit_seal where position >= $1`, from)
	x.does(`insert into audit_waiting select seq from audit a where not exists (select from audit_seal s where s.seq = a.seq) on conflict do nothing`)
	s := x.sealer("somebody")
	s.Key = nil // which they do not have
	ok, err := s.Take(x.Context())
	require.NoError(x, err)
	require.True(x, ok)
	_, err = s.Round(x.Context())
	require.NoError(x, err)
}

func (x *trail) checkpoints() string { return filepath.Join(x.dir, "delta.checkpoints") }

func (x *trail) lines() [][]byte {
	x.Helper()
	b, err := os.ReadFile(x.checkpoints())
	require.NoError(x, err)
	return bytes.Split(bytes.TrimSuffix(b, []byte("\n")), []byte("\n"))
}

func (x *trail) keepsLines(lines ...[]byte) {
	x.Helper()
	require.NoError(x, os.WriteFile(x.checkpoints(), append(bytes.Join(lines, []byte("\n")), '\n'), 0o600))
}

// Whatever the owner of the database or of the folder does to what was sealed, the first broken link is named.
func TestEveryKindOfTamperingIsNamed(t *testing.T) {
	t.Parallel()
	const insert = `insert into audit (seq, id, at, person_id, verb, object, outcome) overriding system value values ($1, $2, $3, $2, 'read', 'case', 'done')`
	for name, c := range map[string]struct {
		do       func(x *trail)
		kind     chain.Kind
		position int64
	}{
		"a row changed": {func(x *trail) { x.tampers(`update audit set person_id = $1 where seq = 5`, id.New()) }, chain.RowChanged, 5},
		"a word moved from one column to the next": {func(x *trail) { x.tampers(`update audit set verb = '', object = verb || object where seq = 4`) }, chain.RowChanged, 4},
		"nothing made of null":                     {func(x *trail) { x.tampers(`update audit set machine = '' where seq = 4`) }, chain.RowChanged, 4},
		"a time moved by a microsecond":            {func(x *trail) { x.tampers(`update audit set at = at + interval '1 microsecond' where seq = 3`) }, chain.RowChanged, 3},
		"two rows changed":                         {func(x *trail) { x.tampers(`update audit set outcome = 'refused' where seq in (9, 4)`) }, chain.RowChanged, 4},
		"a row deleted":                            {func(x *trail) { x.tampers(`delete from audit where seq = 6`) }, chain.RowDeleted, 6},
		"a row and its link deleted": {func(x *trail) {
			x.tampers(`with gone as (delete from audit_seal where position = 6 returning seq) delete from audit using gone where audit.seq = gone.seq`)
		}, chain.RowDeleted, 6},
		"and those behind it moved up": {func(x *trail) {
			x.tampers(`with gone as (delete from audit_seal where position = 6 returning seq) delete from audit using gone where audit.seq = gone.seq`)
			x.tampers(`update audit_seal set position = -position where position > 6`)
			x.tampers(`update audit_seal set position = -position - 1 where position < 0`)
		}, chain.RowInserted, 6},
		"two rows swapped": {func(x *trail) {
			x.tampers(`update audit_seal set seq = -seq where position in (3, 4)`)
			x.tampers(`update audit_seal set seq = case when seq = -3 then 4 else 3 end where position in (3, 4)`)
		}, chain.RowChanged, 3},
		"a row inserted past the sealer": {func(x *trail) { x.tampers(insert, 100, id.New(), time.Now()) }, chain.RowInserted, 0},
		"a row inserted with a link of its own": {func(x *trail) {
			x.tampers(insert, 100, id.New(), time.Now())
			x.tampers(`update audit_seal set position = -position where position > 6`)
			x.tampers(`update audit_seal set position = -position + 1 where position < 0`)
			x.tampers(`insert into audit_seal select 7, 100, hash, sha256(hash), now() from audit_seal where position = 6`)
		}, chain.RowChanged, 7},
		"a row of last year given to the sealer": {func(x *trail) {
			x.does(insert, 100, id.New(), time.Now().AddDate(-1, 0, 0))
			x.sealed()
		}, chain.RowInserted, 11},
		"the chain cut off": {func(x *trail) {
			x.tampers(`with gone as (delete from audit_seal where position > 8 returning seq) delete from audit using gone where audit.seq = gone.seq`)
		}, chain.ChainCutOff, 8},
		"everything deleted": {func(x *trail) { x.tampers(`truncate audit, audit_seal`) }, chain.ChainCutOff, 0},
		"a row changed and everything behind it chained anew": {func(x *trail) {
			x.tampers(`update audit set person_id = $1 where seq = 5`, id.New())
			x.rechains(5)
		}, chain.ChainRewritten, 6},
		"a checkpoint forged": {func(x *trail) {
			lines := x.lines()
			lines[0] = bytes.Replace(lines[0], []byte(`"position":2`), []byte(`"position":3`), 1)
			x.keepsLines(lines...)
		}, chain.CheckpointForged, 3},
		"a checkpoint signed with another key": {func(x *trail) {
			_, other, err := ed25519.GenerateKey(nil)
			require.NoError(x, err)
			_, err = chain.Append(x.dir, other, chain.Checkpoint{Area: "test", Service: "delta", At: time.Now(), Position: 10, Hash: "00"})
			require.NoError(x, err)
		}, chain.CheckpointForged, 10},
		"one of another service": {func(x *trail) {
			lines := x.lines()
			var c chain.Checkpoint
			require.NoError(x, json.Unmarshal(lines[len(lines)-1], &c))
			c.Service = "gamma"
			require.NoError(x, c.Sign(x.key))
			b, err := json.Marshal(c)
			require.NoError(x, err)
			x.keepsLines(append(lines[:len(lines)-1], b)...)
		}, chain.CheckpointForged, 10},
		"a checkpoint taken out": {func(x *trail) {
			lines := x.lines()
			x.keepsLines(append([][]byte{lines[0]}, lines[2:]...)...)
		}, chain.CheckpointMissing, 6},
		"a checkpoint made unreadable": {func(x *trail) {
			lines := x.lines()
			lines[1] = []byte(`{"waypost_audit_checkp`)
			x.keepsLines(lines...)
		}, chain.CheckpointMissing, 6},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			x := newTrail(t)
			for range 5 { // five checkpoints, at 2, 4, 6, 8 and 10
				x.writes(2)
				x.sealed()
			}
			r := x.verify()
			require.Nil(t, r.Broken)
			require.Equal(t, int64(10), r.Sealed)
			c.do(x)
			r = x.verify()
			require.NotNil(t, r.Broken, "nothing was seen")
			require.Equal(t, c.kind, r.Broken.Kind, r.Broken.String())
			require.Equal(t, c.position, r.Broken.Position, r.Broken.String())
			require.NotEmpty(t, r.Broken.What)
		})
	}
}

// A copy whose clock was a day behind wrote rows of yesterday. Who says so sees the rest verified: a row that was changed is still named.
func TestAClockThatIsKnownToHaveBeenWrongIsNoTampering(t *testing.T) {
	t.Parallel()
	x := newTrail(t)
	x.writes(2)
	x.sealed()
	x.does(`insert into audit (seq, id, at, person_id, verb, object, outcome) overriding system value values (100, $1, now() - interval '26 hours', $1, 'read', 'case', 'done')`, id.New())
	x.sealed()
	x.writes(2)
	x.sealed()
	require.Equal(t, int64(3), x.verify().Broken.Position)
	knowing := func() chain.Report {
		r, err := chain.Verifier{Keys: []ed25519.PublicKey{x.public}, Dirs: []string{x.dir}, Now: time.Now, Wrong: 26 * time.Hour}.Verify(x.Context(), x.db)
		require.NoError(t, err)
		return r
	}
	require.Nil(t, knowing().Broken)
	x.tampers(`update audit set person_id = $1 where seq = (select seq from audit_seal where position = 5)`, id.New())
	require.Equal(t, int64(5), knowing().Broken.Position)
}

// What was sealed after the last checkpoint and is cut off while the sealer runs is signed as it was, and so named.
func TestTheEndCutOffUnderARunningSealerIsNamed(t *testing.T) {
	t.Parallel()
	x := newTrail(t)
	s := x.sealer("one")
	s.Every = time.Hour // none after the first
	stop := x.running(s)
	defer stop()
	x.writes(1)
	x.eventually("the first is signed", func() bool { _, err := os.Stat(x.checkpoints()); return err == nil })
	x.writes(4)
	x.eventually("five are sealed", func() bool { return x.count(`select count(*) from audit_seal`) == 5 })
	x.writes(1) // once this one is sealed, the sealer remembers the five
	x.eventually("six are sealed", func() bool { return x.count(`select count(*) from audit_seal`) == 6 })
	before := len(x.lines())
	x.tampers(`with gone as (delete from audit_seal where position > 2 returning seq) delete from audit using gone where audit.seq = gone.seq`)
	x.eventually("the sealer saw it", func() bool { return len(x.lines()) > before })
	r := x.verify()
	require.NotNil(t, r.Broken)
	require.Equal(t, chain.ChainCutOff, r.Broken.Kind)
	require.Equal(t, int64(2), r.Broken.Position)
}

// A database is put back to a moment at which nobody had done anything yet. What is written since is verified like any other.
func TestARestoreToAnEmptyTrailIsNoEnd(t *testing.T) {
	t.Parallel()
	x := newTrail(t)
	require.NoError(t, chain.Restore(t.Context(), x.db, "test", x.dir, x.key, time.Now()))
	require.Nil(t, x.verify().Broken)
	x.writes(2)
	x.sealed()
	r := x.verify()
	require.Nil(t, r.Broken, "%v", r.Broken)
	require.Zero(t, r.Since, "the checkpoint after it was met")
	x.tampers(`truncate audit, audit_seal`)
	require.Equal(t, chain.ChainCutOff, x.verify().Broken.Kind)
}

// The power fails while a checkpoint is written: half a line stands there, the next one vouches for it.
func TestHalfACheckpointIsNoForgery(t *testing.T) {
	t.Parallel()
	x := newTrail(t)
	x.writes(2)
	x.sealed()
	f, err := os.OpenFile(x.checkpoints(), os.O_APPEND|os.O_WRONLY, 0)
	require.NoError(t, err)
	_, err = f.WriteString(`{"waypost_audit_checkp`)
	require.NoError(t, err)
	require.NoError(t, f.Close())
	require.Equal(t, chain.CheckpointForged, x.verify().Broken.Kind)
	x.writes(2)
	x.sealed()
	require.Nil(t, x.verify().Broken)
}

// A database that was put back to an earlier moment does not agree with what was signed since; once that is said, signed, it is
// told of and no longer a break. What is changed afterwards is one.
func TestARestoreIsSaidAndToldOf(t *testing.T) {
	t.Parallel()
	x := newTrail(t)
	for range 3 {
		x.writes(2)
		x.sealed()
	}
	x.tampers(`with gone as (delete from audit_seal where position > 3 returning seq) delete from audit using gone where audit.seq = gone.seq`)
	x.writes(4)
	x.sealed() // it goes on from there
	require.Equal(t, chain.ChainRewritten, x.verify().Broken.Kind)
	require.NoError(t, chain.Restore(t.Context(), x.db, "test", x.dir, x.key, time.Now()))
	r := x.verify()
	require.Nil(t, r.Broken)
	require.Equal(t, 2, r.Void)
	require.False(t, r.Restored.IsZero())
	x.tampers(`update audit set verb = 'nothing' where seq = 1`)
	require.Equal(t, chain.RowChanged, x.verify().Broken.Kind)
}

// A key file is made once, and is for its owner alone.
func TestAKeyIsNotReplaced(t *testing.T) {
	t.Parallel()
	file := t.TempDir() + "/audit.key"
	require.NoError(t, chain.CreateKey(file))
	k, err := chain.ReadKey(file)
	require.NoError(t, err)
	require.ErrorIs(t, chain.CreateKey(file), os.ErrExist)
	again, err := chain.ReadKey(file)
	require.NoError(t, err)
	require.Equal(t, k, again)
	info, err := os.Stat(file)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	_, err = chain.ReadKey(chain.PublicName(file))
	require.Error(t, err)
}
