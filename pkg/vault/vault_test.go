//go:build unix

package vault_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/id"
	"example.org/waypost/pkg/nhsnumber"
	"example.org/waypost/pkg/vault"
	"example.org/waypost/pkg/vault/vaulttest"
)

var somebody = nhsnumber.Holder{GivenName: "Ada", DateOfBirth: "1950-03-04"}

var all = []vault.Class{vault.Contact, vault.Narrative, vault.Safeguarding, vault.Message}

func TestOneNumberOneRef(t *testing.T) {
	t.Parallel()
	w := vaulttest.New(t)
	doors := []*vault.Vault{w.Open(t, "primarycare"), w.Open(t, "mdt"), w.Open(t, "linkworker"), w.Open(t, "primarycare")}
	number := nhsnumber.Test(7)
	refs := make([]string, 40)
	var together sync.WaitGroup
	for i := range refs {
		together.Go(func() {
			written := number
			if i%2 == 0 {
				written = nhsnumber.Format(number) // written another way it is the same number
			}
			ref, err := doors[i%len(doors)].RefForNumber(t.Context(), written, somebody)
			require.NoError(t, err)
			refs[i] = ref
		})
	}
	together.Wait()
	for _, ref := range refs {
		require.True(t, id.Valid(ref))
		require.Equal(t, refs[0], ref)
	}
	other, err := doors[0].RefForNumber(t.Context(), nhsnumber.Test(8), somebody)
	require.NoError(t, err)
	require.NotEqual(t, refs[0], other)
	without, err := doors[0].NewRef(t.Context())
	require.NoError(t, err)
	require.NotContains(t, []string{refs[0], other}, without)
}

// One number that is typed for two people, by a slip or because somebody is in the wrong record, does not make them one. Who is written a little
// differently is one holder: whether two refs of one number are one person is coordination's to say.
func TestANumberTypedForSomebodyElseGetsThemARefOfTheirOwn(t *testing.T) {
	t.Parallel()
	w := vaulttest.New(t)
	v, elsewhere := w.Open(t, "primarycare"), w.Open(t, "mdt")
	number := nhsnumber.Test(9)
	none, err := v.RefsOfNumber(t.Context(), number)
	require.NoError(t, err)
	require.Empty(t, none)
	refOf := func(at *vault.Vault, name, born string) string {
		ref, err := at.RefForNumber(t.Context(), number, nhsnumber.Holder{GivenName: name, DateOfBirth: born})
		require.NoError(t, err)
		return ref
	}
	ben, tom, son := refOf(v, "Ben", "1950-03-04"), refOf(elsewhere, "Tom", "1950-03-04"), refOf(v, "Ben", "1980-03-04")
	require.Equal(t, ben, refOf(elsewhere, "benjamin", "1950-03-04"))
	require.Equal(t, tom, refOf(v, "TOM", "1950-03-04"))
	require.NotContains(t, []string{tom, son}, ben)
	require.NotEqual(t, tom, son)
	all, err := elsewhere.RefsOfNumber(t.Context(), nhsnumber.Format(number))
	require.NoError(t, err)
	require.ElementsMatch(t, []string{ben, tom, son}, all)
	_, err = v.RefsOfNumber(t.Context(), "Smith")
	require.ErrorIs(t, err, nhsnumber.ErrDigits)

	office := w.Open(t, "coordination")
	require.NoError(t, office.Destroy(t.Context(), tom))
	anew := refOf(v, "Tom", "1950-03-04")
	require.NotEqual(t, tom, anew, "who was erased and comes back is somebody new")
	require.Equal(t, ben, refOf(v, "Ben", "1950-03-04"))
	all, err = v.RefsOfNumber(t.Context(), number)
	require.NoError(t, err)
	require.ElementsMatch(t, []string{ben, anew, son}, all)
}

// Of whom a number was typed for before that was kept nothing is known: the ref answers for anybody.
func TestARefOfBeforeAnswersForWhoeverHasTheNumber(t *testing.T) {
	t.Parallel()
	w := vaulttest.New(t)
	v := w.Open(t, "primarycare")
	ref, err := v.RefForNumber(t.Context(), nhsnumber.Test(10), somebody)
	require.NoError(t, err)
	_, err = admin(t, w).Exec(t.Context(), `update vault.patient_ref set mark_hash = null where ref = $1`, ref)
	require.NoError(t, err)
	same, err := v.RefForNumber(t.Context(), nhsnumber.Test(10), nhsnumber.Holder{GivenName: "Tom"})
	require.NoError(t, err)
	require.Equal(t, ref, same)
}

func TestManyNumbersFromManySidesAtOnce(t *testing.T) {
	t.Parallel()
	w := vaulttest.New(t)
	numbers := make([]vault.Numbered, 700) // more than a round trip takes
	for i := range numbers {
		numbers[i] = vault.Numbered{Number: nhsnumber.Test(i), Holder: somebody}
	}
	backwards := make([]vault.Numbered, len(numbers))
	for i, n := range numbers {
		backwards[len(numbers)-1-i] = n
	}
	a, b := w.Open(t, "primarycare"), w.Open(t, "mdt")
	var one, two []string
	var together sync.WaitGroup
	together.Go(func() { var err error; one, err = a.RefsForNumbers(t.Context(), numbers); require.NoError(t, err) })
	together.Go(func() { var err error; two, err = b.RefsForNumbers(t.Context(), backwards); require.NoError(t, err) })
	together.Wait()
	distinct := map[string]bool{}
	for i := range one {
		require.Equal(t, one[i], two[len(two)-1-i])
		distinct[one[i]] = true
	}
	require.Len(t, distinct, len(numbers))
	twice, err := a.RefsForNumbers(t.Context(), []vault.Numbered{numbers[0], numbers[0]})
	require.NoError(t, err)
	require.Equal(t, []string{one[0], one[0]}, twice)
}

func TestTheNumberNeverReachesTheVault(t *testing.T) {
	t.Parallel()
	w := vaulttest.New(t)
	v := w.Open(t, "primarycare")
	number := nhsnumber.Test(123_456)
	ref, err := v.RefForNumber(t.Context(), number, somebody)
	require.NoError(t, err)
	_, err = v.Keys(t.Context(), []string{ref}, all...)
	require.NoError(t, err)
	for _, table := range []string{"patient_ref", "keyset", "access", "key_file"} {
		var dump string
		require.NoError(t, admin(t, w).QueryRow(t.Context(), `select coalesce(string_agg(x::text, ' '), '') from vault.`+table+` x`).Scan(&dump))
		require.NotEmpty(t, dump)
		require.NotContains(t, dump, number)
		require.NotContains(t, dump, fmt.Sprintf("%x", number))
	}
	_, err = v.RefForNumber(t.Context(), "999 123 4567 Smith", somebody)
	require.ErrorIs(t, err, nhsnumber.ErrDigits)
	require.NotContains(t, err.Error(), "4567")
	require.NotContains(t, err.Error(), "Smith")
}

func TestTwoWhoMakeAKeysetHoldTheSame(t *testing.T) {
	t.Parallel()
	w := vaulttest.New(t)
	doors := []*vault.Vault{w.Open(t, "primarycare"), w.Open(t, "coordination"), w.Open(t, "primarycare"), w.Open(t, "mdt")}
	refs := newRefs(t, doors[0], 30)
	held := make([]*vault.Keys, 16)
	var together sync.WaitGroup
	for i := range held {
		together.Go(func() {
			keys, err := doors[i%len(doors)].Keys(t.Context(), refs, all...)
			require.NoError(t, err)
			held[i] = keys
		})
	}
	together.Wait()
	for n, ref := range refs {
		event := id.New()
		p := &note{Name: says("Ada"), Story: says("fell"), Risk: says("dog"), Reply: says("full")}
		require.NoError(t, held[n%len(held)].SealPayload(ref, event, p))
		for _, keys := range held {
			got := p.sent()
			require.NoError(t, keys.OpenPayload(ref, event, got))
			require.Equal(t, []string{"Ada", "fell", "dog", "full"}, got.texts())
		}
	}
	require.Equal(t, len(refs)*len(all), count(t, w, `select count(*) from vault.keyset`))
}

func TestAServiceHoldsOnlyItsClasses(t *testing.T) {
	t.Parallel()
	w := vaulttest.New(t)
	practice, provider := w.Open(t, "primarycare"), w.Open(t, "vcse")
	ref := newRefs(t, practice, 1)[0]
	keys, err := practice.Keys(t.Context(), []string{ref}, all...)
	require.NoError(t, err)
	event := id.New()
	p := &note{Name: says("Ada"), Story: says("fell"), Risk: says("dog"), Reply: says("full")}
	require.NoError(t, keys.SealPayload(ref, event, p))

	theirs, err := provider.Keys(t.Context(), []string{ref}, all...)
	require.NoError(t, err)
	got := p.sent()
	require.NoError(t, theirs.OpenPayload(ref, event, got), "a class that is not ours is no error")
	require.Equal(t, []string{"Ada", "", "dog", "full"}, got.texts())

	err = theirs.SealPayload(ref, id.New(), &note{Story: says("fell")})
	require.ErrorIs(t, err, vault.ErrNoKey)
	require.ErrorContains(t, err, "/story")
	require.NotContains(t, err.Error(), "fell")
}

// TestTheDatabaseDenies goes round the Go code, as a service that was broken into would.
func TestTheDatabaseDenies(t *testing.T) {
	t.Parallel()
	w := vaulttest.New(t)
	practice := w.Open(t, "primarycare")
	ref := newRefs(t, practice, 1)[0]
	_, err := practice.Keys(t.Context(), []string{ref}, all...)
	require.NoError(t, err)

	for _, service := range vault.Services {
		conn := connect(t, w.URL(t, service))
		for _, table := range []string{"patient_ref", "keyset", "class_policy", "key_file", "access", "migration"} {
			_, err := conn.Exec(t.Context(), `select * from vault.`+table)
			requireCode(t, "42501", err)
			_, err = conn.Exec(t.Context(), `delete from vault.`+table)
			requireCode(t, "42501", err)
		}
		_, err := conn.Exec(t.Context(), `set role vault_owner`)
		requireCode(t, "42501", err)
		for _, other := range []string{"coordination", "postgres"} {
			if other != service {
				_, err = conn.Exec(t.Context(), `set session authorization `+other)
				requireCode(t, "42501", err)
			}
		}
		_, err = conn.Exec(t.Context(), `create temp table keyset (ref uuid)`)
		requireCode(t, "42501", err) // nothing to shadow the functions' tables with

		var n int
		require.NoError(t, conn.QueryRow(t.Context(), `select count(*) from vault.keysets($1, $2, '') where wrapped is not null`, []string{ref}, all).Scan(&n))
		if service == "vcse" {
			require.Equal(t, 3, n, "all but the narrative")
			require.NoError(t, conn.QueryRow(t.Context(), `select count(*) from vault.keysets($1, '{narrative}', '')`, []string{ref}).Scan(&n))
			require.Zero(t, n)
		} else {
			require.Equal(t, 4, n)
		}
		if service != "coordination" {
			_, err = conn.Exec(t.Context(), `select vault.destroy($1, '')`, ref)
			requireCode(t, "42501", err)
		}
		_, err = conn.Exec(t.Context(), `select * from vault.keysets(array_fill($1::uuid, array[1001]), '{contact}', '')`, ref)
		requireCode(t, "54000", err)
		_, err = conn.Exec(t.Context(), `begin isolation level repeatable read; select vault.same_key_file('\x00'); select * from vault.keysets('{}', '{}', '')`)
		require.Error(t, err)
	}

	// The provider can not make what it may not open, nor learn refs.
	conn := connect(t, w.URL(t, "vcse"))
	fresh := newRefs(t, practice, 1)[0]
	rows, err := conn.Query(t.Context(), `select * from vault.put_keysets(array[$1::uuid], '{narrative}', array[$2::uuid], 'k', array[$3::bytea], '')`, fresh, id.New(), make([]byte, 100))
	require.NoError(t, err)
	rows.Close()
	require.NoError(t, rows.Err())
	require.Zero(t, count(t, w, `select count(*) from vault.keyset where ref = '`+fresh+`'`))
	_, err = conn.Exec(t.Context(), `select vault.refs_for_numbers(array[$1::bytea], array[$1::bytea], '')`, make([]byte, 32))
	requireCode(t, "42501", err)
	_, err = conn.Exec(t.Context(), `select vault.new_refs(1, '')`)
	requireCode(t, "42501", err)

	_, err = vault.Open(t.Context(), vault.Config{URL: w.URL(t, "vcse"), Service: "primarycare", KeyFile: w.KeyFile, Now: time.Now})
	require.ErrorContains(t, err, "signed in as vcse")
	_, err = admin(t, w).Exec(t.Context(), `do $$ begin create role vault_test_stranger login; exception when duplicate_object or unique_violation then null; end $$`)
	require.NoError(t, err)
	_, err = vault.Open(t.Context(), vault.Config{URL: w.URL(t, "vault_test_stranger"), Service: "register", KeyFile: w.KeyFile, Now: time.Now})
	require.ErrorIs(t, err, vault.ErrDenied) // for the database as a whole
	v := w.Open(t, "vcse")
	require.ErrorIs(t, v.Destroy(t.Context(), ref), vault.ErrDenied)
	_, err = v.RefForNumber(t.Context(), nhsnumber.Test(1), somebody)
	require.ErrorIs(t, err, vault.ErrDenied)
}

// TestTheSecondWall takes the check out of a function and finds the row conditions still standing.
func TestTheSecondWall(t *testing.T) {
	t.Parallel()
	w := vaulttest.New(t)
	practice := w.Open(t, "primarycare")
	ref := newRefs(t, practice, 1)[0]
	_, err := practice.Keys(t.Context(), []string{ref}, all...)
	require.NoError(t, err)
	_, err = admin(t, w).Exec(t.Context(), `
		create function vault.careless() returns table (class text) language sql security definer set search_path = vault, pg_temp
			as $$ select class from keyset $$;
		create function vault.wanton() returns void language sql security definer set search_path = vault, pg_temp
			as $$ delete from keyset $$;
		alter function vault.careless() owner to vault_owner; alter function vault.wanton() owner to vault_owner;
		grant execute on function vault.careless(), vault.wanton() to vcse, primarycare;`)
	require.NoError(t, err)
	conn := connect(t, w.URL(t, "vcse"))
	rows, err := conn.Query(t.Context(), `select * from vault.careless()`)
	require.NoError(t, err)
	classes, err := pgx.CollectRows(rows, pgx.RowTo[string])
	require.NoError(t, err)
	require.ElementsMatch(t, []string{vault.Contact, vault.Safeguarding, vault.Message}, classes)
	_, err = conn.Exec(t.Context(), `select vault.wanton()`)
	require.NoError(t, err)
	require.Equal(t, 4, count(t, w, `select count(*) from vault.keyset`), "nothing was deleted")
}

func TestTheCatalogue(t *testing.T) {
	t.Parallel()
	w := vaulttest.New(t)
	require.Zero(t, count(t, w, `select count(*) from pg_class c where relnamespace = 'vault'::regnamespace and relkind in ('r', 'p')
		and relname <> 'migration' and not (relrowsecurity and relforcerowsecurity)`), "a table without forced row-level security")
	require.Zero(t, count(t, w, `select count(*) from pg_class c where relnamespace = 'vault'::regnamespace
		and (relowner <> 'vault_owner'::regrole or exists (select from aclexplode(c.relacl) a where a.grantee <> 'vault_owner'::regrole))`), "a table that somebody else may touch")
	require.Zero(t, count(t, w, `select count(*) from pg_proc p where pronamespace = 'vault'::regnamespace
		and (proacl is null or exists (select from aclexplode(p.proacl) a where a.grantee = 0))`), "a function that everybody may call")
	require.Zero(t, count(t, w, `select count(*) from pg_proc p where pronamespace = 'vault'::regnamespace
		and not coalesce(proconfig @> array['search_path=vault, pg_temp'], false)`), "a function that trusts the caller's search path")
	require.Equal(t, 1, count(t, w, `select count(*) from pg_database d where d.datname = current_database() and d.datacl is not null
		and not exists (select from aclexplode(d.datacl) a where a.grantee = 0)`), "a database that everybody may enter")
	require.Zero(t, count(t, w, `select count(*) from vault.class_policy where service not in ('primarycare', 'linkworker', 'vcse', 'mdt', 'coordination')`))
	require.Zero(t, count(t, w, `select count(*) from pg_auth_members where roleid = 'vault_owner'::regrole and member::regrole::text = any (array['primarycare', 'linkworker', 'vcse', 'mdt', 'coordination'])`))
}

func TestDestroyedIsUnreadableEverywhere(t *testing.T) {
	t.Parallel()
	w := vaulttest.New(t)
	practice, coordination := w.Open(t, "primarycare"), w.Open(t, "coordination")
	number := nhsnumber.Test(99)
	ref, err := practice.RefForNumber(t.Context(), number, somebody)
	require.NoError(t, err)
	keys, err := practice.Keys(t.Context(), []string{ref}, all...)
	require.NoError(t, err)
	event := id.New()
	p := &note{Name: says("Ada"), Story: says("fell")}
	require.NoError(t, keys.SealPayload(ref, event, p))

	require.NoError(t, coordination.Destroy(t.Context(), ref))
	require.NoError(t, coordination.Destroy(t.Context(), ref), "again is no error")
	require.ErrorIs(t, coordination.Destroy(t.Context(), id.NewRandom()), vault.ErrNoKey)
	require.ErrorIs(t, coordination.Destroy(t.Context(), "Ada"), vault.ErrNoKey)
	practice.Evict(ref)

	for _, door := range []*vault.Vault{practice, coordination, w.Open(t, "linkworker")} {
		keys, err := door.Keys(t.Context(), []string{ref}, all...)
		require.NoError(t, err)
		got := p.sent()
		require.NoError(t, keys.OpenPayload(ref, event, got), "an erased patient is no error")
		require.Equal(t, []string{"", "", "", ""}, got.texts())
		require.ErrorIs(t, keys.SealPayload(ref, id.New(), &note{Name: says("Ada")}), vault.ErrErased)
	}
	require.Zero(t, count(t, w, `select count(*) from vault.keyset where ref = '`+ref+`'`))
	require.Zero(t, count(t, w, `select count(*) from vault.patient_ref where ref = '`+ref+`' and number_hash is not null`))
	require.Equal(t, 1, count(t, w, `select count(*) from vault.patient_ref where ref = '`+ref+`' and destroyed_by = 'coordination'`), "the tombstone")

	back, err := practice.RefForNumber(t.Context(), number, somebody)
	require.NoError(t, err)
	require.NotEqual(t, ref, back, "who returns is somebody new")
	keys, err = practice.Keys(t.Context(), []string{back}, vault.Contact)
	require.NoError(t, err)
	require.NoError(t, keys.SealPayload(back, id.New(), &note{Name: says("Ada")}))
}

// TestDestroyAgainstMaking runs both at once, many times: afterwards there is never a keyset of a destroyed ref.
func TestDestroyAgainstMaking(t *testing.T) {
	t.Parallel()
	w := vaulttest.New(t)
	practice, mdt, coordination := w.Open(t, "primarycare"), w.Open(t, "mdt"), w.Open(t, "coordination")
	refs := newRefs(t, practice, 60)
	var together sync.WaitGroup
	for _, ref := range refs {
		together.Go(func() { require.NoError(t, coordination.Destroy(t.Context(), ref)) })
	}
	for _, door := range []*vault.Vault{practice, mdt} {
		for _, ref := range refs {
			together.Go(func() {
				_, err := door.Keys(t.Context(), []string{ref}, all...)
				require.NoError(t, err)
			})
		}
	}
	together.Wait()
	require.Zero(t, count(t, w, `select count(*) from vault.keyset`))
}

func TestWhatIsNoPatientHasNoKeys(t *testing.T) {
	t.Parallel()
	w := vaulttest.New(t)
	v := w.Open(t, "coordination")
	thing := id.New()
	keys, err := v.Keys(t.Context(), []string{thing, thing}, all...)
	require.NoError(t, err)
	require.NoError(t, keys.OpenPayload(thing, id.New(), &note{}))
	require.ErrorIs(t, keys.SealPayload(thing, id.New(), &note{Name: says("Ada")}), vault.ErrNoKey)
	require.Zero(t, count(t, w, `select count(*) from vault.keyset`))
	_, err = v.Keys(t.Context(), []string{"Ada Lovelace"}, vault.Contact)
	require.Error(t, err)
	require.NotContains(t, err.Error(), "Ada")
}

func TestReadersMakeNothing(t *testing.T) {
	t.Parallel()
	w := vaulttest.New(t)
	v := w.Open(t, "mdt")
	ref := newRefs(t, v, 1)[0]
	_, err := v.KeysToOpen(t.Context(), []string{ref}, all...)
	require.NoError(t, err)
	require.Zero(t, count(t, w, `select count(*) from vault.keyset`))

	// What was absent a moment ago is asked for again: another service has made it meanwhile.
	other := w.Open(t, "primarycare")
	keys, err := other.Keys(t.Context(), []string{ref}, vault.Narrative)
	require.NoError(t, err)
	event, p := id.New(), &note{Story: says("fell")}
	require.NoError(t, keys.SealPayload(ref, event, p))
	keys, err = v.KeysToOpen(t.Context(), []string{ref}, all...)
	require.NoError(t, err)
	got := p.sent()
	require.NoError(t, keys.OpenPayload(ref, event, got))
	require.Equal(t, "fell", got.texts()[1])
}

func TestEveryCallIsWrittenDown(t *testing.T) {
	t.Parallel()
	w := vaulttest.New(t)
	v, c := w.Open(t, "vcse"), w.Open(t, "coordination")
	person := actor.Actor{Person: actor.Person{ID: id.New(), Name: "Grace Hopper"}}
	ctx := actor.Into(t.Context(), person)
	ref, err := c.NewRef(ctx)
	require.NoError(t, err)
	_, err = v.Keys(actor.Into(t.Context(), actor.Machine(actor.Inbox)), []string{ref}, all...)
	require.NoError(t, err)
	require.NoError(t, c.Destroy(ctx, ref))
	rows, err := admin(t, w).Query(t.Context(), `select concat_ws(' ', service, split_part(acting, ':', 1), verb, classes, denied) from vault.access where refs = array[$1::uuid] order by at`, ref)
	require.NoError(t, err)
	lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
	require.NoError(t, err)
	require.Equal(t, []string{
		"coordination person new_ref {} {}",
		"vcse machine keysets {contact,safeguarding,message} {narrative}",
		"vcse machine put_keysets {contact,message,safeguarding} {}",
		"coordination person destroy {} {}",
	}, lines)
	require.Zero(t, count(t, w, `select count(*) from vault.access a where a::text like '%Hopper%'`))
}

func TestAnotherKeyFileIsNoticed(t *testing.T) {
	t.Parallel()
	w := vaulttest.New(t)
	w.Open(t, "primarycare")
	other := filepath.Join(t.TempDir(), "keys.json")
	made, err := vault.CreateKeyFile(other)
	require.NoError(t, err)
	require.True(t, made)
	made, err = vault.CreateKeyFile(other)
	require.NoError(t, err)
	require.False(t, made)
	open := func(path string) error {
		_, err := vault.Open(t.Context(), vault.Config{URL: w.URL(t, "primarycare"), Service: "primarycare", KeyFile: path, Now: time.Now})
		require.ErrorIs(t, err, vault.ErrKeyFile)
		return err
	}
	require.ErrorContains(t, open(other), "not the one this vault was made with")
	require.NoError(t, os.Chmod(other, 0o644))
	require.ErrorContains(t, open(other), "0600")
	require.ErrorContains(t, open(other+".lost"), "no such file")
	content, err := os.ReadFile(w.KeyFile)
	require.NoError(t, err)
	damaged := filepath.Join(t.TempDir(), "keys.json")
	for _, bad := range []string{"", "{}", "secret words", string(content[:len(content)/2]), strings.Replace(string(content), "type.googleapis.com", "x", 1)} {
		require.NoError(t, os.WriteFile(damaged, []byte(bad), 0o600))
		require.NotContains(t, open(damaged).Error(), "secret words")
	}
}

func TestManyProcessesMakeOneKeyFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "new", "keys.json")
	var together sync.WaitGroup
	made := make(chan bool, 20)
	for range 20 {
		together.Go(func() {
			ok, err := vault.CreateKeyFile(path)
			require.NoError(t, err)
			made <- ok
		})
	}
	together.Wait()
	close(made)
	n := 0
	for ok := range made {
		if ok {
			n++
		}
	}
	require.Equal(t, 1, n)
	info, err := os.Stat(path)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	left, err := os.ReadDir(filepath.Dir(path))
	require.NoError(t, err)
	require.Len(t, left, 1)
}

func TestMigrateAgainAndTogether(t *testing.T) {
	t.Parallel()
	w := vaulttest.New(t)
	require.NoError(t, vault.Migrate(t.Context(), w.AdminURL))
	var together sync.WaitGroup
	for range 4 {
		together.Go(func() { require.NoError(t, vault.Migrate(t.Context(), w.AdminURL)) })
	}
	together.Wait()
	require.Equal(t, 1, count(t, w, `select count(*) from vault.migration where version_id = 1`))

	err := vault.Migrate(t.Context(), "postgres://me:secret@[broken")
	require.Error(t, err)
	require.NotContains(t, err.Error(), "secret")
}

func TestMigrateMakesTheDatabase(t *testing.T) {
	t.Parallel()
	w := vaulttest.New(t)
	name := fmt.Sprintf("waypost_vault_made_%d", os.Getpid())
	cc, err := pgx.ParseConfig(w.AdminURL)
	require.NoError(t, err)
	fresh := strings.Replace(w.AdminURL, "/"+cc.Database, "/"+name, 1)
	t.Cleanup(func() {
		_, err := connect(t, w.AdminURL).Exec(context.Background(), `drop database if exists `+name+` with (force)`)
		require.NoError(t, err)
	})
	var together sync.WaitGroup
	for range 3 {
		together.Go(func() { require.NoError(t, vault.Migrate(t.Context(), fresh)) })
	}
	together.Wait()
}

func TestAVaultThatIsNotThere(t *testing.T) {
	t.Parallel()
	w := vaulttest.New(t)
	v := w.Open(t, "primarycare")
	ref := newRefs(t, v, 1)[0]
	_, err := v.Keys(t.Context(), []string{ref}, vault.Contact)
	require.NoError(t, err)
	v.Close()
	keys, err := v.Keys(t.Context(), []string{ref}, vault.Contact)
	require.NoError(t, err, "what is cached needs no vault")
	require.NoError(t, keys.SealPayload(ref, id.New(), &note{Name: says("Ada")}))
	_, err = v.Keys(t.Context(), []string{ref}, vault.Narrative)
	require.ErrorIs(t, err, vault.ErrUnavailable)
	ctx, stop := context.WithCancel(t.Context())
	stop()
	_, err = w.Open(t, "mdt").NewRef(ctx)
	require.ErrorIs(t, err, context.Canceled)
}

func newRefs(t testing.TB, v *vault.Vault, n int) []string {
	t.Helper()
	refs := make([]string, n)
	for i := range refs {
		var err error
		refs[i], err = v.NewRef(t.Context())
		require.NoError(t, err)
	}
	return refs
}

func connect(t testing.TB, url string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(context.Background(), url)
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}

func admin(t testing.TB, w *vaulttest.World) *pgx.Conn { t.Helper(); return connect(t, w.AdminURL) }

func count(t testing.TB, w *vaulttest.World, sql string) (n int) {
	t.Helper()
	require.NoError(t, admin(t, w).QueryRow(t.Context(), sql).Scan(&n))
	return n
}

func requireCode(t *testing.T, code string, err error) {
	t.Helper()
	var pe *pgconn.PgError
	require.ErrorAs(t, err, &pe)
	require.Equal(t, code, pe.Code, pe.Message)
}
