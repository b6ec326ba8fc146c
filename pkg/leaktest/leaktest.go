// Package leaktest fails the tests of a package when they leave goroutines behind.
package leaktest

import (
	"net/http"
	"os"
	"testing"

	"go.uber.org/goleak"
)

// Main is a package's TestMain. What the standard library and our test servers keep for good is let pass.
func Main(m *testing.M) { os.Exit(Run(m)) }

// Run is Main for a package that has something to say at its end; it gives the exit code.
func Run(m *testing.M) (code int) {
	if code = m.Run(); code != 0 {
		return code // they say why; what a failed test leaves behind says nothing
	}
	if t, ok := http.DefaultTransport.(*http.Transport); ok {
		t.CloseIdleConnections()
	}
	if err := goleak.Find(); err != nil {
		_, _ = os.Stderr.WriteString("goroutines were left behind: " + err.Error() + "\n") // nobody else is there to hear
		return 1
	}
	return 0
}
