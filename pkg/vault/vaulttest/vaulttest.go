//go:build unix

// Package vaulttest gives a test a vault of its own, on a real Postgres, with a door for each service.
package vaulttest

import (
	"net/url"
	"path/filepath"
	"testing"
	"time"

	"example.org/waypost/pkg/pgtest"
	"example.org/waypost/pkg/vault"
)

// World is one vault: its database and its key file.
type World struct {
	AdminURL string
	KeyFile  string
}

// New makes an empty vault that is gone when the test ends.
func New(t testing.TB) *World {
	t.Helper()
	w := &World{AdminURL: pgtest.Database(t, vault.Migrate, "vault"), KeyFile: filepath.Join(t.TempDir(), "vault-keys.json")}
	if _, err := vault.CreateKeyFile(w.KeyFile); err != nil {
		t.Fatal(err)
	}
	if err := vault.Permit(t.Context(), w.AdminURL); err != nil {
		t.Fatal(err)
	}
	return w
}

// URL signs in as a role.
func (w *World) URL(t testing.TB, role string) string {
	t.Helper()
	u, err := url.Parse(w.AdminURL)
	if err != nil {
		t.Fatal(err)
	}
	u.User = url.User(role)
	return u.String()
}

// Open is a service's door, closed when the test ends. It runs on the real clock; use vault.Open for another.
func (w *World) Open(t testing.TB, service string) *vault.Vault {
	t.Helper()
	v, err := vault.Open(t.Context(), vault.Config{URL: w.URL(t, service), Service: service, KeyFile: w.KeyFile, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(v.Close)
	return v
}
