package ui

// Tag is a word of status. Colour alone never carries the meaning: the words say what to do next.
type Tag struct {
	Text   string
	Colour Colour
}

// Colour is a tag's colour.
type Colour string

// The colours, with what we use them for.
const (
	Blue   Colour = "blue"   // new, or waiting for you
	Green  Colour = "green"  // done, accepted
	Yellow Colour = "yellow" // waiting for somebody else
	Orange Colour = "orange" // soon too late
	Red    Colour = "red"    // overdue, failed, red flag
	Purple Colour = "purple" // held, on hold
	Aqua   Colour = "aqua-green"
	Grey   Colour = "grey" // over
	White  Colour = "white"
)

// Template names html/tag.html.
func (Tag) Template() string { return "tag" }
