// Package geo reads postcodes and says how far apart places are, as the crow flies: a room of pure values.
//
// A postcode is known to the middle of its outward code ("M1", "SW1A"), which is near enough to order a list by distance
// and too coarse to tell where anybody lives.
package geo

import (
	_ "embed"
	"encoding/csv"
	"math"
	"strconv"
	"strings"
	"sync"

	"example.org/waypost/pkg/fault"
)

// Point is a place in degrees, WGS 84.
type Point struct {
	Latitude  float64 `json:"latitude"`
	Longitude float64 `json:"longitude"`
}

// Valid tells whether p is on the globe and not at 0,0, which is where a missing place ends up by mistake.
func (p Point) Valid() bool {
	return p != Point{} && math.Abs(p.Latitude) <= 90 && math.Abs(p.Longitude) <= 180 // NaN compares false
}

// Postcode is a whole United Kingdom postcode, upper case.
type Postcode struct {
	Outward string // "M1": the district
	Inward  string // "1AE": the street, or part of it
}

// String is the postcode as it is written, with its space.
func (p Postcode) String() string {
	if p == (Postcode{}) {
		return ""
	}
	return p.Outward + " " + p.Inward
}

// Point is the middle of the outward code; false for codes without a place, such as the forces' BF1.
func (p Postcode) Point() (Point, bool) { return Outcode(p.Outward) }

// ErrPostcode refuses what is no postcode; it never repeats what was typed.
var ErrPostcode = &fault.Error{Meaning: fault.MeaningInvalid, Code: "postcode", Message: "Enter a full UK postcode, like M1 1AE"}

// ParsePostcode reads a whole postcode in any case, with or without spaces or hyphens. It checks the form that Royal Mail
// gives out, not that the postcode exists. The error is ErrPostcode.
func ParsePostcode(s string) (Postcode, error) {
	code, ok := squeeze(s)
	if !ok || len(code) < 5 {
		return Postcode{}, ErrPostcode
	}
	p := Postcode{Outward: code[:len(code)-3], Inward: code[len(code)-3:]}
	if !inward(p.Inward) || !(outward(p.Outward) || code == girobank) {
		return Postcode{}, ErrPostcode
	}
	return p, nil
}

// Outcode finds the middle of the district of a postcode, whole ("m11ae") or its outward part alone ("M1").
// It is false for what is neither, and for districts that are not known or have no place.
func Outcode(postcode string) (Point, bool) {
	code, ok := squeeze(postcode)
	if !ok {
		return Point{}, false
	}
	if p, err := ParsePostcode(code); err == nil {
		code = p.Outward
	}
	known := outcodes()
	if at, found := known[code]; found {
		return at, true
	}
	if n := len(code) - 1; n >= 2 && letter(code[n]) && outward(code) {
		at, found := known[code[:n]] // N1C was cut out of N1
		return at, found
	}
	return Point{}, false
}

// earthRadius is the mean of WGS 84, in kilometres.
const earthRadius = 6371.0088

// Kilometres is the distance between a and b along the globe, by the haversine formula, good to half a percent.
func Kilometres(a, b Point) float64 {
	const rad = math.Pi / 180
	sinLat := math.Sin((b.Latitude - a.Latitude) * rad / 2)
	sinLon := math.Sin((b.Longitude - a.Longitude) * rad / 2)
	h := sinLat*sinLat + math.Cos(a.Latitude*rad)*math.Cos(b.Latitude*rad)*sinLon*sinLon
	return 2 * earthRadius * math.Asin(math.Sqrt(math.Min(1, h))) // rounding may carry h past 1 for opposite points
}

// girobank is the one postcode outside every pattern.
const girobank = "GIR0AA"

//go:embed data/outcodes.csv
var outcodesCSV string

var outcodes = sync.OnceValue(func() map[string]Point {
	rows, err := csv.NewReader(strings.NewReader(outcodesCSV)).ReadAll()
	if err != nil {
		panic("geo: outcodes: " + err.Error())
	}
	known := make(map[string]Point, len(rows))
	for _, row := range rows[1:] {
		lat, err1 := strconv.ParseFloat(row[1], 64)
		lon, err2 := strconv.ParseFloat(row[2], 64)
		if at := (Point{lat, lon}); err1 == nil && err2 == nil && at.Valid() {
			known[strings.Clone(row[0])] = at
		}
	}
	return known
})

// squeeze leaves letters and digits in upper case; false when there is anything but spaces and hyphens beside them,
// or more than the longest postcode has.
func squeeze(s string) (string, bool) {
	const longest = 7
	out := make([]byte, 0, longest)
	for _, r := range s {
		switch {
		case r >= 'a' && r <= 'z':
			r -= 'a' - 'A'
		case (r >= 'A' && r <= 'Z') || (r >= '0' && r <= '9'):
		case r == ' ' || r == '-' || r == '\t' || r == '\u00a0':
			continue
		default:
			return "", false
		}
		if len(out) == longest {
			return "", false
		}
		out = append(out, byte(r))
	}
	return string(out), true
}

// outward checks A9, A99, A9A, AA9, AA99 and AA9A, with the letters that are used in each place.
func outward(s string) bool {
	if len(s) < 2 || len(s) > 4 || !letter(s[0]) || strings.IndexByte("QVX", s[0]) >= 0 {
		return false
	}
	area := 1
	if letter(s[1]) {
		if strings.IndexByte("IJZ", s[1]) >= 0 {
			return false
		}
		area = 2
	}
	switch district := s[area:]; len(district) {
	case 1:
		return digit(district[0])
	case 2:
		return digit(district[0]) && (digit(district[1]) || strings.IndexByte("ABCDEFGHJKMNPRSTUVWXY", district[1]) >= 0)
	default:
		return false
	}
}

// inward checks 9AA; C, I, K, M, O and V look too much like something else and are never used.
func inward(s string) bool {
	return len(s) == 3 && digit(s[0]) && inwardLetter(s[1]) && inwardLetter(s[2])
}

func inwardLetter(b byte) bool { return letter(b) && strings.IndexByte("CIKMOV", b) < 0 }
func letter(b byte) bool       { return b >= 'A' && b <= 'Z' }
func digit(b byte) bool        { return b >= '0' && b <= '9' }
