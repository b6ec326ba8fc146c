package cluster_test

import (
	"context"
	"net/http"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/pgtest"
	"example.org/waypost/services/all/internal/cluster"
)

func open(t *testing.T, o cluster.Options) *cluster.Cluster {
	t.Helper()
	var err error
	o.Dir, err = pgtest.NewFolder()
	require.NoError(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(o.Dir) })
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	c, err := cluster.Open(ctx, o)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, c.Close()) })
	return c
}

func status(t *testing.T, url string) int {
	t.Helper()
	res, err := http.Get(url)
	require.NoError(t, err)
	require.NoError(t, res.Body.Close())
	return res.StatusCode
}

func TestOneOfTwoCopiesIsEnough(t *testing.T) {
	t.Parallel()
	c := open(t, cluster.Options{})
	require.Len(t, c.Names(), 12)
	offers := c.Address + "/api/vcse/v1/offers"
	require.Equal(t, http.StatusUnauthorized, status(t, offers))
	require.Equal(t, http.StatusNotFound, status(t, c.Address+"/internal/vcse/outbox"), "nobody gets in here from outside")

	c.Process("vcse-1").Down()
	for range 4 {
		require.Equal(t, http.StatusUnauthorized, status(t, offers))
	}
	require.NoError(t, c.Process("vcse-1").Start())
	c.Process("vcse-2").Kill()
	require.NoError(t, c.Ready(t.Context()))
	require.Eventually(t, func() bool { return c.Process("vcse-2").Starts() == 2 }, time.Minute, 20*time.Millisecond)
}
