//go:build unix

package vault_test

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/id"
	"example.org/waypost/pkg/nhsnumber"
	"example.org/waypost/pkg/vault"
	"example.org/waypost/pkg/vault/vaulttest"
)

// reopened is a service's door to the vault at address, with its own cache.
func reopened(t *testing.T, w *vaulttest.World, keyFile string) (*vault.Vault, error) {
	t.Helper()
	v, err := vault.Open(t.Context(), vault.Config{URL: w.URL(t, "primarycare"), Service: "primarycare", KeyFile: keyFile, Now: time.Now})
	if err == nil {
		t.Cleanup(v.Close)
	}
	return v, err
}

// sealedNote is what somebody said of a patient, as it lies in a stream.
type sealedNote struct {
	ref, event, said string
	note             *note
}

func sealFor(t *testing.T, v *vault.Vault, ref string) sealedNote {
	t.Helper()
	x := sealedNote{ref: ref, event: id.New(), said: "Ada " + id.New()}
	keys, err := v.Keys(t.Context(), []string{ref}, vault.Contact)
	require.NoError(t, err)
	n := &note{Name: says(x.said)}
	require.NoError(t, keys.SealPayload(ref, x.event, n))
	x.note = n.sent()
	return x
}

// read is what v can read of it.
func (x sealedNote) read(t *testing.T, v *vault.Vault) string {
	t.Helper()
	keys, err := v.KeysToOpen(t.Context(), []string{x.ref}, vault.Contact)
	require.NoError(t, err)
	n := x.note.sent()
	require.NoError(t, keys.OpenPayload(x.ref, x.event, n))
	return n.texts()[0]
}

// A vault that was lost comes back from a backup: the same refs, and keys that open what was sealed. A key file that is not its own is refused.
func TestBackupRestores(t *testing.T) {
	t.Parallel()
	lost, fresh := vaulttest.New(t), vaulttest.New(t)
	v := lost.Open(t, "primarycare")
	number := nhsnumber.Test(31)
	ref, err := v.RefForNumber(t.Context(), number, somebody)
	require.NoError(t, err)
	sealed := sealFor(t, v, ref)
	folder := filepath.Join(t.TempDir(), "backups")
	name, err := vault.Backup(t.Context(), lost.AdminURL, folder, vault.LongestKept, time.Now())
	require.NoError(t, err)
	info, err := os.Stat(name)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())

	_, err = vault.Restore(t.Context(), fresh.AdminURL, name, fresh.KeyFile)
	require.ErrorIs(t, err, vault.ErrKeyFile)
	got, err := vault.Restore(t.Context(), fresh.AdminURL, name, lost.KeyFile)
	require.NoError(t, err)
	require.Equal(t, 1, got.Refs)
	require.Equal(t, 1, got.Keysets)
	_, err = reopened(t, fresh, fresh.KeyFile)
	require.ErrorIs(t, err, vault.ErrKeyFile, "it is that vault again")
	again, err := reopened(t, fresh, lost.KeyFile)
	require.NoError(t, err)
	same, err := again.RefForNumber(t.Context(), number, somebody)
	require.NoError(t, err)
	require.Equal(t, ref, same)
	require.Equal(t, sealed.said, sealed.read(t, again))

	_, err = vault.Restore(t.Context(), fresh.AdminURL, name, lost.KeyFile)
	require.ErrorContains(t, err, "there is a vault already")
}

// What was destroyed after the backup was taken is back with it, and destroyed again.
func TestWhoWasErasedStaysErasedAfterARestore(t *testing.T) {
	t.Parallel()
	lost, fresh := vaulttest.New(t), vaulttest.New(t)
	v, number := lost.Open(t, "coordination"), nhsnumber.Test(32)
	ref, err := v.RefForNumber(t.Context(), number, somebody)
	require.NoError(t, err)
	sealed := sealFor(t, v, ref)
	name, err := vault.Backup(t.Context(), lost.AdminURL, t.TempDir(), vault.LongestKept, time.Now())
	require.NoError(t, err)
	late, err := v.NewRef(t.Context())
	require.NoError(t, err)
	require.NoError(t, v.Destroy(t.Context(), ref))
	_, err = vault.Restore(t.Context(), fresh.AdminURL, name, lost.KeyFile)
	require.NoError(t, err)
	for _, want := range []int{1, 0} {
		n, err := vault.DestroyAgain(t.Context(), fresh.AdminURL, []string{ref, late})
		require.NoError(t, err)
		require.Equal(t, want, n)
	}
	again, err := reopened(t, fresh, lost.KeyFile)
	require.NoError(t, err)
	require.Empty(t, sealed.read(t, again))
	anew, err := again.RefForNumber(t.Context(), number, somebody)
	require.NoError(t, err)
	require.NotEqual(t, ref, anew)
	known, err := again.Knows(t.Context(), late)
	require.NoError(t, err)
	require.True(t, known, "nobody makes keys for whom the backup did not know")
}

// A backup with a keyset that the key file does not open is no backup: nothing of it is taken.
func TestABackupThatDoesNotOpenIsRefusedWhole(t *testing.T) {
	t.Parallel()
	lost, fresh := vaulttest.New(t), vaulttest.New(t)
	v := lost.Open(t, "mdt")
	ref, err := v.NewRef(t.Context())
	require.NoError(t, err)
	sealFor(t, v, ref)
	admin, err := pgx.Connect(t.Context(), lost.AdminURL)
	require.NoError(t, err)
	_, err = admin.Exec(t.Context(), `update vault.keyset set wrapped = set_byte(wrapped, 40, get_byte(wrapped, 40) # 1)`)
	require.NoError(t, err)
	require.NoError(t, admin.Close(t.Context()))
	name, err := vault.Backup(t.Context(), lost.AdminURL, t.TempDir(), vault.LongestKept, time.Now())
	require.NoError(t, err)
	_, err = vault.Restore(t.Context(), fresh.AdminURL, name, lost.KeyFile)
	require.ErrorIs(t, err, vault.ErrWrapped)
	admin, err = pgx.Connect(t.Context(), fresh.AdminURL)
	require.NoError(t, err)
	defer func() { _ = admin.Close(t.Context()) }()
	var n int
	require.NoError(t, admin.QueryRow(t.Context(), `select count(*) from vault.patient_ref`).Scan(&n))
	require.Zero(t, n)
}

// Backups age out, since what was destroyed lives on in them; nothing else in the folder is touched. Nobody may keep them longer.
func TestBackupsAgeOut(t *testing.T) {
	t.Parallel()
	w, folder, now := vaulttest.New(t), t.TempDir(), time.Now()
	w.Open(t, "mdt")
	first, err := vault.Backup(t.Context(), w.AdminURL, folder, vault.LongestKept, now)
	require.NoError(t, err)
	other := filepath.Join(folder, "vault-notes.txt")
	require.NoError(t, os.WriteFile(other, nil, 0o600))
	second, err := vault.Backup(t.Context(), w.AdminURL, folder, vault.LongestKept, now.Add(vault.LongestKept-time.Hour))
	require.NoError(t, err)
	require.FileExists(t, first)
	third, err := vault.Backup(t.Context(), w.AdminURL, folder, vault.LongestKept, now.Add(vault.LongestKept+time.Hour))
	require.NoError(t, err)
	require.NoFileExists(t, first)
	for _, name := range []string{second, third, other} {
		require.FileExists(t, name)
	}
	_, err = vault.Backup(t.Context(), w.AdminURL, folder, 15*24*time.Hour, now)
	require.ErrorContains(t, err, "14 days")
}

// Somebody from whom row-level security would hide rows gets an error, and no file that looks like a backup.
func TestNobodyTakesAnEmptyBackupForOne(t *testing.T) {
	t.Parallel()
	w, folder := vaulttest.New(t), t.TempDir()
	w.Open(t, "mdt")
	_, err := vault.Backup(t.Context(), w.URL(t, "mdt"), folder, vault.LongestKept, time.Now())
	require.Error(t, err)
	left, err := os.ReadDir(folder)
	require.NoError(t, err)
	require.Empty(t, left)
}

// Who came after the backup was taken keeps their ref and their number, and can be written about again.
func TestRefsThatTheBackupDidNotKnowAreRelearned(t *testing.T) {
	t.Parallel()
	lost, fresh := vaulttest.New(t), vaulttest.New(t)
	v, number := lost.Open(t, "mdt"), nhsnumber.Test(33)
	name, err := vault.Backup(t.Context(), lost.AdminURL, t.TempDir(), vault.LongestKept, time.Now())
	require.NoError(t, err)
	late, err := v.RefForNumber(t.Context(), number, somebody)
	require.NoError(t, err)
	without, err := v.NewRef(t.Context())
	require.NoError(t, err)
	sealed := sealFor(t, v, late)
	_, err = vault.Restore(t.Context(), fresh.AdminURL, name, lost.KeyFile)
	require.NoError(t, err)
	// Two refs of one number, of people who are described alike by now: the second is learned too, and found by its ref.
	twin, err := v.NewRef(t.Context())
	require.NoError(t, err)
	refs := []string{late, twin}
	slices.Sort(refs)
	late, twin = refs[0], refs[1]
	known := []vault.Known{{Ref: twin, Numbered: vault.Numbered{Number: number, Holder: somebody}}, {Ref: late, Numbered: vault.Numbered{Number: number, Holder: somebody}}, {Ref: without}}
	for _, want := range []int{3, 0} {
		n, err := vault.Relearn(t.Context(), fresh.AdminURL, lost.KeyFile, known)
		require.NoError(t, err)
		require.Equal(t, want, n)
	}
	again, err := reopened(t, fresh, lost.KeyFile)
	require.NoError(t, err)
	same, err := again.RefForNumber(t.Context(), number, somebody)
	require.NoError(t, err)
	require.Equal(t, late, same)
	has, err := again.Knows(t.Context(), twin)
	require.NoError(t, err)
	require.True(t, has)
	keys, err := again.KeysToOpen(t.Context(), []string{late}, vault.Contact)
	require.NoError(t, err)
	require.ErrorIs(t, keys.OpenPayload(late, sealed.event, sealed.note.sent()), vault.ErrNoKey, "its key is lost, and that is said")
	anew := sealFor(t, again, late)
	require.Equal(t, anew.said, anew.read(t, again))
}
