package geo_test

import (
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"example.org/waypost/pkg/geo"
)

func TestParsePostcode(t *testing.T) {
	t.Parallel()
	for typed, want := range map[string]string{
		"M1 1AE":       "M1 1AE",
		"m11ae":        "M1 1AE",
		" sw1a  1aa ":  "SW1A 1AA",
		"ec1a-1bb":     "EC1A 1BB",
		"W1A 0AX":      "W1A 0AX",
		"DN55 1PT":     "DN55 1PT",
		"cr2\u00a06xh": "CR2 6XH",
		"gir 0aa":      "GIR 0AA",
		"BF1 0AX":      "BF1 0AX",
		"N1C 4AG":      "N1C 4AG",
	} {
		got, err := geo.ParsePostcode(typed)
		require.NoError(t, err, typed)
		require.Equal(t, want, got.String())
	}
	for _, typed := range []string{"", "M1", "M1 1", "M1 1A", "M1 1AEE", "1M 1AE", "QQ1 1AA", "M1 CAE", "M1 1AC", "ABC1 1AA", "GIR 1AA", "M1 1ÀE", "M١ 1AE", "ZZ99 3VZ", "M1/1AE", strings.Repeat("M1", 500)} {
		_, err := geo.ParsePostcode(typed)
		require.ErrorIs(t, err, geo.ErrPostcode, typed)
		require.Equal(t, geo.ErrPostcode.Message, err.Error())
	}
	require.Empty(t, geo.Postcode{}.String())
}

func TestOutcode(t *testing.T) {
	t.Parallel()
	for _, code := range []string{"M1", "m1", "M1 1AE", "m11ae"} {
		at, ok := geo.Outcode(code)
		require.True(t, ok, code)
		require.InDelta(t, 53.48, at.Latitude, 0.05)
		require.InDelta(t, -2.23, at.Longitude, 0.05)
	}
	n1, _ := geo.Outcode("N1")
	n1c, ok := geo.Outcode("N1C 4AG")
	require.True(t, ok, "a district newer than the list")
	require.Equal(t, n1, n1c)
	for _, none := range []string{"", "GIR 0AA", "GIR", "BF1 0AX", "M", "M1!", "ZZ99", "99", "JE9", "XM4 5HQ", "N1CC"} {
		_, ok := geo.Outcode(none)
		require.False(t, ok, none)
	}
}

func TestKilometres(t *testing.T) {
	t.Parallel()
	manchester, london := geo.Point{Latitude: 53.4794, Longitude: -2.2453}, geo.Point{Latitude: 51.5074, Longitude: -0.1278}
	require.InDelta(t, 262, geo.Kilometres(manchester, london), 2)
	require.Zero(t, geo.Kilometres(london, london))
	require.InDelta(t, 20_015, geo.Kilometres(geo.Point{Latitude: 90}, geo.Point{Latitude: -90}), 1)
	point := rapid.Custom(func(t *rapid.T) geo.Point {
		return geo.Point{Latitude: rapid.Float64Range(-90, 90).Draw(t, "lat"), Longitude: rapid.Float64Range(-180, 180).Draw(t, "lon")}
	})
	rapid.Check(t, func(t *rapid.T) {
		a, b, c := point.Draw(t, "a"), point.Draw(t, "b"), point.Draw(t, "c")
		ab, ba := geo.Kilometres(a, b), geo.Kilometres(b, a)
		require.False(t, math.IsNaN(ab))
		require.InDelta(t, ab, ba, 1e-6)
		require.LessOrEqual(t, ab, geo.Kilometres(a, c)+geo.Kilometres(c, b)+1e-3)
	})
}

func TestPointValid(t *testing.T) {
	t.Parallel()
	require.True(t, geo.Point{Latitude: 53, Longitude: -2}.Valid())
	for _, p := range []geo.Point{{}, {Latitude: 91}, {Longitude: 181}, {Latitude: math.NaN()}, {Latitude: 1, Longitude: math.Inf(1)}} {
		require.False(t, p.Valid())
	}
}

func FuzzPostcode(f *testing.F) {
	for _, seed := range []string{"M1 1AE", "gir0aa", "sw1a1aa", "", "M1", "\xff", "ec1a-1bb"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, typed string) {
		if at, ok := geo.Outcode(typed); ok {
			require.True(t, at.Valid())
		}
		p, err := geo.ParsePostcode(typed)
		if err != nil {
			require.ErrorIs(t, err, geo.ErrPostcode)
			return
		}
		again, err := geo.ParsePostcode(strings.ToLower(p.String()))
		require.NoError(t, err)
		require.Equal(t, p, again)
	})
}
