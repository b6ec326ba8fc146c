package inbox

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// A worker that takes long over what was delivered is not a broker that delivers nothing.
func TestABusyWorkerIsNoSilence(t *testing.T) {
	t.Parallel()
	d := newDoorbell()
	require.True(t, d.silent(0))
	taken := d.rings()
	require.False(t, d.silent(0), "it still waits for the worker")
	taken()
	require.True(t, d.silent(0))
	require.False(t, d.silent(stalled), "it was taken just now")
}
