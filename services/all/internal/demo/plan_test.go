package demo

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.org/waypost/deploy/sample"
	"example.org/waypost/schemas/terms"
)

var monday = time.Date(2026, 10, 5, 9, 0, 0, 0, london())

func small() Setting {
	return Setting{
		Practices: []Practice{{ID: "a", Patients: 30_000}, {ID: "b", Patients: 10_000}, {ID: "c", Patients: 400_000}},
		Services:  map[terms.Need][]string{terms.NeedLoneliness: {"x"}, terms.NeedFood: {"y", "z"}},
	}
}

func TestSameSeedSamePlan(t *testing.T) {
	t.Parallel()
	rates, err := sample.Assumptions()
	require.NoError(t, err)
	one := Plan(7, small(), rates, monday, 1)
	require.Equal(t, one, Plan(7, small(), rates, monday, 1))
	require.NotEqual(t, one, Plan(8, small(), rates, monday, 1))
}

func TestPlanKeepsToTheRates(t *testing.T) {
	t.Parallel()
	rates, err := sample.Assumptions()
	require.NoError(t, err)
	all := Plan(7, small(), rates, monday, 100)
	large, again, another := 0, 0, 0
	friday := monday.AddDate(0, 0, 5)
	for _, v := range all {
		require.False(t, v.At.Before(monday))
		require.True(t, v.At.Before(friday), "%s is not in the week", v.At)
		if v.Practice == 2 {
			large++
		}
		if v.Again {
			again++
		}
		if v.Another {
			another++
		}
	}
	referred := count(all, Referred)
	require.InDelta(t, 440*rates["referrals_per_1000_patients_per_week"].Value*100, referred, 3)
	declined := count(all, Declined)
	first := referred - again - another // who comes through a second door was not asked anew
	require.InDelta(t, rates["patient_declines"].Value, float64(declined)/float64(declined+first), 0.01, "of those who were offered a referral")
	require.InDelta(t, rates["signposted_only"].Value, float64(count(all, Signposted))/float64(len(all)-again-another), 0.01)
	require.InDelta(t, 400.0/440, float64(large)/float64(len(all)), 0.03, "a large practice sends more")
	require.InDelta(t, rates["duplicate"].Value, float64(again)/float64(referred), 0.02)
}

func count(all []Visit, how Ending) (n int) {
	for _, v := range all {
		if v.Ends == how {
			n++
		}
	}
	return n
}

func TestWorkingTimePassesOverNightsAndWeekends(t *testing.T) {
	t.Parallel()
	at := func(day, hour int) time.Time { return time.Date(2026, 10, day, hour, 0, 0, 0, london()) }
	for _, x := range []struct {
		from  time.Time
		hours float64
		want  time.Time
	}{
		{at(5, 9), 3, at(5, 12)},
		{at(5, 16), 2, at(6, 10)},
		{at(9, 16), 2, at(12, 10)},
		{at(10, 3), 1, at(12, 10)},
		{at(5, 7), 8.5, time.Date(2026, 10, 6, 9, 30, 0, 0, london())},
		{at(23, 16), 2, time.Date(2026, 10, 26, 10, 0, 0, 0, london())}, // the clocks go back between them
	} {
		require.Equal(t, x.want, WorkingTime(x.from, x.hours))
	}
}
