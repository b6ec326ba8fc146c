package outbox

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"
)

// FuzzReplayQuery reads what somebody asks of the replay: four numbers that are not negative, or nothing.
func FuzzReplayQuery(f *testing.F) {
	f.Add("3", "1", "1", "1000")
	f.Add("-1", "", "9223372036854775808", "0x10")
	f.Fuzz(func(t *testing.T, partition, epoch, from, to string) {
		q := url.Values{"partition": {partition}, "epoch": {epoch}, "from": {from}, "to": {to}}
		got, err := readQuery(httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/?"+q.Encode(), nil))
		if err != nil {
			return
		}
		for _, n := range got {
			require.GreaterOrEqual(t, n, int64(0))
		}
	})
}
