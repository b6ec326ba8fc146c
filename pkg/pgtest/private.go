//go:build unix

package pgtest

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"example.org/waypost/pkg/pgserver"
)

// Options are those of the fast cluster that tests run on; WAYPOST_POSTGRES_BIN may name the folder of another Postgres.
func Options(dir string) pgserver.Options {
	return pgserver.Options{Dir: dir, Fast: true, MaxConnections: 400, SharedBuffers: "256MB", Bin: os.Getenv("WAYPOST_POSTGRES_BIN")}
}

const folders = "waypost-pgtest-"

// NewFolder makes a folder for a cluster among the temporary files, and removes those of processes that are gone: a test
// process has no last moment in which it could do so itself.
func NewFolder() (string, error) {
	left, _ := filepath.Glob(filepath.Join(os.TempDir(), folders+"*")) // the pattern is well formed
	for _, dir := range left {
		if abandoned(dir) {
			_ = os.RemoveAll(dir) // it may be another user's
		}
	}
	dir, err := os.MkdirTemp("", folders)
	if err != nil {
		return "", fmt.Errorf("make a folder for the test database: %w", err)
	}
	if err := os.Chmod(dir, 0o711); err != nil { //nolint:gosec // the server's user must get through to its own folder below
		return "", fmt.Errorf("make a folder for the test database: %w", err)
	}
	return dir, nil
}

// abandoned tells whether nobody holds the cluster's lock. One that was made a moment ago has none yet.
func abandoned(dir string) bool {
	info, err := os.Stat(dir)
	if err != nil || time.Since(info.ModTime()) < time.Minute {
		return false
	}
	lock, err := os.Open(dir + "/db/lock")
	if err != nil {
		return os.IsNotExist(err)
	}
	defer func() { _ = lock.Close() }()
	return syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) == nil
}

// startPrivate starts a cluster that dies with this process.
func startPrivate(ctx context.Context) (string, error) {
	dir, err := NewFolder()
	if err != nil {
		return "", err
	}
	s, err := pgserver.Start(ctx, Options(dir+"/db"))
	if err != nil {
		return "", fmt.Errorf("tests need a Postgres: %w", err)
	}
	return s.AdminURL(), nil
}
