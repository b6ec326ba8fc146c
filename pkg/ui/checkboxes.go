package ui

import (
	"cmp"
	"slices"
	"strconv"
)

// Checkboxes ask for any number of options.
type Checkboxes struct {
	Name, Label, Hint, Error string

	Values  []string // those that are checked
	Options []Option
	ID      string // Name when not given; the first option has it
	Heading bool   // the label is the page's level 1 heading
	Size    string // of the label: "s" (when not given), "m", "l"
}

// Template names html/checkboxes.html.
func (Checkboxes) Template() string { return "checkboxes" }

// OptionID is the id of the i-th option's input.
func (c Checkboxes) OptionID(i int) string { return optionID(c.ID, c.Name, i) }

// Checked tells whether the option with this value is checked.
func (c Checkboxes) Checked(value string) bool { return slices.Contains(c.Values, value) }

func optionID(id, name string, i int) string {
	id = cmp.Or(id, name)
	if i == 0 {
		return id
	}
	return id + "-" + strconv.Itoa(i+1)
}
