package ui

// Details hides what only some people need. Give it an ID inside Live, so that it stays open when the section is
// fetched again.
type Details struct {
	Summary string
	Body    Component
	Open    bool
	ID      string
}

// Template names html/details.html.
func (Details) Template() string { return "details" }
