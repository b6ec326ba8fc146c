//go:build unix

package pgserver

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const (
	superuser  = "postgres"
	maxSocket  = 103 // bytes in a unix socket's path: 107 on Linux, 103 on macOS
	socketName = ".s.PGSQL.5432"
)

// owner is the user the server runs as. Postgres refuses root, so root gives it to somebody else.
type owner struct {
	name     string
	uid, gid int
	drop     bool
}

func whoRuns() (owner, error) {
	if os.Geteuid() != 0 {
		return owner{uid: os.Geteuid(), gid: os.Getegid()}, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err1 := strconv.Atoi(u.Uid)
		gid, err2 := strconv.Atoi(u.Gid)
		if err1 == nil && err2 == nil && uid > 0 {
			return owner{name: name, uid: uid, gid: gid, drop: true}, nil
		}
	}
	return owner{}, fmt.Errorf("%w: it refuses to run as root, and there is no user postgres or nobody to run it as", ErrNotUp)
}

// folder is the server's home: data/ run/ postgres.log lock. It is ours as long as lock is open.
type folder struct {
	dir  string
	lock *os.File
}

func (f *folder) data() string { return f.dir + "/data" }

// openFolder makes the folder, gives it to its owner and takes the lock, which the kernel releases however we end.
func openFolder(dir string, own owner) (*folder, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrFolder, err)
	}
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil { //nolint:gosec // the server's user must get through
		return nil, fmt.Errorf("%w: %w", ErrFolder, err)
	}
	if err := privateFolder(dir, own); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrFolder, err)
	}
	lock, err := os.OpenFile(dir+"/lock", os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrFolder, err)
	}
	if err := takeLock(lock); err != nil {
		_ = lock.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, fmt.Errorf("%w: %s", ErrInUse, dir)
		}
		return nil, fmt.Errorf("%w: lock %s: %w", ErrFolder, dir, err)
	}
	return &folder{dir: dir, lock: lock}, nil
}

// privateFolder makes a folder that only own may enter, or makes an existing one so.
func privateFolder(dir string, own owner) error {
	if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	info, err := os.Lstat(dir)
	if err != nil {
		return err
	}
	if !info.IsDir() {
		return fmt.Errorf("%s is not a folder", dir)
	}
	if own.drop {
		if err := os.Chown(dir, own.uid, own.gid); err != nil {
			return err
		}
	}
	return os.Chmod(dir, 0o700) //nolint:gosec // a folder, not a file
}

// Reachable tells whether the user that Postgres would run as can get to a folder that is made at dir. It only ever can not
// when root starts it; then choose another folder.
func Reachable(dir string) bool {
	own, err := whoRuns()
	if err != nil || !own.drop {
		return true
	}
	if dir, err = filepath.Abs(dir); err != nil {
		return false
	}
	for dir != "/" {
		dir = filepath.Dir(dir)
		if info, err := os.Stat(dir); err == nil && !own.mayEnter(info) {
			return false
		}
	}
	return true
}

func (o owner) mayEnter(info fs.FileInfo) bool {
	s, ok := info.Sys().(*syscall.Stat_t)
	switch {
	case !ok:
		return false
	case int(s.Uid) == o.uid:
		return info.Mode()&0o100 != 0
	case int(s.Gid) == o.gid:
		return info.Mode()&0o010 != 0
	}
	return info.Mode()&0o001 != 0
}

// dataVersion is the major version that made the data, or 0 when there is none yet.
func (f *folder) dataVersion() (int, error) {
	b, err := os.ReadFile(f.data() + "/PG_VERSION")
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("%w: %w", ErrFolder, err)
	}
	v, err := strconv.Atoi(strings.TrimSpace(string(b)))
	if err != nil {
		return 0, fmt.Errorf("%w: %s/PG_VERSION does not hold a version", ErrFolder, f.data())
	}
	return v, nil
}

// check goes into the folder as the server's user would, before anything is made there: a home that this user may not enter
// gives the oddest errors later on.
func (f *folder) check(ctx context.Context, p programs, own owner) error {
	if !own.drop {
		return nil
	}
	cmd := exec.CommandContext(ctx, filepath.Join(p.bin, "postgres"), "--version")
	cmd.Dir, cmd.Env = f.dir, environment()
	c, err := launch(cmd, own)
	if err == nil {
		<-c.done
		err = c.err
	}
	if err != nil {
		return fmt.Errorf("%w: Postgres runs as user %s, who can not enter %s: choose one outside of a private home, such as /var/lib/waypost",
			ErrFolder, own.name, f.dir)
	}
	return nil
}

// socketFolder is run/ in the folder, or one beside the other temporary files when that path is too long for a socket or
// has a letter in it that a connection URL would take apart.
func (f *folder) socketFolder(own owner) (string, error) {
	dir := f.socketPlace()
	if err := privateFolder(dir, own); err != nil {
		return "", fmt.Errorf("%w: for its socket: %w", ErrFolder, err)
	}
	return dir, nil
}

func (f *folder) socketPlace() string {
	dir := f.dir + "/run"
	if len(dir)+1+len(socketName) > maxSocket || strings.ContainsFunc(dir, unfit) {
		sum := sha256.Sum256([]byte(f.dir))
		dir = filepath.Join(os.TempDir(), "waypost-"+hex.EncodeToString(sum[:8]))
	}
	return dir
}

// RunningURL is AdminURL of the server that another process runs in the folder; ok is false when none does.
func RunningURL(dir string) (adminURL string, ok bool) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", false
	}
	f := &folder{dir: dir}
	socket := f.socketPlace()
	if _, err := os.Stat(socket + "/" + socketName); err != nil {
		return "", false // one that was killed leaves it behind: then connecting says so
	}
	return URL(socket, superuser, "postgres"), true
}

func unfit(r rune) bool {
	return !strings.ContainsRune("/._-", r) && (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z')
}

// URL names a database behind a socket.
func URL(socket, role, database string) string {
	u := url.URL{Scheme: "postgres", User: url.User(role), Path: "/" + database, RawQuery: "host=" + url.QueryEscape(socket)}
	return u.String()
}

// takeLock asks for a second: a process that is just being forked elsewhere in this program holds our last lock on the folder
// open until it has become the program it is to be.
func takeLock(lock *os.File) (err error) {
	for range 20 {
		if err = syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); !errors.Is(err, syscall.EWOULDBLOCK) {
			return err
		}
		<-time.After(50 * time.Millisecond)
	}
	return err
}
