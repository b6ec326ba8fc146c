package ui

// Letter is the head of a letter that is printed from the browser: who sends it, to whom, and when. The page around it prints without
// what leads around Waypost.
type Letter struct {
	From, To []string // lines of an address
	Date     string
}

// Template names html/letter.html.
func (Letter) Template() string { return "letter" }

// NotPrinted is on the screen and not on paper.
type NotPrinted struct{ Body Component }

// Template names html/not_printed.html.
func (NotPrinted) Template() string { return "not_printed" }
