package ui

// Textarea is several lines to type in. With MaxLength it counts down, but cuts nothing off: too long a text comes back
// whole, with a message.
type Textarea struct {
	Name, Label, Hint, Error, Value string

	ID        string // Name when not given
	Heading   bool   // the label is the page's level 1 heading
	Size      string // of the label: "s", "m", "l"
	Rows      int    // 5 when not given
	MaxLength int    // in characters; 0 shows no count
}

// Template names html/textarea.html.
func (Textarea) Template() string { return "textarea" }
