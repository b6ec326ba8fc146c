package disk_test

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"example.org/waypost/services/all/internal/faults/disk"
)

// A machine that can not make such disks is told so: Possible is what the campaign asks, and it names what it could not do.
func TestWhatWasNotSyncedIsGone(t *testing.T) {
	t.Parallel()
	d, err := disk.Make(t.Context(), t.TempDir(), 32)
	if !disk.Possible() {
		require.Error(t, err)
		return
	}
	require.NoError(t, err)
	kept, err := os.Create(d.Path + "/kept")
	require.NoError(t, err)
	_, err = kept.WriteString("synced")
	require.NoError(t, err)
	require.NoError(t, kept.Sync())
	require.NoError(t, kept.Close())
	folder, err := os.Open(d.Path)
	require.NoError(t, err)
	require.NoError(t, folder.Sync())
	require.NoError(t, folder.Close())
	require.NoError(t, os.WriteFile(d.Path+"/lost", []byte("never synced"), 0o600))

	require.NoError(t, d.Cut())
	require.Error(t, os.WriteFile(d.Path+"/after", []byte("x"), 0o600))
	require.NoError(t, d.Restore(t.Context()))
	b, err := os.ReadFile(d.Path + "/kept")
	require.NoError(t, err)
	require.Equal(t, "synced", string(b))
	_, err = os.Stat(d.Path + "/lost")
	require.ErrorIs(t, err, os.ErrNotExist)

	free, err := d.Fill()
	require.NoError(t, err)
	require.Error(t, os.WriteFile(d.Path+"/more", make([]byte, 1<<20), 0o600))
	require.NoError(t, free())
	require.NoError(t, os.WriteFile(d.Path+"/more", make([]byte, 1<<20), 0o600))
	require.NoError(t, d.Cut())
	require.NoError(t, d.Restore(t.Context()))
	require.NoError(t, os.WriteFile(d.Path+"/more", make([]byte, 1<<20), 0o600), "a disk that was freed stays so")
	require.NoError(t, d.Remove(t.Context()))
}
