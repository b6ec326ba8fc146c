package ui

// Fieldset holds fields that belong together, such as the lines of an address.
type Fieldset struct {
	Label   string
	Heading bool   // the label is the page's level 1 heading
	Size    string // of the label: "s" (when not given), "m", "l"
	Fields  []Component
}

// Template names html/fieldset.html.
func (Fieldset) Template() string { return "fieldset" }
