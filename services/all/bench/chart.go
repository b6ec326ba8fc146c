package main

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"strings"
	"time"
)

// drawing is a picture of bars with their values beside them: black, white and what lies between by lines, so that it can be
// printed without colours.
type drawing struct {
	bytes.Buffer
	y int
}

// The measures of the picture, in its own units.
const (
	width    = 760
	barsFrom = 190
	barsWide = 360
	barHigh  = 16
	lineHigh = 22
)

// fills are how the subjects look, by name; whoever is not among them is white.
var fills = map[string]string{"floor": "#fff", "watermill": "url(#lines)", "waypost": "#000"}

// bar is one value. What is not there has words instead.
type bar struct {
	label, fill string
	value       float64
	words       string
}

// draw makes the picture of the medians.
func (r report) draw() []byte {
	var d drawing
	d.y = 30
	d.text(20, "bold", "How fast a referral becomes visible, and how many whole lives go through")
	d.y += lineHigh
	d.text(20, "", r.Machine.String())
	d.y += lineHigh
	d.text(20, "", fmt.Sprintf("%s; medians of %s; %v a phase", r.At.Format("2 January 2006, 15:04 MST"), r.counted(), r.Phase))
	d.panel("Visible in the receiver's tray and on the case, a second, as fast as each can", r.throughput())
	if lives := r.lives(); len(lives) > 0 {
		d.panel("Whole lives a second: requested, checked, offered, accepted, fed back", lives)
	}
	for i, rate := range r.rates() {
		d.panel(fmt.Sprintf("Milliseconds until visible, at %d a second by a schedule", rate), r.times(i))
	}
	return d.framed(r)
}

func (r report) counted() string {
	n := 0
	for _, f := range r.Figures {
		n = max(n, len(f.Turns))
	}
	if n == 1 {
		return "one turn"
	}
	return fmt.Sprintf("%d turns", n)
}

func (r report) throughput() (all []bar) {
	for _, f := range r.Figures {
		all = append(all, bar{label: f.Name, fill: fills[f.Name], value: f.Median.PerSecond, words: fmt.Sprintf("%.0f", f.Median.PerSecond)})
	}
	return all
}

func (r report) lives() (all []bar) {
	for _, f := range r.Figures {
		if l := f.Median.Lives; l != nil {
			all = append(all, bar{label: f.Name, fill: fills[f.Name], value: l.PerSecond, words: fmt.Sprintf("%.0f", l.PerSecond)})
		}
	}
	return all
}

func (r report) rates() (all []int) {
	if len(r.Figures) > 0 {
		for _, p := range r.Figures[0].Median.Paced {
			all = append(all, p.Rate)
		}
	}
	return all
}

// times are the percentiles at one rate. A rate that was not kept has none, and says so.
func (r report) times(i int) (all []bar) {
	for _, f := range r.Figures {
		p := f.Median.Paced[i]
		if !p.Kept {
			all = append(all, bar{label: f.Name, words: fmt.Sprintf("not kept up: %.0f a second", p.PerSecond)})
			continue
		}
		for _, x := range []struct {
			name string
			took time.Duration
		}{{"p50", p.P50}, {"p99", p.P99}} {
			all = append(all, bar{label: f.Name + ", " + x.name, fill: fills[f.Name], value: ms(x.took), words: fmt.Sprintf("%.1f", ms(x.took))})
		}
	}
	return all
}

func (d *drawing) panel(title string, bars []bar) {
	d.y += 2 * lineHigh
	d.text(20, "bold", title)
	most := 0.0
	for _, b := range bars {
		most = max(most, b.value)
	}
	for _, b := range bars {
		d.y += lineHigh
		d.text(20, "", b.label)
		long := 0.0
		if most > 0 {
			long = b.value / most * barsWide
		}
		if b.value > 0 {
			fmt.Fprintf(d, `<rect x="%d" y="%d" width="%.1f" height="%d" fill="%s" stroke="#000"/>`+"\n", barsFrom, d.y-barHigh+3, max(long, 1), barHigh, b.fill)
		}
		d.text(barsFrom+int(long)+8, "", b.words)
	}
}

func (d *drawing) text(x int, weight, words string) {
	if weight != "" {
		weight = ` font-weight="` + weight + `"`
	}
	fmt.Fprintf(d, `<text x="%d" y="%d"%s>%s</text>`+"\n", x, d.y, weight, escaped(words))
}

// framed puts around it what every picture needs, with the same in words for whoever does not see it.
func (d *drawing) framed(r report) []byte {
	var b bytes.Buffer
	high := d.y + lineHigh
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%[1]d" height="%[2]d" role="img" aria-labelledby="title desc" font-family="sans-serif" font-size="13">`+"\n", width, high)
	fmt.Fprintf(&b, "<title id=\"title\">Waypost's throughput beside others</title>\n<desc id=\"desc\">%s</desc>\n", escaped(r.inWords()))
	b.WriteString(`<defs><pattern id="lines" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect width="6" height="6" fill="#fff"/><line x1="0" y1="0" x2="0" y2="6" stroke="#000" stroke-width="2"/></pattern></defs>` + "\n")
	fmt.Fprintf(&b, `<rect width="%d" height="%d" fill="#fff"/>`+"\n", width, high)
	b.Write(d.Bytes())
	b.WriteString("</svg>\n")
	return b.Bytes()
}

func (r report) inWords() string {
	var s strings.Builder
	fmt.Fprintf(&s, "Measured on %s, at %s.", r.Machine, r.At.Format(time.RFC3339))
	for _, f := range r.Figures {
		fmt.Fprintf(&s, " %s: %.0f visible a second", f.Name, f.Median.PerSecond)
		if l := f.Median.Lives; l != nil {
			fmt.Fprintf(&s, ", %.0f lives a second", l.PerSecond)
		}
		for _, p := range f.Median.Paced {
			fmt.Fprintf(&s, "; at %d a second %s", p.Rate, p)
		}
		s.WriteString(".")
	}
	return s.String()
}

func escaped(s string) string {
	var b bytes.Buffer
	_ = xml.EscapeText(&b, []byte(s)) // a buffer takes everything
	return b.String()
}
