package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/clock"
)

// The area's times reach every process, wherever the file was named from; a file that says nothing anybody could follow stops the start.
func TestTheAreasTimesArePassedOn(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "clocks.csv")
	require.NoError(t, os.WriteFile(file, []byte("kind,priority,organisation,time\noffer,,,5 working days\n"), 0o600))
	env := map[string]string{"WAYPOST_CLOCKS_FILE": file}
	get := func(name string) string { return env[name] }
	out, err := settingsOf(get, "http://127.0.0.1:8080", "smtp://127.0.0.1:2525?tls=off")
	require.NoError(t, err)
	require.Contains(t, out, "WAYPOST_CLOCKS_FILE="+file)
	require.Contains(t, out, "WAYPOST_SMTP_URL=smtp://127.0.0.1:2525?tls=off")
	require.Contains(t, out, "WAYPOST_PUBLIC_URL=http://127.0.0.1:8080")
	for _, set := range out {
		require.NotContains(t, set, "WAYPOST_DAYS_FILE", "it was not named")
	}

	require.NoError(t, os.WriteFile(file, []byte("kind,priority,organisation,time\noffer,,,soon\n"), 0o600))
	_, err = settingsOf(get, "", "")
	require.ErrorIs(t, err, clock.ErrRule)
	env["WAYPOST_CLOCKS_FILE"] = filepath.Join(t.TempDir(), "missing")
	_, err = settingsOf(get, "", "")
	require.ErrorIs(t, err, os.ErrNotExist)
}
