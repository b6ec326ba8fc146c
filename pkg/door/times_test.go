package door_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/clock"
	"example.org/waypost/pkg/door"
)

func TestAnAreasOwnTimes(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	put := func(name, text string) string {
		path := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		return path
	}
	const one = "0194f7a6-3f04-7cc0-8a0e-2c2f3b6f0001"
	defaults := [][]string{{"reply", "", "", "3 working days"}, {"reply", "high", "", "1 working day"}}
	times, err := door.ReadTimes(put("clocks.csv", "kind,priority,organisation,time\nreply,,"+one+",5 working days\n"), put("days.csv", "date,day,name\n2026-11-24,holiday,Training day\n"))
	require.NoError(t, err)
	table, err := times.Table([]string{"high"}, defaults)
	require.NoError(t, err)
	from := time.Date(2026, 11, 23, 9, 0, 0, 0, clock.London)
	for organisation, day := range map[string]string{"": "2026-11-27", one: "2026-12-01"} {
		require.Equal(t, day, table.Due(from, "reply", "", organisation).In(clock.London).Format(time.DateOnly), organisation)
	}
	none, err := door.ReadTimes("", "")
	require.NoError(t, err)
	table, err = none.Table([]string{"high"}, defaults)
	require.NoError(t, err)
	require.Equal(t, "2026-11-26", table.Due(from, "reply", "", one).In(clock.London).Format(time.DateOnly))

	for name, text := range map[string]string{"a kind there is not": "repyl,,,1 working day", "no organisation's id": "reply,,Good Company,1 working day"} {
		wrong, err := door.ReadTimes(put("wrong.csv", "kind,priority,organisation,time\n"+text+"\n"), "")
		require.NoError(t, err)
		_, err = wrong.Table([]string{"high"}, defaults)
		require.ErrorIs(t, err, clock.ErrRule, name)
	}
	_, err = door.ReadTimes(filepath.Join(dir, "missing.csv"), "")
	require.ErrorIs(t, err, os.ErrNotExist)
}
