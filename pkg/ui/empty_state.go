package ui

// EmptyState stands where a list would, and says why there is nothing and what one can do.
type EmptyState struct {
	Heading string
	Body    Component
}

// Template names html/empty_state.html.
func (EmptyState) Template() string { return "empty_state" }
