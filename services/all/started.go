package all

import (
	"context"
	"os"
	"strings"

	"go.uber.org/zap"

	"example.org/waypost/services/all/internal/house"
)

// Started is what runs, for what is done once it does.
type Started struct {
	url       string
	log       *zap.Logger
	services  []house.Service
	databases house.Databases
	dir       string // where notes are kept; "": nowhere
}

// Settle waits until every fact that was said has reached everybody who listens.
func (s *Started) Settle(ctx context.Context) error { return s.databases.Settle(ctx, s.services) }

// has tells whether an earlier start noted that it did this.
func (s *Started) has(what, version string) bool {
	if s.dir == "" {
		return false
	}
	b, err := os.ReadFile(s.dir + "/" + what + ".done")
	return err == nil && strings.TrimSpace(string(b)) == version
}

// note remembers it for the next start; a version of "" forgets.
func (s *Started) note(what, version string) error {
	if s.dir == "" {
		return nil
	}
	return os.WriteFile(s.dir+"/"+what+".done", []byte(version+"\n"), 0o600)
}
