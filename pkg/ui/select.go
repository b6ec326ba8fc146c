package ui

// Select is a drop-down list. Radios are easier for most people when there are fewer than about ten options.
type Select struct {
	Name, Label, Hint, Error, Value string

	Options []SelectOption
	ID      string // Name when not given
	Heading bool   // the label is the page's level 1 heading
	Size    string // of the label: "s", "m", "l"
}

// SelectOption is one choice, or a named group of them when it has Options.
type SelectOption struct {
	Value, Text string
	Options     []SelectOption
}

// Template names html/select.html.
func (Select) Template() string { return "select" }
