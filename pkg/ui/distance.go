package ui

import "fmt"

// Far is a distance in kilometres, as people say it: "about 3 miles away".
func Far(km float64) string {
	miles := km * 0.621371
	switch {
	case miles < 0.5:
		return "under half a mile away"
	case miles < 1.5:
		return "about 1 mile away"
	}
	return fmt.Sprintf("about %.0f miles away", miles)
}
