package mtls_test

import (
	"crypto/tls"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/mtls"
)

func config(t *testing.T, f mtls.Files) *tls.Config {
	t.Helper()
	c, err := f.Config()
	require.NoError(t, err)
	return c
}

func issue(t *testing.T, dir, name string, now time.Time) mtls.Files {
	t.Helper()
	i, err := mtls.OpenIssuer(dir, now)
	require.NoError(t, err)
	f, err := i.Issue(name, "127.0.0.1", "localhost")
	require.NoError(t, err)
	return f
}

func TestOnlyWhoShowsACertificateOfOursIsAnswered(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	s.Config.ErrorLog = log.New(io.Discard, "", 0) // it tells whom it refused
	s.TLS = config(t, issue(t, dir, "server", time.Now()))
	s.StartTLS()
	t.Cleanup(s.Close)
	ours := config(t, issue(t, dir, "client", time.Now()))
	get := func(c *tls.Config) error {
		res, err := mtls.Client(c, 10*time.Second).Get(s.URL)
		if err == nil {
			err = res.Body.Close()
		}
		return err
	}
	require.NoError(t, get(ours))

	none := ours.Clone()
	none.Certificates = nil
	require.Error(t, get(none))
	stranger := config(t, issue(t, t.TempDir(), "client", time.Now()))
	require.Error(t, get(stranger), "it knows us as little as we know it")
	stranger.RootCAs = ours.RootCAs
	require.Error(t, get(stranger), "we know it, and it does not know us")
	old := ours.Clone()
	old.MinVersion, old.MaxVersion = tls.VersionTLS12, tls.VersionTLS12
	require.Error(t, get(old))
}

func TestCertificatesAreKeptUntilTheyEnd(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	now := time.Now()
	read := func(f mtls.Files) string {
		b, err := os.ReadFile(f.Cert)
		require.NoError(t, err)
		return string(b)
	}
	first := read(issue(t, dir, "vcse", now))
	require.Equal(t, first, read(issue(t, dir, "vcse", now.AddDate(0, 10, 0))))
	require.NotEqual(t, first, read(issue(t, dir, "vcse", now.AddDate(0, 11, 15))))
	keys, err := filepath.Glob(dir + "/*")
	require.NoError(t, err)
	for _, name := range keys {
		info, err := os.Stat(name)
		require.NoError(t, err)
		require.Equal(t, os.FileMode(0o600), info.Mode().Perm(), name)
	}
}

func TestHalfACertificateIsRefused(t *testing.T) {
	t.Parallel()
	_, err := mtls.Files{CA: "a"}.Config()
	require.ErrorContains(t, err, "belong together")
	c, err := mtls.Files{}.Config()
	require.NoError(t, err)
	require.Nil(t, c)
}
