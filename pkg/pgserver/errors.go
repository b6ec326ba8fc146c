//go:build unix

package pgserver

import (
	"errors"
	"fmt"
	"os"
	"strings"
)

// What can be wrong before Postgres runs. Each is the start of one line that says the rest.
var (
	ErrFolder  = errors.New("the folder for the database can not be used")
	ErrInUse   = errors.New("the database is already in use by another running program")
	ErrMissing = errors.New("there is no Postgres")
	ErrNotUp   = errors.New("Postgres did not come up") //nolint:staticcheck // it is shown as it stands, and Postgres is a name
)

// whyNot turns the log of a server that ended into a reason.
func whyNot(dir, logName string, ended error) error {
	said := readLog(logName)
	if strings.Contains(said, `lock file "postmaster.pid" already exists`) ||
		strings.Contains(said, "pre-existing shared memory block") {
		return fmt.Errorf("%w: %s", ErrInUse, dir)
	}
	return fmt.Errorf("%w: %s (the whole log: %s)", ErrNotUp, lastLine(said, ended), logName)
}

func readLog(name string) string {
	b, err := os.ReadFile(name)
	if err != nil {
		return ""
	}
	return string(b)
}

// lastLine is what a program said last, preferring why it gave up; without a word from it, how it ended.
func lastLine(said string, ended error) string {
	last, fatal := "", ""
	for line := range strings.Lines(said) {
		line = strings.TrimSpace(line)
		if line == "" {
			continue
		}
		last = line
		for _, level := range []string{"FATAL:", "PANIC:", "error:"} {
			if i := strings.Index(line, level); i >= 0 {
				fatal = strings.TrimSpace(line[i+len(level):])
			}
		}
	}
	switch {
	case fatal != "":
		return fatal
	case last != "":
		return last
	case ended != nil:
		return ended.Error()
	}
	return "it said nothing"
}
