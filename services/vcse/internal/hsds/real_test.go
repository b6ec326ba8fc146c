package hsds_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/geo"
	"example.org/waypost/services/vcse/internal/domain"
	"example.org/waypost/services/vcse/internal/hsds"
)

// shared is the folder of real listings beside the repository; without it these tests fail, they are not skipped.
const shared = "../../../../../shared/data/listings"

func file(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(shared, name))
	require.NoError(t, err, "the real listings must be there")
	return b
}

func england(t testing.TB) []hsds.Row {
	t.Helper()
	var all []hsds.Row
	for row, err := range hsds.Services(bytes.NewReader(file(t, "england-services.hsds3.ndjson.gz")), hsds.Origin{File: "england", Name: "Hounslow and others", Licence: "not stated"}) {
		require.NoError(t, err, "none is refused")
		all = append(all, row)
	}
	return all
}

// firstReading is read once for the tests that look at it; a reading takes some seconds. Nobody changes its rows.
var firstReading struct {
	sync.Once
	rows []hsds.Row
}

func englandOnce(t testing.TB) []hsds.Row {
	t.Helper()
	firstReading.Do(func() { firstReading.rows = england(t) })
	require.NotEmpty(t, firstReading.rows, "another test could not read it")
	return firstReading.rows
}

func TestEngland(t *testing.T) {
	t.Parallel()
	var cover hsds.Coverage
	ids := map[string]bool{}
	var ages, times, coordinates, postcodes int
	for _, row := range englandOnce(t) {
		s := row.Service
		cover.Add(row)
		require.NoError(t, s.Check())
		require.False(t, ids[s.ID], "ids are unique")
		ids[s.ID] = true
		require.Equal(t, len(s.Needs) > 0, s.NeedsMapped)
		require.Equal(t, s.NeedsMapped, row.Left == hsds.LeftNothing)
		ages += count(s.MinimumAge != nil)
		times += count(len(s.Sessions) > 0)
		for _, p := range s.Places {
			coordinates += count(p.Latitude != nil)
			postcodes += count(p.Postcode != "")
			require.False(t, p.Latitude != nil && *p.Latitude == 0 && *p.Longitude == 0)
		}
		for _, text := range []string{s.Name, s.Description, s.Phone, s.Email, s.Eligibility} {
			require.NotContains(t, text, "07700 900", "numbers of nobody are taken out")
			require.NotContains(t, text, "@example.org")
			require.NotContains(t, text, "\x00")
		}
		require.True(t, s.URL == "" || strings.HasPrefix(s.URL, "http://") || strings.HasPrefix(s.URL, "https://"))
		require.NotEqual(t, "Not given", s.Places)
	}
	require.Len(t, ids, 10769)
	require.Equal(t, 744, ages)
	require.Equal(t, 4612, times)
	require.Equal(t, 5722-5, coordinates, "all but the five at 0,0")
	require.Equal(t, 4718, postcodes)
	require.Less(t, cover.Unmapped(), 550, "the tables tell nineteen of twenty; see the table below")

	var table strings.Builder
	require.NoError(t, cover.Print(&table))
	t.Log("\n" + table.String())
}

func count(b bool) int {
	if b {
		return 1
	}
	return 0
}

func TestReadingTwiceFindsTheSame(t *testing.T) {
	t.Parallel()
	first, second := englandOnce(t), england(t)
	seen := map[string]bool{}
	for i := range first {
		a, b := first[i].Service.Fingerprint(), second[i].Service.Fingerprint()
		require.Equal(t, a, b)
		seen[a] = true
	}
	require.Len(t, seen, len(first), "different services have different fingerprints")
	changed := first[0].Service
	changed.Phone = "01234 567890"
	require.NotEqual(t, first[0].Service.Fingerprint(), changed.Fingerprint())
	ours := first[0].Service
	ours.Version, ours.Claimed, ours.ProviderID, ours.AcceptsReferrals = 7, true, "x", true
	require.Equal(t, first[0].Service.Fingerprint(), ours.Fingerprint(), "what is ours is not the source's")
}

func TestStreetSupport(t *testing.T) {
	t.Parallel()
	read := func(names ...string) map[string]domain.Service {
		var files []hsds.File
		for _, n := range names {
			files = append(files, hsds.File{Name: n, Reader: bytes.NewReader(file(t, "manchester-street-support/"+n))})
		}
		all := map[string]domain.Service{}
		for row, err := range hsds.StreetSupport(files, hsds.Origin{}) {
			require.NoError(t, err)
			all[row.Service.ID] = row.Service
		}
		return all
	}
	byDay, byCategory, both := read("by-day.json"), read("by-category.json"), read("by-day.json", "by-category.json")
	require.Len(t, byDay, 36, "345 entries, of which 169 tell different times")
	require.Len(t, byCategory, 36, "51 entries")
	require.Len(t, both, 38)
	providers, names, sessions := map[string]bool{}, map[string]bool{}, 0
	for id, s := range both {
		require.NoError(t, s.Check())
		providers[s.ProviderName], names[s.Name] = true, true
		sessions += len(s.Sessions)
		require.NotContains(t, s.Name, "&#39;")
		_, inDay := byDay[id]
		_, inCategory := byCategory[id]
		require.True(t, inDay || inCategory, "the same service has the same id in either file")
		require.Contains(t, s.Needs, s.Needs[0])
		for _, p := range s.Places {
			_, err := geo.ParsePostcode(p.Postcode)
			require.NoError(t, err)
		}
	}
	require.Len(t, providers, 30)
	require.Len(t, names, 38, "no two have the same name")
	require.Greater(t, sessions, 150)
}

func TestPublicLibraries(t *testing.T) {
	t.Parallel()
	gone := map[hsds.Gone]int{}
	services := map[string]domain.Service{}
	for row, err := range hsds.Libraries(bytes.NewReader(file(t, "english-public-libraries/libraries_england_2023.csv")), hsds.Origin{File: "libraries"}) {
		require.NoError(t, err)
		gone[row.Gone]++
		if row.Gone == hsds.GoneNot {
			require.NoError(t, row.Service.Check())
			services[row.Service.Name+", "+row.Service.ProviderName] = row.Service
		}
	}
	require.Equal(t, 3487, gone[hsds.GoneNot]+gone[hsds.GoneClosed]+gone[hsds.GoneNotPublic])
	require.Equal(t, 353, gone[hsds.GoneClosed])
	require.Equal(t, 63, gone[hsds.GoneNotPublic], "in prisons")

	s := services["Aspull Library, Wigan library service"]
	require.Equal(t, "Monday: morning; Tuesday: morning and afternoon; Wednesday: closed; Thursday and Friday: morning; Saturday and Sunday: closed", s.Opening)
	require.Equal(t, []domain.Session{{Weekday: 1}, {Weekday: 2}, {Weekday: 4}, {Weekday: 5}}, s.Sessions, "days without hours: the list has none")
	require.Equal(t, "Oakfield Crescent, Aspull, Greater Manchester", s.Places[0].Address)
	require.Equal(t, "OGL-UK-3.0", s.SourceLicence)
}

func BenchmarkEngland(b *testing.B) {
	packed := file(b, "england-services.hsds3.ndjson.gz")
	for b.Loop() {
		for _, err := range hsds.Services(bytes.NewReader(packed), hsds.Origin{}) {
			if err != nil {
				b.Fatal(err)
			}
		}
	}
}
