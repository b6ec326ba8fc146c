package domain

import (
	"fmt"
	"time"

	"example.org/waypost/pkg/fault"
)

// checkTries tells which of the n days on which somebody tried to reach the person is missing or can not be.
func checkTries(f *fault.Fields, days []string, n int, today, offered string) {
	for i := range n {
		day := ""
		if i < len(days) {
			day = days[i]
		}
		switch {
		case !isDay(day):
			f.Add(TriedField(i), "Enter the day of the "+ordinals[i]+" try")
		case day > today:
			f.Add(TriedField(i), "Enter today or an earlier day")
		case day < offered:
			f.Add(TriedField(i), "Enter a day on which you had the offer")
		}
	}
}

var ordinals = []string{"first", "second", "third"}

func isDay(s string) bool {
	_, err := time.Parse(time.DateOnly, s)
	return err == nil
}

// TriedField names the field of a try, from 0, in forms and refusals.
func TriedField(i int) string { return fmt.Sprintf("tried_%d", i+1) }

func atMost(n int, days []string) []string { return days[:min(len(days), n)] }
