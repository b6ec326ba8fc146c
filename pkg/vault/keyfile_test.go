package vault

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// FuzzKeyFile reads a key file that somebody may have spoiled: it is refused, and nothing of it is in the reason.
func FuzzKeyFile(f *testing.F) {
	good := filepath.Join(f.TempDir(), "keys")
	_, err := CreateKeyFile(good)
	require.NoError(f, err)
	content, err := os.ReadFile(good)
	require.NoError(f, err)
	f.Add(content)
	f.Add(content[:len(content)/2])
	f.Add([]byte(`{"waypost_vault_keys":1,"kek":{},"number":{}}`))
	f.Add([]byte(`{"waypost_vault_keys":1,"kek":{"primaryKeyId":1,"key":[]},"number":null}`))
	f.Add([]byte(`null`))
	f.Fuzz(func(t *testing.T, content []byte) {
		path := filepath.Join(t.TempDir(), "keys")
		require.NoError(t, os.WriteFile(path, content, 0o600))
		k, err := readKeyFile(path)
		if err != nil {
			require.ErrorIs(t, err, ErrKeyFile)
			require.Less(t, len(err.Error()), len(path)+200)
			return
		}
		require.NotEmpty(t, k.kekID)
	})
}
