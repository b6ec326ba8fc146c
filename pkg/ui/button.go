package ui

// Variant is the look of a button; the plain one is for the main action, of which a page has one.
type Variant string

// The variants.
const (
	Primary   Variant = ""
	Secondary Variant = "secondary"
	Warning   Variant = "warning" // for what can not be undone
	Reverse   Variant = "reverse" // on a dark background
)

// Button submits the form it is in, once, however often it is clicked. Name and Value tell several buttons apart.
type Button struct {
	Text    string
	Hidden  string // read out after Text
	Variant Variant
	Small   bool

	Name, Value, FormAction string
}

// Template names html/button.html.
func (Button) Template() string { return "button" }

// LinkButton leads somewhere and looks like a button: for starting something.
type LinkButton struct {
	Text, Href string
	Hidden     string // read out after Text
	Variant    Variant
	Small      bool
}

// Template names html/link_button.html.
func (LinkButton) Template() string { return "link_button" }
