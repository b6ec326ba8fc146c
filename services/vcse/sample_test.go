package vcse_test

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/doortest"
	"example.org/waypost/schemas"
	"example.org/waypost/services/vcse"
)

func TestTheSampleIsLoadedOnce(t *testing.T) {
	t.Parallel()
	h := doortest.New(t, vcse.Name, vcse.Migrate, vcse.Listens, append([]string{vcse.Name}, vcse.Listens...), schemas.FS)
	d, err := vcse.Open(t.Context(), h.Config)
	require.NoError(t, err)
	h.Run(d.Frame)
	files := os.DirFS("../../deploy/sample")
	var out strings.Builder
	require.NoError(t, d.LoadSample(t.Context(), files, &out))
	t.Log(out.String())
	before := len(h.Said(""))
	one := func(sql string) (n int) {
		require.NoError(t, h.Admin.QueryRow(t.Context(), sql).Scan(&n))
		return n
	}
	require.Equal(t, 24+38+147, one(`select count(*) from service`))
	claimed := one(`select count(*) from service where claimed and accepts_referrals`)
	require.GreaterOrEqual(t, claimed, 24+8)
	require.Equal(t, claimed, one(`select count(*) from capacity where simulated`))
	require.Equal(t, 24, one(`select count(*) from service where simulated`))
	require.Positive(t, one(`select count(*) from capacity where reported_at < now() - interval '8 days'`), "some of it is stale")

	out.Reset()
	began := time.Now()
	require.NoError(t, d.LoadSample(t.Context(), files, &out))
	t.Logf("the second load took %v", time.Since(began))
	require.Empty(t, out.String())
	require.Len(t, h.Said(""), before, "nothing is said")
}
