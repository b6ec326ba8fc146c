package domain

import "time"

// Ends is the moment after the last day on which somebody agrees; zero when they named none, or what is no day.
func Ends(untilOn string, in *time.Location) time.Time {
	d, err := time.ParseInLocation(time.DateOnly, untilOn, in)
	if err != nil {
		return time.Time{}
	}
	return d.AddDate(0, 0, 1).UTC()
}

// AskBy is by when somebody is to be asked again whose consent ends: the latest morning from which the time that an area gives for it is
// over before the end. due is that time, counted on from a moment. Where it was asked later than that it is noon of the last day.
func AskBy(askedAt, ends time.Time, in *time.Location, due func(from time.Time) time.Time) time.Time {
	last := ends.In(in).AddDate(0, 0, -1)
	for day := last; day.After(askedAt); day = day.AddDate(0, 0, -1) {
		if morning := day.Add(9 * time.Hour); due(morning).Before(ends) {
			if morning.Before(askedAt) {
				break
			}
			return morning.UTC()
		}
	}
	return last.Add(12 * time.Hour).UTC()
}
