package demo

import (
	"fmt"
	"time"
)

// inward are the letters that the second half of a postcode ends in.
const inward = "ABDEFGHJLNPQRSTUWXYZ"

// Simulated is the n-th of many patients that are invented to be counted: each was born on a day, and lives in a place, that few
// others share, as people do. Their phones are of the numbers kept for plays.
func Simulated(n int) map[string]any {
	born := time.Date(1930, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, n*7919%25_000)
	return map[string]any{
		"given_name": "Simulated", "family_name": fmt.Sprintf("Patient %d", n), "date_of_birth": born.Format(time.DateOnly),
		"phone": fmt.Sprintf("07700 900%03d", n%1000), "postcode": fmt.Sprintf("M14 %d%c%c", n%10, inward[n/10%20], inward[n/200%20]),
		"safe_ways": map[string]bool{"phone": true, "text": false, "email": false, "letter": false},
	}
}
