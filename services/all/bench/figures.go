package main

import (
	"math"
	"slices"
	"time"
)

// figures are what came out of one subject.
type figures struct {
	Name   string `json:"name"`
	Median turn   `json:"median"` // of each figure by itself
	Turns  []turn `json:"turns"`
}

// turn is one measurement from a fresh start.
type turn struct {
	PerSecond float64       `json:"visible_per_second"`
	P50       time.Duration `json:"p50_ns"` // of one that goes alone
	P99       time.Duration `json:"p99_ns"`
	CPU       time.Duration `json:"cpu_ns_per_referral"` // of this process and its Postgres; 0 where it can not be told
	Messages  float64       `json:"messages_per_referral"`
	Rows      float64       `json:"rows_per_referral"`
	Paced     []paced       `json:"paced"`
	Lives     *lived        `json:"lives,omitempty"` // absent where the subject does none
	RSS       float64       `json:"rss_mib"`         // of this process at the end; 0 where it can not be told
	Notes     []string      `json:"notes,omitempty"` // what went otherwise than it should
}

// add takes one more turn in.
func (f *figures) add(t turn) {
	f.Turns = append(f.Turns, t)
	f.Median = turn{
		PerSecond: medianOf(f.Turns, func(t turn) float64 { return t.PerSecond }),
		P50:       medianOf(f.Turns, func(t turn) time.Duration { return t.P50 }),
		P99:       medianOf(f.Turns, func(t turn) time.Duration { return t.P99 }),
		CPU:       medianOf(f.Turns, func(t turn) time.Duration { return t.CPU }),
		Messages:  medianOf(f.Turns, func(t turn) float64 { return t.Messages }),
		Rows:      medianOf(f.Turns, func(t turn) float64 { return t.Rows }),
		RSS:       medianOf(f.Turns, func(t turn) float64 { return t.RSS }),
	}
	for i := range t.Paced {
		var all []paced
		for _, t := range f.Turns {
			all = append(all, t.Paced[i])
		}
		f.Median.Paced = append(f.Median.Paced, medianPace(all))
	}
	if t.Lives != nil {
		f.Median.Lives = &lived{
			PerSecond: medianOf(f.Turns, func(t turn) float64 { return t.Lives.PerSecond }),
			CPU:       medianOf(f.Turns, func(t turn) time.Duration { return t.Lives.CPU }),
			Messages:  medianOf(f.Turns, func(t turn) float64 { return t.Lives.Messages }),
			Rows:      medianOf(f.Turns, func(t turn) float64 { return t.Lives.Rows }),
		}
	}
}

// medianPace is kept when most turns kept it; its times are those of the turns that did. Errors are counted and not averaged away.
func medianPace(all []paced) paced {
	var kept []paced
	failed := 0
	for _, p := range all {
		failed += p.Failed
		if p.Kept {
			kept = append(kept, p)
		}
	}
	out := paced{Rate: all[0].Rate, Failed: failed, PerSecond: medianOf(all, func(p paced) float64 { return p.PerSecond })}
	if out.Kept = 2*len(kept) > len(all); out.Kept {
		out.P50 = medianOf(kept, func(p paced) time.Duration { return p.P50 })
		out.P99 = medianOf(kept, func(p paced) time.Duration { return p.P99 })
	}
	return out
}

func medianOf[E any, T float64 | time.Duration](some []E, of func(E) T) T {
	all := make([]T, len(some))
	for i, t := range some {
		all[i] = of(t)
	}
	slices.Sort(all)
	return all[len(all)/2]
}

// at is the smallest value that the share p of all does not exceed: one that was measured, and nothing between two.
func at(all []time.Duration, p float64) time.Duration {
	s := slices.Sorted(slices.Values(all))
	if len(s) == 0 {
		return 0
	}
	return s[max(int(math.Ceil(p*float64(len(s)))), 1)-1]
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
