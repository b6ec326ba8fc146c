package operations

import (
	"math"
	"strconv"
	"time"
)

// Drawing is the services and what goes between them, as a picture. The tables below it say the same.
type Drawing struct {
	Headline string
	Nodes    []Node
	Lines    []Line
}

// Template names html/flow_drawing.html.
func (Drawing) Template() string { return "flow_drawing" }

// Kinds are those of the lines.
func (Drawing) Kinds() []string { return []string{"quiet", "moving", "late"} }

// Node is a service in the drawing.
type Node struct {
	Name, Note string
	X, Y       int // its middle
	Bad        bool
}

// Left is the edge of its box.
func (n Node) Left() int { return n.X - nodeWide/2 }

// Top is the upper edge.
func (n Node) Top() int { return n.Y - nodeHigh/2 }

// TextY is the line of the name.
func (n Node) TextY() int {
	if n.Note == "" {
		return n.Y + 4
	}
	return n.Y - 3
}

// NoteY is the line of the note.
func (n Node) NoteY() int { return n.Y + 12 }

// Line is an arrow in the drawing. Kind is "quiet", "moving" or "late".
type Line struct {
	X1, Y1, X2, Y2 int
	Kind           string
	Label          string
	LabelX, LabelY int
}

// The drawing is 360 units wide, so that its words can be read on a phone.
const (
	drawingWide = 360
	drawingHigh = 380
	nodeWide    = 96
	nodeHigh    = 36
)

// places are where the services stand: register, which everybody hears, at the top; the shared case at the bottom.
var places = map[string][2]int{
	"register": {180, 30}, "primarycare": {58, 112}, "linkworker": {302, 112}, "mdt": {58, 266}, "vcse": {302, 266}, "coordination": {180, 346},
}

// Picture lays the flow out. A service that has no place of its own is only in the tables.
func Picture(f Flow) Drawing {
	d := Drawing{Headline: f.Headline}
	for _, a := range f.Arrows {
		from, ok := places[a.Speaker]
		to, too := places[a.Reader]
		if ok && too {
			d.Lines = append(d.Lines, line(from, to, a, f.At))
		}
	}
	for _, s := range f.Services {
		at, ok := places[s.Name]
		if !ok {
			continue
		}
		n := Node{Name: s.Name, X: at[0], Y: at[1]}
		var parked int64
		for _, h := range s.State.Heard {
			parked += h.Parked.Count
		}
		switch {
		case !s.Answers:
			n.Note, n.Bad = "does not answer", true
		case len(s.troubles(f.At)) > 0:
			n.Note, n.Bad = "look below", true
		case parked > 0:
			n.Note, n.Bad = strconv.FormatInt(parked, 10)+" parked", true
		}
		d.Nodes = append(d.Nodes, n)
	}
	return d
}

// line runs from box to box, a little to its right, so that two that go to and fro stand beside each other.
func line(from, to [2]int, a Arrow, now time.Time) Line {
	dx, dy := float64(to[0]-from[0]), float64(to[1]-from[1])
	length := math.Hypot(dx, dy)
	ux, uy := dx/length, dy/length
	const aside = 4
	sx, sy := -uy*aside, ux*aside
	start, end := clear(ux, uy), clear(ux, uy)+3
	at := func(x, y float64) (int, int) { return int(math.Round(x + sx)), int(math.Round(y + sy)) }
	l := Line{Kind: kindOf(a, now)}
	l.X1, l.Y1 = at(float64(from[0])+ux*start, float64(from[1])+uy*start)
	l.X2, l.Y2 = at(float64(to[0])-ux*end, float64(to[1])-uy*end)
	if l.Kind == "late" && a.Behind > 0 { // nearer to the one who waits for it
		l.Label = strconv.FormatInt(a.Behind, 10)
		l.LabelX, l.LabelY = l.X1+(l.X2-l.X1)*2/3, l.Y1+(l.Y2-l.Y1)*2/3+4
	}
	return l
}

// clear is how far from a box's middle its edge is in this direction, and a gap.
func clear(ux, uy float64) float64 {
	const gap = 5
	x, y := math.Inf(1), math.Inf(1)
	if ux != 0 {
		x = nodeWide / 2 / math.Abs(ux)
	}
	if uy != 0 {
		y = nodeHigh / 2 / math.Abs(uy)
	}
	return math.Min(x, y) + gap
}

func kindOf(a Arrow, now time.Time) string {
	switch {
	case a.stands(now) || a.Parked > 0:
		return "late"
	case a.Lately > 0 || a.Behind > 0:
		return "moving"
	}
	return "quiet"
}
