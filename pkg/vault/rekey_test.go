//go:build unix

package vault_test

import (
	"context"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/vault"
	"example.org/waypost/pkg/vault/vaulttest"
)

// The key-encryption key is changed while services work: what was sealed opens at every step, and in the end nothing needs the
// old key. Killed in the middle, it goes on.
func TestTheKeyEncryptionKeyIsChanged(t *testing.T) { //nolint:paralleltest // it changes how many are done at once
	defer vault.RewrapAtOnce(3)()
	w := vaulttest.New(t)
	v := w.Open(t, "primarycare")
	var all []sealedNote
	seal := func(v *vault.Vault) {
		ref, err := v.NewRef(t.Context())
		require.NoError(t, err)
		all = append(all, sealFor(t, v, ref))
	}
	for range 8 {
		seal(v)
	}
	opens := func() {
		t.Helper()
		v, err := reopened(t, w, w.KeyFile) // a process that was started anew
		require.NoError(t, err)
		for _, x := range all {
			require.Equal(t, x.said, x.read(t, v))
		}
	}
	admin, err := pgx.Connect(t.Context(), w.AdminURL)
	require.NoError(t, err)
	defer func() { _ = admin.Close(context.Background()) }()
	wrappedBy := func(key string) (n int) {
		require.NoError(t, admin.QueryRow(t.Context(), `select count(*) from vault.keyset where kek_id = $1`, key).Scan(&n))
		return n
	}
	_, old, err := vault.KeysIn(w.KeyFile)
	require.NoError(t, err)
	require.Equal(t, 8, wrappedBy(old))

	for range 2 {
		require.NoError(t, vault.AddKey(w.KeyFile))
	}
	n, inUse, err := vault.KeysIn(w.KeyFile)
	require.NoError(t, err)
	require.Equal(t, 2, n)
	require.Equal(t, old, inUse, "nothing is wrapped with it before everybody has it")
	opens()
	require.NoError(t, vault.UseNewestKey(w.KeyFile))
	_, fresh, err := vault.KeysIn(w.KeyFile)
	require.NoError(t, err)
	require.NotEqual(t, old, fresh)
	later, err := reopened(t, w, w.KeyFile)
	require.NoError(t, err)
	seal(later)
	require.Equal(t, 1, wrappedBy(fresh))
	require.ErrorContains(t, vault.DropOldKeys(t.Context(), w.AdminURL, w.KeyFile), "8 keysets")
	opens()

	killed, kill := context.WithCancel(t.Context())
	go func() { // as soon as a part is done
		for conn, err := pgx.Connect(killed, w.AdminURL); err == nil; {
			var n int
			if conn.QueryRow(killed, `select count(*) from vault.keyset where kek_id = $1`, fresh).Scan(&n) != nil || n > 1 {
				kill()
				return
			}
		}
	}()
	done, err := vault.Rewrap(killed, w.AdminURL, w.KeyFile)
	kill()
	t.Logf("killed after %d: %v", done, err)
	opens()
	rest, err := vault.Rewrap(t.Context(), w.AdminURL, w.KeyFile)
	require.NoError(t, err)
	require.LessOrEqual(t, done+rest, 8)
	require.Zero(t, wrappedBy(old))
	require.Equal(t, 9, wrappedBy(fresh))
	opens()
	require.NoError(t, vault.DropOldKeys(t.Context(), w.AdminURL, w.KeyFile))
	n, inUse, err = vault.KeysIn(w.KeyFile)
	require.NoError(t, err)
	require.Equal(t, 1, n)
	require.Equal(t, fresh, inUse)
	opens()
}

// A keyset that can not be unwrapped stays as it is, and says so.
func TestRewrapLeavesWhatItCanNotRead(t *testing.T) {
	t.Parallel()
	w := vaulttest.New(t)
	v := w.Open(t, "primarycare")
	ref, err := v.NewRef(t.Context())
	require.NoError(t, err)
	sealFor(t, v, ref)
	admin, err := pgx.Connect(t.Context(), w.AdminURL)
	require.NoError(t, err)
	defer func() { _ = admin.Close(context.Background()) }()
	_, err = admin.Exec(t.Context(), `update vault.keyset set wrapped = set_byte(wrapped, 40, get_byte(wrapped, 40) # 1)`)
	require.NoError(t, err)
	require.NoError(t, vault.AddKey(w.KeyFile))
	require.NoError(t, vault.UseNewestKey(w.KeyFile))
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	_, err = vault.Rewrap(ctx, w.AdminURL, w.KeyFile)
	require.ErrorIs(t, err, vault.ErrWrapped)
}
