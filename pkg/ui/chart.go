package ui

import "strconv"

// Chart is bars, with the same numbers in a table beside them: the table is what a screen reader reads.
type Chart struct {
	ID, Caption string
	What, Unit  string // heads of the table's columns: "Reason", "Referrals"
	Bars        []Bar
}

// Bar is one number. Text is shown in its place, such as "fewer than 5" for a number too small to tell.
type Bar struct {
	Label string
	Value int
	Text  string
}

// Shown is the number as it is written.
func (b Bar) Shown() string {
	if b.Text != "" {
		return b.Text
	}
	return strconv.Itoa(b.Value)
}

// Template names html/chart.html.
func (Chart) Template() string { return "chart" }

// The drawing is 600 units wide. A bar with its label above takes 48; the longest bar leaves room for its number.
const barStep, barMost = 48, 480

// DrawnBar is where a bar stands in the drawing.
type DrawnBar struct {
	Label, Value                    string
	Y, TextY, Width, ValueX, ValueY int
}

// Height is that of the drawing.
func (c Chart) Height() int { return barStep * len(c.Bars) }

// Drawn are the bars in the drawing. One whose number is not told has no length, which would tell it.
func (c Chart) Drawn() []DrawnBar {
	most := 1
	for _, b := range c.Bars {
		most = max(most, b.Value)
	}
	drawn := make([]DrawnBar, len(c.Bars))
	for i, b := range c.Bars {
		top := i * barStep
		width := 0
		if b.Text == "" {
			width = b.Value * barMost / most
		}
		drawn[i] = DrawnBar{b.Label, b.Shown(), top + 22, top + 16, width, width + 8, top + 37}
	}
	return drawn
}
