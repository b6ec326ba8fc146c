// Package outcode knows where the first halves of postcodes are, near enough to say how far something is.
package outcode

import (
	_ "embed"
	"math"
	"regexp"
	"strconv"
	"strings"
	"sync"
)

// Contains OS data © Crown copyright and database right; Open Government Licence v3.0. See SOURCE.md.
//
//go:embed outcodes.csv
var csv string

// Point is a place on the map, in degrees (WGS 84).
type Point struct{ Latitude, Longitude float64 }

var shape = regexp.MustCompile(`^([A-Z]{1,2}[0-9][0-9A-Z]?)([0-9][A-Z]{2})$`)

// Postcode puts a postcode into its usual form, "M14 5TQ"; ok is false when it does not look like one.
func Postcode(s string) (postcode string, ok bool) {
	m := shape.FindStringSubmatch(strings.ToUpper(strings.Join(strings.Fields(s), "")))
	if m == nil {
		return "", false
	}
	return m[1] + " " + m[2], true
}

// Of returns the outward code of a postcode or of an outward code: "M14" for both "m14 5tq" and "M14"; "" when it is neither.
func Of(s string) string {
	if p, ok := Postcode(s); ok {
		return p[:strings.IndexByte(p, ' ')]
	}
	s = strings.ToUpper(strings.TrimSpace(s))
	if _, ok := points()[s]; ok {
		return s
	}
	return ""
}

// Find returns the middle of the postcode's outward code: some kilometres wide in a town, more in the country.
func Find(postcode string) (Point, bool) {
	p, ok := points()[Of(postcode)]
	return p, ok
}

var points = sync.OnceValue(func() map[string]Point {
	all := make(map[string]Point, 3000)
	for row := range strings.Lines(csv) {
		f := strings.Split(strings.TrimSpace(row), ",")
		lat, errLat := strconv.ParseFloat(f[1], 64)
		long, errLong := strconv.ParseFloat(f[2], 64)
		if errLat == nil && errLong == nil {
			all[f[0]] = Point{lat, long}
		}
	}
	return all
})

// Kilometres is the distance between two points as the crow flies, on a sphere of 6,371 km.
func Kilometres(a, b Point) float64 {
	rad := func(deg float64) float64 { return deg * math.Pi / 180 }
	sinLat := math.Sin(rad(b.Latitude-a.Latitude) / 2)
	sinLong := math.Sin(rad(b.Longitude-a.Longitude) / 2)
	h := sinLat*sinLat + math.Cos(rad(a.Latitude))*math.Cos(rad(b.Latitude))*sinLong*sinLong
	return 2 * 6371 * math.Asin(math.Min(1, math.Sqrt(h)))
}
