package oruk

import (
	"encoding/json"
	"os"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/eventtest"
	"example.org/waypost/pkg/id"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/vcse/internal/domain"
)

// schema is the standard's own, which stands beside the repository; without it this test fails, it is not skipped.
const schema = "../../../../../shared/standards/oruk-3.0/schema/compiled/service.json"

// TestAServiceIsWhatTheStandardSays validates a full and a bare service against the compiled schema of Open Referral UK 3.0.
func TestAServiceIsWhatTheStandardSays(t *testing.T) {
	t.Parallel()
	b, err := os.ReadFile(schema)
	require.NoError(t, err)
	var doc map[string]any
	require.NoError(t, json.Unmarshal(b, &doc))
	doc["$id"] = "https://waypost.example.org/oruk/service.json" // it has none of its own
	b, err = json.Marshal(doc)
	require.NoError(t, err)
	standard, err := eventtest.Compile(fstest.MapFS{"service.json": {Data: b}})
	require.NoError(t, err)

	eighteen, place, lat, lon := 18, 0, 53.48, -2.24
	full := domain.Service{
		ID: id.New(), Name: "Tea and talk", ProviderName: "Bolton Mind", Description: "We talk", Status: terms.ServiceTemporarilyClosed, MinimumAge: &eighteen,
		URL: "https://example.org", Email: "tea@example.org", Phone: "0161 496 0000", Fees: "Free", Languages: []string{"en"}, Needs: []terms.Need{terms.NeedLoneliness},
		Places:   []domain.Place{{Name: "Hall", Address: "1 High Street", Postcode: "M1 1AE", Latitude: &lat, Longitude: &lon}},
		Sessions: []domain.Session{{Weekday: terms.Thursday, From: "10:00", To: "12:00", Place: &place}, {Weekday: terms.Sunday}},
	}
	bare := domain.Service{ID: id.New(), Name: "Tea", ProviderName: "Mind", Status: terms.ServiceActive}
	for _, s := range []domain.Service{full, bare} {
		v := view(s)
		require.Equal(t, v, view(s), "the same ids at every reading")
		b, err := json.Marshal(v)
		require.NoError(t, err)
		require.NoError(t, standard.ValidateFile("service.json", b), string(b))
	}
}
