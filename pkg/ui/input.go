package ui

// Input is one line to type in.
type Input struct {
	Name, Label, Hint, Error, Value string

	ID           string // Name when not given
	Heading      bool   // the label is the page's level 1 heading
	Size         string // of the label: "s", "m", "l"
	Type         string // "text" when not given; "email", "tel", "search", "time"
	Width        int    // in characters: 2, 3, 4, 5, 10, 20 or 30; the whole width when not given
	Numeric      bool   // digits, such as an NHS number: phones show the digits
	Code         bool   // set in a fixed-width font and not spell-checked
	Autocomplete string
	Prefix       string
	Suffix       string
}

// Template names html/input.html.
func (Input) Template() string { return "input" }

// Affixed tells whether something stands right before or after the input.
func (i Input) Affixed() bool { return i.Prefix != "" || i.Suffix != "" }
