//go:build unix

package pgserver

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
)

// The versions our SQL is written for and tested on.
const (
	oldest = 15
	newest = 18
)

// programs is a folder with initdb and postgres of one version.
type programs struct {
	bin     string
	version int
}

// find looks on PATH, where Debian puts it, and at last lets npm fetch one. Data that exists needs the version that made it.
func find(ctx context.Context, o Options, made int, own owner) (programs, error) {
	fits := func(p programs) bool {
		return p.version >= oldest && p.version <= newest && (made == 0 || p.version == made)
	}
	for _, bin := range places(o) {
		if p, err := try(ctx, bin, own); err == nil && fits(p) {
			return p, nil
		}
	}
	if o.Bin == "" && o.Install != "" && (made == 0 || made == npmVersion) {
		bin, err := install(ctx, o, own)
		if err != nil {
			return programs{}, err
		}
		p, err := try(ctx, bin, own)
		if err != nil {
			return programs{}, fmt.Errorf("%w that runs: the one npm brought to %s does not: %w", ErrMissing, bin, err)
		}
		return p, nil
	}
	switch {
	case made != 0:
		return programs{}, fmt.Errorf("%w %d, which made the data in %s: type 'apt-get install -y postgresql-%d', or choose another folder",
			ErrMissing, made, o.Dir, made)
	case o.Bin != "":
		return programs{}, fmt.Errorf("%w %d to %d in %s", ErrMissing, oldest, newest, o.Bin)
	default:
		return programs{}, fmt.Errorf("%w %d to %d: type 'apt-get install -y postgresql'", ErrMissing, oldest, newest)
	}
}

// places are the folders to look in, in order; the newest first among Debian's.
func places(o Options) []string {
	if o.Bin != "" {
		return []string{o.Bin}
	}
	var dirs []string
	if name, err := exec.LookPath("postgres"); err == nil {
		if real, err := filepath.EvalSymlinks(name); err == nil {
			dirs = append(dirs, filepath.Dir(real))
		}
	}
	debian, _ := filepath.Glob("/usr/lib/postgresql/*/bin") // the pattern is well formed
	slices.SortFunc(debian, func(a, b string) int { return versionIn(b) - versionIn(a) })
	dirs = append(dirs, debian...)
	if o.Install != "" {
		dirs = append(dirs, npmBin(o.Install))
	}
	return dirs
}

var number = regexp.MustCompile(`\d+`)

func versionIn(s string) int {
	v, _ := strconv.Atoi(number.FindString(s)) // no number sorts last
	return v
}

// try asks the programs in bin for their version, as the user who will run them.
func try(ctx context.Context, bin string, own owner) (programs, error) {
	if _, err := os.Stat(filepath.Join(bin, "initdb")); err != nil {
		return programs{}, err
	}
	cmd := exec.CommandContext(ctx, filepath.Join(bin, "postgres"), "--version")
	cmd.Dir, cmd.Env = "/", environment()
	var said bytes.Buffer
	cmd.Stdout = &said
	c, err := launch(cmd, own)
	if err != nil {
		return programs{}, err
	}
	<-c.done
	if c.err != nil {
		return programs{}, c.err
	}
	return programs{bin: bin, version: versionIn(said.String())}, nil
}
