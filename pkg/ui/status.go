package ui

// Status is a tag with the reason in a line beneath.
type Status struct {
	Tag    Tag
	Reason string
}

// Template names html/status.html.
func (Status) Template() string { return "status" }
