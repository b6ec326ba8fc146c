package ui

// Radios ask for one of several options.
type Radios struct {
	Name, Label, Hint, Error, Value string

	Options []Option
	ID      string // Name when not given; the first option has it
	Heading bool   // the label is the page's level 1 heading
	Size    string // of the label: "s" (when not given), "m", "l"
	Inline  bool   // side by side: for two short options, such as Yes and No
}

// Option is one radio button or checkbox.
type Option struct {
	Value, Text, Hint string

	Reveal    Component // shown when it is chosen; always shown without JavaScript
	Divider   string    // a word above it, such as "or"
	Group     string    // a heading above it that holds until the next
	Exclusive bool      // checkboxes: choosing it clears the others
}

// Template names html/radios.html.
func (Radios) Template() string { return "radios" }

// OptionID is the id of the i-th option's input: the question's own for the first, so that the error summary finds it.
func (r Radios) OptionID(i int) string { return optionID(r.ID, r.Name, i) }

// YesNo are the two options of a plain question.
func YesNo() []Option { return []Option{{Value: "yes", Text: "Yes"}, {Value: "no", Text: "No"}} }
